"""How the faults of the ring are found: what a patch says of it, and looking for it anew.

A change of the ring or of the simulator changes what a seed does. `python -m tests.ring_fault_finding [NAME...]` looks
for the first run that shows each fault and writes the second line of its patch.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from properties.simulate.faults import FAULTS, copy_of
from properties.simulate.run import Run, run
from reference.simulator.campaigns import SECOND_US, script_of

FOUND = re.compile(r"Found by (\S+) with (\d+) members, seed (\d+), (\w+) faults for (\d+) s\.")
LOAD = 40
CAMPAIGN = "heavy"
SECONDS = 3
MEMBERS = (3, 4, 5)
SEEDS = range(1, 60)


@dataclass(frozen=True)
class Found:
    """A run, and the claim that it violates."""

    claim: str
    members: int
    seed: int
    campaign: str = CAMPAIGN
    seconds: int = SECONDS

    def __str__(self) -> str:
        run = f"{self.members} members, seed {self.seed}, {self.campaign} faults for {self.seconds} s"
        return f"Found by {self.claim} with {run}."

    def run(self, name: str | None) -> Run:
        """That run of a copy with the fault, or of the reference."""
        lasts_us = self.seconds * SECOND_US
        script = script_of(self.campaign, members=self.members, seed=self.seed, lasts_us=lasts_us, load=LOAD)
        return run(script, copy_of(name))


def described(name: str) -> str:
    """What the fault does: the first line of its patch."""
    return FAULTS.patch(name).splitlines()[0]


def found(name: str) -> Found:
    """How it is found: the second line of its patch."""
    said = FOUND.fullmatch(FAULTS.patch(name).splitlines()[1])
    assert said, name
    return Found(said[1], int(said[2]), int(said[3]), said[4], int(said[5]))


def look_for(name: str) -> Found | None:
    """The first run that violates the claim which is named, or any if it names none."""
    said = FOUND.fullmatch(FAULTS.patch(name).splitlines()[1])
    for seed in SEEDS:
        for members in MEMBERS:
            violated = Found("", members, seed).run(name).violated
            if violated and (said is None or said[1] in violated):
                return Found(said[1] if said else violated[0], members, seed)
    return None


def write(name: str, one: Found) -> None:
    """Say it in the patch."""
    lines = FAULTS.patch(name).splitlines()
    lines[1] = str(one)
    (FAULTS.folder / f"{name}.patch").write_text("\n".join(lines) + "\n")


def main(names: list[str]) -> None:
    """Look for these faults, or for all."""
    for name in names or FAULTS.names():
        one = look_for(name)
        print(f"{name}: {one or 'not found'}", flush=True)
        if one:
            write(name, one)


if __name__ == "__main__":
    main(sys.argv[1:])
