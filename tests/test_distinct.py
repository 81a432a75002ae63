"""Several distinct runs: shortest first, none with a step to spare, each with actions of its own."""

from __future__ import annotations

import pytest

from model.language.ground import GroundMachine
from properties.catalogue.scopes import least_scope
from properties.claims import CLAIMS
from properties.explain.distinct import Run, distinct_runs, signature
from properties.explain.endings import endings
from properties.explain.shrink import needed, replayed
from properties.traces.trace import Played, TraceStep, machine_text, replay, trace_step

SEVERAL = {
    ("PLUG-C1", "create-plugs-at-once"): [2, 5],
    ("PLUG-C3", "destroy-forgets-the-plug"): [4, 4],
    ("PLUG-S1", "bit-at-install"): [3, 4],
    ("PLUG-S10", "half-sent-goes-first"): [7, 10, 10],
    ("PLUG-A2", "judge-only-when-setting"): [7],
    ("LIVE-1", "bit-every-other-visit"): [5],
    ("PLUG-S1", None): [7],
}
"""Lengths, by claim and variant; without a variant, of the runs to the premise."""


def runs(id: str, variant: str | None, most: int = 4) -> list[Run]:
    scope = least_scope(CLAIMS[id])
    machine = machine_text(scope.machine, variant).record(scope.features)
    return distinct_runs(machine, scope.ground, CLAIMS[id], most, witness=variant is None)[0]


@pytest.mark.parametrize(("id", "variant"), SEVERAL)
def test_runs_are_distinct_and_have_no_step_to_spare(id: str, variant: str | None) -> None:
    found = runs(id, variant)
    assert [len(run.steps) for run in found] == SEVERAL[id, variant]
    assert len({signature(run.ground, run.steps) for run in found}) == len(found)
    assert len({tuple(step.action.name for step in run.steps) for run in found}) == len(found)
    for run in found:

        def ends(played: list[Played], run: Run = run) -> bool:
            return any(True for _ in endings(CLAIMS[id], run.ground, played, run.label))

        steps: list[TraceStep] = [trace_step(step) for step in run.steps]
        assert ends(list(replay(run.ground, steps)))
        assert needed(run.ground, run.steps, ends) == list(range(len(run.steps)))


def test_a_run_shows_the_violation_at_its_end_first() -> None:
    found = runs("PLUG-S1", "bit-at-install")
    assert found
    for run in found:
        for length in range(len(run.steps)):
            played = replayed(run.ground, run.steps[:length]).played
            assert not any(one.violates for one in endings(CLAIMS["PLUG-S1"], run.ground, played))


def test_no_more_are_shown_than_asked_for_and_none_where_there_is_none() -> None:
    assert len(runs("PLUG-S10", "half-sent-goes-first", 2)) == 2
    assert runs("PLUG-S10", "open-on-own-bit") == []
    assert runs("PLUG-A2", "bit-at-install") == []


def test_steps_that_change_places_make_no_new_run() -> None:
    scope = least_scope(CLAIMS["PLUG-S1"])
    ground = GroundMachine(machine_text("plug", None).record(frozenset()), scope.ground)
    (form,) = [one for one in ground.steps if one.action.name == "form_ring" and one.arguments["members"] == 3]
    steps = {(one.action.name, one.arguments.get("p")): one for one in ground.steps}
    first, second = steps["install", 0], steps["install", 1]
    unplug, visit = steps["unplug", 0], steps["visit", 0]
    assert signature(ground, [form, first, unplug, second, visit]) == signature(
        ground, [form, first, second, unplug, visit]
    )
    assert signature(ground, [form, first, unplug, visit]) != signature(ground, [form, first, visit, unplug])
