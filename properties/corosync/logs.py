"""What a daemon's log says: the rings it was in, and how far each one's synchronization came.

Order within the file is what counts; the time stamps are not read. Ring ids are hexadecimal in the log and decimal at
the client. Corosync says nothing at this level when it gives a synchronization up, so that is inferred: another one
began before this was complete. Left out on purpose: the states of the ring protocol, and whatever only `trace` shows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["start", "barrier", "commit", "complete", "abort"]
INCARNATION = re.compile(r"^ringplug: incarnation (\d+) starts$")
SUBSYSTEM = re.compile(r"\[([A-Z]+) *\] (.*)$")
TRANSITIONAL = re.compile(r"TRANS \[\d+\] member (\d+):")
MEMBERS = re.compile(r"Sync members\[\d+\]: ([\d ]+)")
FORMED = re.compile(r"A new membership \(([0-9a-f]+)\.([0-9a-f]+)\) was formed\.")
COUNTED = re.compile(r"joinlist_messages\[\d+\] group:.*, ip:.*\.(\d+)\) , pid:(\d+)")
"""A list of a node's group members that is applied; the last byte of a node's address is its id."""
COMMIT = re.compile(r"Committing synchronization for (.*)$")
SERVICES = {
    "corosync configuration map access": "cmap",
    "corosync cluster closed process group service v1.01": "cpg",
    "corosync cluster quorum service v0.1": "quorum",
    "corosync vote quorum service v1.0": "votequorum",
}
"""In the order in which they synchronize."""


@dataclass
class SyncLine:
    """A line about synchronization: its phase, the service if it is one's own, and where it is."""

    phase: Phase
    service: str
    line: int
    text: str


@dataclass
class LoggedRing:
    """A ring that the daemon installed."""

    line: int
    transitional: tuple[int, ...]
    members: tuple[int, ...] = ()
    ring: tuple[int, int] = (0, 0)
    sync: list[SyncLine] = field(default_factory=lambda: list[SyncLine]())

    opened: list[int] = field(default_factory=lambda: list[int]())
    """Lines at which messages other than those of synchronization were let out again."""

    counted: list[tuple[int, int, int]] = field(default_factory=lambda: list[tuple[int, int, int]]())
    """Of each list of group members that was applied here: sender, process, line."""

    @property
    def committed(self) -> list[str]:
        """The services whose barrier was complete, in the order of the log."""
        return [one.service for one in self.sync if one.phase == "commit"]

    @property
    def complete(self) -> bool:
        return any(one.phase == "complete" for one in self.sync)


@dataclass
class LoggedLife:
    """One incarnation of a daemon."""

    incarnation: int
    rings: list[LoggedRing] = field(default_factory=lambda: list[LoggedRing]())
    transitional: list[int] = field(default_factory=lambda: list[int]())


def read_log(lines: Iterable[str]) -> list[LoggedLife]:
    """The incarnations in a log. A ring that has no id yet, because the daemon was killed, is left out."""
    lives: list[LoggedLife] = []
    for number, line in enumerate(lines, 1):
        if found := INCARNATION.match(line):
            lives.append(LoggedLife(int(found[1])))
        elif lives and (found := SUBSYSTEM.search(line)):
            _take(lives[-1], found[1], found[2].rstrip(), number)
    for life in lives:
        life.rings = list(_finished(life.rings))
    return lives


def _take(life: LoggedLife, subsystem: str, text: str, line: int) -> None:
    if text == "entering RECOVERY state.":
        life.transitional = []
    elif found := TRANSITIONAL.match(text):
        life.transitional.append(int(found[1]))
    elif text == "call init for locally known services":
        ring = LoggedRing(line, tuple(life.transitional))
        ring.sync.append(SyncLine("start", "", line, text))
        life.rings.append(ring)
    elif life.rings:
        _continue(life.rings[-1], subsystem, text, line)


def _continue(ring: LoggedRing, subsystem: str, text: str, line: int) -> None:
    if found := MEMBERS.match(text):
        ring.members = tuple(map(int, found[1].split()))
    elif found := FORMED.match(text):
        ring.ring = int(found[1], 16), int(found[2], 16)
    elif subsystem == "SYNC" and (found := COMMIT.match(text)):
        ring.sync.append(SyncLine("commit", SERVICES.get(found[1], found[1]), line, text))
    elif found := COUNTED.match(text):
        ring.counted.append((int(found[1]), int(found[2]), line))
    elif text == "waiting_trans_ack changed to 0":
        ring.opened.append(line)
    elif text.startswith("Completed service synchronization"):
        ring.sync.append(SyncLine("complete", "", line, text))


def _finished(rings: list[LoggedRing]) -> Iterator[LoggedRing]:
    """The rings with an id; each that another one interrupted says so."""
    known = [ring for ring in rings if ring.ring != (0, 0)]
    for ring, later in itertools.zip_longest(known, known[1:]):
        if later and not ring.complete:
            ring.sync.append(SyncLine("abort", "", later.line, "inferred: another one began before this was complete"))
        yield ring
