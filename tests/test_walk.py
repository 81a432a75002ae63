"""Walks by hand: what a state enables, what refuses the rest, and how a walk becomes a trace."""

from __future__ import annotations

import random

import pytest

from model.plug.machine import RECOVERY_PLUG
from properties.explain.walk import Walk, WalkError, resume
from properties.traces.trace import FORMAT, Trace, TraceError, TraceScope, TraceStep, show_step

CORE = resume(Trace(FORMAT, TraceScope(2, 1, 2), [], []))
FULL = resume(Trace(FORMAT, TraceScope(2, 1, 2), sorted(RECOVERY_PLUG.features), []))
FORMED = "form_ring r0 {p0 p1}"
INSTALLED = (FORMED, "install p0 r0")


def walked(*words: str) -> Walk:
    """The walk that takes these steps in the core of the protocol."""
    walk, steps = CORE, {show_step(step): step for step in CORE.ground.steps}
    for step in words:
        walk = walk.take(steps[step])
    return walk


def test_a_step_is_enabled_or_a_guard_part_refuses_it() -> None:
    walk, choose = FULL, random.Random(0)
    actions = {action.name for action in FULL.ground.machine.actions}
    for _ in range(100):
        changing, idle = walk.moves()
        possible = {step.action.name for step in FULL.ground.steps if not walk.refusals(step)}
        assert {step.action.name for step in changing + idle} == possible
        assert {one.action for one in walk.refused()} == actions - possible
        assert all(one.parts for one in walk.refused())
        assert all(walk.take(step).state == walk.state for step in idle)
        walk = walk.take(choose.choice(changing))
    assert resume(walk.trace()).state == walk.state


def test_only_the_lowest_unused_ring_is_listed_and_another_may_be_typed() -> None:
    listed = [show_step(step) for step in CORE.enabled()]
    assert [one for one in listed if one.startswith("form_ring")] == [
        "form_ring r0 {p0}", "form_ring r0 {p1}", "form_ring r0 {p0 p1}",
    ]  # fmt: skip
    assert len(walked("form_ring r1 {p0}").played) == 1


def test_a_walk_never_changes() -> None:
    walk = walked(*INSTALLED)
    step = next(step for step in walk.enabled() if show_step(step) == "unplug p0 h0")
    longer = walk.take(step)
    assert (len(walk.played), len(longer.played)) == (2, 3)
    assert longer.undo() == walk
    assert longer.undo(3).state == CORE.state
    with pytest.raises(WalkError):
        walk.undo(3)


def test_a_refused_step_is_not_taken() -> None:
    walk = walked(FORMED)
    step = next(step for step in CORE.ground.steps if show_step(step) == "visit p0 r0")
    with pytest.raises(WalkError, match="visit p0 r0 is not enabled: not true that p has installed r"):
        walk.take(step)


def test_refused_actions_are_counted_by_guard_part() -> None:
    visit = next(one for one in walked(FORMED).refused() if one.action == "visit")
    assert visit.choices == 4
    assert visit.parts == {"r has a token": 2, "p has installed r": 4}
    assert visit.words == ["r has a token (2 of 4)", "p has installed r"]


def test_a_trace_that_cannot_be_walked_is_refused() -> None:
    scope, steps = TraceScope(2, 1, 1), [TraceStep("install", {"p": 0, "r": 0})]
    with pytest.raises(TraceError, match="step 1: install is not enabled"):
        resume(Trace(FORMAT, scope, [], steps))
    with pytest.raises(TraceError, match="too many to walk"):
        resume(Trace(FORMAT, TraceScope(64, 64, 64), [], []))
