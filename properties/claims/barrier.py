"""BAR-1: every step of the machine is a step of the abstract barrier, or changes nothing that the barrier sees."""

from __future__ import annotations

from collections.abc import Callable

from model.language.machine import Guard
from model.language.sets import Processor, Processors, Truth, all_of, any_of, equal, every, exists, several, some
from model.language.sorts import Handle, NewRing, Ring
from model.plug import barrier
from model.plug.barrier import BarrierState
from model.plug.state import PlugState
from properties.catalogue.claim import Least, claim

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
