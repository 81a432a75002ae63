"""Jobs: each is one engine on one machine in one scope, and says what it found of every claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from model.machines import PLUG
from properties.catalogue.check import check_claims
from properties.catalogue.claim import Claim
from properties.catalogue.overlooked import overlooked
from properties.check import falsify, proof, search
from properties.check.proof import ProvedPart
from properties.check.task import BOUNDED_ENGINE, EXHAUSTIVE_ENGINE, INDUCTIVE, SECOND_SOLVER, STATEFUL, Progress, Task
from properties.check.verdict import Verdict, unless
from properties.claims import CLAIMS

ENGINES: dict[str, Callable[[Task, Sequence[Claim], Progress | None], list[Verdict]]] = {
    INDUCTIVE: proof.prove,
    EXHAUSTIVE_ENGINE: search.search,
    BOUNDED_ENGINE: falsify.unroll,
    STATEFUL: falsify.try_runs,
    SECOND_SOLVER: proof.prove_twice,
}
"""What each engine does with a task."""


@dataclass(frozen=True, kw_only=True)
class Job(Task):
    """A task with its claims, by id: it can be sent to another process."""

    claims: tuple[str, ...] = ()

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
        """The verdicts on these claims, which need not be in the catalogue; open, if one overlooks an action."""
        check_claims(claims)
        return self._not_overlooked(claims, ENGINES[self.engine](self, claims, progress))

    def parts(self) -> Sequence[Callable[[], ProvedPart]]:
        """Of a proof, its obligations by action: each can be decided elsewhere."""
        if self.engine != INDUCTIVE:
            return ()
        claims = [CLAIMS[id] for id in self.claims]
        return [partial(_prove_part, self, action) for action in proof.parts_of(self, claims)]

    def joined(self, parts: Sequence[ProvedPart]) -> list[Verdict] | None:
        """The verdicts, if all parts together give them; else the job is to be done undivided."""
        claims = [CLAIMS[id] for id in self.claims]
        verdicts = proof.joined(self, claims, parts)
        return verdicts and self._not_overlooked(claims, verdicts)

    def _not_overlooked(self, claims: Sequence[Claim], verdicts: Sequence[Verdict]) -> list[Verdict]:
        machine = self.record_machine()
        reasons = {claim.id: overlooked(claim, machine) for claim in claims}
        return [unless(reasons[one.claim], one) for one in verdicts]


def _prove_part(job: Job, action: str | None) -> ProvedPart:
    return proof.prove_part(job, [CLAIMS[id] for id in job.claims], action)
