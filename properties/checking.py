"""Deciding claims: each job is one engine on one machine in one scope, and says what it found of every claim."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.machines import PLUG
from properties import inductive
from properties.catalogue import Claim
from properties.claims import CLAIMS
from properties.exhaustive import NOT_ATTAINED, Exploration, Outcome, explore
from properties.scopes import FEATURES, NamedScope
from properties.search import Found, Report
from properties.shortest import shortest_run
from properties.traces import Trace, machine_text, record_trace, replay
from properties.verdicts import EXHAUSTIVE, OPEN, PROVED, VIOLATED, Verdict

ANY_NUMBER = "any number"


@dataclass(frozen=True)
class Job:
    """One engine's work; `scope` is None for proofs."""

    claims: tuple[str, ...]
    scope: NamedScope | None
    variant: str | None = None
    features: frozenset[str] = FEATURES
    machine: str = PLUG
    symmetry: bool = True
    memory_gib: float = 4.0

    @property
    def title(self) -> str:
        """What the job does, in a few words."""
        if self.scope:
            return f"exhaustive {self.scope.title}"
        return "inductive" if self.machine == PLUG else f"inductive {self.machine}"

    def run(self, progress: Callable[[Report], None] | None = None) -> list[Verdict]:
        """The verdicts on the job's claims, in the catalogue's order."""
        claims = [CLAIMS[id] for id in self.claims]
        return _search(self, self.scope, claims, progress) if self.scope else _prove(self, claims)


def _prove(job: Job, claims: Sequence[Claim]) -> list[Verdict]:
    started = time.perf_counter()
    machine, proof = machine_text(job.machine, job.variant), inductive.Proof()
    if any(claim.is_inductive for claim in claims):
        proof = inductive.prove(machine.record(job.features & machine.features), job.machine)
    seconds = round(time.perf_counter() - started, 3)
    return [_proof_verdict(claim, proof, job.features, seconds) for claim in claims]


def _proof_verdict(claim: Claim, proof: inductive.Proof, features: frozenset[str], seconds: float) -> Verdict:
    verdict = Verdict(claim.id, "inductive", PROVED, ANY_NUMBER, seconds, claim.machine, sorted(features))
    verdict.obligations = proof.obligations.get(claim.id, 0)
    failures = proof.failures_of(claim.id)
    off = sorted(claim.least.features - features)
    if not claim.is_inductive or off:
        verdict.reason = f"needs {', '.join(off)}" if off else "not a claim that induction decides"
        verdict.beside = True
    elif failures:
        first = failures[0]
        verdict.reason = f"{first.label}: {'undecided' if first.unknown else 'not kept'} by {first.action}"
        verdict.step = list(first.step)
    elif proof.vacuous:
        verdict.reason = f"no state that the invariants allow enables {', '.join(proof.vacuous)}"
    if verdict.reason:
        verdict.verdict = OPEN
    return verdict


def _search(
    job: Job, scope: NamedScope, claims: Sequence[Claim], progress: Callable[[Report], None] | None
) -> list[Verdict]:
    started = time.perf_counter()
    missing = {claim.id: too_small(claim, scope) for claim in claims}
    machine = machine_text(scope.machine, job.variant).record(scope.features)
    within_scope = [claim for claim in claims if not missing[claim.id]]
    found = explore(
        machine, scope.ground, within_scope, symmetry=job.symmetry, memory_gib=job.memory_gib, progress=progress
    )
    seconds = round(time.perf_counter() - started, 3)
    return [_search_verdict(job, scope, claim, found, missing[claim.id], seconds) for claim in claims]


def too_small(claim: Claim, scope: NamedScope) -> str | None:
    """Why the claim says nothing in this scope, or None."""
    if claim.machine != scope.machine:
        return f"is about the machine {claim.machine}"
    return claim.least.missing(scope.members, scope.handles, scope.rings, scope.features)


def _search_verdict(
    job: Job, scope: NamedScope, claim: Claim, found: Exploration, missing: str | None, seconds: float
) -> Verdict:
    verdict = Verdict(claim.id, "exhaustive", EXHAUSTIVE, scope.name, seconds, scope.machine, sorted(scope.features))
    if missing:
        verdict.verdict, verdict.reason, verdict.beside = OPEN, missing, True
        return verdict
    report, outcome = found.report, found.outcomes[claim.id]
    verdict.states, verdict.transitions, verdict.depth = report.states, report.transitions, report.depth
    verdict.symmetry = found.search.symmetry
    verdict.detail = outcome.detail
    verdict.witness_length = outcome.witness.length if outcome.witness else None
    _judge(verdict, outcome, found, job.variant)
    return verdict


def _judge(verdict: Verdict, outcome: Outcome, found: Exploration, variant: str | None) -> None:
    if outcome.violation:
        verdict.verdict, verdict.reason = VIOLATED, outcome.clause
        verdict.trace = found_trace(found, outcome.violation, verdict.machine, variant, verdict.claim)
    elif outcome.detail and outcome.detail.startswith(NOT_ATTAINED):
        verdict.verdict, verdict.reason = VIOLATED, NOT_ATTAINED
    elif outcome.witness is None:
        verdict.verdict, verdict.reason = VIOLATED, "vacuous: no run reaches the claim's premise"


def found_trace(found: Exploration, what: Found, machine: str, variant: str | None, claim: str) -> Trace:
    """The shortest run to what was found, replayed."""
    ground = found.search.ground
    shows = what.probe.name.partition(": ")[2]
    run = shortest_run(found.search, what)
    trace = record_trace(run, ground, machine=machine, variant=variant, claim=claim, shows=shows)
    for _ in replay(ground, trace.steps):
        pass
    return trace
