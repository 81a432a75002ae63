"""The pytest marker `ringplug`: which engines are asked about which claims before a marked test's body runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope
from properties.check.ask import PROVERS, check_engine, scope_for
from properties.check.testing import ENGINES, Engine
from properties.explain.asked import check_variant, claim_named

__all__ = ["Case", "Engine", "as_asked", "cases"]


@dataclass(frozen=True)
class Case:
    """One engine, and what it is asked."""

    engine: Engine
    claims: tuple[Claim, ...]
    """Without any, all of the catalogue."""
    variant: str | None

    def __str__(self) -> str:
        """As pytest shows it: the claim, if it is one, and the engine."""
        return "-".join([*(claim.id for claim in self.claims[:1] if len(self.claims) == 1), self.engine.name])

    def decide(self) -> None:
        """Fail or skip the test unless the claims hold."""
        __tracebackhide__ = True
        self.engine.check(*self.claims, variant=self.variant)


def cases(marks: Iterable[pytest.Mark], seed: int | None, deep: bool) -> list[Case]:
    """What these marks ask, with what pytest's options say; ValueError or TypeError if a mark is written wrongly."""
    return [
        replace(case, engine=as_asked(case.engine, seed, deep))
        for mark in marks
        for case in ringplug(*mark.args, **mark.kwargs)
    ]


def ringplug(
    claim: Claim | str | Sequence[Claim | str] = (),
    *,
    variant: str | None = None,
    scope: NamedScope | str | None = None,
    engine: str | Sequence[str] | None = None,
) -> Iterator[Case]:
    """What the marker takes. Without an engine: all four, and those that have a scope in the scope that is named."""
    claims = tuple(claim_named(one) for one in ([claim] if isinstance(claim, Claim | str) else claim))
    check_variant(variant, *(one.machine for one in claims))
    names = [engine] if isinstance(engine, str) else engine or [one.name for one in ENGINES]
    for name in names:
        check_engine(name)
        where = None if name in PROVERS and engine is None else scope
        for one in claims:
            scope_for(one, name, where)
        yield Case(Engine(name, where), claims, variant)


def as_asked(engine: Engine, seed: int | None, deep: bool) -> Engine:
    """The engine as pytest's options want it: from another seed, in more scopes."""
    tries = engine.tries if seed is None else replace(engine.tries, seed=seed)
    return replace(engine, tries=tries, deep=engine.deep or deep)
