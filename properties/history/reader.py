"""Reading a history from files: one line at a time, in one order, as often as it is asked for.

What is wrong with a file is a fault: file, line, reason. Reading that file stops there, and what came before it stays:
its processes are then cut off. A line is never held beyond `MOST_BYTES`. What a system did wrong is no fault: events
after a crash, or numbers that fall, are for the judge.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, TypeVar

import msgspec

from properties.history.events import FACETS, FORMAT, Configuration, Event, Facet, Lack, Line, Meta
from properties.history.files import Lines, ReadError
from properties.history.ledger import Ledger, refusals_of

MOST_BYTES = 1 << 20
"""The longest line."""
_DECODER: msgspec.json.Decoder[Meta | Event] = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder()


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a file, and where; line 0 is the file as a whole."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class Located:
    """An event, and where it stands."""

    file: str
    line: int
    event: Event


Place = tuple[str, int, Event | None]
"""File and line of an event, and what it says if that is asked for."""
T = TypeVar("T", Event, bytes)


class History(Protocol):
    """What can be judged: events in one reading order, the same each time."""

    processes: tuple[str, ...]
    observes: frozenset[Facet]
    without: frozenset[Lack]

    def read(self) -> Iterator[Located]:
        """Each event with its place."""
        ...

    def events(self) -> Iterator[Event]:
        """Each event."""
        ...

    def skim(self, wanted: Container[int]) -> Iterator[Place]:
        """Each event's place; those at the wanted places of this order with their events, others may be without."""
        ...


class FaultError(Exception):
    """A line that cannot be taken."""


def plain(text: str) -> str:
    """Text that a terminal can be given: nothing in it that cannot be printed."""
    return text if text.isprintable() else ascii(text)[1:-1]


def decoded(line: bytes) -> Meta | Event:
    """A line as what it says; FaultError says why not."""
    try:
        if len(line) > MOST_BYTES:
            raise FaultError(f"line longer than {MOST_BYTES:,} bytes")
        found = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        raise FaultError(_newer(line) or f"not an event: {plain(str(error))}") from error
    except msgspec.DecodeError as error:
        raise FaultError(_not_json(line)) from error
    except UnicodeDecodeError as error:
        raise FaultError("not text in UTF-8") from error
    except RecursionError as error:
        raise FaultError("not an event: nested too deeply") from error
    if _ENCODER.encode(found) != line.rstrip():
        json.loads(line, object_pairs_hook=_refuse_a_second, parse_int=str)
    return found


def decoded_event(line: bytes) -> Event:
    """A line that is an event, as what it says."""
    event = decoded(line)
    if isinstance(event, Meta):
        raise FaultError("a second meta")
    return event


def _refuse_a_second(pairs: list[tuple[str, object]]) -> None:
    """JSON does not say which of two fields of one name counts; a line as we write it has none."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        second = next(name for i, name in enumerate(names) if name in names[:i])
        raise FaultError(f"not an event: a second field {plain(second)!r}")


def _not_json(line: bytes) -> str:
    if not line.strip():
        return "empty line"
    try:
        msgspec.json.decode(line.rstrip())
    except msgspec.DecodeError as error:
        return f"not JSON: {plain(str(error))}"
    except UnicodeDecodeError:
        return "not text in UTF-8"
    except RecursionError:
        return "not an event: nested too deeply"
    return "not JSON"


def _newer(line: bytes) -> str | None:
    try:
        said = msgspec.json.decode(line, type=dict[str, object]).get("format", FORMAT)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if said == FORMAT else f"format is {plain(repr(said)[:40])}; this version reads {FORMAT!r}"


@dataclass
class Source:
    """One file, and what it is called."""

    path: Path
    name: str
    meta: Meta | None = None
    fault: Fault | None = None
    lines: Lines = field(init=False)

    def __post_init__(self) -> None:
        self.lines = Lines(self.path, MOST_BYTES)
        try:
            self.lines.look()
            self.meta = self._head(next(iter(self.lines), b""))
        except ReadError as error:
            self.fault = Fault(self.name, 0, str(error))
        except FaultError as error:
            self.fault = Fault(self.name, 1, str(error))

    def _head(self, line: bytes) -> Meta:
        if not line:
            raise ReadError("empty file")
        head = decoded(line)
        if not isinstance(head, Meta):
            raise FaultError("the first line is not meta")
        if head.format != FORMAT:
            raise FaultError(f"format is {plain(repr(head.format)[:40])}; this version reads {FORMAT!r}")
        if not head.processes or len(set(head.processes)) < len(head.processes):
            raise FaultError("processes: none, or one twice")
        if "transitional" in head.observes and "transitional" in head.without:
            raise FaultError("transitional configurations are observed, and there are none")
        return head

    def events(self) -> Iterator[tuple[int, Event]]:
        """Each event with its line; ends at the first fault."""
        if self.meta is None:
            return
        number = 1
        ledgers = {name: Ledger(name) for name in self.meta.processes}
        refusals = refusals_of(frozenset(self.meta.observes), frozenset(self.meta.without))
        try:
            for number, line in enumerate(self.lines, 1):
                if number == 1:
                    continue
                event = decoded_event(line)
                refused = refusals.get(type(event))
                if (refused and (reason := refused(event))) or (reason := _entered(ledgers, event)):
                    raise FaultError(reason)
                yield number, event
        except ReadError as error:
            self.fault = Fault(self.name, 0, f"{error}, after line {number}")
        except FaultError as error:
            self.fault = Fault(self.name, number, str(error))

    def raw(self) -> Iterator[tuple[int, bytes]]:
        """Each event's line, as it is, with its number, as far as events were read before."""
        damaged = self.fault.line if self.fault else 0
        with suppress(ReadError):
            for number, line in enumerate(self.lines if self.meta else (), 1):
                if number == damaged:
                    return
                if number > 1:
                    yield number, line


