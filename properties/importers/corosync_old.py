"""Configuration changes as openais and corosync 1 log them: in many lines, and without ids of rings.

Each is told twice, once for the transitional and once for the regular configuration, and then a line says that a new
membership was formed. Members are addresses. The configuration that is told last before that line is the regular one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from properties.corosync.lines import CHANGE, JOINED, LEFT, NEW, OldLine
from properties.history.events import Configuration
from properties.importers.logs import Place
from properties.importers.reader import OWN


@dataclass
class Block:
    """One configuration, as far as it was read."""

    place: Place
    text: str
    lists: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    under: str = ""

    def members(self, heading: str) -> tuple[str, ...]:
        """Those that are listed below a heading."""
        return tuple(sorted(self.lists.get(heading, ())))

    def told(self, kind: str) -> Configuration:
        """The configuration, whose ring has no id."""
        return Configuration(
            OWN, 0, kind="regular" if kind == "regular" else "transitional", members=self.members(NEW),
            left=self.members(LEFT), joined=self.members(JOINED), note=self.place.note(self.text),
        )  # fmt: skip


class OldChanges:
    """The configurations that were told since the last membership."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def take(self, line: OldLine, text: str, place: Place) -> None:
        """One more line. Lines below no heading are of no change, or of one whose beginning is not in the log."""
        if line.heading == CHANGE:
            self.blocks.append(Block(place, text))
        elif self.blocks and line.heading:
            self.blocks[-1].under = line.heading
        elif self.blocks and self.blocks[-1].under:
            self.blocks[-1].lists.setdefault(self.blocks[-1].under, []).append(line.member)

    def formed(self, *, first: bool) -> Iterator[Configuration]:
        """The configurations of the membership that was formed; the first one of a life has no transitional one."""
        *earlier, regular = self.blocks
        self.blocks = []
        if earlier and not first:
            yield earlier[-1].told("transitional")
        yield regular.told("regular")
