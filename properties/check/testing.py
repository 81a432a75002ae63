"""For tests of one's own: a variant or a claim, held against every engine under pytest. See docs/pytest.md.

    @every_engine
    def test_my_claim(engine: Engine) -> None:
        engine.check(MY_CLAIM, variant="my-variant")

A violation fails the test with its run, replayed. What an engine leaves undecided fails it too; what it has nothing to
say of is skipped, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, proof_features, too_small
from properties.check.ask import DEPTH, TRIES, scope_for
from properties.check.job import Job
from properties.check.plan import standard_scopes
from properties.check.task import BOUNDED_ENGINE, EXHAUSTIVE_ENGINE, INDUCTIVE, STATEFUL
from properties.check.verdict import Open, Verdict, Violated
from properties.claims import CLAIMS
from properties.explain.asked import check_variant, claim_named
from properties.explain.replayed import told
from properties.sampling.tries import Tries

__all__ = ["Engine", "UndecidedError", "VerdictError", "ViolatedError", "every_engine"]


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
    scope: NamedScope | str | None = None
    """If there is none, each claim is decided in its least scope, and random runs are tried in `BEYOND`."""
    depth: int = DEPTH
    tries: Tries = TRIES
    deep: bool = False
    """Without a scope: also in all scopes that `ringplug check` visits."""

    def __str__(self) -> str:
        return self.name

    def within(
        self, scope: NamedScope | str | None = None, *, depth: int | None = None, tries: Tries | None = None
    ) -> Engine:
        """The same engine in another scope, to another depth, with other random runs."""
        return replace(self, scope=scope or self.scope, depth=depth or self.depth, tries=tries or self.tries)

    def check(self, *claims: Claim | str, variant: str | None = None) -> list[Verdict]:
        """Fail unless these claims hold, of the protocol or of a variant; without any, all of the catalogue.

        Claims are ids or claims. ValueError: an unknown claim, variant or scope.
        """
        __tracebackhide__ = True
        asked = [claim_named(claim) for claim in claims]
        check_variant(variant, *(claim.machine for claim in asked))
        verdicts, violated = list[Verdict](), set[str]()
        for job, claims_here in self._jobs(asked or CLAIMS.values(), variant):
            if mine := [claim for claim in claims_here if claim.id not in violated]:
                verdicts += job.decide(mine)
                violated |= {one.claim for one in verdicts if isinstance(one, Violated)}
        _judge(verdicts, asked=bool(claims))
        return verdicts

    def _jobs(self, claims: Iterable[Claim], variant: str | None) -> Iterator[tuple[Job, list[Claim]]]:
        """The claims that are decided together: by machine, scope and depth."""
        groups: dict[tuple[str, NamedScope | None, int], list[Claim]] = {}
        for claim in claims:
            for scope, depth in self._scopes(claim):
                groups.setdefault((claim.machine, scope, depth), []).append(claim)
        for (machine, scope, depth), mine in groups.items():
            features = frozenset[str]().union(*map(proof_features, mine))
            job = Job(
                engine=self.name, scope=scope, variant=variant, features=features, machine=machine, depth=depth,
                tries=self.tries,
            )  # fmt: skip
            yield job, mine

    def _scopes(self, claim: Claim) -> Iterator[tuple[NamedScope | None, int]]:
        """Where the engine looks, and how deep."""
        yield scope_for(claim, self.name, self.scope), self.depth
        if self.deep and not self.scope:
            for scope, depth in standard_scopes(self.name):
                if not too_small(claim, scope):
                    yield scope, depth


def _judge(verdicts: Sequence[Verdict], *, asked: bool) -> None:
    """Fail, or skip if a claim that was asked for is held nowhere."""
    __tracebackhide__ = True
    if bad := [one for one in verdicts if isinstance(one, Violated)]:
        raise ViolatedError(bad)
    left_open = [one for one in verdicts if isinstance(one, Open)]
    if undecided := [one for one in left_open if not one.beside]:
        raise UndecidedError(undecided)
    held = {one.claim for one in verdicts if not isinstance(one, Open)}
    left_out = [one for one in left_open if one.claim not in held]
    if left_out and (asked or not held):
        pytest.skip("; ".join(f"{one.claim}: {one.reason}" for one in left_out))


def _lines(verdict: Violated | Open) -> list[str]:
    lines = [f"{verdict.claim} {verdict.verdict} ({verdict.engine}, {verdict.scope}): {verdict.reason}"]
    match verdict:
        case Open():
            lines += [f"    {line}" for line in verdict.step]
        case Violated(trace=trace) if trace:
            lines += told(trace)
        case Violated():
            pass
    return lines


ENGINES = tuple(Engine(name) for name in (INDUCTIVE, EXHAUSTIVE_ENGINE, BOUNDED_ENGINE, STATEFUL))
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=str)
"""Runs a test once for each engine, which it takes as `engine`."""
