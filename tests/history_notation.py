"""Histories in few words, for those that are written by hand: a line is an event, `NAME WHAT`.

    n1 [4] n1 n2            it installs ring [n1 4]; [n2:4] of another representative, [:4] of none, [] without any id
    n1 ~[8] n1 -n2 +n3      transitional, to ring 8; who left, who joined; `=` for empty lists; ~<[4] out of ring 4
    n1 [4] n1 (attached)    or (bootstrap)
    n1 send m1 safe         also `queue`, with a priority, a service and a step where they matter: recovery evt check-in
    n1 m1 from n2 in [4]    it delivers m1; sender and ring if they are to be said otherwise than they are
    n1 group n1#1 -n2#1     who is in the group, left and joined
    n1 create h             also destroy, unplug, bit, open, close, sync start, sync complete SERVICE, count m1
    n1 primary, n1 not      its configuration is primary, or is not
    n1 table clm n1 n2      `:x` for a digest
    n1 find n2 m1 evt       a lookup at a delivery, and `miss`
    n1 crash, n1 restart, n1 cut (nothing is recorded any more), n1 @7 ... (its number)

Processes start by themselves, and end quietly if they are not cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from properties.history.events import (
    FACETS,
    NO_ID,
    Bit,
    Configuration,
    Counted,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Gate,
    Group,
    Lack,
    Level,
    Lookup,
    Originate,
    Plug,
    Primary,
    Priority,
    Queue,
    Ring,
    Start,
    Sync,
    Table,
)  # fmt: skip

CONFIGURATION = re.compile(r"(~?)(<?)\[(?:(\w*):)?(\d*)\](.*)")
LISTED = re.compile(r"([-+]?)(\w+)(?:#(\d+))?")
STEPS = ("check-in", "retained", "done")


def _ring(representative: str | None, number: str) -> Ring:
    if not number:
        return NO_ID
    return ("n1" if representative is None else representative, int(number))


def _names(words: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Members, and who left and joined, each with an incarnation if one is said."""
    found: dict[str, list[tuple[str, str]]] = {"": [], "-": [], "+": []}
    for word in words:
        if named := LISTED.fullmatch(word):
            mark, name, life = named.groups()
            found[mark].append((name, life or ""))
    return found


def _lists(words: Sequence[str], found: dict[str, list[Any]]) -> dict[str, Any]:
    said = found["-"] or found["+"] or "=" in words
    return {"left": tuple(found["-"]), "joined": tuple(found["+"])} if said else {}


@dataclass
class Reader:
    """Reads events, line by line."""

    observes: frozenset[Facet]
    sender: dict[str, str] = field(default_factory=dict[str, str])
    life: dict[str, int] = field(default_factory=dict[str, int])

    def event(self, name: str, words: list[str]) -> Event:
        """What a line says."""
        if configuration := CONFIGURATION.fullmatch(" ".join(words)):
            return self._configuration(name, *configuration.groups())
        word, *rest = words
        handler = getattr(self, f"_{word}", None)
        return handler(name, rest) if handler else self._deliver(name, word, rest)

    def _configuration(
        self, name: str, transitional: str, out: str, representative: str | None, number: str, rest: str
    ) -> Event:
        words = rest.split()
        found = {mark: [one for one, _ in names] for mark, names in _names(words).items()}
        ring = _ring(representative, number)
        where: dict[str, Any] = {"out_of": ring} if out else {"ring": ring}
        return Configuration(
            name, 0, kind="transitional" if transitional else "regular", members=tuple(found[""]), **where,
            **_lists(words, found), attached="(attached)" in words, bootstrap="(bootstrap)" in words,
        )  # fmt: skip

    def _says(self, rest: Sequence[str]) -> dict[str, Any]:
        level = next((one for one in rest if one in get_args(Level)), None)
        priority = next((one for one in rest if one in get_args(Priority)), None)
        service = next((one for one in rest if one in ("evt", "clm")), "")
        if "priority" in self.observes:
            priority = priority or "low"
        return {"level": level, "priority": priority, "service": service}

    def _send(self, name: str, rest: Sequence[str]) -> Event:
        self.sender.setdefault(rest[0], name)
        ring = next((_ring(None, one.strip("[]")) for one in rest if one.startswith("[")), None)
        return Originate(name, 0, message=rest[0], ring=ring, **self._says(rest))

    def _queue(self, name: str, rest: Sequence[str]) -> Event:
        self.sender.setdefault(rest[0], name)
        step: Any = next((one for one in rest if one in STEPS), None)
        return Queue(name, 0, message=rest[0], step=step, **self._says(rest))

    def _deliver(self, name: str, message: str, rest: Sequence[str]) -> Event:
        said = rest[rest.index("from") + 1] if "from" in rest else self.sender.get(message)
        ring = _ring(None, rest[rest.index("in") + 1].strip("[]")) if "in" in rest else None
        sender = said if "sender" in self.observes else None
        return Deliver(name, 0, message=message, sender=sender, ring=ring, **self._says(rest))

    def _group(self, name: str, rest: Sequence[str]) -> Event:
        found: dict[str, list[tuple[str, int]]] = {}
        for mark, named in _names(rest).items():
            found[mark] = [(one, int(life or 1)) for one, life in named]
        return Group(name, 0, members=tuple(found[""]), **_lists(rest, found))

    def _create(self, name: str, rest: Sequence[str]) -> Event:
        return Plug(name, 0, call="create", handle=rest[0])

    def _unplug(self, name: str, rest: Sequence[str]) -> Event:
        return Plug(name, 0, call="unplug", handle=rest[0])

    def _destroy(self, name: str, rest: Sequence[str]) -> Event:
        return Plug(name, 0, call="destroy", handle=rest[0])

    def _bit(self, name: str, rest: Sequence[str]) -> Event:
        return Bit(name, 0)

    def _open(self, name: str, rest: Sequence[str]) -> Event:
        return Gate(name, 0, open=True)

    def _close(self, name: str, rest: Sequence[str]) -> Event:
        return Gate(name, 0, open=False)

    def _sync(self, name: str, rest: Sequence[str]) -> Event:
        phase: Any = rest[0]
        return Sync(name, 0, phase=phase, service=rest[1] if len(rest) > 1 else "")

    def _count(self, name: str, rest: Sequence[str]) -> Event:
        return Counted(name, 0, message=rest[0])

    def _primary(self, name: str, rest: Sequence[str]) -> Event:
        return Primary(name, 0, inside=True)

    def _not(self, name: str, rest: Sequence[str]) -> Event:
        return Primary(name, 0, inside=False)

    def _table(self, name: str, rest: Sequence[str]) -> Event:
        digest = next((one[1:] for one in rest if one.startswith(":")), "")
        keys = tuple(one for one in rest[1:] if not one.startswith(":"))
        return Table(name, 0, service=rest[0], keys=keys, digest=digest)

    def _lookup(self, name: str, rest: Sequence[str], *, found: bool) -> Event:
        of, message, *service = rest
        return Lookup(name, 0, of=of, found=found, message=message, service=service[0] if service else "clm")

    def _find(self, name: str, rest: Sequence[str]) -> Event:
        return self._lookup(name, rest, found=True)

    def _miss(self, name: str, rest: Sequence[str]) -> Event:
        return self._lookup(name, rest, found=False)

    def _crash(self, name: str, rest: Sequence[str]) -> Event:
        return Crash(name, 0, ring=_ring(None, rest[1].strip("[]")) if rest else None)

    def _restart(self, name: str, rest: Sequence[str]) -> Event:
        self.life[name] = self.life.get(name, 1) + 1
        return Start(name, 0, incarnation=self.life[name])


