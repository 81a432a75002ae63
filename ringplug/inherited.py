"""Tests to inherit: an implementation in Python, held to the machine by pytest.

    class TestMyPlug(LockstepTests):
        make = MyPlug

Imported only by who has pytest; the command line does not need it.
"""

from __future__ import annotations

from typing import ClassVar

import pytest

from properties.lockstep.implementation import Starts
from properties.lockstep.run import Plan, run

DEEP_TIMES = 20
"""A run is so many times longer with `--ringplug-deep`."""


class LockstepTests:
    """Runs of an implementation in lockstep with the machine, each from another seed."""

    make: ClassVar[Starts]
    """Starts a processor, given its number: a class or a function."""
    members: ClassVar[tuple[int, ...]] = (1, 2, 3, 9)
    """Each of these sizes is run; from 9 on, a bitmap has more than 8 positions."""
    steps: ClassVar[int] = 600
    """Events in a run."""
    seeds: ClassVar[tuple[int, ...]] = (0, 1)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each size and seed; with `--ringplug-seed N` that is the only seed."""
        asked = metafunc.config.getoption("ringplug_seed", None)
        seeds = self.seeds if asked is None else (asked,)
        chosen = [(members, seed) for members in self.members for seed in seeds]
        ids = [f"{members}-members-seed-{seed}" for members, seed in chosen]
        metafunc.parametrize(("lockstep_members", "lockstep_seed"), chosen, ids=ids)

    def test_it_goes_in_lockstep_with_the_machine(
        self, lockstep_members: int, lockstep_seed: int, pytestconfig: pytest.Config
    ) -> None:
        """No event makes the two part; a failure shows the event and what differs, and running it again repeats it."""
        steps = self.steps * (DEEP_TIMES if pytestconfig.getoption("ringplug_deep", False) else 1)
        divergence = run(Plan(lockstep_members, lockstep_seed, steps), type(self).make).divergence
        if divergence:
            divergence.command = ""
            pytest.fail("\n".join(divergence.lines()), pytrace=False)
