"""What becomes of each mechanical mutant: the claim that notices it, or the argument why it is none.

The exhaustive engine tries the scopes of the matrix, the small ones first, and stops at the first that shows a break;
what it never shows is given to the inductive engine, which notices a step that breaks a claim from any state that the
invariants allow. What neither notices needs an argument.
"""

from __future__ import annotations

from collections.abc import Callable

from model.machines import MACHINES, PLUG
from model.variants import Variant
from properties.claims import CLAIMS
from properties.limits import ScopeTooLargeError
from properties.symbolic.induction import prove
from properties.variants.arguments import ARGUMENTS
from properties.variants.matrix import breaks_in
from properties.variants.results import Caught, Fate, steps
from properties.variants.scopes import LARGER, STANDARD


def fate_of(mutant: Variant, on_scope: Callable[[str], None] | None = None) -> Fate:
    """What notices this mutant first, and the argument if there is one."""
    return Fate(mutant.id, _by_search(mutant, on_scope) or _by_proof(mutant), ARGUMENTS.get(mutant.id))


def _by_search(mutant: Variant, on_scope: Callable[[str], None] | None) -> Caught | None:
    """The claim with the shortest run, in the first scope that has one and is not too large.

    ScopeTooLargeError, if no scope has one and some were too large.
    """
    too_large: list[ScopeTooLargeError] = []
    for scope in (*STANDARD, *LARGER):
        if on_scope:
            on_scope(scope.title)
        if (edited := mutant.edit(MACHINES[scope.machine])) is MACHINES[scope.machine]:
            continue
        try:
            found = [one for one in breaks_in(edited, scope) if one.length is not None]
        except ScopeTooLargeError as error:
            too_large.append(error)
            continue
        if found:
            one = min(found, key=steps)
            return Caught(one.claim, one.clause, "exhaustive", one.length, one.scope, one.features, one.where)
    for error in too_large:
        raise error
    return None


def _by_proof(mutant: Variant) -> Caught | None:
    """The first claim whose proof fails."""
    for name in (PLUG, "numbered"):
        for failure in prove(mutant.edit(MACHINES[name]).record(), name).failures:
            if failure.owner in CLAIMS and not failure.unknown:
                return Caught(failure.owner, f"{failure.label}, at {failure.action}", "inductive")
    return None
