"""Auxiliary invariants of the machine of delivery: what its proofs need besides the claims."""

from __future__ import annotations

from collections.abc import Callable

from model.delivery.ring import is_of, misses, operational
from model.delivery.state import DeliveryState
from model.language.sets import NOBODY, Set, Truth, at_most, empty, equal, every, implies, same, some, when, within
from model.language.sorts import Number, Ring, Seat
from model.machines import DELIVERY
from properties.catalogue.claim import auxiliary


def of_messages(now: DeliveryState, statement: Callable[[Number, Ring], Truth]) -> Truth:
    """The statement holds of every message and its ring."""
    return every(Ring, Number, lambda r, n: implies(is_of(now, n, r), statement(n, r)))


# Ring ids -------------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="RING-S5", action="create_commit_token", machine=DELIVERY)
def a_representative_knows_its_ring(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: within(now.named[r], now.knows[r]))


@auxiliary(needed_by="RING-S5", action="create_commit_token", machine=DELIVERY)
def a_ring_with_members_has_a_representative(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: implies(some(now.member[r]), some(now.named[r])))


@auxiliary(needed_by="who is to install a ring has installed none higher", action="pass_commit_token", machine=DELIVERY)
def who_knows_a_number_knows_the_lower_ones(now: DeliveryState) -> Truth:
    return every(Ring, Ring, lambda r, x: implies(at_most(r, x), within(now.knows[x], now.knows[r])))


@auxiliary(needed_by="who is to install a ring has installed none higher", action="pass_commit_token", machine=DELIVERY)
def who_has_taken_part_in_a_ring_knows_it(now: DeliveryState) -> Truth:
    return every(
        Ring,
        lambda r: within(now.pending[r] | now.recovers[r] | now.installed[r] | now.reached[r], now.knows[r]),
    )


@auxiliary(needed_by="RING-S2", action="install_ring", machine=DELIVERY)
def who_is_to_install_a_ring_has_installed_none_higher(now: DeliveryState) -> Truth:
    return every(
        Ring, Ring, lambda r, x: implies(at_most(r, x), empty((now.pending[r] | now.recovers[r]) & now.reached[x]))
    )


@auxiliary(needed_by="who is to install a ring has installed none higher", action="install_ring", machine=DELIVERY)
def one_ring_is_to_be_installed(now: DeliveryState) -> Truth:
    def either(r: Ring) -> Set:
        return now.pending[r] | now.recovers[r]

    return every(Ring, Ring, lambda r, x: same(r, x) | empty(either(r) & either(x))) & every(
        Ring, lambda r: empty(now.pending[r] & now.recovers[r])
    )


# Who is where ---------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="a ring is installed when it is settled", action="settle", machine=DELIVERY)
def who_takes_part_in_a_ring_is_a_member(now: DeliveryState) -> Truth:
    def part(r: Ring) -> Set:
        return now.pending[r] | now.recovers[r] | now.installed[r] | now.due[r] | now.settled[r]

    return every(Ring, lambda r: within(part(r), now.member[r]))


@auxiliary(needed_by="in its ring nothing is delivered late", action="pass_commit_token", machine=DELIVERY)
def who_originated_in_a_ring_has_installed_it(now: DeliveryState) -> Truth:
    return every(Ring, Number, lambda r, n: within(now.by[n, r], now.member[r] & now.reached[r]))


@auxiliary(needed_by="who came along is a member of both", action="pass_commit_token", machine=DELIVERY)
def who_has_installed_a_ring_has_reached_it(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: within(now.installed[r], now.reached[r]))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def one_ring_is_installed(now: DeliveryState) -> Truth:
    return every(Ring, Ring, lambda r, x: same(r, x) | empty(now.installed[r] & now.installed[x]))


# Numbers --------------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="RING-S6", action="multicast", machine=DELIVERY)
def the_number_of_a_message_is_given(now: DeliveryState) -> Truth:
    return of_messages(now, lambda n, r: some(now.given[n]))


