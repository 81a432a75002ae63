"""Shortest runs that show something of a claim: a violation, or its premise."""

from __future__ import annotations

from collections.abc import Callable

from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, least_scope, scope_of, too_small
from properties.explain.asked import check_variant, claim_named
from properties.explain.distinct import distinct_runs
from properties.explicit.checkpoint import NOT_KEPT, Kept
from properties.explicit.exhaustive import found_trace, seek
from properties.explicit.search import Report
from properties.traces.trace import Trace, machine_text, record_trace


def trace(
    claim: Claim | str,
    *,
    variant: str | None = None,
    scope: NamedScope | str | None = None,
    witness: bool = False,
) -> Trace | None:
    """A shortest run to a violation of the claim, or with `witness` to its premise; None if the scope has none.

    The claim is an id or a claim; the variant a name, without it the protocol is searched. The scope is
    processors/handles/rings with features, as in "3/1/2, crash"; without one, the claim's least. The search stops where
    it knows the answer. What is false on purpose (N1 to N5) is shown by its premise. A claim may be violated where no
    run violates it (a bound that nothing attains, a premise out of reach): `check` says so.

    ValueError: an unknown claim, variant or scope, or a scope too small for the claim. ScopeTooLargeError: 4 GiB are
    not enough.
    """
    asked = claim_named(claim)
    check_variant(variant, asked.machine)
    where = scope_of(scope, asked.machine) or least_scope(asked)
    if reason := too_small(asked, where):
        raise ValueError(f"{asked.id} says nothing in the scope {where.title}: it {reason}")
    return next(iter(shortest_runs(asked, where, variant, witness=witness or asked.is_surprise)[0]), None)


def shortest_runs(
    claim: Claim,
    scope: NamedScope,
    variant: str | None,
    *,
    witness: bool,
    most: int = 1,
    symmetry: bool = True,
    memory_gib: float = 4.0,
    kept: Kept = NOT_KEPT,
    say: Callable[[str], None] = lambda words: None,
) -> tuple[list[Trace], Report]:
    """Up to `most` distinct runs, shortest first, replayed; and how far the search went for them."""
    machine = machine_text(scope.machine, variant).record(scope.features)
    if most > 1:
        runs, visited = distinct_runs(
            machine, scope.ground, claim, most, witness=witness, symmetry=symmetry, memory_gib=memory_gib, say=say
        )
        return [
            record_trace(run.steps, run.ground, machine=claim.machine, variant=variant, claim=claim.id, shows=run.label)
            for run in runs
        ], visited
    found, what = seek(
        machine, scope.ground, claim, premise=witness, symmetry=symmetry, memory_gib=memory_gib, kept=kept,
        progress=lambda report: say(report.words),
    )  # fmt: skip
    return [found_trace(found, what, claim.machine, variant, claim.id)] if what else [], found.report
