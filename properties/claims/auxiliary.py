"""What proofs need besides the claims: auxiliary invariants, and how visits are counted for LIVE-1.

Each auxiliary invariant names an obligation that fails without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.language.sets import (
    Processor,
    Set,
    Truth,
    all_of,
    any_of,
    empty,
    every,
    implies,
    same,
    several,
    some,
    within,
)
from model.language.sorts import Handle, Ring, Seat
from model.plug.messages import recovery_messages
from model.plug.ordered import ROTATIONS, OrderedState
from model.plug.rotations import needs_three, needs_two, plugged_anywhere
from model.plug.state import PlugState
from properties.catalogue.claim import Part, Statement, auxiliary, words
from properties.catalogue.progress import IN_SOME_STATE
from properties.claims.bitmap import in_any_token
from properties.claims.liveness import (
    LIVE_1,
    all_gates_are_open,
    needs_one_visit,
    needs_three_visits,
    needs_two_visits,
)


@auxiliary(needed_by="PLUG-H1", action="originate")
def who_has_installed_is_a_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.installed[r], now.member[r]))


@auxiliary(needed_by="CFG-S1", action="install")
def who_may_install_is_a_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.pending[r], now.member[r]))


@auxiliary(needed_by="PLUG-S2", action="visit")
def who_has_nothing_plugged_is_done(now: PlugState) -> Truth:
    plugged = any_of(Handle, lambda h: now.plugged[h])
    return every(Ring, lambda r: within(now.installed[r] - plugged, now.done[r]))


@auxiliary(needed_by="PLUG-S3", action="visit")
def what_is_owed_is_plugged(now: PlugState) -> Truth:
    return every(Ring, Handle, lambda r, h: within(now.installed[r] & now.owes[h], now.plugged[h]))


@auxiliary(needed_by="who may install is not done", action="unplug")
def who_may_install_has_not_installed(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.pending[r] & now.installed[r]))


@auxiliary(needed_by="PLUG-C2", action="destroy")
def what_is_plugged_is_registered(now: PlugState) -> Truth:
    return every(Handle, lambda h: within(now.plugged[h], now.handles[h]))


@auxiliary(needed_by="PLUG-H1", action="queue_recovery")
def a_normal_message_was_signed_for_by_every_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: implies(some(now.normal[r]), within(now.member[r], now.signed[r])))


@auxiliary(needed_by="a normal message was signed for by every member", action="originate")
def behind_an_open_gate_every_member_has_signed(now: PlugState) -> Truth:
    return every(Ring, lambda r: implies(some(now.gate & now.installed[r]), within(now.member[r], now.signed[r])))


@auxiliary(needed_by="PLUG-H1", action="originate")
def who_has_signed_has_nothing_early(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.installed[r] & now.signed[r] & now.early))


@auxiliary(needed_by="who has signed has nothing early", action="visit")
def what_is_early_is_queued(now: PlugState) -> Truth:
    return within(now.early, now.queued)


@auxiliary(needed_by="who has signed has nothing early", action="visit")
def whose_bit_is_set_has_signed(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(in_any_token(now, r), now.signed[r]))


@auxiliary(needed_by="a normal message was signed for by every member", action="form_ring")
def a_normal_message_is_addressed_to_members(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.normal[r], now.member[r]))


@auxiliary(needed_by="LIVE-2", action="install")
def one_ring_is_pending(now: PlugState) -> Truth:
    return every(Ring, Ring, lambda r, x: same(r, x) | empty(now.pending[r] & now.pending[x]))


@auxiliary(needed_by="PLUG-A2", action=IN_SOME_STATE)
def who_is_done_has_nothing_plugged(now: PlugState) -> Truth:
    return every(Ring, Handle, lambda r, h: empty(now.installed[r] & now.done[r] & now.plugged[h]))


@auxiliary(needed_by="who is done has nothing plugged", action="install")
def who_may_install_is_not_done(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.pending[r] & now.done[r]))


@auxiliary(needed_by="who may install is not done", action="form_ring")
def who_is_done_is_a_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.done[r], now.member[r]))


# LIVE-1 for any number ------------------------------------------------------------------------------------------------


SUM = (
    "The proof counts. At any moment when all members have unplugged a count may begin: each member is to be put into "
    "five sets, and they fill one after the other, each in one rotation of the token. In the first three a queue "
    "drains, in the fourth the member's bit gets set, in the fifth its gate opens. A set that no queue needs is full "
    "from the start, so k + 2 sets have all n members missing where k visits drain the longest queue: (2+k)n places. "
    "It is proved, for any n, that while places are left the token may go on, that each visit fills a place, that the "
    "visit that fills the fourth set fills a place of the fifth, and that when all are filled all gates are open. So "
    "at most (2+k)n-1 visits open them. That sum is the reader's: the language has no numbers. Nor is it proved that "
    "the next member's seat is there, which needs that members are finitely many."
)
"""How the bound follows from what is proved (`model/plug/rotations.py`)."""
ORDERED = "ordered"


def sets(now: OrderedState, r: Ring) -> tuple[Set, ...]:
    """In the order in which they fill."""
    return now.two_left[r], now.one_left[r], now.drained[r], now.marked[r], now.opened[r]


def counted_sets(now: OrderedState, r: Ring) -> tuple[Set, ...]:
    """While the count goes on; else nobody."""
    return tuple(now.counted[r] & one for one in sets(now, r))


def of_each(now: OrderedState, says: Callable[[Ring, Set], Truth]) -> Truth:
    """Of each set of each ring."""
    return every(Ring, lambda r: all_of(says(r, one) for one in sets(now, r)))


def gained(before: OrderedState, after: OrderedState, r: Ring) -> Set:
    """Who is put into one of them."""
    two_left, *others = (then - now for now, then in zip(sets(before, r), sets(after, r), strict=True))
    for one in others:
        two_left = two_left | one
    return two_left


# What is proved of the count ------------------------------------------------------------------------------------------


def when_all_places_are_filled_all_gates_are_open(now: OrderedState) -> Truth:
    def says(r: Ring) -> Truth:
        return implies(some(now.counted[r]) & within(now.member[r], now.opened[r]), all_gates_are_open(now, r))

    return every(Ring, says)


def only_rotations_that_a_queue_needs_are_ahead(now: OrderedState, then: OrderedState, r: Ring) -> Truth:
    full = (then.two_left[r], then.one_left[r], then.drained[r])
    needs = (needs_three_visits(now, r), needs_two_visits(now, r), needs_one_visit(now, r))
    return all_of(need | within(now.member[r], one) for need, one in zip(needs, full, strict=True))


def a_visit_fills_a_place(now: OrderedState, then: OrderedState, p: Processor, r: Ring) -> Truth:
    waits = within(p, now.counted[r]) & ~within(now.member[r], now.opened[r])
    return implies(waits, within(p, gained(now, then, r)))


def the_last_bit_fills_two_places(now: OrderedState, then: OrderedState, p: Processor, r: Ring) -> Truth:
    last = ~within(now.member[r], now.marked[r]) & within(now.member[r], then.marked[r])
    two = (then.marked[r] - now.marked[r]) & (then.opened[r] - now.opened[r])
    return implies(within(p, now.counted[r]) & last, within(p, two))


def the_token_may_visit_whom_it_is_due_at(
    now: OrderedState, then: OrderedState, p: Processor, r: Ring, i: Seat, j: Seat
) -> Truth:
    due = within(p, now.counted[r] & now.due[r] & now.seat[i])
    ahead = within(now.seat[j], now.member[r]) & empty(now.between[i, j] & now.member[r])
    return several(now.member[r]) & due & ahead & nobody_may_still_send(now, r)


def the_only_member_may_take_its_step(now: OrderedState, then: OrderedState, p: Processor, r: Ring) -> Truth:
    return within(p, now.counted[r]) & ~several(now.member[r]) & nobody_may_still_send(now, r)


def who_holds_the_token_may_send_its_first_message(
    now: OrderedState, then: OrderedState, p: Processor, r: Ring
) -> Truth:
    return within(p, (now.counted[r] & now.turn & now.queued) - now.leftover)


def who_holds_the_token_may_send_its_leftover(now: OrderedState, then: OrderedState, p: Processor, r: Ring) -> Truth:
    return within(p, now.counted[r] & now.turn & now.leftover)


def nobody_may_still_send(now: OrderedState, r: Ring) -> Truth:
    """The holder has sent what it may."""
    return empty(now.turn & now.installed[r] & recovery_messages(now))


def step(statement: Statement, action: str, *, enables: bool = False) -> Part:
    """A part about the steps of one action."""
    return Part(words(statement), statement, of_steps=True, at=action, enables=enables)


if LIVE_1.bound:
    LIVE_1.bound = replace(LIVE_1.bound, counting=ROTATIONS, sum=SUM, proved=(
        Part(words(when_all_places_are_filled_all_gates_are_open), when_all_places_are_filled_all_gates_are_open),
        step(only_rotations_that_a_queue_needs_are_ahead, "begin_to_count"),
        *(step(a_visit_fills_a_place, action) for action in LIVE_1.bound.visits),
        *(step(the_last_bit_fills_two_places, action) for action in LIVE_1.bound.visits),
        step(the_token_may_visit_whom_it_is_due_at, "visit", enables=True),
        step(the_only_member_may_take_its_step, "sole_visit", enables=True),
        step(who_holds_the_token_may_send_its_first_message, "send_recovery", enables=True),
        step(who_holds_the_token_may_send_its_leftover, "send_leftover", enables=True),
    ))  # fmt: skip


# Where the token is ---------------------------------------------------------------------------------------------------


@auxiliary(
    needed_by="the token comes again when all were visited", action="form_ring", machine=ORDERED, features=(ROTATIONS,)
)
def who_was_visited_is_a_member(now: OrderedState) -> Truth:
    return of_each(now, lambda r, one: within(one, now.member[r]))


@auxiliary(
    needed_by="the token comes again when all were visited", action="visit", machine=ORDERED, features=(ROTATIONS,)
)
def a_rotation_begins_when_the_one_before_is_over(now: OrderedState) -> Truth:
    def says(r: Ring) -> Truth:
        pairs = zip(sets(now, r), sets(now, r)[1:], strict=False)
        return all_of(implies(some(later), within(now.member[r], earlier)) for earlier, later in pairs)

    return every(Ring, says)


@auxiliary(
    needed_by="a rotation begins when the one before is over", action="visit", machine=ORDERED, features=(ROTATIONS,)
)
def the_token_comes_again_when_all_were_visited(now: OrderedState) -> Truth:
    return of_each(now, lambda r, one: implies(some(now.due[r] & one), within(now.member[r], one)))


@auxiliary(
    needed_by="the token comes again when all were visited", action="visit", machine=ORDERED, features=(ROTATIONS,)
)
def who_was_not_visited_comes_before_who_was(now: OrderedState) -> Truth:
    def says(r: Ring, i: Seat, j: Seat, one: Set) -> Truth:
        due_and_visited = some(now.due[r] & now.seat[i]) & some(one & now.seat[j])
        return implies(due_and_visited, within(now.member[r] - one, now.seat[i] | now.between[i, j]))

    return every(Ring, Seat, Seat, lambda r, i, j: all_of(says(r, i, j, one) for one in sets(now, r)))


# What a visit has brought ---------------------------------------------------------------------------------------------


@auxiliary(needed_by="who is marked has its bit set", action="visit", machine=ORDERED, features=(ROTATIONS,))
def whose_visits_are_counted_has_unplugged(now: OrderedState) -> Truth:
    return every(Ring, lambda r: within(now.counted[r], (now.member[r] & now.installed[r]) - plugged_anywhere(now)))


@auxiliary(needed_by="who is opened has an open gate", action="visit", machine=ORDERED, features=(ROTATIONS,))
def visits_of_all_members_are_counted(now: OrderedState) -> Truth:
    return every(Ring, lambda r: implies(some(now.counted[r]), within(now.member[r], now.counted[r])))


@auxiliary(
    needed_by="a queue needs a visit less in each rotation", action="visit", machine=ORDERED, features=(ROTATIONS,)
)
def who_was_visited_has_sent_or_may_send_now(now: OrderedState) -> Truth:
    def says(r: Ring) -> Truth:
        two_left, one_left, drained, *_ = counted_sets(now, r)
        late = (two_left & needs_three(now)) | (one_left & needs_two(now)) | (drained & now.queued)
        return within(late, now.turn)

    return every(Ring, says)


@auxiliary(
    needed_by="who was visited has sent or may send now",
    action="send_recovery",
    machine=ORDERED,
    features=(ROTATIONS,),
)
def a_queue_needs_a_visit_less_in_each_rotation(now: OrderedState) -> Truth:
    def says(r: Ring) -> Truth:
        _, one_left, drained, marked, _ = counted_sets(now, r)
        return empty((one_left & needs_three(now)) | (drained & needs_two(now)) | (marked & now.queued))

    return every(Ring, says)


@auxiliary(needed_by="who is opened has an open gate", action="visit", machine=ORDERED, features=(ROTATIONS,))
def who_is_marked_has_its_bit_set(now: OrderedState) -> Truth:
    return every(Ring, lambda r: within(now.counted[r] & now.marked[r], now.bits[r]))


@auxiliary(needed_by="LIVE-1", action="visit", machine=ORDERED, features=(ROTATIONS,))
def who_is_opened_has_an_open_gate(now: OrderedState) -> Truth:
    return every(Ring, lambda r: within(now.counted[r] & now.opened[r], now.gate))