@auxiliary(
    needed_by="a token that is at least a number is at least the lower ones", action="multicast", machine=DELIVERY
)
def below_a_given_number_all_are_given(now: DeliveryState) -> Truth:
    return every(
        Number, Number, lambda n, k: implies(at_most(k, n) & ~same(k, n) & some(now.given[n]), some(now.given[k]))
    )


@auxiliary(needed_by="RING-S5", action="multicast", machine=DELIVERY)
def nothing_is_said_of_a_number_that_is_not_given(now: DeliveryState) -> Truth:
    return every(Number, lambda n: implies(empty(now.given[n]), empty(now.aru[n] | now.last[n] | now.freed[n])))


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def a_number_is_of_one_ring(now: DeliveryState) -> Truth:
    return of_messages(now, lambda n, r: every(Ring, lambda x: same(r, x) | empty(now.by[n, x])))


# All received up to ---------------------------------------------------------------------------------------------------


@auxiliary(needed_by="whom the token has visited since has all", action="pass_token", machine=DELIVERY)
def the_token_is_at_least_a_number_or_not(now: DeliveryState) -> Truth:
    """The set that stands for it is all members or nobody."""
    return of_messages(now, lambda n, r: equal(now.aru[n], NOBODY) | equal(now.aru[n], now.member[r]))


@auxiliary(needed_by="whom the token has visited since has all", action="pass_token", machine=DELIVERY)
def a_token_that_is_at_least_a_number_is_at_least_the_lower_ones(now: DeliveryState) -> Truth:
    def of_lower(n: Number, k: Number, r: Ring) -> Truth:
        return implies(at_most(k, n) & is_of(now, k, r), within(now.aru[n], now.aru[k]))

    return of_messages(now, lambda n, r: every(Number, lambda k: of_lower(n, k, r)))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def who_remembers_a_token_is_operational(now: DeliveryState) -> Truth:
    return of_messages(now, lambda n, r: within(now.last[n], operational(now, r)))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def whom_the_token_has_visited_since_has_all(now: DeliveryState) -> Truth:
    """Once a member has found it at least n, and if it still is, all that it has visited since have all up to n."""

    def visited(n: Number, r: Ring, i: Seat, j: Seat) -> Truth:
        since = some(now.seat[i] & now.last[n]) & some(now.seat[j] & now.due[r]) & some(now.aru[n])
        return implies(since, empty((now.between[i, j] | now.seat[i]) & now.member[r] & misses(now, n, r)))

    return of_messages(now, lambda n, r: every(Seat, Seat, lambda i, j: visited(n, r, i, j)))


@auxiliary(needed_by="whom the token has visited since has all", action="pass_token", machine=DELIVERY)
def whoever_lowered_it_did_so_before_or_to_at_least_that(now: DeliveryState) -> Truth:
    """A member that has found it at least n after one lowered it finds it so until that one is visited again."""

    def lowered(n: Number, r: Ring, i: Seat, j: Seat) -> Truth:
        after = some(now.seat[i] & now.lowered[r]) & some(now.seat[j] & now.due[r])
        return implies(after, within(now.between[i, j] & now.last[n], now.aru[n]))

    return of_messages(now, lambda n, r: every(Seat, Seat, lambda i, j: lowered(n, r, i, j)))


@auxiliary(needed_by="whom the token has visited since has all", action="pass_token", machine=DELIVERY)
def who_nobody_lowered_is_at_the_last_number(now: DeliveryState) -> Truth:
    """But for a number that was just given, which nobody remembers."""
    return of_messages(now, lambda n, r: implies(empty(now.lowered[r]), within(now.last[n], now.aru[n])))


# Who came along -------------------------------------------------------------------------------------------------------


def of_moves(now: DeliveryState, statement: Callable[[Number, Ring, Ring], Truth]) -> Truth:
    """The statement holds of every message, its ring and any other ring."""
    return every(Ring, lambda x: of_messages(now, lambda n, r: statement(n, r, x)))


