"""Which variant breaks which claim, and in how many steps: every claim in every scope of a list that it fits.

The scopes have two rings, or two handles, or three processors, or all features; a break is reported where it is
shortest, and of equal ones in the scope that is searched fastest. A variant that only puts a claim's premise out of
reach does not break it, unless the claim is that its run exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from model.language.machine import Text
from model.machines import MACHINES
from model.variants import GMI_2004, VARIANTS, Variant, together
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, too_small
from properties.claims import CLAIMS
from properties.explicit.exhaustive import Outcome, explore
from properties.limits import ScopeTooLargeError
from properties.variants.results import Break, Pair, Tried, steps
from properties.variants.scopes import COMPOSED, STANDARD

MOST_STATES = 2_500_000
"""A variant that may do anything has more states than is worth a search."""


def breaks(
    edit: Callable[[Text], Text], scopes: Sequence[NamedScope] = STANDARD, on_scope: Callable[[str], None] | None = None
) -> Tried:
    """What the machine breaks when it is edited so: each claim where its run is shortest."""
    found: dict[str, Break] = {}
    too_large: list[str] = []
    for scope in scopes:
        if on_scope:
            on_scope(scope.title)
        try:
            if (edited := edit(MACHINES[scope.machine])) is MACHINES[scope.machine]:
                continue
            here = list(breaks_in(edited, scope))
        except ScopeTooLargeError:
            too_large.append(scope.title)
            continue
        for one in here:
            if one.claim not in found or steps(one) < steps(found[one.claim]):
                found[one.claim] = one
    return Tried([found[id] for id in CLAIMS if id in found], too_large)


@dataclass(frozen=True)
class BreaksOf:
    """What a variant breaks, by its name: work that can be sent to another process."""

    id: str

    @property
    def title(self) -> str:
        """The variant."""
        return self.id

    def run(self, progress: Callable[[str], None] | None = None) -> Tried:
        """Search all scopes."""
        return breaks(VARIANTS[self.id].edit, (*STANDARD, *COMPOSED), progress)


def breaks_in(text: Text, scope: NamedScope) -> Iterator[Break]:
    """The claims that a machine breaks in one scope."""
    fitting = [claim for claim in CLAIMS.values() if not too_small(claim, scope)]
    for id, outcome in explore(
        text.record(scope.features), scope.ground, fitting, most_states=MOST_STATES
    ).outcomes.items():
        if broken := _broken(CLAIMS[id], outcome):
            clause, length = broken
            yield Break(id, clause, length, scope.name, sorted(scope.features), scope.title)


def pairs_to_try() -> list[tuple[Variant, Variant]]:
    """Each deviation of the built protocol that breaks nothing alone, with each other one."""
    parts = [VARIANTS[part] for part in GMI_2004.parts]
    return [(one, other) for one in parts if one.argument for other in parts if other is not one]


def pair_with(harmless: Variant, other: Variant, on_scope: Callable[[str], None] | None = None) -> Pair:
    """Both edits at once, in the order in which the built protocol has them, against the second alone."""
    in_order = [VARIANTS[part] for part in GMI_2004.parts if part in (harmless.id, other.id)]
    alone = {one.claim: one for one in breaks(other.edit, on_scope=on_scope).broken}
    both = breaks(together(Variant("pair", ""), in_order).edit, on_scope=on_scope)
    more = [one for one in both.broken if one.claim not in alone or steps(one) < steps(alone[one.claim])]
    return Pair(harmless.id, other.id, more, both.too_large)


def _broken(claim: Claim, outcome: Outcome) -> tuple[str, int | None] | None:
    if outcome.violation:
        return outcome.clause, outcome.violation.length
    if outcome.unattained:
        return outcome.unattained, None
    if claim.is_surprise and not outcome.witness:
        return "its run does not exist", None
    return None
