"""Named faults of the ring, the runs that show them, and the world of a copy of the reference that has one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from properties.faults.patches import FaultError, Faults, from_a_copy
from properties.simulate.run import REFERENCE, Copy, Run, run
from reference.simulator.campaigns import SECOND_US, script_of

FAULTS = Faults("ring")
LOAD = 40
FOUND = re.compile(r"Found by (\S+) with (\d+) members, seed (\d+), (\w+) faults for (\d+) s\.")


@dataclass(frozen=True)
class Found:
    """A run, and the claim that it violates."""

    claim: str
    members: int
    seed: int
    campaign: str
    seconds: int

    def __str__(self) -> str:
        run = f"{self.members} members, seed {self.seed}, {self.campaign} faults for {self.seconds} s"
        return f"Found by {self.claim} with {run}."

    def run(self, name: str | None) -> Run:
        """That run of a copy with the fault, or of the reference."""
        lasts_us = self.seconds * SECOND_US
        script = script_of(self.campaign, members=self.members, seed=self.seed, lasts_us=lasts_us, load=LOAD)
        return run(script, copy_of(name))


def run_that_shows(name: str) -> Found:
    """How a fault is found: the second line of its patch; FaultError if there is no such fault, or no such line."""
    said = FOUND.fullmatch(FAULTS.patch(name).splitlines()[1])
    if not said:
        raise FaultError(f"the patch of {name} does not say in its second line how it is found")
    return Found(said[1], int(said[2]), int(said[3]), said[4], int(said[5]))


def described(name: str) -> str:
    """What a fault does: the first line of its patch."""
    return FAULTS.patch(name).splitlines()[0]


def copy_of(name: str | None) -> Copy:
    """The reference, or a copy with this fault; FaultError if there is none."""
    return _copy(FAULTS.patch(name)) if name else REFERENCE


@cache
def _copy(patch: str) -> Copy:
    return from_a_copy(patch, load)


def load() -> Copy:
    """The world of the copy that is imported now."""
    return Copy(import_module("reference.simulator.world").World, import_module("reference.simulator.script").parse)
