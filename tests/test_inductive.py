"""The inductive engine decides, and says so when it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import z3
from _pytest.mark.structures import ParameterSet

from model.language.machine import Edit, Guard, Machine
from model.language.sets import Processor, empty
from model.machines import DELIVERY, MACHINES, PLUG
from model.plug.machine import RECOVERY_PLUG
from model.plug.state import PlugState
from properties.catalogue.claim import Auxiliary, Claim
from properties.catalogue.scopes import FEATURES, proof_features
from properties.check.job import Job
from properties.check.verdict import Open, Proved
from properties.claims import AUXILIARY, CLAIMS
from properties.symbolic import induction
from properties.symbolic.induction import Proof, needs, prove
from properties.symbolic.round import Invariant
from properties.terminal.exit_codes import UNDETERMINED, exit_code


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
    assert undecided(PLUG, [id for id, claim in CLAIMS.items() if claim.machine == PLUG])
    assert undecided("services-on-plug", list(CLAIMS))


def undecided(machine: str, ids: Sequence[str]) -> bool:
    """No claim is proved: where each has an obligation that is not met, and where a proof goes on to its end."""
    verdicts = Job(claims=tuple(ids), machine=machine).run()
    assert {type(one) for one in verdicts} == {Open}
    return exit_code(verdicts, frozenset()) == UNDETERMINED


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
