"""Named faults of the ring, and the world of a copy of the reference that has one."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from properties.faults.patches import Faults, from_a_copy
from properties.simulate.run import REFERENCE, Copy

FAULTS = Faults("ring")


def copy_of(name: str | None) -> Copy:
    """The reference, or a copy with this fault; FaultError if there is none."""
    return _copy(FAULTS.patch(name)) if name else REFERENCE


@cache
def _copy(patch: str) -> Copy:
    return from_a_copy(patch, load)


def load() -> Copy:
    """The world of the copy that is imported now."""
    return Copy(import_module("reference.simulator.world").World, import_module("reference.simulator.script").parse)
