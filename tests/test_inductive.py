"""The inductive engine decides, and says so when it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import z3
from _pytest.mark.structures import ParameterSet

from model.language.machine import Edit, Guard, Machine
from model.language.sets import Processor, empty
from model.machines import DELIVERY, MACHINES, PARTS
from model.plug.machine import RECOVERY_PLUG
from model.plug.numbered import NUMBERED
from model.plug.state import PlugState
from model.services.actions import RECOVERY_ADD_NODE
from model.services.machine import SERVICES
from properties.catalogue.claim import Auxiliary, Claim
from properties.catalogue.scopes import FEATURES, proof_features
from properties.check.job import Job
from properties.check.verdict import Open, Proved
from properties.claims import AUXILIARY, CLAIMS
from properties.symbolic import induction
from properties.symbolic.induction import Proof, needs, prove
from properties.symbolic.round import Invariant
from properties.terminal.exit_codes import UNDETERMINED, exit_code

MACHINE = RECOVERY_PLUG.record()


def test_the_number_of_obligations_is_pinned() -> None:
    assert sum(prove(MACHINE).obligations.values()) == 1276
    assert sum(prove(NUMBERED.record(), "numbered").obligations.values()) == 1067


@pytest.mark.parametrize(("features", "count"), [((), 227), ((RECOVERY_ADD_NODE,), 293)])
def test_the_number_of_obligations_about_services_is_pinned(features: tuple[str, ...], count: int) -> None:
    proof = prove(SERVICES.record(frozenset(features)), "services")
    assert sum(proof.obligations.values()) == count
    assert not proof.failures
    assert not proof.vacuous


def test_the_number_of_obligations_about_parts_is_pinned() -> None:
    proof = prove(MACHINES[PARTS].record(), PARTS)
    assert (sum(proof.obligations.values()), proof.failures, proof.vacuous) == (87, [], [])


@pytest.mark.deep
def test_the_number_of_obligations_about_delivery_is_pinned() -> None:
    assert sum(prove(MACHINES[DELIVERY].record(), DELIVERY).obligations.values()) == 632


@pytest.mark.parametrize(
    ("name", "count"), [("plug-on-delivery", 465), ("services-on-plug", 233), ("services-on-delivery", 405)]
)
def test_the_number_of_obligations_about_machines_put_together_is_pinned(name: str, count: int) -> None:
    proof = prove(MACHINES[name].record(), name)
    assert (sum(proof.obligations.values()), proof.failures, proof.vacuous) == (count, [], [])


def about(one: Auxiliary | Claim) -> str:
    return one.part.label.replace(" ", "-") if isinstance(one, Auxiliary) else one.id


def deep_of_delivery(some: Iterable[Auxiliary | Claim]) -> list[ParameterSet]:
    """A failed proof about that machine takes tens of seconds, and so is deep."""
    marks = pytest.mark.deep
    return [pytest.param(one, id=about(one), marks=marks if one.machine.endswith(DELIVERY) else ()) for one in some]


@cache
def lost(machine: str, features: frozenset[str]) -> set[str]:
    """The invariants that the machine does not keep with these features on: with some, decisions are given up."""
    return {failure.label for failure in prove(MACHINES[machine].record(features), machine).failures}


@pytest.mark.parametrize("one", deep_of_delivery(AUXILIARY))
def test_an_auxiliary_invariant_is_needed_where_it_says(one: Auxiliary) -> None:
    features = (FEATURES | one.features) & MACHINES[one.machine].features
    machine, mine = MACHINES[one.machine].record(features), Invariant(one.part.label, one.part)
    gone = lost(one.machine, features) if one.machine == "services" and one.features else set[str]()
    assert one.part.label not in gone
    assert needs(machine, mine, one.needed_by, one.action, one.machine, gone)


def test_a_solver_that_gives_up_is_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> object:
        return z3.unknown

    monkeypatch.setattr(z3.Solver, "check", give_up)
    verdicts = Job(claims=tuple(CLAIMS)).run()
    assert {type(one) for one in verdicts} == {Open}
    assert exit_code(verdicts, frozenset()) == UNDETERMINED


def test_an_action_that_no_state_enables_is_vacuous() -> None:
    def never(now: PlugState, then: PlugState, p: Processor) -> Guard:
        yield "p is nobody", empty(p)

    machine = replace(RECOVERY_PLUG, edits=(Edit("visit", write=never),)).record()
    assert prove(machine).vacuous == ["visit"]
    verdicts = Job(claims=("PLUG-S1",)).run()
    assert [type(one) for one in verdicts] == [Proved]


def test_a_failed_obligation_shows_the_action_and_both_states() -> None:
    def lines() -> Iterator[str]:
        for verdict in Job(claims=("PLUG-S1",), variant="open-on-own-bit").run():
            assert isinstance(verdict, Open)
            assert verdict.reason == "behind an open gate every member is done: not kept by visit"
            yield from verdict.step

    step = list(lines())
    assert step[0].startswith("p = processor ")
    assert any(line.startswith("gate: {} → {") for line in step)
    assert len(step) == len(set(step))


@pytest.mark.parametrize("claim", deep_of_delivery(claim for claim in CLAIMS.values() if claim.is_inductive))
def test_its_mutant_cannot_be_proved_and_is_undetermined(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs = list[Proof]()

    def kept(machine: Machine, name: str, **options: Any) -> Proof:
        proofs.append(prove(machine, name, **options))
        return proofs[-1]

    monkeypatch.setattr(induction, "prove", kept)
    features = proof_features(claim)
    verdicts = Job(claims=(claim.id,), variant=claim.mutant, machine=claim.machine, features=features).run()
    assert [isinstance(one, Open) and not one.beside for one in verdicts] == [True]
    assert exit_code(verdicts, frozenset()) == UNDETERMINED
    (proof,) = proofs
    failures = proof.failures_of(claim.id)
    assert failures
    assert not any(failure.unknown for failure in failures)
