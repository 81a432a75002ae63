"""For tests of one's own: a variant or a claim, held against every engine under pytest. See docs/pytest.md.

    @every_engine
    def test_my_claim(engine: Engine) -> None:
        engine.check(MY_CLAIM, variant="my-variant")

A violation fails the test with its run, replayed. What an engine leaves undecided fails it too; what it has nothing to
say of is skipped, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from model.variants import VARIANTS
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, least_scope
from properties.check.job import Job
from properties.check.task import BOUNDED_ENGINE, EXHAUSTIVE_ENGINE, INDUCTIVE, STATEFUL
from properties.check.verdict import Open, Verdict, Violated
from properties.claims import CLAIMS
from properties.sampling.stateful import Tries
from properties.traces.render import trace_lines, trace_title

__all__ = ["Engine", "UndecidedError", "VerdictError", "ViolatedError", "every_engine"]

DEPTH = 10
"""Steps of the bounded engine: in the least scopes of the claims they take it a second."""
TRIES = Tries(examples=25, steps=80)
BEYOND = NamedScope(5, 2, 2)
"""Where the stateful engine tries, if nothing else is said."""


class VerdictError(AssertionError):
    """Claims that do not hold; the message says why of each, and shows its run."""

    def __init__(self, verdicts: Sequence[Violated | Open]) -> None:
        super().__init__("\n".join(line for one in verdicts for line in _lines(one)))
        self.verdicts = list(verdicts)


class ViolatedError(VerdictError):
    """Claims are violated."""

    @property
    def lengths(self) -> dict[str, int | None]:
        """The number of steps of each claim's run; None if it has none."""
        return {
            one.claim: len(one.trace.steps) if isinstance(one, Violated) and one.trace else None
            for one in self.verdicts
        }


class UndecidedError(VerdictError):
    """The engine could not decide claims: a proof fails, or a solver gave up."""


@dataclass(frozen=True)
class Engine:
    """One engine, and how far it goes."""

    name: str
    scope: NamedScope | None = None
    """If there is none, each claim is decided in its least scope, and random runs are tried in `BEYOND`."""
    depth: int = DEPTH
    tries: Tries = TRIES

    def __str__(self) -> str:
        return self.name

    def within(
        self, scope: NamedScope | None = None, *, depth: int | None = None, tries: Tries | None = None
    ) -> Engine:
        """The same engine in another scope, to another depth, with other random runs."""
        return replace(self, scope=scope or self.scope, depth=depth or self.depth, tries=tries or self.tries)

    def check(self, *claims: Claim, variant: str | None = None) -> list[Verdict]:
        """Fail unless these claims hold, of the protocol or a registered variant; without any, all of the catalogue."""
        if variant is not None and variant not in VARIANTS:
            raise ValueError(f"unknown variant {variant!r}: register it with model.variants.edits")
        verdicts = [
            verdict
            for (machine, scope), mine in self._groups(claims or tuple(CLAIMS.values())).items()
            for verdict in self._job(machine, scope, variant).decide(mine)
        ]
        _judge(verdicts, asked=bool(claims))
        return verdicts

    def _groups(self, claims: Sequence[Claim]) -> dict[tuple[str, NamedScope | None], list[Claim]]:
        """The claims that are decided together: by machine, and scope if the engine has one."""
        groups: dict[tuple[str, NamedScope | None], list[Claim]] = {}
        for claim in claims:
            scope = None if self.name == INDUCTIVE else self._scope(claim)
            groups.setdefault((claim.machine, scope), []).append(claim)
        return groups

    def _scope(self, claim: Claim) -> NamedScope:
        if self.scope or self.name == STATEFUL:
            return (self.scope or BEYOND).of(claim.machine)
        return least_scope(claim)

    def _job(self, machine: str, scope: NamedScope | None, variant: str | None) -> Job:
        return Job(engine=self.name, scope=scope, variant=variant, machine=machine, depth=self.depth, tries=self.tries)


def _judge(verdicts: Sequence[Verdict], *, asked: bool) -> None:
    if bad := [one for one in verdicts if isinstance(one, Violated)]:
        raise ViolatedError(bad)
    left_open = [one for one in verdicts if isinstance(one, Open)]
    if undecided := [one for one in left_open if not one.beside]:
        raise UndecidedError(undecided)
    if left_open and (asked or len(left_open) == len(verdicts)):
        pytest.skip("; ".join(f"{one.claim}: {one.reason}" for one in left_open))


def _lines(verdict: Violated | Open) -> list[str]:
    lines = [f"{verdict.claim} {verdict.verdict} ({verdict.engine}, {verdict.scope}): {verdict.reason}"]
    match verdict:
        case Open():
            lines += [f"    {line}" for line in verdict.step]
        case Violated(trace=trace) if trace:
            lines += [trace_title(trace), *trace_lines(trace)]
        case Violated():
            pass
    return lines


ENGINES = tuple(Engine(name) for name in (INDUCTIVE, EXHAUSTIVE_ENGINE, BOUNDED_ENGINE, STATEFUL))
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=str)
"""Runs a test once for each engine, which it takes as `engine`."""