def on_the_way(now: DeliveryState, x: Ring) -> Set:
    """Who is to install x."""
    return now.pending[x] | now.recovers[x]


def stayed(now: DeliveryState, r: Ring, x: Ring) -> Set:
    """Who came from r to recover for x, and is still there or has installed it."""
    return now.came[r, x] & (now.recovers[x] | now.reached[x])


@auxiliary(needed_by="who is on the way has its old ring installed", action="pass_commit_token", machine=DELIVERY)
def who_came_along_is_a_member_of_both(now: DeliveryState) -> Truth:
    def both(r: Ring, x: Ring) -> Set:
        return now.member[r] & now.member[x] & now.reached[r] & now.knows[x] & now.told[x]

    return every(Ring, Ring, lambda r, x: within(now.came[r, x], both(r, x)))


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def who_is_on_the_way_has_its_old_ring_installed(now: DeliveryState) -> Truth:
    def the_same(r: Ring, x: Ring) -> Truth:
        return equal(on_the_way(now, x) & now.came[r, x], on_the_way(now, x) & now.installed[r])

    return every(Ring, Ring, the_same)


@auxiliary(needed_by="those who stayed deliver the same", action="multicast", machine=DELIVERY)
def who_has_moved_on_has_left(now: DeliveryState) -> Truth:
    return every(
        Ring, Ring, lambda r, x: empty(now.came[r, x] & now.reached[x] & (now.installed[r] | on_the_way(now, r)))
    )


@auxiliary(needed_by="with the first token nobody waits any more", action="pass_commit_token", machine=DELIVERY)
def recovery_begins_when_all_have_told(now: DeliveryState) -> Truth:
    def begun(x: Ring) -> Set:
        return now.recovers[x] | now.due[x] | now.settled[x]

    return every(Ring, lambda x: implies(some(begun(x)), within(now.member[x], now.told[x])))


@auxiliary(needed_by="who holds what another misses owes it or has sent it", action="send_again", machine=DELIVERY)
def with_the_first_token_nobody_waits_any_more(now: DeliveryState) -> Truth:
    return every(Ring, lambda x: implies(some(now.due[x] | now.settled[x]), empty(now.pending[x])))


@auxiliary(needed_by="in its ring nothing is delivered late", action="pass_commit_token", machine=DELIVERY)
def a_ring_is_installed_when_it_is_settled(now: DeliveryState) -> Truth:
    return every(Ring, lambda x: implies(some(now.reached[x]), some(now.settled[x])))


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def what_recovery_knows_is_of_the_old_ring(now: DeliveryState) -> Truth:
    return of_messages(now, lambda n, r: within(now.owes[n] | now.lacks[n] | now.heard[n], now.installed[r]))


@auxiliary(needed_by="what was sent again is received or missed by all", action="enter_recovery", machine=DELIVERY)
def nothing_is_known_before_recovery(now: DeliveryState) -> Truth:
    return every(Ring, Number, lambda x, n: empty(now.pending[x] & (now.owes[n] | now.lacks[n] | now.heard[n])))


@auxiliary(needed_by="EVS-4", action="multicast", machine=DELIVERY)
def nobody_has_received_what_was_not_sent(now: DeliveryState) -> Truth:
    def said(n: Number) -> Set:
        return now.has[n] | now.owes[n] | now.lacks[n] | now.heard[n] | now.delivered[n] | now.late[n]

    return every(Number, lambda n: implies(empty(now.given[n]), empty(said(n))))


@auxiliary(needed_by="what is heard of was received at the end", action="settle", machine=DELIVERY)
def what_is_delivered_or_owed_was_received(now: DeliveryState) -> Truth:
    return every(Number, lambda n: within(now.delivered[n] | now.owes[n], now.has[n]))


# Recovery -------------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="those who stayed have received the same", action="settle", machine=DELIVERY)
def who_holds_what_another_misses_owes_it_or_has_sent_it(now: DeliveryState) -> Truth:
    def sent(n: Number, r: Ring, x: Ring) -> Truth:
        held = now.came[r, x] & now.recovers[x] & (now.has[n] - now.freed[n] - now.owes[n])
        return implies(some(held), within((now.came[r, x] & on_the_way(now, x)) - now.has[n], now.lacks[n]))

    return of_moves(now, sent)


