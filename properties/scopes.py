"""The scopes that the exhaustive engine visits: processors / handles at each / rings formed, and features.

No single scope holds every feature and every size; features are switched on together where the search can bear it.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.ground import Scope, plug_scope
from model.plug import RECOVERY_PLUG

FEATURES = RECOVERY_PLUG.features


@dataclass(frozen=True)
class NamedScope:
    """A finite scope of the plug machine, and the features that are on in it."""

    members: int
    handles: int
    rings: int
    features: frozenset[str] = FEATURES

    @property
    def name(self) -> str:
        """`3/1/2`: processors, handles, rings."""
        return f"{self.members}/{self.handles}/{self.rings}"

    @property
    def ground(self) -> Scope:
        """The scope as the machine takes it."""
        return plug_scope(self.members, self.handles, self.rings)

    @property
    def with_features(self) -> str:
        """Which features are on, in words."""
        if self.features == FEATURES:
            return "all features"
        return ", ".join(sorted(self.features)) or "no feature"

    def without(self, features: frozenset[str]) -> NamedScope:
        """The same sizes with these features off."""
        return NamedScope(self.members, self.handles, self.rings, self.features - features)


CORE = frozenset[str]()
STANDARD = (
    NamedScope(2, 1, 2),
    NamedScope(3, 2, 1),
    NamedScope(2, 2, 2),
    NamedScope(4, 1, 1),
    NamedScope(5, 1, 2, CORE),
    NamedScope(3, 1, 3, CORE),
    NamedScope(3, 1, 2),
)
"""Visited by `ringplug check`: about two minutes on two cores."""
DEEP = (
    NamedScope(5, 1, 1),
    NamedScope(2, 1, 3),
    NamedScope(2, 3, 2),
    NamedScope(4, 1, 2, frozenset({"create-destroy"})),
    NamedScope(4, 1, 2, frozenset({"late-copies"})),
    NamedScope(3, 1, 3, frozenset({"create-destroy"})),
    NamedScope(3, 2, 2),
)
"""Visited by `make deep`."""
