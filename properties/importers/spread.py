"""Spread's log as events: the memberships that a daemon prints at its usual level, versions 3 to 5.

A membership is a block of lines: its id, who prints it, and the members by segments. Transitional memberships are told
to clients, and not printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from properties.history.events import Event, Ring
from properties.importers.logs import Place
from properties.importers.reader import OWN, Kind, Lives, LogFacts

WANTED = re.compile(rb"Membership id is \(|Conf_init: My name: ")
ID = re.compile(r"Membership id is \( *(-?\d{1,10}), *(\d{1,18})\)")
STARTS = re.compile(r"Conf_init: My name: (?P<name>[^,\s]{1,200}), id: ")
AT = re.compile(r"Configuration at (\S{1,200}) is:")
SEGMENT = re.compile(r"(?:^|\s)(?P<count>\d{1,5})\s+(?:\[\S+\]:\d+|[0-9.]{7,15}\s+-?\d+)\s*$|\t(?P<alone>\d{1,5})\s*$")
MEMBER = re.compile(r"\s(?P<name>\S{1,200})\s+[0-9a-f:.]{7,45}\s*(?:\tID: \S+\s*)?$")
ENDS = "===================="


@dataclass
class Block:
    """A membership, as far as it was read."""

    ring: Ring
    text: str
    place: Place
    count: int = 0
    members: list[str] = field(default_factory=list[str])


class SpreadReader:
    """One daemon's log."""

    wanted = WANTED

    def __init__(self) -> None:
        self.facts = LogFacts()
        self.lives = Lives(self.facts)
        self.block: Block | None = None
        self.inside = False

    def take(self, line: str, place: Place) -> Iterator[Event]:
        """The membership that ends in this line, or a start."""
        yield from self._take(line, place)
        self.inside = self.block is not None

    def _take(self, line: str, place: Place) -> Iterator[Event]:
        if found := STARTS.search(line):
            self._drop()
            self.facts.said[OWN] = found["name"]
            yield from self.lives.end(OWN, place.note(f"another start: {line}"))
            yield from self.lives.begin(OWN, place.note(line))
        elif found := ID.search(line):
            self._drop()
            self.block = Block((_dotted(int(found[1])), int(found[2])), line, place)
        elif self.block and ENDS in line:
            block, self.block = self.block, None
            yield from self._ends(block)
        elif self.block:
            self._within(self.block, line)

    def _within(self, block: Block, line: str) -> None:
        if found := AT.search(line):
            self.facts.said[OWN] = found[1]
        elif found := SEGMENT.search(line):
            block.count += int(found["count"] or found["alone"])
        elif found := MEMBER.search(line):
            block.members.append(found["name"])

    def _ends(self, block: Block) -> Iterator[Event]:
        if block.members and len(block.members) == block.count:
            yield from self.lives.install(OWN, block.ring, tuple(block.members), block.place, block.text)
        else:
            self.block = block
            self._drop()

    def _drop(self) -> None:
        """A block that is not whole is no membership, and what comes next is a new life."""
        if self.block:
            self.facts.left_out["a membership that is cut; a new life begins behind it"] += 1
            self.lives.lose(OWN)
        self.block = None

    def finish(self) -> Iterator[Event]:
        """A block that is cut is left out."""
        self._drop()
        yield from ()


def _dotted(number: int) -> str:
    """The representative's address, which is printed as a signed number."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


SPREAD = Kind(
    "spread",
    "what daemons of Spread logged",
    SpreadReader,
    facets=("regular",),
    says=(
        "The number of a membership is a time of its representative's clock: that it grows is up to clocks (RING-S2).",
    ),
)