@auxiliary(needed_by="who holds what another misses owes it or has sent it", action="catch_up", machine=DELIVERY)
def what_was_sent_again_is_received_or_missed_by_all(now: DeliveryState) -> Truth:
    def missed(n: Number, r: Ring, x: Ring) -> Truth:
        someone = some(now.came[r, x] & now.recovers[x] & now.lacks[n])
        return implies(someone, within((now.came[r, x] & on_the_way(now, x)) - now.has[n], now.lacks[n]))

    return of_moves(now, missed)


@auxiliary(needed_by="what recovery knows is of the old ring", action="install_ring", machine=DELIVERY)
def nothing_is_left_to_send_when_recovery_is_at_its_end(now: DeliveryState) -> Truth:
    def nothing(x: Ring, n: Number) -> Truth:
        return implies(some(now.settled[x]), empty(now.recovers[x] & (now.owes[n] | now.lacks[n])))

    return every(Ring, Number, nothing)


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def those_who_stayed_have_received_the_same(now: DeliveryState) -> Truth:
    return of_moves(now, lambda n, r, x: implies(some(now.settled[x]), _alike(stayed(now, r, x), now.has[n])))


def _alike(whom: Set, what: Set) -> Truth:
    return empty(whom & what) | within(whom, what)


@auxiliary(needed_by="what is heard of was received at the end", action="settle", machine=DELIVERY)
def who_recovers_has_heard_what_was_delivered(now: DeliveryState) -> Truth:
    def heard(n: Number, r: Ring, x: Ring) -> Truth:
        came, delivered = now.came[r, x], now.came[r, x] & now.delivered[n]
        nothing = implies(empty(delivered), empty(came & now.recovers[x] & now.heard[n]))
        something = implies(some(delivered), within(came & now.recovers[x], now.heard[n]))
        return implies(within(came, on_the_way(now, x)), nothing & something)

    return of_moves(now, heard)


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def who_has_delivered_has_heard_of_it(now: DeliveryState) -> Truth:
    def heard(n: Number, r: Ring, x: Ring) -> Truth:
        return within(now.came[r, x] & now.recovers[x] & now.delivered[n], now.heard[n])

    return of_moves(now, heard)


@auxiliary(needed_by="those who stayed deliver the same", action="install_ring", machine=DELIVERY)
def what_is_heard_of_was_received_at_the_end(now: DeliveryState) -> Truth:
    def received(n: Number, r: Ring, x: Ring) -> Truth:
        return implies(some(now.settled[x]), within(now.came[r, x] & now.recovers[x] & now.heard[n], now.has[n]))

    return of_moves(now, received)


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def those_who_stayed_deliver_the_same(now: DeliveryState) -> Truth:
    def same_here(n: Number, r: Ring, x: Ring) -> Truth:
        delivers = (now.heard[n] & now.recovers[x]) | (now.delivered[n] & now.reached[x])
        return implies(some(now.settled[x]), _alike(stayed(now, r, x), delivers))

    return of_moves(now, same_here)


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def in_its_ring_nothing_is_delivered_late(now: DeliveryState) -> Truth:
    return of_messages(now, lambda n, r: empty((now.installed[r] | on_the_way(now, r)) & now.late[n]))


@auxiliary(needed_by="EVS-4", action="install_ring", machine=DELIVERY)
def what_is_left_is_delivered_late(now: DeliveryState) -> Truth:
    def left(n: Number, r: Ring, x: Ring) -> Truth:
        moved = now.came[r, x] & now.reached[x]
        gap = when(~within(now.by[n, r], now.came[r, x]), misses(now, n, r))
        return equal(moved & now.late[n], (moved & now.has[n]) - now.delivered[n] - gap)

    return of_moves(now, left)
