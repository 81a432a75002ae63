"""A switch between TAP devices that loses, delays, reorders and duplicates frames by a seeded draw for each link.

It runs as a process of its own: `switch SYSTEM SEED fd...`, one descriptor a node, in the order of the nodes. Commands
come on standard input, one JSON object a line, each answered by a line: `blocked` (pairs), `disturb`, `cut` (frames to
wait for, and what is blocked from then on), `schedule` (`schedule.py`). A cut is one moment for all links. Left out on
purpose: learning addresses.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import random
import select
import sys
import time
from collections.abc import Callable

import msgspec

from properties.corosync.laboratory.plan import FrameStep
from properties.corosync.laboratory.schedule import Schedule
from properties.corosync.laboratory.systems import SYSTEMS, Datagrams

FRAME_BYTES = 65_536
Link = tuple[int, int]


def targets(frame: bytes, source: int, count: int) -> list[int]:
    """The ports for a frame: the last byte of the hardware address is the node's number."""
    if frame[0] & 1:
        return [port for port in range(1, count + 1) if port != source]
    return [frame[5]] if frame[:5] == b"\x02\x00\x00\x00\x00" and 1 <= frame[5] <= count else []


class Switch:
    """Ports, what is blocked, and the frames that wait for their time."""

    def __init__(
        self, datagrams: Datagrams, seed: int, count: int, write: Callable[[int, bytes], None],
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.count, self.write, self.say = count, write, say
        self.is_kind = datagrams.is_kind
        links = [(a, b) for a in range(1, count + 1) for b in range(1, count + 1) if a != b]
        self.random = {link: random.Random(f"switch/{seed}/{link}") for link in links}
        self.blocked: set[Link] = set()
        self.disturb: dict[str, float] = {}
        self.cut: dict[str, object] | None = None
        self.left_count = 0
        self.forming = False
        self.schedule: Schedule | None = None
        self.waiting: list[tuple[float, int, Link, bytes]] = []
        self.latest: dict[Link, float] = {}
        self.serial = 0

    def obey(self, line: str) -> None:
        """Carry out a command, and say so."""
        command = json.loads(line)
        if "blocked" in command:
            self.blocked = {(a, b) for a, b in command["blocked"]}
        self.disturb = command.get("disturb", self.disturb)
        self.cut = command.get("cut")
        self.left_count = command["cut"]["count"] if self.cut else 0
        self.forming = bool(self.cut and not self.cut["forming"])
        self.schedule = None
        if "schedule" in command:
            steps = msgspec.convert(command["schedule"], list[FrameStep])
            self.schedule = Schedule(steps, self.is_kind, self.write, self.part)
        self.say("done")

    def part(self, groups: list[list[int]]) -> None:
        """Block what lies between these groups."""
        side = {node: index for index, group in enumerate(groups) for node in group}
        self.blocked = {(a, b) for a in side for b in side if side[a] != side[b]}

    def take(self, source: int, frame: bytes, now: float) -> None:
        """A frame comes in."""
        self.watch(source, frame)
        for target in targets(frame, source, self.count):
            lost = self.schedule and self.schedule.loses(source, target, frame)
            if (source, target) not in self.blocked and not lost:
                self.pass_on((source, target), frame, now)
        if self.schedule:
            self.schedule.seen(source, frame, now)

    def watch(self, source: int, frame: bytes) -> None:
        """Count towards the cut, from a first join on if a ring shall form; the last frame may be lost as well."""
        if not self.cut:
            return
        kind = str(self.cut["kind"])
        self.forming = self.forming or kind == "any" or self.is_kind(frame, "join")
        if self.forming and source == self.cut["source"] and self.is_kind(frame, kind):
            self.left_count -= 1
            if self.left_count <= 0:
                self.blocked = {(a, b) for a, b in self.cut["blocked"]}  # pyright: ignore
                self.cut = None
                self.say("cut")

    def pass_on(self, link: Link, frame: bytes, now: float) -> None:
        """Lose, delay or repeat it. Each frame takes the same number of draws, whatever the rates are."""
        lost, twice, held, late, echo = (self.random[link].random() for _ in range(5))
        rate = self.disturb.get
        if lost < rate("loss", 0.0):
            return
        jitter_s = rate("jitter_ms", 0.0) / 1000
        due = now + rate("delay_ms", 0.0) / 1000
        if rate("delay_ms", 0.0):
            due = self.latest[link] = max(due + late * jitter_s, self.latest.get(link, 0.0))
        if held < rate("reorder", 0.0):
            due += late * jitter_s
        self.put(due, link, frame, now)
        if twice < rate("duplicate", 0.0):
            self.put(due + echo * jitter_s, link, frame, now)

    def put(self, due: float, link: Link, frame: bytes, now: float) -> None:
        """Write it now, or when it is due."""
        if due <= now:
            self.write(link[1], frame)
            return
        self.serial += 1
        heapq.heappush(self.waiting, (due, self.serial, link, frame))

    def follow(self, now: float) -> float | None:
        """Go on with the schedule, and say so at its end; the seconds until its next step."""
        if not self.schedule:
            return None
        wait_s = self.schedule.go_on(now)
        if self.schedule.is_done:
            self.schedule = None
            self.say("cut")
        return wait_s

    def release(self, now: float) -> float | None:
        """Write what is due, unless its link was cut meanwhile; the seconds until the next."""
        while self.waiting and self.waiting[0][0] <= now:
            _, _, link, frame = heapq.heappop(self.waiting)
            if link not in self.blocked:
                self.write(link[1], frame)
        return self.waiting[0][0] - now if self.waiting else None


def main(arguments: list[str]) -> None:
    """Switch until standard input closes."""
    system = next(one for name, one in SYSTEMS.items() if name == arguments[0])
    seed, *fds = map(int, arguments[1:])
    port_of = {fd: port for port, fd in enumerate(fds, 1)}

    def write(port: int, frame: bytes) -> None:
        with contextlib.suppress(OSError):  # an interface that is not up yet loses the frame, as a wire would
            os.write(fds[port - 1], frame)

    def say(word: str) -> None:
        sys.stdout.write(word + "\n")
        sys.stdout.flush()

    switch = Switch(system.datagrams, seed, len(fds), write, say)
    while True:
        now = time.monotonic()
        waits_s = [one for one in (switch.follow(now), switch.release(now)) if one is not None]
        wait_s = min(waits_s, default=None)
        ready, _, _ = select.select([*fds, 0], [], [], wait_s)
        for fd in ready:
            if fd:
                switch.take(port_of[fd], os.read(fd, FRAME_BYTES), time.monotonic())
                continue
            lines = os.read(0, FRAME_BYTES).decode().splitlines()
            if not lines:
                return
            for line in lines:
                switch.obey(line)


if __name__ == "__main__":
    main(sys.argv[1:])
