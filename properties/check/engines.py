"""Deciding claims: each job is one engine on one machine in one scope, and says what it found of every claim."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.machines import PLUG
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import FEATURES, NamedScope, too_small
from properties.check.seeking import bounded_verdicts, random_verdicts
from properties.check.verdict import EXHAUSTIVE, OPEN, PROVED, VIOLATED, Verdict
from properties.claims import CLAIMS
from properties.explicit.exhaustive import NOT_ATTAINED, Exploration, Outcome, explore, found_trace
from properties.sampling.stateful import DEFAULT_TRIES, Tries
from properties.symbolic import induction
from properties.symbolic.cvc5 import recheck
from properties.traces.trace import machine_text

ANY_NUMBER = "any number"
INDUCTIVE, EXHAUSTIVE_ENGINE, BOUNDED_ENGINE, STATEFUL, SECOND_SOLVER = (
    "inductive", "exhaustive", "bounded", "stateful", "cvc5",
)  # fmt: skip
Progress = Callable[[str], None]


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
    engine: str = ""
    """One of `ENGINES`; if none is named, by the scope: inductive without, exhaustive with one."""
    depth: int = 0
    """Of the bounded engine: how many steps."""
    tries: Tries = DEFAULT_TRIES
    """Of the stateful engine."""

    def __post_init__(self) -> None:
        if not self.engine:
            object.__setattr__(self, "engine", EXHAUSTIVE_ENGINE if self.scope else INDUCTIVE)

    @property
    def title(self) -> str:
        """What the job does, in a few words."""
        if self.scope:
            steps = f", {self.depth} steps" if self.engine == BOUNDED_ENGINE else ""
            return f"{self.engine} {self.scope.title}{steps}"
        return self.engine if self.machine == PLUG else f"{self.engine} {self.machine}"

    def run(self, progress: Progress | None = None) -> list[Verdict]:
        """The verdicts on the job's claims, in the catalogue's order."""
        return self.decide([CLAIMS[id] for id in self.claims], progress)

    def decide(self, claims: Sequence[Claim], progress: Progress | None = None) -> list[Verdict]:
        """The verdicts on these claims, which need not be in the catalogue."""
        return ENGINES[self.engine](self, claims, progress)


def _prove(job: Job, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    started = time.perf_counter()
    proof = _proof(job, claims)
    seconds = round(time.perf_counter() - started, 3)
    return [_proof_verdict(claim, proof, job, seconds) for claim in claims]


def _recheck(job: Job, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    """What z3 proved, if the second solver gives the same answer to every query of the proof."""
    started = time.perf_counter()
    proof = _proof(job, claims)
    unlike = [one for one in recheck(proof.queries.values(), progress) if one.said != one.query.said]
    seconds = round(time.perf_counter() - started, 3)
    verdicts = [_proof_verdict(claim, proof, job, seconds) for claim in claims]
    for verdict in verdicts:
        if unlike and not verdict.beside:
            first = next((one for one in unlike if one.query.owner == verdict.claim), unlike[0])
            verdict.verdict, verdict.reason, verdict.step = OPEN, f"{first.query.owner}: {first.words}", []
    return verdicts


def _proof(job: Job, claims: Sequence[Claim]) -> induction.Proof:
    machine = machine_text(job.machine, job.variant)
    if not any(claim.is_inductive for claim in claims):
        return induction.Proof()
    also = [claim for claim in claims if claim.id not in CLAIMS]
    return induction.prove(
        machine.record(job.features & machine.features), job.machine, also=also,
        writes_queries=job.engine == SECOND_SOLVER,
    )  # fmt: skip


def _proof_verdict(claim: Claim, proof: induction.Proof, job: Job, seconds: float) -> Verdict:
    verdict = Verdict(claim.id, job.engine, PROVED, ANY_NUMBER, seconds, claim.machine, sorted(job.features))
    verdict.obligations = proof.obligations.get(claim.id, 0)
    failures = proof.failures_of(claim.id)
    off = sorted(claim.least.features - job.features)
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


def _search(job: Job, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    started, scope = time.perf_counter(), _scope(job)
    missing = {claim.id: too_small(claim, scope) for claim in claims}
    machine = machine_text(scope.machine, job.variant).record(scope.features)
    within_scope = [claim for claim in claims if not missing[claim.id]]
    found = explore(
        machine, scope.ground, within_scope, symmetry=job.symmetry, memory_gib=job.memory_gib,
        progress=lambda report: progress(report.words) if progress else None,
    )  # fmt: skip
    seconds = round(time.perf_counter() - started, 3)
    return [_search_verdict(job, scope, claim, found, missing[claim.id], seconds) for claim in claims]


def _bound(job: Job, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    return bounded_verdicts(claims, _scope(job), job.variant, job.depth, progress)


def _try(job: Job, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    return random_verdicts(claims, _scope(job), job.variant, job.tries, progress)


def _scope(job: Job) -> NamedScope:
    if job.scope is None:
        raise ValueError(f"the engine {job.engine} needs a scope")
    return job.scope


def _search_verdict(
    job: Job, scope: NamedScope, claim: Claim, found: Exploration, missing: str | None, seconds: float
) -> Verdict:
    verdict = Verdict(claim.id, job.engine, EXHAUSTIVE, scope.name, seconds, scope.machine, sorted(scope.features))
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


ENGINES: dict[str, Callable[[Job, Sequence[Claim], Progress | None], list[Verdict]]] = {
    INDUCTIVE: _prove,
    EXHAUSTIVE_ENGINE: _search,
    BOUNDED_ENGINE: _bound,
    STATEFUL: _try,
    SECOND_SOLVER: _recheck,
}
"""What each engine does with a job."""
