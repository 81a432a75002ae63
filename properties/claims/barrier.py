"""Refinements: of the barrier by the machine (BAR-1), of the plug by delivery (BAR-2, BAR-4) and by services (BAR-3).

Of the last three the first part says that who follows in a joint action may take its step: what leads, the other
allows. The other parts are the variables that both have, each said once. What leads is a step of its part as it stands,
since its guard is a guard of the whole. So a run of the whole is a run of each part, and what holds of a part holds of
the whole.
"""

from __future__ import annotations

from collections.abc import Callable

from model.composed import services_on_plug
from model.composed.plug_on_delivery import PLUG_ON_DELIVERY, SERVICES_ON_DELIVERY, delivery, plug
from model.composed.services_on_plug import SERVICES_ON_PLUG, services
from model.delivery.state import DeliveryState
from model.language.machine import Guard
from model.language.sets import (
    Processor,
    Processors,
    Set,
    Truth,
    all_of,
    any_of,
    empty,
    equal,
    every,
    exists,
    implies,
    several,
    some,
    when,
    within,
)
from model.language.sorts import Handle, NewRing, Ring
from model.language.state import State
from model.plug import barrier
from model.plug.barrier import BarrierState
from model.plug.state import PlugState
from properties.catalogue.claim import Least, auxiliary, claim
from properties.catalogue.unchanged import has_the_value_of
from properties.claims import delivery_auxiliary as of_delivery

# The barrier ----------------------------------------------------------------------------------------------------------

SEEN = {"members": "member", "inside": "installed", "recovered": "done", "opened": "gate"}
"""The refinement map: each variable of the barrier, and the machine's variable that it is."""

BAR_1 = claim(
    "BAR-1",
    least=Least(2, 1, 1),
    mutant="open-on-own-bit",
    covers_every_action=True,
)


def changes_nothing_seen(now: PlugState, then: PlugState) -> Truth:
    """No variable that the barrier sees has another value."""
    return _agree(BarrierState(SEEN.__getitem__), then)


def is_step(write: Callable[..., Guard], now: PlugState, then: PlugState, **parameters: object) -> Truth:
    """The step is this action of the barrier: its guard holds before, and what it sees is as the action leaves it."""
    before, after = BarrierState(SEEN.__getitem__), BarrierState(SEEN.__getitem__)
    guard = [part for _, part in write(before, after, **parameters)]
    return all_of([*guard, _agree(after, then)])


def _agree(barrier: BarrierState, machine: PlugState) -> Truth:
    """What the barrier has is what the machine has, variable by variable."""
    mine, theirs = barrier.families, machine.families
    same = equal(mine["opened"][()], theirs["gate"][()])
    for name in ("members", "inside", "recovered"):
        same = same & every(Ring, lambda r, name=name: equal(mine[name][r], theirs[SEEN[name]][r]))
    return same


@BAR_1.at("form_ring")
def form_ring_is_form(now: PlugState, then: PlugState, r: NewRing, members: Processors) -> Truth:
    return is_step(barrier.form, now, then, r=r, members=members)


