"""How fast the services are in the simulator: messages a simulated second, and how long one takes, by priority.

Every processor keeps as many low priority messages of 1,000 bytes waiting as there is room for, and 50 times a second
sends one of 100 bytes at each other priority. A message takes from the call that sends it to its last delivery. Times
are the simulator's, so the same everywhere; only the last column is of this machine.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from statistics import median, quantiles
from typing import Any

from rich.table import Table

from properties.terminal import report
from reference.priorities import Priority
from reference.simulator.recording import Seen
from reference.simulator.script import parse
from reference.simulator.services import Kinds, ServiceLoad
from reference.simulator.world import World

MEMBERS = (2, 3, 5, 8)
SECONDS = 5
BEGIN_US = 1_000_000
"""By then all are in one ring and have recovered."""
GRANTED = Kinds(recovery_granted=("clm", "evt", "evs"))
SAMPLED = (Priority.RECOVERY, Priority.HIGH, Priority.MEDIUM)
PER_SECOND = 50


class Saturated(ServiceLoad):
    """Programs that keep the low priority full."""

    def __init__(self, chance: Random) -> None:
        super().__init__(chance, PER_SECOND, GRANTED)

    def _do_something(self) -> None:
        if not self.clm.is_recovered:
            return
        for priority in SAMPLED:
            self.program.mcast(bytes(100), priority=priority)
        while not self.executive.waiting_count:
            self.program.mcast(bytes(1_000), priority=Priority.LOW)


@dataclass
class Figures:
    """What is measured of one run."""

    members: int
    queued_us: dict[Any, tuple[int, Priority]] = field(default_factory=dict[Any, tuple[int, Priority]])
    delivered: dict[Any, int] = field(default_factory=lambda: defaultdict[Any, int](int))
    took_us: dict[Priority, list[int]] = field(default_factory=lambda: defaultdict[Priority, list[int]](list))
    seconds: float = 0.0

    def take(self, seen: Seen) -> None:
        """Take what was seen next."""
        what: Any = seen.what
        match type(what).__name__:
            case "Queued" if BEGIN_US <= seen.time_us < SECONDS * 1_000_000 and what.size_bytes >= 100:
                self.queued_us[what.message] = seen.time_us, what.priority
            case "Delivery" if what.message in self.queued_us:
                self.delivered[what.message] += 1
                if self.delivered[what.message] == self.members:
                    queued_us, priority = self.queued_us[what.message]
                    self.took_us[priority].append(seen.time_us - queued_us)
            case _:
                pass

    @property
    def messages_per_second(self) -> float:
        """How many messages sent in the measured time were delivered everywhere, a simulated second."""
        return sum(map(len, self.took_us.values())) / (SECONDS - BEGIN_US / 1_000_000)

    def milliseconds(self, priority: Priority) -> tuple[float, float]:
        """How long a message of this priority takes: the median, and what 99 of 100 do not exceed."""
        took = self.took_us[priority]
        return median(took) / 1000, quantiles(took, n=100)[98] / 1000


def measure(members: int) -> Figures:
    """One run of so many processors."""
    figures = Figures(members)
    chance = Random(f"saturated {members}")
    script = parse(f"members {members}\nseed 1\nlasts {SECONDS}s\n")
    world = World(script, figures.take, patience_us=20_000_000, application=lambda: Saturated(chance))
    began = time.perf_counter()
    outcome = world.run()
    figures.seconds = (time.perf_counter() - began) / (outcome.ended_us / 1_000_000)
    assert outcome.is_quiet, f"{members} processors: not all was delivered"
    return figures


def grows(figures: Figures) -> bool:
    """Whether a message of a lower priority takes longer."""
    medians = [figures.milliseconds(priority)[0] for priority in Priority]
    return all(sooner <= later for sooner, later in pairwise(medians))


def main() -> int:
    """Print the table; 1 if a lower priority is faster."""
    names = [f"{priority.name.lower()} ms" for priority in Priority]
    table = Table("members", "messages/s", *names, "real s a simulated s")
    all_figures = [measure(members) for members in MEMBERS]
    for one in all_figures:
        times = ["{:.1f} ({:.1f})".format(*one.milliseconds(priority)) for priority in Priority]
        table.add_row(str(one.members), f"{one.messages_per_second:,.0f}", *times, f"{one.seconds:.2f}")
    report.out().print(table)
    return 0 if all(map(grows, all_figures)) else 1


if __name__ == "__main__":
    sys.exit(main())
