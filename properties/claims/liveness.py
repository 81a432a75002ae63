"""What can still happen, and how soon: LIVE-1, LIVE-2, PLUG-A2."""

from __future__ import annotations

from model.language.sets import (
    EVERYBODY,
    Processor,
    Set,
    Truth,
    any_of,
    empty,
    exists,
    same,
    several,
    some,
    when,
    within,
)
from model.language.sorts import Handle, Ring
from model.plug.messages import recovery_messages
from model.plug.ordered import OrderedState
from model.plug.rotations import all_have_unplugged, needs_three, needs_two
from model.plug.state import PlugState
from properties.catalogue.claim import Bound, Least, Reach, claim
from properties.catalogue.progress import Progress

GATES_STAY_CLOSED = "the gates can no longer open"

LIVE_2 = claim(
    "LIVE-2",
    least=Least(2, 1, 1),
    mutant="judge-only-when-setting",
    correction="Decided by a backward pass; a deadlock, a state that no step changes, is noticed on the way. Both are "
    "stated under the same premise. Without it the protocol itself would be deadlocked: a member whose ring was "
    "abandoned by the others waits, rightly, for the next configuration.",
)


def can_be_completed(now: PlugState, r: Ring) -> Truth:
    """The ring was formed, and every member has it installed or may still install it."""
    return some(now.member[r]) & within(now.member[r], now.installed[r] | now.pending[r])


def all_gates_are_open(now: PlugState, r: Ring) -> Truth:
    """Every member has the ring installed and its gate open."""
    return within(now.member[r], now.installed[r] & now.gate)


def is_stuck(now: PlugState) -> Truth:
    """In a ring that can be completed a gate is closed: a deadlock if no protocol or service step is left."""
    return exists(Ring, lambda r: can_be_completed(now, r) & some(now.installed[r] - now.gate))


def with_the_ring_pending(now: PlugState, ring: Ring) -> Set:
    return now.pending[ring]


def in_an_old_ring(now: PlugState, ring: Ring) -> Set:
    return now.pending[ring] & any_of(Ring, lambda x: now.installed[x])


def plugged(now: PlugState, ring: Ring, h: Handle) -> Set:
    return now.installed[ring] & now.plugged[h]


def with_a_leftover(now: PlugState, ring: Ring) -> Set:
    return now.installed[ring] & now.leftover


def with_a_message(now: PlugState, ring: Ring) -> Set:
    return now.installed[ring] & now.queued


def with_two_messages(now: PlugState, ring: Ring) -> Set:
    return now.installed[ring] & now.queued_two


def without_a_bit(now: PlugState, ring: Ring) -> Set:
    return now.member[ring] - now.bits[ring]


def closed(now: PlugState, ring: Ring) -> Set:
    return now.member[ring] - (now.gate & now.installed[ring])


def with_a_message_and_no_turn(now: PlugState, ring: Ring) -> Set:
    return (now.installed[ring] & recovery_messages(now)) - now.turn


def holds_a_message_back(now: PlugState, ring: Ring) -> Truth:
    """Whoever holds the token has a recovery message, which it has still to send."""
    return some(now.turn & now.installed[ring] & recovery_messages(now))


def the_token_goes_on_too_soon(now: PlugState, ring: Ring, r: Ring) -> Truth:
    return same(r, ring) & holds_a_message_back(now, ring)


def a_member_queues_more(now: PlugState, ring: Ring, p: Processor) -> Truth:
    return within(p, now.installed[ring])


def leaves_its_old_ring(now: PlugState, ring: Ring, p: Processor, r: Ring) -> Truth:
    return within(p, now.pending[ring] & now.installed[r])


def installs_the_ring(now: PlugState, ring: Ring, p: Processor, r: Ring) -> Truth:
    return same(r, ring) & within(p, now.pending[ring] - any_of(Ring, lambda x: now.installed[x]))


def unplugs_what_is_plugged(now: PlugState, ring: Ring, p: Processor, h: Handle) -> Truth:
    return within(p, now.installed[ring] & now.plugged[h])


def sends_a_leftover(now: PlugState, ring: Ring, p: Processor, r: Ring) -> Truth:
    return same(r, ring) & within(p, now.installed[ring] & now.turn & now.leftover)


def sends_a_message(now: PlugState, ring: Ring, p: Processor, r: Ring) -> Truth:
    return same(r, ring) & within(p, (now.installed[ring] & now.turn & now.queued) - now.leftover)


def visits_whom_it_helps(now: PlugState, ring: Ring, p: Processor, r: Ring) -> Truth:
    """It gives a turn to who has a message and none; a bit to who is ready and has none; or opens a gate."""
    waits = recovery_messages(now) - now.turn
    ready = EVERYBODY - any_of(Handle, lambda h: now.plugged[h]) - recovery_messages(now) - now.bits[ring]
    shut = when(within(now.member[ring], now.bits[ring]), EVERYBODY - now.gate)
    return same(r, ring) & within(p, now.installed[ring] & (waits | ready | shut)) & ~holds_a_message_back(now, ring)