def written(text: str, observes: frozenset[Facet]) -> list[Event]:
    """The events of these lines, each process from its start to its end."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    names = list(dict.fromkeys(line[0] for line in lines))
    cut = {line[0] for line in lines if line[1:] == ["cut"]}
    reader = Reader(observes)
    events: list[Event] = [Start(name, 0, incarnation=1) for name in names]
    numbers: dict[int, int] = {}
    for name, *words in lines:
        if words[0].startswith("@"):
            numbers[len(events)] = int(words.pop(0)[1:])
        if words != ["cut"]:
            events.append(reader.event(name, words))
    alive = dict.fromkeys(names, True)
    for event in events:
        alive[event.process] = not isinstance(event, Crash)
    events += [End(name, 0, quiescent=True) for name in names if alive[name] and name not in cut]
    for at, event in enumerate(events):
        event.seq = numbers.get(at, at)
    return events


@dataclass
class Written:
    """A history that was written by hand, with what is said of it and why."""

    name: str
    why: str
    observes: frozenset[Facet]
    without: frozenset[Lack]
    says: dict[str, str]
    events: list[Event]


def read(path: Path) -> Iterator[Written]:
    """The histories of a file, each a paragraph: `# name`, a sentence, `sees`, `says`, and its events.

    `sees` and `without` stay for the next histories until they are said anew.
    """
    observes, without = frozenset[Facet](), frozenset[Lack]()
    for paragraph in path.read_text().split("\n# ")[1:]:
        name, *lines = paragraph.strip().split("\n")
        sentences, says, events = list[str](), dict[str, str](), list[str]()
        for line in lines:
            word, _, rest = line.strip().partition(" ")
            if word == "sees":
                observes = _some(rest, FACETS)
            elif word == "without":
                without = _some(rest, get_args(Lack))
            elif word == "says":
                says |= _verdicts(rest)
            elif says:
                events.append(line)
            else:
                sentences.append(line)
        yield Written(name, " ".join(sentences), observes, without, says, written("\n".join(events), observes))


def _some(words: str, of: Any) -> frozenset[Any]:
    found = frozenset(words.split()) - {"nothing"}
    if strange := found - set(of):
        raise ValueError(f"unknown: {' '.join(sorted(strange))}")
    return found


def _verdicts(text: str) -> dict[str, str]:
    """`EVS-4 violated, EVS-3 ok` by claim."""
    pairs = [one.strip().split(" ", 1) for one in text.split(",")]
    return {one[0]: one[1] for one in pairs}
