"""The scopes that engines visit if none is asked for: processors / handles at each / rings formed, and features.

The machines of delivery and of parts have no handles: there the number between is that of messages. No single scope
holds every feature and every size: features are switched on together where the search can bear it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from model.language.ground import Scope, plug_scope
from model.machines import DELIVERY, MACHINES, PARTS, PLUG
from properties.catalogue.claim import Claim

FEATURES = MACHINES[PLUG].features
CORE = frozenset[str]()


@dataclass(frozen=True)
class NamedScope:
    """A finite scope of a machine, and the features that are on in it."""

    members: int
    handles: int
    rings: int
    features: frozenset[str] = FEATURES
    machine: str = PLUG

    @property
    def name(self) -> str:
        """`3/1/2`: processors, handles, rings; before it the machine if it is a companion."""
        sizes = f"{self.members}/{self.handles}/{self.rings}"
        return sizes if self.machine == PLUG else f"{self.machine} {sizes}"

    @property
    def title(self) -> str:
        """Name and features."""
        return f"{self.name} with {self.with_features}"

    @property
    def ground(self) -> Scope:
        """The scope as the machine takes it."""
        return plug_scope(self.members, self.handles, self.rings)

    @property
    def with_features(self) -> str:
        """Which features are on, in words."""
        if self.features == MACHINES[self.machine].features:
            return "all features"
        return ", ".join(sorted(self.features)) or "no feature"

    def without(self, features: frozenset[str]) -> NamedScope:
        """The same sizes with these features off."""
        return replace(self, features=self.features - features)

    def of(self, machine: str) -> NamedScope:
        """The same sizes of another machine, with those of its features that are on."""
        return replace(self, machine=machine, features=self.features & MACHINES[machine].features)


def scope_of(scope: NamedScope | str | None, machine: str) -> NamedScope | None:
    """A scope of the machine, or one in words, such as "3/1/2, crash, late-copies".

    "3/1/2" has all features of the machine, "3/1/2, no feature" none. Sizes are processors, handles at each (of the
    machines delivery and parts: messages) and rings. ValueError: anything else.
    """
    if not isinstance(scope, str):
        return scope.of(machine) if scope else None
    sizes, *features = (part.strip() for part in scope.split(","))
    if not re.fullmatch(r"[1-9]\d*(/[1-9]\d*){2}", sizes):
        raise ValueError(f"not a scope: {scope!r}; one is processors/handles/rings and features, as in '3/1/2, crash'")
    known = MACHINES[machine].features
    wanted = known if features in ([], ["all features"]) else frozenset(features) - {"no feature"}
    if unknown := sorted(wanted - known):
        there_are = ", ".join(sorted(known)) or "none"
        raise ValueError(f"scope {scope!r}: the machine {machine} has no feature {unknown[0]!r}; there are {there_are}")
    members, handles, rings = map(int, sizes.split("/"))
    return NamedScope(members, handles, rings, wanted, machine)


def too_small(claim: Claim, scope: NamedScope) -> str | None:
    """Why the claim says nothing in this scope, or None."""
    if claim.machine != scope.machine:
        return f"is about the machine {claim.machine}"
    handles_are = "messages" if scope.machine.endswith((DELIVERY, PARTS)) else "handles"
    return claim.least.missing(scope.members, scope.handles, scope.rings, scope.features, handles_are)


def proof_features(claim: Claim) -> frozenset[str]:
    """The features that are on where the claim is proved: all of the plug's, and those that the claim needs."""
    return FEATURES | claim.proof_features


def _scope(sizes: str, *features: str, machine: str = PLUG) -> NamedScope:
    members, handles, rings = map(int, sizes.split("/"))
    return NamedScope(members, handles, rings, frozenset(features), machine)


