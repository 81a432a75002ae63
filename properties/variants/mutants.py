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
from properties.symbolic.induction import prove
from properties.variants.matrix import LARGER, STANDARD, breaks_in, steps


def _the_same(says: str) -> Argument:
    return Argument(Harmless.EQUIVALENT, says)


def _as_good(says: str) -> Argument:
    return Argument(Harmless.SOUND, says)


ARGUMENTS = {
    "install-without-effect:gate": _the_same("who installs has left, which closed its gate (PLUG-S1)."),
    "create-without-guard:h-is-not-registered-at-p": _the_same("create of a registered handle changes nothing."),
    "visit-without-guard:r-has-a-token": _the_same("in a ring of one it is sole_visit."),
    "late_visit-without-guard:r-has-a-token": _the_same("in a ring of one it is sole_visit, with a bitmap of its own."),
    "late_visit-without-effect:gate": _as_good(
        "a gate that a late token does not open is opened by the token (LIVE-2)."
    ),
    "late_visit-without-effect:turn": _as_good(
        "a late token lets nobody send where tokens have numbers, either (D14)."
    ),
    "pass_on-without-guard:r-has-a-token": _the_same("nobody has a turn in a ring of one that is still pending."),
    "pass_on-without-guard:r-is-pending-at-p": _the_same("a turn that ends early is one that was not used."),
    "reject-without-guard:r-has-a-token": _the_same("rejecting changes nothing."),
    "reject-without-guard:r-is-neither-installed-nor-pending-at-p": _the_same("rejecting changes nothing."),
    "numbered:reject_old-without-guard:t-is-addressed-to-p": _the_same("rejecting changes nothing."),
    "numbered:reject_old-without-guard:p-has-accepted-a-token-numbered-t-or-higher": _the_same(
        "rejecting changes nothing."
    ),
}
"""Of the mutants that nothing notices: why each is none."""


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
        if (edited := mutant.edit(MACHINES[scope.machine])) is MACHINES[scope.machine]:
            continue
        found = [one for one in breaks_in(edited, scope) if one.length is not None]
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
