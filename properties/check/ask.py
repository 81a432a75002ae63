"""Asking one engine about one claim: what `ringplug.check` does, and where the tests under pytest begin."""

from __future__ import annotations

from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, least_scope, proof_features, scope_of
from properties.check.job import ENGINES, Job
from properties.check.task import EXHAUSTIVE_ENGINE, INDUCTIVE, SECOND_SOLVER, STATEFUL
from properties.check.verdict import Verdict
from properties.explain.asked import check_variant, claim_named
from properties.sampling.tries import Tries
from properties.words import unknown

PROVERS = (INDUCTIVE, SECOND_SOLVER)
"""The engines that prove for any number, and so have no scope."""
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
    where = scope_for(asked, engine, scope)
    job = Job(
        engine=engine, scope=where, variant=variant, features=proof_features(asked), machine=asked.machine,
        depth=depth, tries=tries,
    )  # fmt: skip
    (verdict,) = job.decide([asked])
    return verdict


def check_engine(name: str) -> None:
    """Refuse an engine that does not exist."""
    if name not in ENGINES:
        raise ValueError(unknown("engine", name, ENGINES))


def scope_for(claim: Claim, engine: str, scope: NamedScope | str | None) -> NamedScope | None:
    """Where an engine looks: where it is asked to, else in the claim's least scope; random runs go to `BEYOND`."""
    asked = scope_of(scope, claim.machine)
    if engine in PROVERS:
        if asked:
            raise ValueError(f"the engine {engine} proves for any number: it takes no scope")
        return None
    return asked or (BEYOND.of(claim.machine) if engine == STATEFUL else least_scope(claim))
