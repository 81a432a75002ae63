"""The catalogue as Markdown: the README's table, and the list of corrections in the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from properties.catalogue import Claim
from properties.claims import CLAIMS
from properties.scopes import STANDARD, NamedScope


def verdict_rows() -> Iterator[str]:
    """The README's table: what each claim says, where it comes from, and how it is decided."""
    yield "| claim | says | source | any number | exhaustive up to | mutant it rejects |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for claim in CLAIMS.values():
        proof = "not a safety claim" if claim.reach else "proved"
        yield (
            f"| {claim.id} | {claim.sentence} | {claim.source} | {proof} | {largest(claim).name} | `{claim.mutant}` |"
        )


def largest(claim: Claim) -> NamedScope:
    """The last standard scope that the claim fits."""
    fitting = [
        scope
        for scope in STANDARD
        if not claim.least.missing(scope.members, scope.handles, scope.rings, scope.features)
    ]
    return fitting[-1]


def correction_lines() -> Iterator[str]:
    """How claims of the starting catalogue were corrected."""
    yield "# Corrections of the starting catalogue"
    yield ""
    yield "Where the model showed that a claim was wrong or imprecise as first written, and what it says now."
    for claim in CLAIMS.values():
        if claim.correction:
            yield ""
            yield f"**{claim.id}.** {claim.sentence} {claim.correction}"
