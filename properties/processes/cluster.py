"""One run of a cluster of processes: it starts, is loaded and disturbed, comes to rest, and ends.

The quiet end is that of the simulator: what is paused goes on, everybody hears everybody, the programs rest. When all
that are up have been one ring with open gates for half a second, and nothing is under way, the histories end there.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from properties.processes.faults import Faults
from properties.processes.load import Load
from properties.processes.processes import Plan, Processes
from properties.processes.watching import Watching
from reference.node.client import Client
from reference.ring.settings import Settings

LOOK_SECONDS = 0.2
REST_SECONDS = 0.5
SLACK_SECONDS = 10.0
"""Beside the timers of the ring: services recover, and what was queued is delivered, on a machine that is busy."""


@dataclass(frozen=True)
class Course:
    """What happens to a cluster."""

    plan: Plan
    seconds: float | None
    """How long there are load and faults; None until somebody ends it."""
    per_second: float = 30.0
    fault_every: float | None = None
    seed: int = 1

    @property
    def bound_seconds(self) -> float:
        """Within how much time after the last fault all are in one ring with open gates, as the simulator has it."""
        ring = Settings(**self.plan.settings)
        round_us = ring.join_us + ring.consensus_us + ring.token_loss_us + ring.merge_us
        us = ring.token_loss_us + (self.plan.members + 1) * round_us
        return us / 1e6 + self.plan.members * self.plan.recovery_ms / 1e3 + SLACK_SECONDS


@dataclass
class Outcome:
    """What became of a run, beside what was recorded."""

    seconds: float
    settled_seconds: float | None
    """How long after the last fault they were one ring with open gates."""
    is_quiet: bool
    states: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    published: int = 0
    waited_us: int = 0
    faults: dict[str, int] = field(default_factory=dict[str, int])
    said: tuple[str, ...] = ()
    ring_count: int = 0
    held_count: int = 0
    """In how many of them a node was seen to hold its gate closed, and later to open it."""
    stopped: tuple[str, ...] = ()
    """Nodes that ended by themselves, and why."""


class Cluster:
    """A run."""

    def __init__(self, course: Course, folder: Path, out: Path) -> None:
        self.course = course
        self.processes = Processes(course.plan, folder, out)
        self.watching = Watching(self.processes)
        self.faults = Faults(self.processes, self.watching)
        self.load = Load(self.processes, course.per_second, Random(f"load {course.seed}"))
        self.is_over = asyncio.Event()

    async def run(self, show: Callable[[Cluster], None], begun: Hand | None = None) -> Outcome:
        """From the beginning to the end; whatever happens, no process is left. `begun` may take a hand in it."""
        hand: asyncio.Future[None] | None = None
        try:
            await self.processes.start()
            self.watching.began = time.monotonic()
            self.load.begin()
            hand = asyncio.ensure_future(begun(self)) if begun else None
            await self._disturbed(show)
            await self.load.rest()
            return await self._rested(show)
        finally:
            if hand:
                hand.cancel()
            await self.load.rest()
            await self.processes.end()

    async def _disturbed(self, show: Callable[[Cluster], None]) -> None:
        """Look, and disturb, as long as the run lasts."""
        chance = Random(f"faults {self.course.seed}")
        began, faulted = time.monotonic(), time.monotonic()
        while not self.is_over.is_set():
            await self._looked(show)
            now = time.monotonic()
            if self.course.seconds is not None and now - began >= self.course.seconds:
                return
            if self.course.fault_every and now - faulted >= self.course.fault_every:
                faulted = now
                await self.faults.by_chance(chance)

    async def _looked(self, show: Callable[[Cluster], None]) -> None:
        await self.watching.look()
        show(self)
        await _either(self.is_over.wait(), LOOK_SECONDS)

    async def _rested(self, show: Callable[[Cluster], None]) -> Outcome:
        await self.faults.all_back()
        self.watching.say("the quiet end: no load, no fault")
        began, settled, quiet = time.monotonic(), None, None
        while time.monotonic() - began < self.course.bound_seconds:
            await self.watching.look()
            show(self)
            now = time.monotonic()
            settled = (settled or now) if self.watching.is_settled() else None
            quiet = (quiet or now) if self.watching.is_quiet() else None
            if quiet and now - quiet >= REST_SECONDS:
                break
            await asyncio.sleep(LOOK_SECONDS / 2)
        is_quiet = quiet is not None and time.monotonic() - quiet >= REST_SECONDS
        await self._end_records(is_quiet)
        return self._outcome(settled - began if settled else None, is_quiet)

    async def _end_records(self, is_quiet: bool) -> None:
        for view in self.watching.views.values():
            if view.node.is_alive():
                async with Client.connect(view.node.socket) as client:
                    await client.end_record(quiescent=is_quiet)

    def _outcome(self, settled_seconds: float | None, is_quiet: bool) -> Outcome:
        watching = self.watching
        return Outcome(
            watching.seconds, settled_seconds, is_quiet,
            {number: view.state for number, view in watching.views.items()}, self.load.published,
            self.load.waited_us, dict(self.faults.counts), tuple(watching.said), len(watching.rings),
            watching.held_count,
            tuple(f"node {n}: {view.node.why}" for n, view in watching.views.items() if view.node.why),
        )  # fmt: skip


Hand = Callable[[Cluster], Coroutine[None, None, None]]
"""What somebody does to a cluster once all its processes answer."""


async def _either(what: Awaitable[object], seconds: float) -> None:
    """Until that has happened, or time has passed."""
    task = asyncio.ensure_future(what)
    await asyncio.wait([task], timeout=seconds)
    task.cancel()


async def run(
    course: Course, out: Path, *, show: Callable[[Cluster], None] = lambda cluster: None, begun: Hand | None = None
) -> Outcome:
    """Run a cluster; what it records goes to `out`, all else is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ringplug-") as folder:
        return await Cluster(course, Path(folder), out).run(show, begun)
