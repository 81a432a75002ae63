"""Making a history of logs: each is read once, line by line; events wait in a file until it is known whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import msgspec

from properties.history.events import FACETS, FORMAT, Configuration, Crash, End, Event, Facet, Line, Meta, Start
from properties.history.files import STANDARD_INPUT, ReadError, kept
from properties.importers.imported import AT, Imported, ImportedHistory
from properties.importers.logs import Log, LogFile, Place, logs_in
from properties.importers.naming import ImportFaultError, Named, names_of
from properties.importers.reader import OWN, Kind, LogFacts, LogReader

Say = Callable[[str, float], None]
"""Told what is being read, and which share of all files was."""
EVERY = 1 << 14
INPUT = "-"
_DECODER: msgspec.json.Decoder[Meta | Event] = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder()


def import_logs(
    kind: Kind, files: Sequence[str], directory: Path, *, quiescent: bool = False,
    called: dict[Path, str] | None = None, say: Say = lambda words, share: None,
) -> Imported:  # fmt: skip
    """A history of these logs, in files of this directory, one a process.

    `quiescent`: it is known from elsewhere that nothing was under way when the logs end. ImportFaultError: a log cannot
    be read, or it is not known whose it is.
    """
    try:
        logs = logs_in(files, called)
    except ReadError as error:
        raise ImportFaultError("", str(error)) from error
    progress = _Progress([file for log in logs for file in log.files], say)
    read = [(log, _spooled(kind.reader(), log, directory / f"{i}.spool", progress)) for i, log in enumerate(logs)]
    named = names_of(read)
    observes = _observed(kind, [facts for _, facts in read])
    paths = _written(kind, read, named, observes, directory, quiescent=quiescent)
    if not paths:
        raise ImportFaultError(logs[0].label, f"nothing in it that a log of {kind.name} says of a membership")
    history = ImportedHistory.open(paths)
    return _imported(kind, history, read, named)


def open_logs(
    kind: Kind, files: Sequence[str], standard_input: BinaryIO, stack: ExitStack, *, quiescent: bool, say: Say
) -> Imported:
    """The same in files that last as long as the stack; a file may be `-`, standard input."""
    if files.count(INPUT) > 1:
        raise ImportFaultError(INPUT, "standard input, which there is once")
    directory = Path(stack.enter_context(TemporaryDirectory(prefix="ringplug-")))
    names, called = list(files), dict[Path, str]()
    if INPUT in names:
        path = stack.enter_context(kept(standard_input))
        called[path] = STANDARD_INPUT
        names[names.index(INPUT)] = str(path)
    return import_logs(kind, names, directory, quiescent=quiescent, called=called, say=say)


class _Progress:
    """How much was read, in bytes of files as they are."""

    def __init__(self, files: Sequence[LogFile], say: Say) -> None:
        self.files, self.say = files, say
        self.all_bytes = sum(file.path.stat().st_size for file in files if file.path.is_file()) or 1

    def reading(self, file: LogFile) -> None:
        done = sum(one.lines.read_bytes for one in self.files)
        self.say(f"reading {file.called}", done / self.all_bytes)


def _spooled(reader: LogReader, log: Log, spool: Path, progress: _Progress) -> LogFacts:
    """Read a log, and keep its events in a file."""
    facts = reader.facts
    with spool.open("wb") as out:
        for event in _events(reader, log, progress):
            if event.process.startswith(OWN):
                facts.own.add(event.process)
            out.write(_ENCODER.encode(event) + b"\n")
    return facts


def _events(reader: LogReader, log: Log, progress: _Progress) -> Iterator[Event]:
    for file in log.files:
        try:
            yield from _events_of(reader, file, progress)
        except ReadError as error:
            raise ImportFaultError(file.called, str(error)) from error
    yield from reader.finish()


def _events_of(reader: LogReader, file: LogFile, progress: _Progress) -> Iterator[Event]:
    search, take, used = reader.wanted.search, reader.take, 0
    for number, line in file.numbered():
        if not number % EVERY:
            progress.reading(file)
        if search(line) or reader.inside:
            used += 1
            yield from take(line.decode(errors="replace").rstrip("\r\n"), Place(file.called, number))
    file.used_count = used


def _observed(kind: Kind, facts: Sequence[LogFacts]) -> frozenset[Facet]:
    """What the logs say wherever they could, and what of the rest is said somewhere."""
    lacking = sum((one.lacking for one in facts), Counter[Facet]())
    seen = sum((one.seen for one in facts), Counter[Facet]())
    return frozenset(
        facet for facet in kind.facets if not lacking[facet] and (facet not in kind.optional or seen[facet])
    )


class _Writer:
    """The history's file of one process."""

    def __init__(self, out: BinaryIO, process: str, meta: Meta, *, begins_anew: bool) -> None:
        self.out, self.process, self.seq, self.lives, self.begins_anew = out, process, 0, 0, begins_anew
        self.number, self.is_new = -1, False
        """The last ring's, and that none of this life was told yet."""
        self.is_up, self.place = True, ""
        out.write(_ENCODER.encode(meta) + b"\n")

    def write(self, event: Event) -> None:
        self.seq += 1
        self.place = event.note.partition(": ")[0]
        event.process, event.seq = self.process, self.seq
        self.is_up = not isinstance(event, Crash)
        if isinstance(event, Start):
            self.lives += 1
            event.incarnation, self.is_new = self.lives, True
        if isinstance(event, Configuration) and event.kind == "regular":
            event.bootstrap |= self.begins_anew and self.is_new and event.ring[1] <= self.number
            self.number, self.is_new = event.ring[1], False
        self.out.write(_ENCODER.encode(event) + b"\n")


