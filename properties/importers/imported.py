"""What an import comes to: a history whose events stand where they stand in the logs, and what else is to be said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec

from properties.corosync.barrier import Finding
from properties.history.events import Event
from properties.history.reader import Fault, FileHistory, Located, Place
from properties.importers.barrier import judge_barrier
from properties.importers.logs import Log
from properties.importers.reader import Broken
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, JudgedClaim
from properties.words import counted

AT = re.compile(r"(.*?):(\d+): ", re.DOTALL)


@dataclass
class ImportedHistory(FileHistory):
    """A history in files of ours; each event is where its note says, in a log."""

    def read(self) -> Iterator[Located]:
        """Each event with its place in a log, in the order in which a history is read."""
        return map(_in_its_log, super().read())

    def events(self) -> Iterator[Event]:
        """Each event, in the same order."""
        return (located.event for located in super().read())

    def skim(self, wanted: Container[int]) -> Iterator[Place]:
        """Each event with its place in a log, which it says itself."""
        return ((one.file, one.line, one.event) for one in self.read())

    @property
    def faults(self) -> list[Fault]:
        """What the logs say that no history can be, such as an event after the end, where a log says it."""
        return [_fault_in_its_log(one) for one in super().faults]


def _fault_in_its_log(fault: Fault) -> Fault:
    """The same at the line of the log that the event was made from."""
    try:
        with Path(fault.file).open("rb") as lines:
            line = next(islice(lines, max(0, fault.line - 1), None), b"{}")
        found = AT.match(msgspec.json.decode(line).get("note", ""))
    except (OSError, msgspec.DecodeError):
        return fault
    return Fault(found[1], int(found[2]), fault.reason) if found else fault


def _in_its_log(located: Located) -> Located:
    found = AT.match(located.event.note)
    return Located(found[1], int(found[2]), located.event) if found else located


@dataclass
class Imported:
    """An import."""

    kind: str
    history: ImportedHistory
    logs: list[Log]
    by_construction: dict[str, str]
    """Claims that hold by how the import is made, and why."""
    says: list[str]
    """What to know of what is judged, a sentence each."""
    unsynchronized: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """By process, its last membership if that has no completed synchronization, and where that is."""
    left_out: Counter[str] = field(default_factory=Counter[str])
    broken: list[Broken] = field(default_factory=list[Broken])
    decided: Counter[str] = field(default_factory=Counter[str])

    def first_lines(self) -> Iterator[str]:
        """What is said first: whose last membership was never synchronized."""
        for process, (ring, place) in self.unsynchronized.items():
            yield f"{process}: its last membership was never synchronized, as far as its log goes: {ring}"
            yield f"  {place}: clients of {process} wait from here on"
        if self.unsynchronized and "sync" not in self.history.observes:
            yield "  (no line of these logs says that a synchronization was completed; they may leave such lines out)"

    def last_lines(self) -> Iterator[str]:
        """What was read, what was left out, and what the import met by itself."""
        for log in self.logs:
            foreign = log.line_count - log.used_count
            files = f"{log.label} ({counted(len(log.files), 'file')})" if len(log.files) > 1 else log.label
            yield f"{files}: {counted(log.line_count, 'line')}, {foreign:,} of them foreign or without a membership."
        for why, count in self.left_out.items():
            yield f"Left out, {counted(count, 'time')}: {why}."
        yield from self.says

    def barrier(self) -> list[Finding]:
        """What the logs say of synchronization; nothing, if they say nothing of it."""
        history = self.history
        findings = judge_barrier(history.read(), history.processes, history.observes, self.broken, self.decided)
        return findings if any(one.verdict != NOT_OBSERVABLE for one in findings) else []

    def record(self, barrier: Sequence[Finding]) -> dict[str, object]:
        """The same for a script."""
        unsynchronized = [
            {"process": process, "membership": ring, "at": place}
            for process, (ring, place) in self.unsynchronized.items()
        ]
        logs = [{"log": log.label, "lines": log.line_count, "used": log.used_count} for log in self.logs]
        return {
            "from": self.kind, "logs": logs, "synchronization": barrier, "unsynchronized": unsynchronized,
            "left_out": dict(self.left_out), "met_by_import": self.by_construction, "says": self.says,
        }  # fmt: skip

    def without_a_verdict(self, claims: Sequence[JudgedClaim]) -> list[JudgedClaim]:
        """The verdicts, but for claims that the import itself met."""
        return [
            replace_verdict(one, f"met by the import itself: {self.by_construction[one.claim]}")
            if one.claim in self.by_construction and one.verdict in (OK, OPEN)
            else one
            for one in claims
        ]


def replace_verdict(one: JudgedClaim, reason: str) -> JudgedClaim:
    """The same claim as not observable."""
    return JudgedClaim(one.claim, NOT_OBSERVABLE, one.met, one.pending, reason)
