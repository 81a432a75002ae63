"""Auxiliary invariants of the machine of delivery: what its proofs need besides the claims."""

from __future__ import annotations

from collections.abc import Callable

from model.delivery.ring import is_of, misses, operational
from model.delivery.state import DeliveryState
from model.machines import DELIVERY
from model.sets import NOBODY, Set, Truth, any_of, at_most, empty, equal, every, implies, same, several, some, within
from model.sorts import Number, Ring, Seat
from properties.catalogue import auxiliary


def of_messages(now: DeliveryState, statement: Callable[[Number, Ring], Truth]) -> Truth:
    """The statement holds of every message and its ring."""
    return every(Ring, lambda r: every(Number, lambda n: implies(is_of(now, n, r), statement(n, r))))


# Ring ids -------------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="RING-S3", action="create_commit_token", machine=DELIVERY)
def a_representative_knows_its_ring(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: within(now.named[r], now.knows[r]))


@auxiliary(needed_by="RING-S3", action="create_commit_token", machine=DELIVERY)
def a_ring_with_members_has_a_representative(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: implies(some(now.member[r]), some(now.named[r])))


@auxiliary(needed_by="RING-S2", action="install_ring", machine=DELIVERY)
def who_knows_a_number_knows_the_lower_ones(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: every(Ring, lambda x: implies(at_most(r, x), within(now.knows[x], now.knows[r]))))


@auxiliary(needed_by="RING-S2", action="install_ring", machine=DELIVERY)
def who_has_taken_part_in_a_ring_knows_it(now: DeliveryState) -> Truth:
    return every(
        Ring,
        lambda r: within(now.pending[r] | now.recovers[r] | now.installed[r] | now.reached[r], now.knows[r]),
    )


@auxiliary(needed_by="RING-S2", action="install_ring", machine=DELIVERY)
def who_is_to_install_a_ring_has_installed_none_higher(now: DeliveryState) -> Truth:
    return every(
        Ring,
        lambda r: every(
            Ring, lambda x: implies(at_most(r, x), empty((now.pending[r] | now.recovers[r]) & now.reached[x]))
        ),
    )


@auxiliary(needed_by="who is to install a ring has installed none higher", action="install_ring", machine=DELIVERY)
def one_ring_is_to_be_installed(now: DeliveryState) -> Truth:
    def either(r: Ring) -> Set:
        return now.pending[r] | now.recovers[r]

    return every(Ring, lambda r: every(Ring, lambda x: same(r, x) | empty(either(r) & either(x)))) & every(
        Ring, lambda r: empty(now.pending[r] & now.recovers[r])
    )


# Who is where ---------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def who_takes_part_in_a_ring_is_a_member(now: DeliveryState) -> Truth:
    return every(
        Ring, lambda r: within(now.pending[r] | now.recovers[r] | now.installed[r] | now.due[r], now.member[r])
    )


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def the_token_is_at_one(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: ~several(now.due[r]))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def one_lowered_the_token(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: ~several(now.lowered[r]))


@auxiliary(needed_by="RING-S5", action="create_first_token", machine=DELIVERY)
def who_originated_in_a_ring_has_installed_it(now: DeliveryState) -> Truth:
    return every(
        Ring, lambda r: every(Number, lambda n: within(now.by[n, r], now.member[r] & now.reached[r]))
    )


@auxiliary(needed_by="RING-S5", action="create_first_token", machine=DELIVERY)
def who_has_installed_a_ring_has_reached_it(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: within(now.installed[r], now.reached[r]))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def one_ring_is_installed(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: every(Ring, lambda x: same(r, x) | empty(now.installed[r] & now.installed[x])))


# Numbers --------------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="RING-S6", action="multicast", machine=DELIVERY)
def the_number_of_a_message_is_given(now: DeliveryState) -> Truth:
    return of_messages(now, lambda n, r: some(now.given[n]))


@auxiliary(needed_by="RING-S5", action="multicast", machine=DELIVERY)
def below_a_given_number_all_are_given(now: DeliveryState) -> Truth:
    return every(
        Number,
        lambda n: every(
            Number, lambda k: implies(at_most(k, n) & ~same(k, n) & some(now.given[n]), some(now.given[k]))
        ),
    )


@auxiliary(needed_by="RING-S5", action="multicast", machine=DELIVERY)
def nothing_is_said_of_a_number_that_is_not_given(now: DeliveryState) -> Truth:
    return every(
        Number, lambda n: implies(empty(now.given[n]), empty(now.aru[n] | now.last[n] | now.freed[n]))
    )


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def a_number_is_of_one_ring(now: DeliveryState) -> Truth:
    return of_messages(now, lambda n, r: every(Ring, lambda x: same(r, x) | empty(now.by[n, x])))


# All received up to ---------------------------------------------------------------------------------------------------


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def the_token_is_at_least_a_number_or_not(now: DeliveryState) -> Truth:
    """The set that stands for it is all members or nobody."""
    return of_messages(now, lambda n, r: equal(now.aru[n], NOBODY) | equal(now.aru[n], now.member[r]))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
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

    return of_messages(now, lambda n, r: every(Seat, lambda i: every(Seat, lambda j: visited(n, r, i, j))))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def whoever_lowered_it_did_so_before_or_to_at_least_that(now: DeliveryState) -> Truth:
    """A member that has found it at least n after one lowered it finds it so until that one is visited again."""

    def lowered(n: Number, r: Ring, i: Seat, j: Seat) -> Truth:
        after = some(now.seat[i] & now.lowered[r]) & some(now.seat[j] & now.due[r])
        return implies(after, within(now.between[i, j] & now.last[n], now.aru[n]))

    return of_messages(now, lambda n, r: every(Seat, lambda i: every(Seat, lambda j: lowered(n, r, i, j))))


@auxiliary(needed_by="RING-S5", action="pass_token", machine=DELIVERY)
def who_nobody_lowered_is_at_the_last_number(now: DeliveryState) -> Truth:
    """But for a number that was just given, which nobody remembers."""
    return of_messages(now, lambda n, r: implies(empty(now.lowered[r]), within(now.last[n], now.aru[n])))


UNUSED = (any_of,)
