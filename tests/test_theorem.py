"""The theorem of the mail: what suffices is proved, what does not has a run, and giving a decision up only relaxes."""

from __future__ import annotations

import random

import pytest
import z3
from _pytest.mark.structures import ParameterSet

from model.language.machine import Action
from model.language.notation import Notation, equations
from model.plug.machine import RECOVERY_PLUG
from model.services.actions import RECOVERY_ADD_NODE
from model.services.machine import SERVICES
from model.services.theorem import GIVEN_UP, MEANS
from properties.claims import CLAIMS
from properties.traces.trace import replay, trace_machine
from properties.variants import record, theorem
from properties.variants.cases import ALL, CASES, DEEP_CASES, EVERY_SET, NORMAL, RECOVERY, Decisions, names
from properties.variants.theorem import (
    MINIMAL,
    SMALLEST,
    Case,
    Searched,
    UndecidedError,
    beside,
    given_up,
    search,
    without_any_of,
)  # fmt: skip

BY_DEFAULT = {"CLM-S1", "EVT-S1"}


def deep_unless_first(priority: str, claim: str, taken: Decisions) -> ParameterSet:
    marks = [] if claim in BY_DEFAULT else [pytest.mark.deep]
    return pytest.param(priority, claim, taken, marks=marks, id=f"{priority}-{claim}-{'+'.join(names(taken))}")


SUFFICE = [deep_unless_first(*case, frozenset(one)) for case, sets in MINIMAL.items() for one in sets]
DO_NOT = [
    deep_unless_first(*case, one)
    for case, sets in MINIMAL.items()
    for one in without_any_of([frozenset(one) for one in sets])
]
SOONER = {("no-d11", "bits"), ("no-d11", "gate"), ("no-d12", "gate")}
"""What giving a decision up sets or opens sooner, in a visit."""
REMEMBERED = {"asked", "old", "owed"}
"""Bookkeeping that only the steps of a decision given up read."""


def test_every_decision_has_a_feature_and_a_sentence() -> None:
    assert set(GIVEN_UP) == set(MEANS)
    assert set(GIVEN_UP.values()) | {RECOVERY_ADD_NODE} == SERVICES.features


@pytest.mark.parametrize("feature", GIVEN_UP.values())
@pytest.mark.parametrize("before", [frozenset[str](), SERVICES.features], ids=["all taken", "none taken"])
def test_giving_a_decision_up_only_relaxes(feature: str, before: frozenset[str]) -> None:
    """Guard parts go, actions come; the same is written, but for what is set sooner and what is only remembered."""
    taken, relaxed = SERVICES.record(before - {feature}), SERVICES.record(before | {feature})
    theirs = {action.name: action for action in relaxed.actions}
    assert {action.name for action in taken.actions} <= set(theirs)
    for action in taken.actions:
        other = theirs[action.name]
        if (feature, action.name) != ("no-d13", "unplug"):
            assert set(guard(other)) <= set(guard(action)), action.name
        changed = {line.partition("'")[0] for line in set(equations(action)) ^ set(equations(other))}
        assert {name for name in changed if (feature, name) not in SOONER} <= REMEMBERED, action.name
    if not before:
        assert set(theirs) != {action.name for action in taken.actions} or any(
            guard(theirs[a.name]) != guard(a) or equations(theirs[a.name]) != equations(a) for a in taken.actions
        )


def guard(action: Action) -> list[str]:
    return [f"{label}: {Notation().truth(part)}" for label, part in action.guard]


def test_every_step_is_one_of_the_machine_or_only_delivers() -> None:
    """D12 taken, a gate may open later than in the machine; all else that the machine has is as it says."""
    machine = RECOVERY_PLUG.record()
    for action in SERVICES.record(frozenset({RECOVERY_ADD_NODE, "no-d12"})).actions:
        if action.name.startswith("deliver"):
            assert not set(action.writes) & set(machine.state.declared), action.name
            continue
        ours = machine.action(action.name)
        assert set(guard(ours)) <= set(guard(action)), action.name
        added = {"install": {"queued", "queued_two"}}.get(action.name, set[str]())
        ghosts = {name for name, declared in machine.state.declared.items() if declared.ghost}
        for name in set(ours.writes) - ghosts - added:
            assert [str(Notation().set(w.value)) for w in action.writes[name]][-1] == [
                str(Notation().set(w.value)) for w in ours.writes[name]
            ][-1], (action.name, name)


@pytest.mark.parametrize(("priority", "id", "taken"), SUFFICE)
def test_a_minimal_set_is_proved_to_suffice(priority: str, id: str, taken: Decisions) -> None:
    assert Case(CLAIMS[id], priority).proves(taken)