def _written(
    kind: Kind, read: Sequence[tuple[Log, LogFacts]], named: Sequence[Named], observes: frozenset[Facet],
    directory: Path, *, quiescent: bool,
) -> list[Path]:  # fmt: skip
    """The files of the history, one a process."""
    owner = {(id(one.log), one.own): one.process for one in named}
    without = tuple(sorted(kind.without.union(*(facts.without for _, facts in read))))
    writers: dict[str, _Writer] = {}
    paths: list[Path] = []
    with ExitStack() as stack:
        for i, (log, _) in enumerate(read):
            for event in _kept(directory / f"{i}.spool", observes):
                process = owner[id(log), event.process] if event.process.startswith(OWN) else event.process
                if process not in writers:
                    paths.append(directory / f"{len(writers)}.jsonl")
                    facets: tuple[Facet, ...] = tuple(facet for facet in FACETS if facet in observes)
                    meta = Meta(FORMAT, facets, (process,), without=without, source=kind.source)
                    out = stack.enter_context(paths[-1].open("wb"))
                    writers[process] = _Writer(out, process, meta, begins_anew=kind.begins_anew)
                writers[process].write(event)
        for writer in writers.values():
            if writer.is_up and quiescent:
                writer.write(End(writer.process, 0, quiescent=True, note=f"{writer.place}: the log ends"))
    return paths


def _kept(spool: Path, observes: frozenset[Facet]) -> Iterator[Event]:
    """The events of a log, without what the history does not observe; the file is taken away."""
    with spool.open("rb") as lines:
        for line in lines:
            event = _decoded(line)
            if isinstance(event, Meta) or type(event).__name__.lower() in FACETS.keys() - observes:
                continue
            if isinstance(event, Configuration):
                if event.kind not in observes and event.out_of is None:
                    continue
                if event.kind in observes and event.out_of is not None:
                    continue  # the same is told in full
                if "lists" not in observes:
                    event.left = event.joined = None
            yield event
    spool.unlink()


def _decoded(line: bytes) -> Meta | Event:
    """A kept event; ImportFaultError if it says what no event can, such as a name without end."""
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError as error:
        found = AT.match(msgspec.json.decode(line, type=_Noted).note)
        raise ImportFaultError(found[1] if found else "", str(error), int(found[2]) if found else 0) from error


class _Noted(msgspec.Struct):
    """Of an event, where it is from."""

    note: str = ""


def _imported(
    kind: Kind, history: ImportedHistory, read: Sequence[tuple[Log, LogFacts]], named: Sequence[Named]
) -> Imported:
    says = [*kind.says, *sorted(set[str]().union(*(facts.says for _, facts in read))), *_said_of_names(named)]
    found = Imported(kind.name, history, [log for log, _ in read], dict(kind.met_by_import), says)
    owner = {id(one.log): one.process for one in named}
    for log, facts in read:
        found.left_out += facts.left_out
        found.decided += facts.decided
        found.broken += facts.broken
        if facts.unsynchronized:
            found.unsynchronized[owner.get(id(log), log.label)] = facts.unsynchronized
    return found


def _said_of_names(named: Sequence[Named]) -> Iterator[str]:
    for one in named:
        if one.by_rings:
            yield f"{one.log.label}: of {one.process}, by being the only one in all of its rings, which is no finding."
