"""How the faults of the ring are found: what a patch says of it, and looking for it anew.

A change of the ring or of the simulator changes what a seed does. `python -m tests.ring_fault_finding [NAME...]` looks
for the first run that shows each fault and writes the second line of its patch.
"""

from __future__ import annotations

import sys

from properties.faults.patches import FaultError
from properties.simulate.faults import FAULTS, Found, run_that_shows

CAMPAIGN = "heavy"
SECONDS = 3
MEMBERS = (3, 4, 5)
SEEDS = range(1, 60)


def claim_of(name: str) -> str | None:
    """The claim by which a fault is to be found, if its patch names one."""
    try:
        return run_that_shows(name).claim
    except FaultError:
        return None


def look_for(name: str) -> Found | None:
    """The first run that violates the claim which is named, or any if it names none."""
    claim = claim_of(name)
    for seed in SEEDS:
        for members in MEMBERS:
            violated = Found("", members, seed, CAMPAIGN, SECONDS).run(name).violated
            if violated and (claim is None or claim in violated):
                return Found(claim or violated[0], members, seed, CAMPAIGN, SECONDS)
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
