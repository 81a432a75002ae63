"""What readers of views have in common: a process is in one view at a time, and a log says whose it is."""

from __future__ import annotations

from collections.abc import Iterator

from properties.history.events import Configuration, Crash, Event, Ring, Start
from properties.importers.logs import Place
from properties.importers.reader import OWN, LogFacts


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

    def install(self, process: str, ring: Ring, members: tuple[str, ...], place: Place, text: str) -> Iterator[Event]:
        """A regular configuration; one that is told again is told once."""
        if self.rings.get(process) == ring:
            self.facts.left_out["a view that is told again"] += 1
            return
        if process not in self.up:
            yield from self.begin(process, place.note(f"first seen: {text}"))
        if process.startswith(OWN):
            self.facts.is_member_of(members, process)
        self.rings[process] = ring
        yield Configuration(process, 0, kind="regular", ring=ring, members=members, note=place.note(text))