def _ring_number(one: Event | bytes) -> int:
    """The number of the ring that an event installs, or the event of a line; -1 if it installs none."""
    if isinstance(one, bytes):
        if b"configuration" not in one and b"\\" not in one:
            return -1
        one = decoded_event(one)
    return one.ring[1] if type(one) is Configuration and one.kind == "regular" else -1


def _entered(ledgers: dict[str, Ledger], event: Event) -> str | None:
    ledger = ledgers.get(event.process)
    if ledger is None:
        return f"unknown process {plain(event.process)!r}; meta has {', '.join(map(plain, ledgers))}"
    return ledger.enter(event)


@dataclass
class FileHistory:
    """A history in one file or several."""

    sources: list[Source]
    processes: tuple[str, ...] = ()
    observes: frozenset[Facet] = frozenset()
    without: frozenset[Lack] = frozenset()
    _refused: list[Fault] = field(default_factory=list[Fault])

    @classmethod
    def open(cls, paths: Sequence[Path], called: Mapping[Path, str] = {}) -> Self:
        """Look at the first lines; a file with a process that another file has is refused whole.

        Some files may be called otherwise than by their paths.
        """
        history = cls([])
        owner: dict[str, str] = {}
        for source in (Source(path, called.get(path, str(path))) for path in paths):
            names = source.meta.processes if source.meta else ()
            if twice := next((name for name in names if name in owner), None):
                reason = f"events of process {plain(twice)!r}, which are in {owner[twice]} already"
                history._refused.append(Fault(source.name, 1, reason))
                continue
            owner |= dict.fromkeys(names, source.name)
            history.sources.append(source)
        observed = [frozenset(source.meta.observes) for source in history.sources if source.meta]
        history.processes = tuple(owner)
        history.observes = frozenset(facet for facet in FACETS if observed and all(facet in one for one in observed))
        history.without = _lacking([source.meta for source in history.sources if source.meta])
        return history

    @property
    def faults(self) -> list[Fault]:
        """What was wrong, as far as the files were read."""
        return [*self._refused, *(source.fault for source in self.sources if source.fault)]

    @property
    def share_read(self) -> float:
        """How much of the files this reading has seen, between 0 and 1."""
        lines = [one.lines for one in self.sources]
        return sum(one.read_bytes for one in lines) / max(1, sum(one.size_bytes for one in lines))

    def read(self) -> Iterator[Located]:
        """The events of the file whose ring number is lowest come first, which keeps few rings under way."""
        return (Located(*one) for one in self._in_turn([source.events() for source in self.sources]))

    def skim(self, wanted: Container[int]) -> Iterator[Place]:
        """The place of each event, in the same order; after `read` or `events` only."""
        for at, (file, number, line) in enumerate(self._in_turn([source.raw() for source in self.sources])):
            yield file, number, decoded_event(line) if at in wanted else None

    def _in_turn(self, files: Sequence[Iterator[tuple[int, T]]]) -> Iterator[tuple[str, int, T]]:
        waiting = [(-1, i, lines) for i, lines in enumerate(files)]
        while waiting:
            number, i, lines = heapq.heappop(waiting)
            file = self.sources[i].name
            others = waiting[0][0] if waiting else None
            for line, one in lines:
                yield file, line, one
                if others is not None:
                    number = max(number, _ring_number(one))
                    if number > others:
                        heapq.heappush(waiting, (number, i, lines))
                        break

    def events(self) -> Iterator[Event]:
        """Each event in reading order."""
        if len(self.sources) == 1:
            return (event for _, event in self.sources[0].events())
        return (located.event for located in self.read())


def _lacking(metas: Sequence[Meta]) -> frozenset[Lack]:
    """What no file has transitional configurations for; ids that one file lacks are lacking."""
    found = set[Lack]()
    if metas and all("transitional" in meta.without for meta in metas):
        found.add("transitional")
    if any("ids" in meta.without for meta in metas):
        found.add("ids")
    return frozenset(found)


@dataclass
class Excerpt:
    """Part of a history, in memory."""

    processes: tuple[str, ...]
    observes: frozenset[Facet]
    lines: Sequence[Located]
    without: frozenset[Lack] = frozenset()

    def read(self) -> Iterator[Located]:
        """Each event with its place in the files that it came from."""
        return iter(self.lines)

    def events(self) -> Iterator[Event]:
        """Each event in reading order."""
        return (one.event for one in self.lines)

    def skim(self, wanted: Container[int]) -> Iterator[Place]:
        """Each event with its place."""
        return ((one.file, one.line, one.event) for one in self.lines)
