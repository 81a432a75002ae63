"""The catalogue as Markdown: the README's table."""

from __future__ import annotations

from collections.abc import Iterator

from properties.catalogue.claim import Claim
from properties.catalogue.scopes import STANDARD, NamedScope, too_small
from properties.claims import CLAIMS


def verdict_rows() -> Iterator[str]:
    """The README's table: what each claim says, where it comes from, and how it is decided."""
    yield "| claim | says | source | any number | exhaustive, among others | mutant it rejects |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for claim in CLAIMS.values():
        proof = _of_any_number(claim)
        cells = (
            f"[{claim.id}](SPEC.md#{claim.id})",
            claim.sentence,
            claim.source,
            proof,
            _with_features(largest(claim)),
            f"`{claim.mutant}`",
        )
        yield f"| {' | '.join(cells)} |"


def _of_any_number(claim: Claim) -> str:
    """What is known of it for any number."""
    if claim.is_inductive:
        return "proved; that a run needs so many is searched" if claim.bound else "proved"
    return "searched only" if claim.is_safety else "not a safety claim"


def _with_features(scope: NamedScope) -> str:
    return f"{scope.name}, {scope.with_features}"


def largest(claim: Claim) -> NamedScope:
    """The standard scope with the most features, then the most processors, that the claim fits."""
    fitting = [scope for scope in STANDARD if not too_small(claim, scope)]
    return max(fitting, key=lambda scope: (len(scope.features), scope.members, scope.rings, scope.handles))
