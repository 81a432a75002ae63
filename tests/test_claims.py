"""Every claim of the catalogue: proved, true of its least scope, not vacuous, and broken by its mutant."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import ModuleType

import pytest

from model.language.machine import Action
from model.language.notation import Notation, equations
from model.machines import DELIVERY, MACHINES, PARTS, PLUG
from model.services.actions import RECOVERY_ADD_NODE
from model.variants import VARIANTS, delivery, parts, services
from properties.catalogue.scopes import least_scope, proof_features
from properties.claims import CLAIMS
from properties.claims.services import SERVICES
from properties.explicit.exhaustive import Exploration, explore, found_trace
from properties.symbolic.induction import Proof, prove, proved
from properties.traces.trace import machine_text, read_trace, replay, trace_machine, write_trace

PREMISES = {
    "PLUG-S1": 7, "PLUG-S2": 4, "PLUG-S3": 8, "PLUG-S4": 5, "PLUG-S5": 7, "PLUG-S6": 6, "PLUG-S7": 5, "PLUG-S8": 9,
    "PLUG-S9": 5, "PLUG-S10": 11, "PLUG-S11": 6, "PLUG-S12": 5, "PLUG-S13": 11, "PLUG-S14": 6, "PLUG-H1": 9,
    "PLUG-H3": 10, "PLUG-H4": 6, "PLUG-C1": 5, "PLUG-C2": 3, "PLUG-C3": 4, "PLUG-A1": 7, "PLUG-A2": 7, "CFG-S1": 6,
    "CFG-S2": 3, "RING-S1": 3, "RING-S2": 11, "RING-S3": 7, "RING-S4": 5, "RING-S5": 17, "RING-S6": 11, "LIVE-1": 5,
    "LIVE-2": 2, "BAR-1": 7, "BAR-2": 14, "BAR-3": 13, "BAR-4": 23,
    "CLM-S1": 17, "CLM-S2": 14, "CLM-S4": 18, "EVT-S1": 9, "EVS-4": 17, "PART-S1": 5, "PART-S2": 5, "PART-S3": 5,
    "PART-S4": 5, "N1": 2, "N2": 17,
    "N3": 7, "N4": 6, "N5": 8,
}  # fmt: skip
"""How many steps it takes to reach the premise in the least scope: a premise that says less is reached sooner."""
INDUCTIVE = [claim.id for claim in CLAIMS.values() if claim.is_inductive]
OBLIGATIONS = {
    (PLUG, None): 1276, ("ordered", None): 1134, ("numbered", None): 1067, (SERVICES, ""): 227,
    (SERVICES, RECOVERY_ADD_NODE): 293, (DELIVERY, None): 632, ("plug-on-delivery", None): 465,
    ("services-on-plug", None): 233, ("services-on-delivery", None): 405, (PARTS, None): 87,
}  # fmt: skip
"""By machine, and the features of it that are on if not all are."""


@cache
def proof(machine: str, features: frozenset[str]) -> Proof:
    return prove(MACHINES[machine].record(features), machine)


@cache
def exploration(id: str, variant: str | None = None) -> Exploration:
    scope = least_scope(CLAIMS[id])
    return explore(machine_text(scope.machine, variant).record(scope.features), scope.ground, [CLAIMS[id]])


@pytest.mark.parametrize("id", INDUCTIVE)
def test_is_proved_for_any_number(id: str) -> None:
    machine = CLAIMS[id].machine
    decided = proof(machine, proof_features(CLAIMS[id]) & MACHINES[machine].features)
    assert decided.obligations[id] > 0
    assert proved(decided, CLAIMS[id]), decided.failures_of(id)


@pytest.mark.parametrize(("machine", "on"), OBLIGATIONS)
def test_the_number_of_obligations_is_pinned(machine: str, on: str | None) -> None:
    features = MACHINES[machine].features if on is None else frozenset(filter(None, [on]))
    decided = proof(machine, features)
    assert (decided.failures, decided.vacuous) == ([], [])
    assert sum(decided.obligations.values()) == OBLIGATIONS[machine, on]


@pytest.mark.parametrize("id", CLAIMS)
def test_holds_in_its_least_scope_and_its_witness_is_reached(id: str) -> None:
    outcome = exploration(id).outcomes[id]
    assert outcome.violation is None
    assert outcome.witness is not None
    trace = found_trace(exploration(id), outcome.witness, CLAIMS[id].machine, None, id)
    assert len(list(replay(trace_machine(trace), trace.steps))) == outcome.witness.length


@pytest.mark.parametrize("id", CLAIMS)
def test_its_premise_is_as_far_as_it_was(id: str) -> None:
    witness = exploration(id).outcomes[id].witness
    assert witness
    assert witness.length == PREMISES[id]


@pytest.mark.parametrize("id", CLAIMS)
def test_its_least_scope_is_least(id: str) -> None:
    """One processor, handle, ring or feature less, and the premise cannot be reached."""
    claim, scope = CLAIMS[id], least_scope(CLAIMS[id])
    smaller = [
        replace(scope, members=scope.members - 1),
        replace(scope, handles=scope.handles - 1),
        replace(scope, rings=scope.rings - 1),
        *(scope.without(frozenset({feature})) for feature in scope.features),
    ]
    possible = [less for less in smaller if less.members and less.handles and less.rings]
    assert possible or (scope.members, scope.handles, scope.rings) == (1, 1, 1)
    for less in possible:
        machine = MACHINES[claim.machine].record(less.features)
        outcome = explore(machine, less.ground, [claim]).outcomes[id]
        assert outcome.witness is None, less.name


@pytest.mark.parametrize("id", CLAIMS)
def test_its_mutant_breaks_it(id: str) -> None:
    mutant, machine = CLAIMS[id].mutant, CLAIMS[id].machine
    outcome = exploration(id, mutant).outcomes[id]
    if CLAIMS[id].is_surprise:
        assert outcome.witness is None
        return
    assert outcome.violation is not None
    trace = found_trace(exploration(id, mutant), outcome.violation, machine, mutant, id)
    again = read_trace(write_trace(trace))
    assert len(list(replay(trace_machine(again), again.steps))) == outcome.violation.length


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_says_what_it_changes(name: str) -> None:
    variant = VARIANTS[name]
    assert variant.says.endswith(".")
    rooms = {SERVICES: services, DELIVERY: delivery, PARTS: parts}
    stated = [machine for machine, room in rooms.items() if variant.edits and variant.edits[0].write in stated_in(room)]
    edited = stated[0] if stated else "numbered" if "number" in name else PLUG
    features = frozenset({RECOVERY_ADD_NODE}) if edited == SERVICES else None
    ours, theirs = MACHINES[edited].record(features), variant.edit(MACHINES[edited]).record(features)
    kept, added = theirs.actions[: len(ours.actions)], theirs.actions[len(ours.actions) :]
    changed = {a.name for a, b in zip(ours.actions, kept, strict=True) if as_text(a) != as_text(b)}
    assert changed == {edit.action for edit in variant.edits}
    assert [one.rule for one in added] == list(variant.adds)
    assert changed or added


def stated_in(room: ModuleType) -> list[object]:
    return [value for value in vars(room).values() if getattr(value, "__module__", "") == room.__name__]


def as_text(action: Action) -> list[str]:
    return [f"{label}: {Notation().truth(part)}" for label, part in action.guard] + equations(action, ghosts=True)
