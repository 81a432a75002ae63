"""Asking one engine about one claim: what `ringplug.check` does, and where the tests under pytest begin."""

from __future__ import annotations

from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, least_scope, scope_of
from properties.check.engines import ENGINES, EXHAUSTIVE_ENGINE, INDUCTIVE, SECOND_SOLVER, STATEFUL, Job
from properties.check.verdict import Verdict
from properties.explain.asked import check_variant, claim_named
from properties.sampling.stateful import Tries

DEPTH = 10
"""Steps of the bounded engine: in the least scopes of the claims they take it a second."""
TRIES = Tries(examples=25, steps=80)
BEYOND = NamedScope(5, 2, 2)
"""Where the stateful engine tries, if nothing else is said."""


def check(
    claim: Claim | str,
    *,
    variant: str | None = None,
    scope: NamedScope | str | None = None,
    engine: str = EXHAUSTIVE_ENGINE,
    depth: int = DEPTH,
    tries: Tries = TRIES,
) -> Verdict:
    """What an engine says of a claim, of the protocol or of a variant: never more than it decided.

    The claim is an id or a claim; the variant a name. The engine is "exhaustive" (every reachable state of the scope),
    "inductive" (a proof for any number, without a scope), "bounded" (every run of up to `depth` steps), "stateful"
    (random runs, `tries`) or "cvc5" (the proof by a second solver). The scope is processors/handles/rings with
    features, as in "3/1/2, crash"; without one, the claim's least, and 5/2/2 for random runs.

    ValueError: an unknown claim, variant, engine or scope. ScopeTooLargeError: 4 GiB are not enough.
    """
    asked = claim_named(claim)
    check_variant(variant, asked.machine)
    check_engine(engine)
    if scope and engine in (INDUCTIVE, SECOND_SOLVER):
        raise ValueError(f"the engine {engine} proves for any number: it takes no scope")
    where = None if engine in (INDUCTIVE, SECOND_SOLVER) else scope_for(asked, engine, scope_of(scope, asked.machine))
    job = Job((), where, variant, machine=asked.machine, engine=engine, depth=depth, tries=tries)
    (verdict,) = job.decide([asked])
    return verdict


def check_engine(name: str) -> None:
    """Refuse an engine that does not exist."""
    if name not in ENGINES:
        raise ValueError(f"unknown engine {name!r}; there are {', '.join(ENGINES)}")


def scope_for(claim: Claim, engine: str, scope: NamedScope | None) -> NamedScope:
    """Where an engine looks: the scope that was asked for, else the claim's least, and `BEYOND` for random runs."""
    if scope or engine == STATEFUL:
        return (scope or BEYOND).of(claim.machine)
    return least_scope(claim)
