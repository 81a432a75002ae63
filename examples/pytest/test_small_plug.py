"""Holds the small plug to the machine: `pytest examples/pytest`."""

from __future__ import annotations

from small_plug import SmallPlug

from ringplug.testing import LockstepTests


class TestSmallPlug(LockstepTests):
    """All that an implementation in Python has to say."""

    make = SmallPlug
