"""What a reader of one kind of log is: lines go in, events come out, and what the log could not say is counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import msgspec

from properties.history.events import Configuration, Crash, Event, Facet, Lack, Ring, Start
from properties.importers.logs import Place

OWN = "?"
"""The process whose log it is, until it is known who that is. Where a process is named anew at each start, each life
has a name of its own that begins so."""


class Broken(msgspec.Struct):
    """A claim that a log shows broken by itself, beside the history: why, and the lines that show it."""

    claim: str
    reason: str
    places: tuple[str, ...]


@dataclass
class LogFacts:
    """What is known of a log when it was read, beside its events."""

    names: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Who its own process can be, in each of its lives that have names of their own: a member of each of its rings."""
    said: dict[str, str] = field(default_factory=dict[str, str])
    """Who it is, as far as the log says it."""
    own: set[str] = field(default_factory=set[str])
    """Its own process, as events have it that do not name another one."""
    lacking: Counter[Facet] = field(default_factory=Counter[Facet])
    """How often something was not said that this kind of log can say."""
    seen: Counter[Facet] = field(default_factory=Counter[Facet])
    """How often something was said that such a log need not say at all."""
    left_out: Counter[str] = field(default_factory=Counter[str])
    """What was read and is no event, by why."""
    unsynchronized: tuple[str, str] | None = None
    """Of a log whose last membership has no completed synchronization: that membership, and where it is."""
    without: set[Lack] = field(default_factory=set[Lack])
    """What the system that is logged does not have."""
    says: set[str] = field(default_factory=set[str])
    """What to know of what is judged, a sentence each."""
    broken: list[Broken] = field(default_factory=list[Broken])
    decided: Counter[str] = field(default_factory=Counter[str])
    """How often such a claim was met."""

    def is_member_of(self, members: tuple[str, ...], own: str = OWN) -> None:
        """A ring that this process installed has these members."""
        self.names[own] = self.names.get(own, frozenset(members)) & frozenset(members)


class Lives:
    """The lives of the processes that one log is about, one after the other or at once."""

    def __init__(self, facts: LogFacts) -> None:
        self.facts = facts
        self.incarnations: dict[str, int] = {}
        self.rings: dict[str, Ring] = {}
        """Of those that are up, the ring that each is in."""
        self.up: set[str] = set()

    def begin(self, process: str, note: str) -> Iterator[Event]:
        """The process starts, or is first seen."""
        self.incarnations[process] = self.incarnations.get(process, 0) + 1
        self.up.add(process)
        self.rings.pop(process, None)
        yield Start(process, 0, incarnation=self.incarnations[process], note=note)

    def end(self, process: str, note: str) -> Iterator[Event]:
        """The process stops, or leaves for good."""
        if process in self.up:
            self.up.discard(process)
            self.rings.pop(process, None)
            yield Crash(process, 0, note=note)

    def lose(self, process: str) -> None:
        """What it does next is not known: what is known again after that is a new life."""
        self.up.discard(process)
        self.rings.pop(process, None)

    def install(
        self, process: str, ring: Ring, members: tuple[str, ...], place: Place, text: str, *, bootstrap: bool = False
    ) -> Iterator[Event]:
        """A regular configuration; one that is told again is told once."""
        if self.rings.get(process) == ring:
            self.facts.left_out["a view that is told again"] += 1
            return
        if process not in self.up:
            yield from self.begin(process, place.note(f"first seen: {text}"))
        if process.startswith(OWN):
            self.facts.is_member_of(members, process)
        self.rings[process] = ring
        note = place.note(text)
        yield Configuration(process, 0, kind="regular", ring=ring, members=members, bootstrap=bootstrap, note=note)

    def comes_out(self, process: str, members: tuple[str, ...], place: Place, text: str) -> Iterator[Event]:
        """A transitional configuration, of which only the ring that it comes out of is told."""
        ring = self.rings[process]
        yield Configuration(process, 0, kind="transitional", members=members, out_of=ring, note=place.note(text))


class LogReader(Protocol):
    """Reads the log of one process, or of several that are named in it."""

    wanted: re.Pattern[bytes]
    """A line that does not match says nothing, unless it is within something."""
    facts: LogFacts

    @property
    def inside(self) -> bool:
        """Within something of several lines: every line is wanted."""
        ...

    def take(self, line: str, place: Place) -> Iterator[Event]:
        """The events that are known now; their `seq` is not."""
        ...

    def finish(self) -> Iterator[Event]:
        """The log ends."""
        ...


NUMBERED = MappingProxyType({"EVS-1.2": "a process's events are numbered as they stand in its log"})
"""What each import meets by itself."""


@dataclass(frozen=True)
class Kind:
    """A kind of log."""

    name: str
    source: str
    """For the history: what was observed."""
    reader: Callable[[], LogReader]
    """A reader for one more log."""
    facets: tuple[Facet, ...]
    """What such a log can say."""
    optional: frozenset[Facet] = frozenset()
    """What such logs do not say if they say nothing of it anywhere."""
    without: frozenset[Lack] = frozenset()
    """What such a system does not have."""
    begins_anew: bool = False
    """The numbers of rings may begin anew where a process starts again."""
    says: tuple[str, ...] = ()
    """What to know of what is judged, a sentence each."""
    met_by_import: Mapping[str, str] = field(default_factory=lambda: NUMBERED)
    """Claims that hold by how the import is made, and why."""