@BAR_1.at("install")
def install_is_enter(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    at_once = p - any_of(Handle, lambda h: now.handles[h])
    return is_step(barrier.enter, now, then, p=p, r=r, at_once=at_once)


@BAR_1.at("unplug", "destroy")
def release_is_recover_or_nothing(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return changes_nothing_seen(now, then) | is_step(barrier.recover, now, then, p=p)


@BAR_1.at("visit", "late_visit", "sole_visit", "send_recovery")
def a_visit_is_open_up_or_nothing(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return changes_nothing_seen(now, then) | is_step(barrier.open_up, now, then, p=p, r=r)


@BAR_1.at("leave", "crash")
def leave_and_crash_are_go(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return is_step(barrier.go, now, then, p=p)


@BAR_1.at(
    "create", "pass_on", "reject", "originate", "queue_recovery", "queue_between", "send_leftover",
    "begin_long", "finish_long", "duplicate", "duplicate_late", "restart",
)  # fmt: skip
def the_barrier_sees_nothing(now: PlugState, then: PlugState) -> Truth:
    return changes_nothing_seen(now, then)


@BAR_1.witnessed()
def a_gate_is_open_beside_a_closed_one(now: PlugState) -> Truth:
    return exists(
        Ring,
        lambda r: several(now.member[r]) & some(now.gate & now.installed[r]) & some(now.installed[r] - now.gate),
    )


# The plug, and services with it, on delivery --------------------------------------------------------------------------

ON_DELIVERY = ("plug-on-delivery", "services-on-delivery")
BAR_2 = claim(
    "BAR-2",
    least=Least(2, 1, 1),
    mutant="first-token-is-created-twice",
    machine=ON_DELIVERY[0],
)
BAR_4 = claim(
    "BAR-4",
    least=Least(2, 2, 1),
    mutant="first-token-is-created-twice",
    machine=ON_DELIVERY[1],
)


def who_follows_may_take_its_step(now: State, then: State, follows: Truth) -> Truth:
    return follows


BAR_2.at(*PLUG_ON_DELIVERY.follow)(who_follows_may_take_its_step)
BAR_4.at(*SERVICES_ON_DELIVERY.follow)(who_follows_may_take_its_step)


def has_a_token(now: State, r: Ring) -> Truth:
    """The first token of ring r was created."""
    return some(delivery(now).due[r] | delivery(now).reached[r])


def on_the_way(now: State) -> Set:
    """Who waits for a commit token, or is in recovery."""
    return any_of(Ring, lambda r: delivery(now).pending[r] | delivery(now).recovers[r])


@BAR_2.always
@BAR_4.always
def both_have_the_same_members_once_there_is_a_token(now: State) -> Truth:
    def listed(r: Ring) -> Set:
        return when(has_a_token(now, r), delivery(now).member[r])

    return every(Ring, lambda r: equal(plug(now).member[r], listed(r)))


@BAR_2.always
@BAR_4.always
def who_recovers_where_there_is_a_token_has_the_ring_pending(now: State) -> Truth:
    return every(Ring, lambda r: implies(has_a_token(now, r), within(delivery(now).recovers[r], plug(now).pending[r])))


@BAR_2.always
@BAR_4.always
def both_have_the_same_ring_installed_but_for_who_has_left_it_on_the_way_to_another(now: State) -> Truth:
    def the_same(r: Ring) -> Truth:
        ours, theirs = plug(now).installed[r], delivery(now).installed[r]
        return within(ours, theirs) & within(theirs - on_the_way(now), ours)

    return every(Ring, the_same)


@BAR_2.always
def who_is_down_takes_part_in_nothing(now: State) -> Truth:
    return empty(plug(now).down & (on_the_way(now) | any_of(Ring, lambda r: delivery(now).installed[r])))


@BAR_2.witnessed()
@BAR_4.witnessed()
def a_gate_is_open_beside_a_closed_one_where_the_token_goes_round(now: State) -> Truth:
    def both(r: Ring) -> Truth:
        ring = plug(now).installed[r]
        return several(ring) & some(ring & plug(now).gate) & some((ring - plug(now).gate) & delivery(now).due[r])

    return exists(Ring, both)


# What these proofs need -----------------------------------------------------------------------------------------------


def of_the_whole(statement: Callable[[State], Truth], needed_by: tuple[str, str], action: str) -> None:
    """An auxiliary invariant of both products with delivery; it is needed by these."""
    for owner, machine in zip(needed_by, ON_DELIVERY, strict=True):
        auxiliary(needed_by=owner, action=action, machine=machine)(statement)


def where_recovery_has_ended_there_is_a_token(now: State) -> Truth:
    return every(Ring, lambda r: implies(some(delivery(now).settled[r]), has_a_token(now, r)))


def who_has_reached_a_ring_is_a_member(now: State) -> Truth:
    return every(Ring, lambda r: within(delivery(now).reached[r], delivery(now).member[r]))


def once_more(statement: Callable[[DeliveryState], Truth]) -> Callable[[State], Truth]:
    """An invariant of delivery, asked once more of the whole."""

    def asked(now: State) -> Truth:
        return statement(delivery(now))

    asked.__name__ = statement.__name__
    return asked


def twice(label: str) -> tuple[str, str]:
    """An auxiliary invariant of the same words in both."""
    return label, label


BOTH = ("BAR-2", "BAR-4")
NONE_HIGHER = twice("who is to install a ring has installed none higher")
NOBODY_WAITS = twice("with the first token nobody waits any more")
of_the_whole(where_recovery_has_ended_there_is_a_token, BOTH, "leave")
of_the_whole(who_has_reached_a_ring_is_a_member, BOTH, "create_first_token")
for statement, needed_by, action in (
    (of_delivery.a_representative_knows_its_ring, BOTH, "create_commit_token"),
    (of_delivery.a_ring_with_members_has_a_representative, BOTH, "create_commit_token"),
    (of_delivery.who_knows_a_number_knows_the_lower_ones, NONE_HIGHER, "create_commit_token"),
    (of_delivery.who_has_taken_part_in_a_ring_knows_it, NONE_HIGHER, "create_commit_token"),
    (of_delivery.who_is_to_install_a_ring_has_installed_none_higher, BOTH, "create_first_token"),
    (of_delivery.one_ring_is_to_be_installed, BOTH, "create_first_token"),
    (of_delivery.who_takes_part_in_a_ring_is_a_member, BOTH, "create_first_token"),
    (of_delivery.who_has_installed_a_ring_has_reached_it, BOTH, "pass_token"),
    (of_delivery.recovery_begins_when_all_have_told, NOBODY_WAITS, "pass_commit_token"),
    (of_delivery.with_the_first_token_nobody_waits_any_more, BOTH, "enter_recovery"),
    (of_delivery.a_ring_is_installed_when_it_is_settled, BOTH, "enter_recovery"),
):
    of_the_whole(once_more(statement), needed_by, action)

# Services on the plug -------------------------------------------------------------------------------------------------

ON_PLUG = "services-on-plug"
SHARED = (
    "member", "pending", "installed", "bits", "plugged", "turn", "queued", "queued_two", "leftover", "half", "normal",
)  # fmt: skip
"""The variables that services and plug have alike: all that their steps write, but the gate."""
BAR_3 = claim(
    "BAR-3",
    least=Least(2, 1, 1),
    mutant="open-on-own-bit",
    machine=ON_PLUG,
)
BAR_3.at(*SERVICES_ON_PLUG.follow)(who_follows_may_take_its_step)


def has_the_same(name: str) -> Callable[[State], Truth]:
    """Services and plug have the same value of this variable."""

    def the_same(now: State) -> Truth:
        return has_the_value_of(services(now).families[name], services_on_plug.plug(now).families[name])

    the_same.__name__ = f"both_have_the_same_{name}"
    return the_same


for name in SHARED:
    BAR_3.always(has_the_same(name))


@BAR_3.always
def a_gate_of_the_services_is_open_in_the_plug(now: State) -> Truth:
    return within(services(now).gate, services_on_plug.plug(now).gate)


@BAR_3.witnessed()
def services_keep_a_gate_closed_that_the_plug_opens(now: State) -> Truth:
    return some(services_on_plug.plug(now).gate - services(now).gate)


@auxiliary(needed_by="BAR-3", action="install", machine=ON_PLUG)
def what_is_queued_is_queued_in_a_ring(now: State) -> Truth:
    mine = services_on_plug.plug(now)
    return within(mine.queued | mine.queued_two, any_of(Ring, lambda r: mine.installed[r]))
