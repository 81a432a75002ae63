"""Every claim of the catalogue: proved, true of its least scope, not vacuous, and broken by its mutant."""

from __future__ import annotations

from functools import cache

import pytest

from model.machine import Action
from model.plug import RECOVERY_PLUG
from model.text import Notation, effects
from model.variants import VARIANTS
from properties.catalogue import Claim
from properties.checking import found_trace
from properties.claims import CLAIMS
from properties.exhaustive import Exploration, explore
from properties.inductive import Proof, prove, proved
from properties.scopes import FEATURES, NamedScope
from properties.traces import machine_text, read_trace, replay, trace_machine, write_trace

INDUCTIVE = [claim.id for claim in CLAIMS.values() if not claim.reach]


def least(claim: Claim) -> NamedScope:
    need = claim.least
    return NamedScope(need.processors, need.handles, need.rings, need.features)


@cache
def proof(variant: str | None = None) -> Proof:
    return prove(machine_text(variant).record())


@cache
def exploration(id: str, variant: str | None = None) -> Exploration:
    scope = least(CLAIMS[id])
    return explore(machine_text(variant).record(scope.features), scope.ground, [CLAIMS[id]])


@pytest.mark.parametrize("id", INDUCTIVE)
def test_is_proved_for_any_number(id: str) -> None:
    assert proof().obligations[id] > 0
    assert proved(proof(), CLAIMS[id]), proof().failures_of(id)


@pytest.mark.parametrize("id", CLAIMS)
def test_holds_in_its_least_scope_and_its_witness_is_reached(id: str) -> None:
    outcome = exploration(id).outcomes[id]
    assert outcome.violation is None
    assert outcome.witness is not None
    trace = found_trace(exploration(id), outcome.witness, None, id)
    assert len(list(replay(trace_machine(trace), trace.steps))) == outcome.witness.length


@pytest.mark.parametrize("id", CLAIMS)
def test_its_least_scope_is_least(id: str) -> None:
    """One processor, handle, ring or feature less, and the premise cannot be reached."""
    claim, scope = CLAIMS[id], least(CLAIMS[id])
    smaller = [
        NamedScope(scope.members - 1, scope.handles, scope.rings, scope.features),
        NamedScope(scope.members, scope.handles - 1, scope.rings, scope.features),
        NamedScope(scope.members, scope.handles, scope.rings - 1, scope.features),
        *(scope.without(frozenset({feature})) for feature in scope.features),
    ]
    for less in smaller:
        if less.members and less.handles and less.rings:
            outcome = explore(RECOVERY_PLUG.record(less.features), less.ground, [claim]).outcomes[id]
            assert outcome.witness is None, less.name


@pytest.mark.parametrize("id", CLAIMS)
def test_its_mutant_breaks_it(id: str) -> None:
    mutant = CLAIMS[id].mutant
    outcome = exploration(id, mutant).outcomes[id]
    assert outcome.violation is not None
    trace = found_trace(exploration(id, mutant), outcome.violation, mutant, id)
    again = read_trace(write_trace(trace))
    assert len(list(replay(trace_machine(again), again.steps))) == outcome.violation.length


@pytest.mark.parametrize("id", INDUCTIVE)
def test_its_mutant_cannot_be_proved(id: str) -> None:
    failures = proof(CLAIMS[id].mutant).failures_of(id)
    assert failures
    assert not any(failure.unknown for failure in failures)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_says_what_it_changes(name: str) -> None:
    variant = VARIANTS[name]
    assert variant.says.endswith(".")
    ours, theirs = RECOVERY_PLUG.record(FEATURES), variant.text.record(FEATURES)
    changed = [a.name for a, b in zip(ours.actions, theirs.actions, strict=True) if as_text(a) != as_text(b)]
    assert changed == [edit.action for edit in variant.edits]


def as_text(action: Action) -> list[str]:
    return [f"{label}: {Notation().truth(part)}" for label, part in action.guard] + effects(action)
