"""A run: episodes in lockstep, each from the initial state, until so many events have happened or one diverges.

An episode forms a few rings and goes on for a while after the last. The machine leads every other one.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

import msgspec

from properties.lockstep.classes import Code
from properties.lockstep.divergence import DivergedError, Divergence
from properties.lockstep.follower import Follower, ScopedMachine
from properties.lockstep.implementation import Starts
from properties.lockstep.leader import ImplementationLeader, MachineLeader

LEADERS = {"machine": MachineLeader, "implementation": ImplementationLeader}
HANDLES = 2
RINGS = 6
STEPS_A_MEMBER = 60
MOST_MEMBERS = 64


class Plan(msgspec.Struct, frozen=True):
    """What to run."""

    members: int
    seed: int
    steps: int
    lead: str = "both"
    fault: str | None = None

    @property
    def command(self) -> str:
        """The command that repeats the run."""
        options = f" --lead {self.lead}" if self.lead != "both" else ""
        options += f" --fault {self.fault}" if self.fault else ""
        return f"ringplug lockstep --members {self.members} --seed {self.seed} --steps {self.steps}{options}"


class Run(msgspec.Struct):
    """What a run came to."""

    plan: Plan
    steps: int = 0
    episodes: int = 0
    seconds: float = 0.0
    events: dict[str, int] = {}
    classes: int = 0
    divergence: Divergence | None = None

    @property
    def steps_a_second(self) -> int:
        """How fast it went."""
        return round(self.steps / self.seconds) if self.seconds else 0


def run(plan: Plan, start: Starts, progress: Callable[[Run], None] | None = None) -> Run:
    """Run episodes until `plan.steps` events have happened, or one diverges."""
    rng, result, began = random.Random(plan.seed), Run(plan), time.perf_counter()
    machine, classes, events = ScopedMachine(plan.members, HANDLES, RINGS), set[Code](), Counter[str]()
    leads = list(LEADERS) if plan.lead == "both" else [plan.lead]
    while result.steps < plan.steps and not result.divergence:
        result.episodes += 1
        before = result.steps
        lead = leads[(result.episodes - 1) % len(leads)]
        most = min(plan.steps - result.steps, 100 + STEPS_A_MEMBER * plan.members)
        result.divergence = _episode(machine, start, lead, rng, most, classes, events)
        result.events, result.steps = dict(sorted(events.items())), events.total()
        result.classes, result.seconds = len(classes), time.perf_counter() - began
        if progress:
            progress(result)
        if result.divergence:
            _locate(result.divergence, result, max(result.steps, before + 1))
    return result


def _episode(
    machine: ScopedMachine, start: Starts, lead: str, rng: random.Random, most: int,
    classes: set[Code], events: Counter[str],
) -> Divergence | None:  # fmt: skip
    follower: Follower | None = None
    try:
        follower = Follower(machine, start, HANDLES)
        leader = LEADERS[lead](follower, rng)
        while follower.events.total() < most and leader.advance():
            pass
    except DivergedError as error:
        return error.divergence
    finally:
        if follower:
            classes |= follower.classes
            events += follower.events
    return None


def _locate(divergence: Divergence, result: Run, least_steps: int) -> None:
    """Say where it is. The run that repeats it must begin the episode, also where that diverges before any event."""
    plan = msgspec.structs.replace(result.plan, steps=least_steps)
    divergence.step, divergence.episode, divergence.command = result.steps, result.episodes, plan.command
