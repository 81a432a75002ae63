"""What becomes of each mechanical mutant: the claim that notices it, or the argument why it is none.

The exhaustive engine tries the scopes of the matrix, the small ones first, and stops at the first that shows a break;
what it never shows is given to the inductive engine, which notices a step that breaks a claim from any state that the
invariants allow. What neither notices needs an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from model.machines import MACHINES, PLUG
from model.variants import Argument, Harmless, Variant
from properties.claims import CLAIMS
from properties.inductive import prove
from properties.matrix import LARGER, STANDARD, breaks_in, steps

EQUIVALENT = Harmless.EQUIVALENT
ARGUMENTS: dict[str, Argument] = {}


class Caught(msgspec.Struct):
    """What notices a mutant: a claim, by an engine, and in how many steps if that engine counts them."""

    claim: str
    clause: str
    engine: str
    length: int | None = None
    scope: str | None = None
    features: list[str] = []
    where: str = "any number"


@dataclass(frozen=True)
class Fate:
    """A mutant: noticed, or none by an argument, or neither."""

    mutant: str
    caught: Caught | None
    argument: Argument | None

    @property
    def explained(self) -> bool:
        """Exactly one of the two is there: an argument about a mutant that is noticed would be wrong."""
        return (self.caught is None) != (self.argument is None)


def fate_of(mutant: Variant, on_scope: Callable[[str], None] | None = None) -> Fate:
    """What notices this mutant first, and the argument if there is one."""
    return Fate(mutant.id, _by_search(mutant, on_scope) or _by_proof(mutant), ARGUMENTS.get(mutant.id))


def _by_search(mutant: Variant, on_scope: Callable[[str], None] | None) -> Caught | None:
    """The claim with the shortest run, in the first scope that has one."""
    for scope in (*STANDARD, *LARGER):
        if on_scope:
            on_scope(scope.title)
        found = [one for one in breaks_in(mutant.edit(MACHINES[scope.machine]), scope) if one.length is not None]
        if found:
            one = min(found, key=steps)
            return Caught(one.claim, one.clause, "exhaustive", one.length, one.scope, one.features, one.where)
    return None


def _by_proof(mutant: Variant) -> Caught | None:
    """The first claim whose proof fails."""
    for name in (PLUG, "numbered"):
        for failure in prove(mutant.edit(MACHINES[name]).record(), name).failures:
            if failure.owner in CLAIMS and not failure.unknown:
                return Caught(failure.owner, f"{failure.label}, at {failure.action}", "inductive")
    return None
