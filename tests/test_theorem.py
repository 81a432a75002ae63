"""The theorem of the mail: minimal sets of decisions suffice, one less does not, and giving one up only relaxes."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from model.language.machine import Action
from model.language.notation import Notation, equations
from model.plug.machine import RECOVERY_PLUG
from model.services.actions import RECOVERY_ADD_NODE
from model.services.machine import SERVICES
from model.services.theorem import GIVEN_UP, MEANS
from properties.claims import CLAIMS
from properties.traces.trace import replay, trace_machine
from properties.variants import record, theorem
from properties.variants.cases import ALL, CASES, DEEP_CASES, NORMAL, RECOVERY, names
from properties.variants.theorem import MINIMAL, SMALLEST, Case, beside, given_up, search

BY_DEFAULT = {"CLM-S1", "EVT-S1"}
SUFFICE = [
    pytest.param(priority, claim, taken, marks=[] if claim in BY_DEFAULT else [pytest.mark.deep])
    for (priority, claim), sets in MINIMAL.items()
    for taken in sets
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


@pytest.mark.parametrize(
    ("priority", "id", "taken"), SUFFICE, ids=lambda one: one if isinstance(one, str) else "+".join(one)
)
def test_a_minimal_set_suffices_and_with_one_decision_less_a_lookup_fails(
    priority: str, id: str, taken: tuple[str, ...]
) -> None:
    case = Case(CLAIMS[id], priority)
    assert case.search(frozenset(taken), [SMALLEST]).trace is None
    for one in taken:
        found = case.search(frozenset(taken) - {one}, case.scopes)
        assert found.trace, one
        assert len(list(replay(trace_machine(found.trace), found.trace.steps))) == len(found.trace.steps)


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


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize("less", [("D8", "D11", "D12"), ("M4", "D8", "D10", "D12")], ids="+".join)
def test_what_is_older_than_the_last_ring_needs_three_rings(less: tuple[str, ...]) -> None:
    smallest, *_, three_rings = Case(CLAIMS["CLM-S4"]).scopes
    assert search(CLAIMS["CLM-S4"], smallest, given_up(frozenset(less), NORMAL)).trace is None
    assert search(CLAIMS["CLM-S4"], three_rings, given_up(frozenset(less), NORMAL)).trace


def test_what_belongs_to_the_theorem_has_its_run() -> None:
    assert {(one.claim, one.length) for one in beside()} == {("N1", 2), ("N2", 17), ("N5", 8), ("CLM-S1", 8)}
    assert beside() == record.theorem().beside


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize(("priority", "id"), CASES)
def test_the_minimal_sets_are_those_that_are_pinned(priority: str, id: str) -> None:
    table = Case(CLAIMS[id], priority).run()
    assert sorted(map(tuple, table.minimal)) == sorted(MINIMAL[priority, id])
    assert table in [one.table() for one in record.theorem().tables]
    for one in table.sets:
        suffices = any(set(minimal) <= set(one.decisions) for minimal in table.minimal)
        assert one.holds == suffices
        assert (one.length is None) == (one.holds or one.because != one.decisions)


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize(("priority", "id"), DEEP_CASES)
def test_clm_does_not_depend_on_the_priority_of_add_node(priority: str, id: str) -> None:
    case = Case(CLAIMS[id], priority)
    for taken in MINIMAL[NORMAL, id]:
        assert case.search(frozenset(taken), [SMALLEST]).trace is None
        for less in combinations(taken, len(taken) - 1):
            assert case.search(frozenset(less), case.scopes).trace


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
