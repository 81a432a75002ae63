"""Making a violation small: a part of the history that still violates a claim, and nothing that the whole did not.

Processes, beginnings, incarnations and messages are taken out whole, then single lines, for as long as the claim
views violated, no other claim becomes violated, and each process still begins with its start. In the end no single line
can be taken out, but for starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from properties.history.events import FORMAT, Configuration, Lookup, Message, Meta, Start
from properties.history.ledger import Ledger
from properties.history.reader import Excerpt, History, Located
from properties.judge.judgement import Say, read_through
from properties.shrink import shrink

Lines = list[Located]


@dataclass
class Reduced:
    """The part that is left, and the claims that it violates."""

    claim: str
    lines: Lines
    violated: list[str]


class Reduction:
    """A search for a small part."""

    def __init__(self, history: History, claim: str, lines: Lines, say: Say) -> None:
        self.observes, self.claim, self.say = history.observes, claim, say
        self.lines: Lines = lines
        self.violated = self._violated(lines)
        if self.violated is None or claim not in self.violated:
            raise ValueError(f"these lines do not violate {claim}")

    def _violated(self, lines: Lines) -> set[str] | None:
        """The claims that a part violates; None if it is no history."""
        ledgers: dict[str, Ledger] = {}
        for line in lines:
            name = line.event.process
            if ledgers.setdefault(name, Ledger(name)).enter(line.event):
                return None
        return set(read_through(Excerpt(tuple(ledgers), self.observes, lines), remember=True).findings.violations)

    def keep(self, lines: Lines) -> bool:
        """Keep to this part, if it will do."""
        if len(lines) == len(self.lines):
            return False
        self.say(0, f"reducing {self.claim}: {len(self.lines):,} events left")
        violated = self._violated(lines)
        if violated is None or self.claim not in violated or (self.violated and not violated <= self.violated):
            return False
        self.lines, self.violated = lines, violated
        return True

    def run(self) -> None:
        """Take out what can be taken out, the large before the small, until nothing more can be."""
        while True:
            before = len(self.lines)
            self._without_some(lambda line: line.event.process)
            self._begin_late()
            self._without_incarnations()
            self._without_some(_message)
            self._without_some(lambda line: None if isinstance(line.event, Start) else id(line))
            if len(self.lines) == before:
                return

    def _without_some(self, key: Callable[[Located], object]) -> None:
        """Take out groups of lines, which have a key in common; lines without stay."""
        lines = self.lines
        groups = [one for one in dict.fromkeys(map(key, lines)) if one is not None]
        shrink(groups, lambda left: self.keep(_of_groups(lines, key, {None, *left})))

    def _begin_late(self) -> None:
        """Each process begins with the ring of some number, or the next that it installs."""
        numbers = {event.ring[1] for line in self.lines if isinstance(event := line.event, Configuration)}
        for number in sorted(numbers, reverse=True):
            if self.keep(list(_from_number(self.lines, number))):
                return

    def _without_incarnations(self) -> None:
        lives = {id(line): life for line, life in _lives(self.lines)}
        self._without_some(lambda line: lives[id(line)])


def _of_groups(lines: Lines, key: Callable[[Located], object], groups: set[object]) -> Lines:
    return [line for line in lines if key(line) in groups]


def _message(line: Located) -> str | None:
    return line.event.message if isinstance(line.event, Message | Lookup) else None


def _lives(lines: Lines) -> Iterator[tuple[Located, int]]:
    """Each line with the number of its incarnation."""
    count, now = -1, dict[str, int]()
    for line in lines:
        if isinstance(line.event, Start):
            count += 1
            now[line.event.process] = count
        yield line, now[line.event.process]


def _from_number(lines: Lines, number: int) -> Iterator[Located]:
    """Starts, and what comes from the install of a ring of at least this number on."""
    begun = set[int]()
    for line, life in _lives(lines):
        event = line.event
        if isinstance(event, Configuration) and event.kind == "regular" and event.ring[1] >= number:
            begun.add(life)
        if life in begun or isinstance(event, Start):
            yield line


def reduce(history: History, claim: str, complete_at: int, say: Say = lambda count, what: None) -> Reduced:
    """The smallest part that is found, of the beginning that is complete at this place."""
    lines = [line for _, line in zip(range(complete_at + 1), history.read(), strict=False)]
    reduction = Reduction(history, claim, lines, say)
    reduction.run()
    return Reduced(claim, reduction.lines, sorted(reduction.violated or ()))


def encoded(history: History, reduced: Reduced) -> bytes:
    """The part as a file; each line notes where it comes from."""
    names = tuple(dict.fromkeys(line.event.process for line in reduced.lines))
    observes = tuple(sorted(history.observes))
    head = Meta(FORMAT, observes, names, source=f"reduced: violates {', '.join(reduced.violated)}")
    events = [
        msgspec.structs.replace(line.event, note=line.event.note or f"{line.file}:{line.line}")
        for line in reduced.lines
    ]
    return b"".join(msgspec.json.encode(one) + b"\n" for one in (head, *events))