@pytest.mark.parametrize(("priority", "id", "taken"), DO_NOT)
def test_a_maximal_set_that_does_not_suffice_has_a_run_and_no_proof(priority: str, id: str, taken: Decisions) -> None:
    case = Case(CLAIMS[id], priority)
    found = case.search(taken).trace
    assert found
    assert len(list(replay(trace_machine(found), found.steps))) == len(found.steps)
    assert not case.proves(taken)


def test_minimal_and_maximal_sets_decide_every_set() -> None:
    for sets in MINIMAL.values():
        minimal = [frozenset(one) for one in sets]
        maximal = without_any_of(minimal)
        for taken in EVERY_SET:
            assert any(one <= taken for one in minimal) != any(taken <= one for one in maximal)
        for one in minimal:
            assert not any(other < one for other in minimal)


def test_a_solver_that_gives_up_proves_no_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    assert not Case(CLAIMS["EVT-S1"]).proves(ALL)


def test_a_set_with_neither_proof_nor_run_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Case, "proves", lambda self, taken: False)
    monkeypatch.setattr(Case, "search", lambda self, taken: Searched(None, 1, SMALLEST))
    with pytest.raises(UndecidedError, match="no proof, and no run"):
        Case(CLAIMS["CLM-S1"]).decide()


@pytest.mark.deep
@pytest.mark.parametrize(("priority", "id"), [(RECOVERY, "EVT-S1"), (NORMAL, "CLM-S1")])
def test_the_sets_are_found_again_without_knowing_any(priority: str, id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theorem, "MINIMAL", {})
    minimal, _ = Case(CLAIMS[id], priority).decide()
    assert sorted(map(names, minimal)) == sorted(map(list, MINIMAL[priority, id]))


def test_a_recovery_add_node_needs_order_first_in_first_out_and_d13_whatever_else_is_taken() -> None:
    claim = CLAIMS["EVT-S1"]
    lengths = [search(claim, SMALLEST, given_up(ALL - {one}, RECOVERY)).trace for one in ("order", "fifo", "D13")]
    assert [len(trace.steps) for trace in lengths if trace] == [6, 6, 11]


@pytest.mark.parametrize("taken", [ALL, frozenset({"M4", "D4", "D8", "D13", "order", "fifo"})], ids=["all", "six"])
def test_with_every_guard_part_a_search_says_the_same(taken: frozenset[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What no run reaches without some guard parts, no run reaches with them."""
    claim, features = CLAIMS["EVT-S1"], given_up(taken, RECOVERY)
    weaker = search(claim, SMALLEST, features)
    monkeypatch.setattr(theorem, "UNGUARDED_BY", {claim.id: frozenset[str]()})
    whole = search(claim, SMALLEST, features)
    assert weaker.trace is None
    assert whole.trace is None
    assert whole.states != weaker.states


def test_what_belongs_to_the_theorem_has_its_run() -> None:
    assert {(one.claim, one.length) for one in beside()} == {("N1", 2), ("N2", 17), ("N5", 8), ("CLM-S1", 8)}
    assert beside() == record.theorem().beside


@pytest.mark.deep
@pytest.mark.parametrize(("priority", "id"), CASES)
def test_the_recorded_tables_are_computed_again(priority: str, id: str) -> None:
    assert Case(CLAIMS[id], priority).run() in [one.table() for one in record.theorem().tables]


@pytest.mark.deep
@pytest.mark.parametrize(("priority", "id"), DEEP_CASES)
def test_clm_does_not_depend_on_the_priority_of_add_node(priority: str, id: str) -> None:
    case = Case(CLAIMS[id], priority)
    for one in MINIMAL[NORMAL, id]:
        assert case.proves(frozenset(one))
    for taken in without_any_of([frozenset(one) for one in MINIMAL[NORMAL, id]]):
        assert case.search(taken).trace


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize("id", ["CLM-S1", "CLM-S2", "EVT-S1"])
def test_what_is_said_of_a_set_is_what_a_search_of_it_finds(id: str) -> None:
    """A sample of all sets, each searched by itself."""
    chosen = random.Random(7)
    for _ in range(25):
        taken = frozenset(one for one in GIVEN_UP if chosen.random() < 0.6)
        suffices = any(set(minimal) <= taken for minimal in MINIMAL[NORMAL, id])
        found = search(CLAIMS[id], SMALLEST, given_up(taken, NORMAL))
        assert (found.trace is None) == suffices, names(taken)
