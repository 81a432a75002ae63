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

from properties.corosync.lines import CameAlong, Counted, Formed, LetOut, Listed, Phase, Recovering, Said, said, text_of

PhaseName = Literal["start", "barrier", "commit", "complete", "abort"]
INCARNATION = re.compile(r"^ringplug: incarnation (\d+) starts$")
LAST_BYTE = re.compile(r"\.(\d+)\)$")
"""Of a node's address here: its id."""
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

    phase: PhaseName
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
        elif lives and (found := said(line)):
            _take(lives[-1], found, number, line)
    for life in lives:
        life.rings = list(_finished(life.rings))
    return lives


def _take(life: LoggedLife, found: Said, number: int, line: str) -> None:
    match found:
        case Recovering():
            life.transitional = []
        case CameAlong():
            life.transitional.append(int(found.node))
        case Phase(phase="start"):
            ring = LoggedRing(number, tuple(life.transitional))
            ring.sync.append(SyncLine("start", "", number, text_of(line)))
            life.rings.append(ring)
        case _ if life.rings:
            _continue(life.rings[-1], found, number, line)
        case _:
            pass


def _continue(ring: LoggedRing, found: Said, number: int, line: str) -> None:
    match found:
        case Listed(of="Sync members"):
            ring.members = tuple(map(int, found.nodes))
        case Formed(id=(node, seq)):
            ring.ring = int(node), seq
        case Phase():
            service = SERVICES.get(found.service, found.service)
            ring.sync.append(SyncLine(found.phase, service, number, text_of(line)))
        case Counted() if last := LAST_BYTE.search(found.address):
            ring.counted.append((int(last[1]), found.process, number))
        case LetOut():
            ring.opened.append(number)
        case _:
            pass


def _finished(rings: list[LoggedRing]) -> Iterator[LoggedRing]:
    """The rings with an id; each that another one interrupted says so."""
    known = [ring for ring in rings if ring.ring != (0, 0)]
    for ring, later in itertools.zip_longest(known, known[1:]):
        if later and not ring.complete:
            ring.sync.append(SyncLine("abort", "", later.line, "inferred: another one began before this was complete"))
        yield ring
