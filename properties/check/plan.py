"""Which jobs a check consists of: engines, machines and scopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from model.machines import DELIVERY, MACHINES, PLUG
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import (
    BOUNDED,
    DEEP,
    FEATURES,
    RANDOM,
    STANDARD,
    STATES,
    NamedScope,
    most_states,
    proof_features,
    too_small,
)
from properties.check.job import Job
from properties.check.task import BOUNDED_ENGINE, EXHAUSTIVE_ENGINE, INDUCTIVE, SECOND_SOLVER, STATEFUL
from properties.explicit.checkpoint import NOT_KEPT, Kept
from properties.sampling.tries import Tries

COST_OF_ANY, COST_UNKNOWN, STATES_A_SECOND = 100_000, 500_000, 1_000_000
PROOF_SECONDS = {
    "parts": 0.3, "services": 0.6, "services-on-plug": 1.0, "numbered": 1.1, "plug-on-delivery": 1.7,
    "services-on-delivery": 2.6, PLUG: 3.0, DELIVERY: 4.4, "ordered": 9.2,
}  # fmt: skip
"""About how many processor seconds the proofs about a machine take (`bench/proofs.py`). The cheapest are done first."""
USUAL = (INDUCTIVE, EXHAUSTIVE_ENGINE)
"""The engines that decide, used if none is named."""
DEPTH = 7
"""Steps of the bounded engine in a scope that was asked for."""


def cost(job: Job) -> int:
    """About how much work a job is, counted in states of a search."""
    if job.scope:
        return COST_OF_ANY + STATES.get(job.scope, COST_UNKNOWN)
    return COST_OF_ANY + int(PROOF_SECONDS.get(job.machine, 1.0) * STATES_A_SECOND)


@dataclass(frozen=True)
class Plan:
    """What a check is asked to do."""

    claims: Sequence[Claim]
    all_claims: bool
    engines: Sequence[str]
    """Those that were named."""
    variant: str | None
    off: frozenset[str]
    scope: NamedScope | None
    """The one scope that was asked for."""
    deep: bool
    depth: int | None
    tries: Tries
    symmetry: bool
    memory_gib: float
    kept: Kept = NOT_KEPT

    @property
    def jobs_by(self) -> str:
        """Whose workers do the jobs: not those that search the states of the one job there is."""
        return "" if self._is_one_search else self.kept.executor

    @property
    def _is_one_search(self) -> bool:
        """There is one search and nothing else, and its states are where all workers see them."""
        one_machine = len({claim.machine for claim in self.claims}) == 1
        return bool(self.scope and one_machine and self.engines == (EXHAUSTIVE_ENGINE,) and self.kept.disk)

    def jobs(self) -> list[Job]:
        """The jobs: proofs, cheap ones first; of a variant small scopes next, which show most of what it breaks."""
        jobs = [job for engine in self.engines or USUAL for job in self._of(engine)]
        if self.variant:
            jobs.sort(key=cost)
        return sorted(jobs, key=lambda job: (job.scope is not None, 0 if job.scope else cost(job)))

    def _of(self, engine: str) -> Iterator[Job]:
        for machine in dict.fromkeys(claim.machine for claim in self.claims):
            mine = [claim for claim in self.claims if claim.machine == machine]
            if engine in (INDUCTIVE, SECOND_SOLVER):
                provable = mine if self.engines else [claim for claim in mine if claim.is_inductive]
                for features in dict.fromkeys(map(proof_features, provable)):
                    asked = [claim for claim in provable if proof_features(claim) <= features]
                    yield replace(self._job(engine, machine, asked, None), features=features - self.off)
                continue
            for scope, depth in self._scopes(engine):
                if scope.machine == machine:
                    yield self._job(engine, machine, mine, scope, depth)

    def _job(self, engine: str, machine: str, claims: Sequence[Claim], scope: NamedScope | None, depth: int = 0) -> Job:
        ids = tuple(claim.id for claim in claims)
        kept = self.kept if self._is_one_search else replace(self.kept, executor="")
        return Job(
            claims=ids, engine=engine, scope=scope, variant=self.variant, features=FEATURES - self.off,
            machine=machine, symmetry=self.symmetry, memory_gib=self.memory_gib, kept=kept, depth=depth,
            tries=self.tries,
            most_states=most_states(scope) if scope and self.variant and not self.scope and not self.deep else None,
        )  # fmt: skip

    def _scopes(self, engine: str) -> list[tuple[NamedScope, int]]:
        """The scopes that an engine visits, and for the bounded one the number of steps."""
        if self.scope:
            return [(self.scope.of(machine), self.depth or DEPTH) for machine in MACHINES]
        visited = dict.fromkeys(
            (scope.without(self.off), depth and (self.depth or depth))
            for scope, depth in standard_scopes(engine, deep=self.deep)
        )
        fits = [any(not too_small(claim, scope) for claim in self.claims) for scope, _ in visited]
        return [one for one, fit in zip(visited, fits, strict=True) if fit or self.all_claims]


def standard_scopes(engine: str, *, deep: bool = False) -> list[tuple[NamedScope, int]]:
    """The scopes that an engine visits if none is asked for, and for the bounded one the number of steps; else 0."""
    if engine == BOUNDED_ENGINE:
        return list(BOUNDED)
    scopes = {EXHAUSTIVE_ENGINE: (*STANDARD, *(DEEP if deep else ())), STATEFUL: RANDOM}
    return [(scope, 0) for scope in scopes.get(engine, ())]
