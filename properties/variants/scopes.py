"""The scopes in which variants and mutants are tried: small ones that together have every feature."""

from __future__ import annotations

from model.machines import PLUG
from model.services.actions import RECOVERY_ADD_NODE
from properties.catalogue.scopes import FEATURES, NamedScope

QUEUES = frozenset({"leftovers", "long-message", "recovery-queue"})


def _scope(sizes: str, *features: str, machine: str = PLUG) -> NamedScope:
    members, handles, rings = map(int, sizes.split("/"))
    return NamedScope(members, handles, rings, frozenset(features), machine)


STANDARD = (
    _scope("1/2/2", *FEATURES),
    _scope("2/1/1", "recovery-queue", machine="ordered"),
    _scope("2/1/1", RECOVERY_ADD_NODE, machine="services"),
    _scope("2/2/1", "create-destroy"),
    _scope("3/1/1", "late-copies"),
    _scope("2/1/2", "create-destroy"),
    _scope("3/1/1", "create-destroy", "recovery-queue"),
    _scope("2/1/2", "recovery-queue", machine="ordered"),
    _scope("2/1/2", "crash"),
    _scope("2/1/1", *FEATURES),
    _scope("2/1/1", machine="numbered"),
    _scope("2/2/2"),
    _scope("3/1/2"),
    _scope("2/1/3"),
    _scope("2/1/2", *QUEUES),
    _scope("3/1/1", machine="numbered"),
    _scope("2/1/2", machine="services"),
    _scope("3/1/1", machine="delivery"),
    _scope("2/2/1", machine="delivery"),
    _scope("2/1/2", "crash", machine="delivery"),
    _scope("3/1/2", machine="delivery"),
    _scope("2/2/2", machine="parts"),
)
"""Tried for every variant, the fastest first: about three seconds."""
COMPOSED = (
    _scope("2/1/1", machine="plug-on-delivery"),
    _scope("2/1/1", machine="services-on-plug"),
    _scope("2/2/1", machine="services-on-delivery"),
)
"""Tried for every named variant, too: that the machines which are put together are still refinements."""
LARGER = (
    _scope("2/1/2", "late-copies"),
    _scope("3/2/1", "create-destroy"),
    _scope("2/1/2", "crash", "recovery-queue"),
)
"""Tried as well by the deep tests."""
