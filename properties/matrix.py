"""Which variant breaks which claim, and in how many steps: each claim in its least scope.

A variant that only puts a claim's premise out of reach does not break it, unless the claim is that its run exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from properties.catalogue import Claim
from properties.claims import CLAIMS
from properties.exhaustive import NOT_ATTAINED, Outcome, explore
from properties.scopes import NamedScope
from properties.traces import machine_text


class Break(msgspec.Struct):
    """A claim that a variant breaks; `length` is None if it is broken by what no longer exists."""

    claim: str
    clause: str
    length: int | None
    scope: str
    features: list[str]


def least_scope(claim: Claim) -> NamedScope:
    """The smallest scope in which the claim says something."""
    least = claim.least
    return NamedScope(least.processors, least.handles, least.rings, least.features, claim.machine)


def breaks(variant: str) -> list[Break]:
    """The claims that a variant breaks, in the catalogue's order."""
    found = {one.claim: one for one in _breaks(variant)}
    return [found[id] for id in CLAIMS if id in found]


def _breaks(variant: str) -> Iterator[Break]:
    for scope, claims in _by_scope().items():
        machine = machine_text(scope.machine, variant).record(scope.features)
        for id, outcome in explore(machine, scope.ground, claims).outcomes.items():
            if broken := _broken(CLAIMS[id], outcome):
                clause, length = broken
                yield Break(id, clause, length, scope.name, sorted(scope.features))


def _broken(claim: Claim, outcome: Outcome) -> tuple[str, int | None] | None:
    if outcome.violation:
        return outcome.clause, outcome.violation.length
    if outcome.detail and outcome.detail.startswith(NOT_ATTAINED):
        return NOT_ATTAINED, None
    if claim.is_surprise and not outcome.witness:
        return "its run does not exist", None
    return None


def _by_scope() -> dict[NamedScope, list[Claim]]:
    groups: dict[NamedScope, list[Claim]] = defaultdict(list)
    for claim in CLAIMS.values():
        groups[least_scope(claim)].append(claim)
    return groups
