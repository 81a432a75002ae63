"""Holds the small plug to the machine: `pytest examples/pytest`."""

from __future__ import annotations

from properties.lockstep.pytest import LockstepTests
from small_plug import SmallPlug


class TestSmallPlug(LockstepTests):
    """All that an implementation in Python has to say."""

    make = SmallPlug