STATES = {
    NamedScope(2, 1, 2): 5_220_481,
    _scope("2/1/1", *FEATURES): 49_036,
    _scope("3/2/1", "crash", "create-destroy", "late-copies"): 281_917,
    _scope("3/1/1", "crash", "create-destroy", "late-copies", "recovery-queue"): 496_714,
    _scope("4/1/1", "late-copies", "recovery-queue"): 541_429,
    _scope("2/2/2", "create-destroy", "late-copies"): 257_889,
    _scope("2/2/2", "crash", "recovery-queue"): 36_445,
    _scope("2/1/2", "leftovers", "long-message", "recovery-queue"): 39_370,
    _scope("2/1/3", "long-message"): 40_388,
    _scope("3/1/2", "create-destroy"): 66_384,
    _scope("3/1/2", "crash"): 115_736,
    _scope("3/1/2", "recovery-queue"): 242_445,
    _scope("4/1/2"): 110_581,
    _scope("4/1/1", "recovery-queue", machine="ordered"): 108_849,
    _scope("2/1/2", "leftovers", "recovery-queue", machine="ordered"): 82_660,
    _scope("3/1/1", machine="numbered"): 24_797,
    _scope("2/1/2", machine="numbered"): 434_990,
    _scope("2/1/2", machine="services"): 44_754,
    _scope("2/1/2", "recovery-add-node", machine="services"): 216_981,
    _scope("3/1/1", machine="services"): 25_946,
    _scope("3/2/2", machine="delivery"): 857_248,
    _scope("3/1/2", "crash", machine="delivery"): 821_178,
    _scope("2/2/2", "crash", machine="delivery"): 122_087,
    _scope("3/3/1", machine="delivery"): 82_383,
    _scope("3/2/2", machine="parts"): 8_004,
    _scope("2/1/2", "crash", machine="plug-on-delivery"): 228_784,
    _scope("2/1/1", "recovery-add-node", machine="services-on-plug"): 1_605,
    _scope("2/2/1", machine="services-on-delivery"): 59_806,
}
"""Visited by `ringplug check`, the longest first; with the protocol's states there, up to renaming of processors."""
STANDARD = tuple(STATES)
EXPLODED = 2
"""A variant with so many times the protocol's states in a scope has too many for `ringplug check` to visit them all."""
FEWEST_TO_EXPLODE = 500_000


def most_states(scope: NamedScope) -> int:
    """How many states of a variant are visited in a standard scope."""
    return max(FEWEST_TO_EXPLODE, EXPLODED * STATES.get(scope, 0))


DEEP = (
    _scope("3/1/2", "create-destroy", "late-copies"),
    _scope("3/1/1", *FEATURES),
    _scope("3/1/2", "late-copies"),
    _scope("3/1/2", "crash", "recovery-queue"),
    _scope("3/1/2", "leftovers", "long-message", "recovery-queue"),
    _scope("4/1/1", "crash", "create-destroy", "late-copies"),
    _scope("5/1/1", "create-destroy", "recovery-queue"),
    _scope("2/3/2", "create-destroy", "late-copies"),
    _scope("2/1/3", "crash", "recovery-queue"),
    _scope("3/1/3"),
    _scope("5/1/2"),
    _scope("3/1/2", "recovery-queue", machine="ordered"),
    _scope("5/1/1", "recovery-queue", machine="ordered"),
    _scope("2/1/2", "crash", machine="numbered"),
    _scope("4/1/1", machine="numbered"),
    _scope("3/3/2", machine="delivery"),
    _scope("3/2/2", "crash", machine="delivery"),
    _scope("4/3/1", machine="delivery"),
    _scope("2/1/3", machine="delivery"),
    _scope("3/2/3", machine="parts"),
)
"""Visited by `make deep` as well: minutes each."""

BOUNDED = (
    (NamedScope(5, 2, 2), 7),
    (NamedScope(3, 2, 3), 9),
    (_scope("5/1/2", "leftovers", "recovery-queue", machine="ordered"), 8),
    (_scope("3/1/2", machine="numbered"), 9),
)
"""Unrolled by the bounded engine, each to so many steps: beyond what the search reaches."""
RANDOM = (
    NamedScope(5, 2, 3),
    _scope("8/2/2", "crash", "create-destroy", "late-copies"),
    NamedScope(12, 1, 2),
    _scope("8/1/2", "leftovers", "recovery-queue", machine="ordered"),
    _scope("4/1/2", machine="numbered"),
)
"""Visited by the stateful engine."""


def least_scope(claim: Claim) -> NamedScope:
    """The smallest scope in which the claim says something."""
    least = claim.least
    return NamedScope(least.processors, least.handles, least.rings, least.features, claim.machine)
