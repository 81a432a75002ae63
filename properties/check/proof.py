"""Verdicts of the engines that prove: inductive, and the second solver, which must give the same answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from properties.catalogue.claim import Claim
from properties.catalogue.overlooked import overlooked
from properties.check.task import Progress, Task
from properties.check.verdict import About, Obligations, Open, Proved, Verdict
from properties.claims import CLAIMS
from properties.symbolic import induction
from properties.symbolic.cvc5 import Answer, recheck
from properties.symbolic.round import known_machines


def prove(task: Task, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    """What z3 proves."""
    started = time.perf_counter()
    proof = _proof(task, claims)
    return [_verdict(claim, proof, task, task.about(claim, started)) for claim in claims]


def prove_twice(task: Task, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    """What z3 proves, if the second solver gives the same answer to every query of the proof.

    It is not asked where each claim has overlooked an action: no answer would make one of them hold.
    """
    machine = task.record_machine()
    if all(overlooked(claim, machine) for claim in claims):
        return prove(task, claims, progress)
    started = time.perf_counter()
    proof = _proof(task, claims, writes_queries=True)
    unlike = [one for one in recheck(proof.queries.values(), progress) if one.said != one.query.said]
    about = {claim.id: task.about(claim, started) for claim in claims}
    return [_confirmed(about[one.id], _verdict(one, proof, task, about[one.id]), unlike) for one in claims]


@dataclass(frozen=True)
class ProvedPart:
    """A part of a proof, and the seconds that it took."""

    part: induction.Part
    seconds: float


def parts_of(task: Task, claims: Sequence[Claim]) -> list[str | None]:
    """The parts of a proof that may be decided apart, by action; none if there is nothing to prove."""
    provable = any(claim.is_inductive for claim in claims)
    return [None, *(action.name for action in task.record_machine().actions)] if provable else []


def prove_part(task: Task, claims: Sequence[Claim], action: str | None) -> ProvedPart:
    """Decide a part of a proof."""
    started, (also, wanted) = time.perf_counter(), _also_and_wanted(claims)
    part = induction.prove_part(task.record_machine(), task.machine, action, also=also, wanted=wanted)
    return ProvedPart(part, time.perf_counter() - started)


def joined(task: Task, claims: Sequence[Claim], parts: Sequence[ProvedPart]) -> list[Verdict] | None:
    """What all parts together prove; None if this takes more than one round."""
    proof = induction.joined([one.part for one in parts])
    if proof is None:
        return None
    started = time.perf_counter() - sum(one.seconds for one in parts)
    return [_verdict(claim, proof, task, task.about(claim, started)) for claim in claims]


def _also_and_wanted(claims: Sequence[Claim]) -> tuple[list[Claim], list[str]]:
    """The claims that are not in the catalogue, and the ids of those that induction decides."""
    return [one for one in claims if one.id not in CLAIMS], [one.id for one in claims if one.is_inductive]


def _proof(task: Task, claims: Sequence[Claim], *, writes_queries: bool = False) -> induction.Proof:
    machine = task.record_machine()
    if not any(claim.is_inductive for claim in claims):
        return induction.Proof()
    also, wanted = _also_and_wanted(claims)
    return induction.prove(machine, task.machine, also=also, wanted=wanted, writes_queries=writes_queries)


def _verdict(claim: Claim, proof: induction.Proof, task: Task, about: About) -> Proved | Open:
    extent = Obligations(proof.obligations.get(claim.id, 0))
    if left_out := _left_out(claim, task):
        return Open(**about, extent=extent, reason=left_out, beside=True)
    if failures := proof.failures_of(claim.id):
        if off := _fair_actions_that_are_off(claim, task):
            return Open(**about, extent=extent, reason=f"rests on {', '.join(off)}, switched off", beside=True)
        first = failures[0]
        reason = f"{first.label}: {'undecided' if first.unknown else 'not kept'} by {first.action}"
        return Open(**about, extent=extent, reason=reason, step=first.step)
    if proof.vacuous:
        reason = f"no state that the invariants allow enables {', '.join(proof.vacuous)}"
        return Open(**about, extent=extent, reason=reason)
    return Proved(**about, extent=extent)


def _left_out(claim: Claim, task: Task) -> str | None:
    """Why no proof says anything of the claim, or None."""
    if claim.machine not in known_machines(task.machine):
        return f"is about the machine {claim.machine}"
    if off := sorted(claim.proof_features - task.features):
        return f"needs {', '.join(off)}"
    return None if claim.is_inductive else "not a claim that induction decides"


def _fair_actions_that_are_off(claim: Claim, task: Task) -> list[str]:
    """The actions that a claim's proof rests on and that belong to a feature that is off."""
    if not (claim.reach and claim.reach.progress):
        return []
    return sorted(set(claim.reach.progress.helps) - {action.name for action in task.record_machine().actions})


def _confirmed(about: About, verdict: Proved | Open, unlike: Sequence[Answer]) -> Proved | Open:
    """Each claim assumes the others: one answer that differs leaves all of them open."""
    if not unlike or (isinstance(verdict, Open) and verdict.beside):
        return verdict
    first = next((one for one in unlike if one.query.owner == verdict.claim), unlike[0])
    return Open(**about, extent=verdict.extent, reason=f"{first.query.owner}: {first.words}")
