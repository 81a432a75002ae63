"""Runs of real daemons after a run of the model: the free timings are searched for, then the run is made N times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from properties.corosync.judge import judge_run
from properties.corosync.laboratory.namespaces import LaboratoryError
from properties.corosync.recording import record
from properties.judge.judgement import VIOLATED
from properties.replay.daemons import JUDGED, Timings, plan_of
from properties.traces.trace import Trace

LATEST_AGAIN_MS, LATEST_CHANGE_MS = 40, 90
Say = Callable[[str, float], None]


class DaemonRun(msgspec.Struct):
    """One run of daemons."""

    directory: str
    seed: int
    timings: Timings
    violated: list[str] = []
    """The claims about histories that it violates, of those that were asked for."""
    settled: bool = False
    seconds: float = 0.0
    failed: str = ""


class Replayed(msgspec.Struct):
    """What became of a run of the model on daemons."""

    variant: str
    claim: str
    judged: list[str]
    searched: list[DaemonRun]
    """With other timings each, until one violates a claim."""
    runs: list[DaemonRun]
    """With the timings that were found; none if none were."""
    timings: Timings | None = None

    @property
    def counted(self) -> list[DaemonRun]:
        """The runs that say how often: those with the timings found, or all that were tried."""
        return self.runs or self.searched

    @property
    def violating(self) -> int:
        """In how many of them a claim is violated."""
        return sum(bool(one.violated) for one in self.counted)


def timings_to_try(seed: int, tries: int) -> Iterator[Timings]:
    """Those that are likely first, then such as are drawn."""
    draw = random.Random(f"replay/{seed}")
    for number in range(tries):
        yield Timings(draw.randint(1, LATEST_AGAIN_MS), draw.randint(1, LATEST_CHANGE_MS)) if number else Timings()


class Replaying:
    """The runs of one command, each in a directory of its own below `out`."""

    def __init__(self, trace: Trace, out: Path, binary: str, say: Say) -> None:
        self.trace, self.out, self.binary, self.say = trace, out, binary, say
        self.judged = JUDGED[str(trace.claim)]
        self.done, self.of = 0, 1

    def replay(self, runs: int, tries: int, seed: int) -> Replayed:
        """Search for timings, then make the runs."""
        self.of = tries + runs
        found = Replayed(str(self.trace.variant), str(self.trace.claim), list(self.judged), [], [])
        for number, timings in enumerate(timings_to_try(seed, tries)):
            found.searched.append(self.run(f"search-{number + 1}", seed + number, timings))
            if found.searched[-1].violated:
                found.timings = timings
                break
        if found.timings:
            self.done, self.of = 1, runs + 1
            for number in range(runs):
                found.runs.append(self.run(f"run-{number + 1}", seed + number, found.timings))
        return found

    def run(self, name: str, seed: int, timings: Timings) -> DaemonRun:
        """One run, recorded and judged; what the laboratory could not do is said."""
        self.say(f"{name} of {self.trace.variant}", self.done / self.of)
        self.done += 1
        directory, began = self.out / name, time.monotonic()
        made = DaemonRun(str(directory), seed, timings)
        try:
            made.settled = record(plan_of(self.trace, seed, timings, self.binary), directory, lambda _: None).settled
        except LaboratoryError as error:
            made.failed = str(error)
            return made
        made.seconds = round(time.monotonic() - began, 1)
        verdicts = judge_run(directory)
        made.violated = [
            one.claim
            for one in verdicts
            if one.of == "history" and one.claim in self.judged and one.verdict == VIOLATED
        ]
        return made
