"""Tests under pytest: engines that decide claims, and implementations of the plug layer held to the machine.

An implementation is a class with the methods of `Implementation`, one object a processor; a subclass of `LockstepTests`
that names it in `make` is its test. docs/pytest.md and docs/conform.md have examples.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from properties.catalogue.scopes import NamedScope
    from properties.check.testing import Engine, UndecidedError, VerdictError, ViolatedError, every_engine
    from properties.lockstep.divergence import Divergence
    from properties.lockstep.implementation import (
        HIGH,
        LOW,
        MEDIUM,
        RECOVERY,
        CallRefusedError,
        Copyable,
        Delivered,
        Implementation,
        Observation,
        Packet,
        Receives,
        RingName,
        Starts,
        TokenReading,
        Visit,
    )
    from properties.lockstep.recorded.calls import Life, RecordedStep
    from properties.lockstep.recorded.follower import follow
    from properties.lockstep.run import Plan, Run, run
    from properties.sampling.tries import Tries
    from ringplug.inherited import LockstepTests

__all__ = [
    "HIGH",
    "LOW",
    "MEDIUM",
    "RECOVERY",
    "CallRefusedError",
    "Copyable",
    "Delivered",
    "Divergence",
    "Engine",
    "Implementation",
    "Life",
    "LockstepTests",
    "NamedScope",
    "Observation",
    "Packet",
    "Plan",
    "Receives",
    "RecordedStep",
    "RingName",
    "Run",
    "Starts",
    "TokenReading",
    "Tries",
    "UndecidedError",
    "VerdictError",
    "ViolatedError",
    "Visit",
    "every_engine",
    "follow",
    "run",
]

_IMPLEMENTATION = "properties.lockstep.implementation"
_ENGINES = "properties.check.testing"
_HOMES = {
    "CallRefusedError": _IMPLEMENTATION,
    "Copyable": _IMPLEMENTATION,
    "Delivered": _IMPLEMENTATION,
    "Divergence": "properties.lockstep.divergence",
    "Engine": _ENGINES,
    "HIGH": _IMPLEMENTATION,
    "Implementation": _IMPLEMENTATION,
    "LOW": _IMPLEMENTATION,
    "Life": "properties.lockstep.recorded.calls",
    "LockstepTests": "ringplug.inherited",
    "MEDIUM": _IMPLEMENTATION,
    "NamedScope": "properties.catalogue.scopes",
    "Observation": _IMPLEMENTATION,
    "Packet": _IMPLEMENTATION,
    "Plan": "properties.lockstep.run",
    "RECOVERY": _IMPLEMENTATION,
    "Receives": _IMPLEMENTATION,
    "RecordedStep": "properties.lockstep.recorded.calls",
    "RingName": _IMPLEMENTATION,
    "Run": "properties.lockstep.run",
    "Starts": _IMPLEMENTATION,
    "TokenReading": _IMPLEMENTATION,
    "Tries": "properties.sampling.tries",
    "UndecidedError": _ENGINES,
    "VerdictError": _ENGINES,
    "ViolatedError": _ENGINES,
    "Visit": _IMPLEMENTATION,
    "every_engine": _ENGINES,
    "follow": "properties.lockstep.recorded.follower",
    "run": "properties.lockstep.run",
}
"""Where each name comes from. Solvers are imported for engines only: an implementation is tested without them."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ringplug.testing' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
