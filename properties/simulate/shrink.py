"""Making a failing run small: fewer processors, faults and messages, and less time, while the same claim still fails.

What is left out changes what chance does with the rest, so each smaller script is tried with a few seeds. In the end no
single fault can be taken out, with those seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from properties.shrink import shrink
from properties.simulate.run import REFERENCE, Copy, Run, run
from reference.rings import ProcessorId
from reference.simulator.faults import (
    Cut,
    Fault,
    Heal,
    MovingPartition,
    Partition,
    Weather,
)
from reference.simulator.script import Script

SEEDS = 4
RUNS_MOST = 400
FIRST_US = 500_000
"""By then a ring is formed, and the first fault may come."""
Say = Callable[[str], None]


@dataclass
class Reduced:
    """The smallest script that was found, its run, and how many runs were tried."""

    claim: str
    run: Run
    tried: int


class Reduction:
    """A search for a small script that violates a claim."""

    def __init__(self, failing: Run, claim: str, copy: Copy, say: Say, follow: bool) -> None:
        self.best, self.claim, self.copy, self.say, self.follow = failing, claim, copy, say, follow
        self.tried = 0

    @property
    def script(self) -> Script:
        """The smallest so far."""
        return self.best.script

    def keep(self, smaller: Script) -> bool:
        """Keep to a smaller script, if it still fails with some seed."""
        for seed in range(self.script.seed, self.script.seed + SEEDS):
            if self.tried >= RUNS_MOST:
                return False
            self.tried += 1
            self.say(f"reducing {self.claim}, run {self.tried}: {_size(self.script)} left")
            found = run(replace(smaller, seed=seed), self.copy, follow=self.follow)
            if self.claim in found.violated:
                self.best = found
                return True
        return False

    def search(self) -> None:
        """Take out what can be taken out, until nothing more can be."""
        before = None
        while before != self.script and self.tried < RUNS_MOST:
            before = self.script
            self._shorter()
            self._earlier()
            self._fewer_faults()
            self._fewer_members()
            self._simpler()

    def _shorter(self) -> None:
        while self.script.lasts_us > 1_000_000 and self.keep(_until(self.script, self.script.lasts_us // 2)):
            pass
        last_us = max((fault.at_us for fault in self.script.faults), default=0)
        for lasts_us in (last_us + 1_000, self.script.lasts_us * 3 // 4):
            if 0 < lasts_us < self.script.lasts_us:
                self.keep(_until(self.script, lasts_us))

    def _earlier(self) -> None:
        """The first fault comes soon."""
        first_us = min((fault.at_us for fault in self.script.faults), default=0)
        if (by_us := first_us - FIRST_US) > 0:
            faults = tuple(_moved_up(fault, by_us) for fault in self.script.faults)
            self.keep(replace(self.script, lasts_us=self.script.lasts_us - by_us, faults=faults))

    def _fewer_faults(self) -> None:
        shrink(self.script.faults, lambda left: self.keep(replace(self.script, faults=tuple(left))))

    def _fewer_members(self) -> None:
        """Not by `shrink`: who is left out takes faults along, and those after it get other numbers."""
        for processor in sorted(self.script.processors, reverse=True):
            if self.script.members > 1:
                self.keep(without(self.script, processor))

    def _simpler(self) -> None:
        self.keep(replace(self.script, clocks=()))
        for messages in (0, 1, 3, 10, 30, 100):
            if messages < self.script.messages and self.keep(replace(self.script, messages=messages)):
                break
        while self.script.load > 1 and self.keep(replace(self.script, load=self.script.load // 2)):
            pass


def _size(script: Script) -> str:
    seconds = script.lasts_us / 1_000_000
    return f"{script.members} processors, {len(script.faults)} faults, {seconds:g} s"


def _until(script: Script, lasts_us: int) -> Script:
    """The script up to a moment."""
    faults = tuple(_ending(fault, lasts_us) for fault in script.faults if fault.at_us < lasts_us)
    return replace(script, lasts_us=lasts_us, faults=faults)


def _moved_up(fault: Fault, by_us: int) -> Fault:
    if isinstance(fault, Weather | MovingPartition):
        return replace(fault, at_us=fault.at_us - by_us, until_us=fault.until_us - by_us)
    return replace(fault, at_us=fault.at_us - by_us)


def _ending(fault: Fault, at_us: int) -> Fault:
    if isinstance(fault, Weather | MovingPartition):
        return replace(fault, until_us=min(fault.until_us, at_us))
    return fault


def without(script: Script, processor: ProcessorId) -> Script:
    """The script without a processor; those after it move up."""

    def moved(other: ProcessorId) -> ProcessorId:
        return ProcessorId(other - 1) if other > processor else other

    faults = tuple(_renamed(fault, moved) for fault in _that_fit(script.faults, processor))
    clocks = tuple((moved(other), clock) for other, clock in script.clocks if other != processor)
    return replace(script, members=script.members - 1, faults=faults, clocks=clocks)


def _that_fit(faults: Sequence[Fault], gone: ProcessorId) -> Iterator[Fault]:
    """The faults that are left when a processor is gone."""
    for fault in faults:
        match fault:
            case Partition() | MovingPartition():
                groups = [tuple(one for one in group if one != gone) for group in fault.groups]
                if any(groups):
                    yield replace(fault, groups=tuple(group for group in groups if group))
            case Cut():
                if gone not in (fault.sender, fault.receiver):
                    yield fault
            case Heal() | Weather():
                yield fault
            case _:
                if fault.processor != gone:
                    yield fault


def _renamed(fault: Fault, moved: Callable[[ProcessorId], ProcessorId]) -> Fault:
    match fault:
        case Partition() | MovingPartition():
            return replace(fault, groups=tuple(tuple(map(moved, group)) for group in fault.groups))
        case Cut():
            return replace(fault, sender=moved(fault.sender), receiver=moved(fault.receiver))
        case Heal() | Weather():
            return fault
        case _:
            return replace(fault, processor=moved(fault.processor))


def reduce(failing: Run, claim: str, copy: Copy = REFERENCE, say: Say = lambda line: None, *, follow: bool) -> Reduced:
    """The smallest failing script that is found in a bounded number of runs."""
    reduction = Reduction(failing, claim, copy, say, follow)
    reduction.search()
    return Reduced(claim, reduction.best, reduction.tried)
