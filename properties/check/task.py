"""What an engine is given to do beside claims: which machine, in which scope, and how far."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from model.language.machine import Machine
from model.machines import PLUG
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import FEATURES, NamedScope
from properties.check.verdict import About, Open, Verdict
from properties.explicit.checkpoint import NOT_KEPT, Kept
from properties.sampling.tries import DEFAULT_TRIES, Tries
from properties.traces.trace import machine_text

ANY_NUMBER = "any number"
INDUCTIVE, EXHAUSTIVE_ENGINE, BOUNDED_ENGINE, STATEFUL, SECOND_SOLVER = (
    "inductive", "exhaustive", "bounded", "stateful", "cvc5",
)  # fmt: skip
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One engine's work, whatever the claims."""

    engine: str = ""
    """One of `properties.check.job.ENGINES`; if none is named, by the scope: inductive without, exhaustive with one."""
    scope: NamedScope | None = None
    """None for proofs."""
    variant: str | None = None
    features: frozenset[str] = FEATURES
    """Of proofs, which have no scope."""
    machine: str = PLUG
    symmetry: bool = True
    memory_gib: float = 4.0
    kept: Kept = NOT_KEPT
    most_states: int | None = None
    """Of the exhaustive engine: if there are more, what is not violated by then stays open."""
    depth: int = 0
    """Of the bounded engine: how many steps."""
    tries: Tries = DEFAULT_TRIES
    """Of the stateful engine."""

    def __post_init__(self) -> None:
        if not self.engine:
            object.__setattr__(self, "engine", EXHAUSTIVE_ENGINE if self.scope else INDUCTIVE)

    @property
    def finite(self) -> NamedScope:
        """The scope of an engine that needs one."""
        if self.scope is None:
            raise ValueError(f"the engine {self.engine} needs a scope")
        return self.scope

    def record_machine(self) -> Machine:
        """The machine, or its variant, with the features that are on."""
        if self.scope:
            return machine_text(self.scope.machine, self.variant).record(self.scope.features)
        machine = machine_text(self.machine, self.variant)
        return machine.record(self.features & machine.features)

    def about(self, claim: Claim, started: float) -> About:
        """Whose verdict it is that this task gives; `started` is a reading of `time.perf_counter`."""
        machine, features = claim.machine, self.features
        if self.scope:
            machine, features = self.scope.machine, self.scope.features
        return {
            "claim": claim.id,
            "engine": self.engine,
            "scope": self.scope.name if self.scope else ANY_NUMBER,
            "seconds": round(time.perf_counter() - started, 3),
            "machine": machine,
            "features": tuple(sorted(features)),
        }

    def verdicts(
        self, claims: Sequence[Claim], left_out: Mapping[str, str | None], started: float,
        judge: Callable[[Claim, About], Verdict],
    ) -> list[Verdict]:  # fmt: skip
        """A verdict on each claim: open if a reason to leave it out stands under its id, else what `judge` says."""
        verdicts: list[Verdict] = []
        for claim in claims:
            about, reason = self.about(claim, started), left_out[claim.id]
            verdicts.append(Open(**about, reason=reason, beside=True) if reason else judge(claim, about))
        return verdicts