def visits_one_of_several(now: PlugState, ring: Ring, p: Processor, r: Ring) -> Truth:
    return several(now.member[ring]) & visits_whom_it_helps(now, ring, p, r)


def visits_the_only_one(now: PlugState, ring: Ring, p: Processor, r: Ring) -> Truth:
    return ~several(now.member[ring]) & visits_whom_it_helps(now, ring, p, r)


RANK = (
    (with_the_ring_pending,),
    (in_an_old_ring,),
    (plugged, with_a_leftover, with_a_message, with_two_messages, without_a_bit, closed),
    (with_a_message_and_no_turn,),
)
VISITS_AND_SENDS = {
    "visit": visits_one_of_several,
    "send_recovery": sends_a_message,
    "send_leftover": sends_a_leftover,
}
OTHERS = {
    "sole_visit": visits_the_only_one,
    "leave": leaves_its_old_ring,
    "install": installs_the_ring,
    "unplug": unplugs_what_is_plugged,
}
UNLESS = {
    "visit": the_token_goes_on_too_soon,
    "sole_visit": the_token_goes_on_too_soon,
    "pass_on": the_token_goes_on_too_soon,
    "queue_recovery": a_member_queues_more,
}

LIVE_2.reach = Reach(
    can_be_completed,
    all_gates_are_open,
    by=(*VISITS_AND_SENDS, *OTHERS),
    lost=GATES_STAY_CLOSED,
    stuck=is_stuck,
    progress=Progress(RANK, {**VISITS_AND_SENDS, **OTHERS}, UNLESS, {
        "visit": (2, 1, 1, ""), "sole_visit": (1, 1, 1, ""), "leave": (1, 1, 2, ""), "install": (1, 1, 1, ""),
        "unplug": (1, 1, 1, ""), "send_recovery": (1, 1, 1, "recovery-queue"), "send_leftover": (1, 1, 1, "leftovers"),
    }),
)  # fmt: skip


@LIVE_2.witnessed()
def a_ring_of_several_waits_for_its_gates(now: PlugState) -> Truth:
    return exists(Ring, lambda r: several(now.member[r]) & can_be_completed(now, r) & some(now.installed[r] - now.gate))


A2 = claim(
    "PLUG-A2",
    least=Least(2, 1, 1),
    mutant="judge-only-when-setting",
    correction="It was the second half of PLUG-A1, as a leads-to; it is decided as reachability.",
)


def is_installed_everywhere_and_open_somewhere(now: PlugState, r: Ring) -> Truth:
    """Every member has the ring installed, and somebody has opened."""
    return within(now.member[r], now.installed[r]) & some(now.gate & now.installed[r])


A2.reach = Reach(
    is_installed_everywhere_and_open_somewhere,
    all_gates_are_open,
    by=tuple(VISITS_AND_SENDS),
    lost=GATES_STAY_CLOSED,
    progress=Progress(RANK[2:], VISITS_AND_SENDS, UNLESS, {
        "visit": (2, 1, 1, ""), "send_recovery": (2, 1, 1, "recovery-queue"), "send_leftover": (2, 1, 1, "leftovers"),
    }),
)  # fmt: skip


@A2.witnessed()
def one_of_several_has_opened(now: PlugState) -> Truth:
    return exists(
        Ring,
        lambda r: (
            several(now.member[r])
            & within(now.member[r], now.installed[r])
            & some(now.gate & now.installed[r])
            & some(now.installed[r] - now.gate)
        ),
    )


LIVE_1 = claim(
    "LIVE-1",
    least=Least(2, 1, 1),
    mutant="bit-every-other-visit",
    machine="ordered",
    correction="A premise: a member that holds the token sends a recovery message before the token goes on. Tested "
    "after sending, the bound is (2+max(0,k-1))n-1 (D11).",
)


def members(now: OrderedState, r: Ring) -> Set:
    """The ring's."""
    return now.member[r]


def needs_one_visit(now: OrderedState, r: Ring) -> Truth:
    """A member has a recovery message of this configuration to send."""
    return some(now.member[r] & now.queued)


def needs_two_visits(now: OrderedState, r: Ring) -> Truth:
    """A member has two of them, or one behind a leftover."""
    return some(now.member[r] & needs_two(now))


def needs_three_visits(now: OrderedState, r: Ring) -> Truth:
    """A member has two of them behind a leftover."""
    return some(now.member[r] & needs_three(now))


LIVE_1.bound = Bound(
    all_have_unplugged,
    all_gates_are_open,
    visits=("visit", "sole_visit"),
    sends=("send_recovery", "send_leftover"),
    needs=(needs_one_visit, needs_two_visits, needs_three_visits),
    members=members,
    limit=lambda n, k: (2 + k) * n - 1,
    formula="(2+k)n-1",
    beyond="more visits are possible",
    unattained="the bound is not attained",
)


@LIVE_1.witnessed()
def all_have_unplugged_and_none_has_opened(now: OrderedState) -> Truth:
    return exists(Ring, lambda r: several(now.member[r]) & all_have_unplugged(now, r) & empty(now.bits[r]))
