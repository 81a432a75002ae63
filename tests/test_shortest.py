"""Answers that stop when they are known, and the plainest of the shortest runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model.language.ground import Bitmaps, GroundMachine, Integers, Step
from properties.catalogue.scopes import NamedScope, least_scope
from properties.claims import CLAIMS
from properties.explicit.exhaustive import Exploration, explore, found_trace, is_of_what_is_ahead, seek
from properties.explicit.search import Found, Search
from properties.explicit.shortest import ENVIRONMENT, FAULT, OPTIONAL, costs, shortest_run
from properties.traces.trace import machine_text
from tests.command import ringplug

SMALL = NamedScope(2, 1, 1, frozenset({"crash", "create-destroy"}))


def sought(id: str, variant: str | None, scope: NamedScope, *, premise: bool) -> tuple[Exploration, Found | None]:
    machine = machine_text(scope.machine, variant).record(scope.features)
    return seek(machine, scope.ground, CLAIMS[id], premise=premise)


@pytest.mark.parametrize("id", [id for id, one in CLAIMS.items() if not one.is_surprise])
def test_what_is_found_first_is_as_near_as_what_the_whole_search_finds(id: str) -> None:
    scope, variant = least_scope(CLAIMS[id]), CLAIMS[id].mutant
    for mutant, premise in ((variant, False), (None, True)):
        machine = machine_text(scope.machine, mutant).record(scope.features)
        outcome = explore(machine, scope.ground, [CLAIMS[id]]).outcomes[id]
        expected = outcome.witness if premise else outcome.violation
        found, first = sought(id, mutant, scope, premise=premise)
        assert expected
        assert first
        assert first.length == expected.length
        assert found.report.is_whole == (is_of_what_is_ahead(CLAIMS[id]) and not premise)
        trace = found_trace(found, first, scope.machine, mutant, id)
        assert len(trace.steps) == first.length


def test_where_nothing_is_found_the_whole_scope_was_visited() -> None:
    found, first = sought("PLUG-S1", None, SMALL, premise=False)
    assert (first, found.report.is_whole) == (None, True)
    assert found.report.states == explore(found.search.ground.machine, SMALL.ground, []).report.states


RUNS = [
    ("PLUG-S1", "open-on-own-bit", False), ("PLUG-S9", "unplug-asks-again", False), ("PLUG-S1", None, True),
    ("CFG-S2", "crash-keeps-what-is-pending", False), ("PLUG-C2", "destroy-forgets-the-plug", False),
    ("PLUG-S5", "open-member-forwards-zeros", False),
]  # fmt: skip


@pytest.mark.parametrize(("id", "variant", "premise"), RUNS)
@pytest.mark.parametrize("symmetry", [True, False])
def test_no_other_shortest_run_is_plainer(id: str, variant: str | None, premise: bool, symmetry: bool) -> None:
    machine = machine_text(SMALL.machine, variant).record(SMALL.features)
    found, first = seek(machine, SMALL.ground, CLAIMS[id], premise=premise, symmetry=symmetry)
    assert first
    run = shortest_run(found.search, first)
    cost = costs(machine)
    cheapest = min(every_shortest(found.search, first, cost))
    assert sum(cost[step.action.name] for step in run) == cheapest


def every_shortest(search: Search, found: Found, cost: dict[str, int]) -> Iterator[int]:
    """What the shortest runs to the same clause cost, walked forwards on integers and not on classes."""
    ground = search.ground
    probes = [one for one in search.probes if one.clause == found.probe.clause]
    paths: dict[Bitmaps, int] = {ground.initial: 0}
    for _ in range(found.depth):
        after: dict[Bitmaps, int] = {}
        for state, spent in paths.items():
            for step in enabled(ground, state):
                state_after = ground.after(step, state)
                after[state_after] = min(spent + cost[step.action.name], after.get(state_after, spent + FAULT * 100))
        paths = after
    for state, spent in paths.items():
        for probe in probes:
            if probe.at is None and Integers(ground, state).truth(
                ground.truth(probe.statement(ground.machine.state()))
            ):
                yield spent
            for step in enabled(ground, state) if found.step else ():
                if probe.at == step.action.name and Integers(ground, state).truth(step.read(probe.statement)):
                    yield spent + cost[step.action.name]


def enabled(ground: GroundMachine, state: Bitmaps) -> Iterator[Step]:
    return (step for step in ground.steps if not ground.refusals(step, state))


def test_faults_weigh_most_then_features_then_the_environment() -> None:
    cost = costs(machine_text("plug", None).record())
    assert all(FAULT < cost[name] < 2 * FAULT for name in ("crash", "restart", "duplicate", "duplicate_late"))
    assert all(OPTIONAL < cost[name] < 2 * OPTIONAL for name in ("destroy", "create", "late_visit", "begin_long"))
    assert ENVIRONMENT < cost["form_ring"] < 2 * ENVIRONMENT
    assert cost["install"] < cost["unplug"] < cost["visit"] < cost["sole_visit"] < ENVIRONMENT


@pytest.mark.parametrize(
    ("variant", "members", "length"),
    [("open-on-own-bit", 3, 4), ("open-on-own-bit", 4, 4), ("open-on-a-majority", 5, 7)],
)
def test_a_trace_stops_at_the_first_violation_and_says_so(variant: str, members: int, length: int) -> None:
    done = ringplug("trace", "PLUG-S1", "--variant", variant, "--members", str(members))
    assert done.returncode == 1
    *run, stopped = done.stdout.splitlines()
    actions = [line.split()[1] for line in run[1 : length + 1]]
    assert set(actions) == {"form_ring", "install", "unplug", "visit"}
    assert stopped.startswith("The search stopped at this run: ")
    assert int(stopped.split()[6].replace(",", "")) < 30_000


def test_a_trace_of_several_stops_when_there_are_as_many() -> None:
    two, five = (
        ringplug("trace", "PLUG-C1", "--variant", "create-plugs-at-once", "--most", most).stdout.splitlines()[-1]
        for most in ("2", "5")
    )
    assert two.startswith("The search stopped at these runs: ")
    assert five.startswith("All of the scope was visited: ")


def test_a_claim_about_what_is_ahead_needs_the_whole_scope_and_says_so() -> None:
    done = ringplug("trace", "LIVE-2", "--variant", "judge-only-when-setting")
    assert done.stdout.splitlines()[-1].startswith("All of the scope was visited: ")
