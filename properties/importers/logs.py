"""The files of a log: which belong to one process, in which order, and their lines.

A log that was rotated is in several files: `corosync.log.2.gz`, `corosync.log.1`, `corosync.log`. Files that differ in
such an ending only are one log, the oldest first. Others are put together by name: `NAME=FILE`, in the order given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from properties.history.files import Lines, ReadError, expanded

MOST_BYTES = 1 << 20
"""Of a longer line the rest is left out."""
COMPRESSED = re.compile(r"\.(?:gz|bz2|xz|zst)$")
ROTATED = re.compile(r"(?:\.|-)(\d+)$")
NAMED = re.compile(r"([^=/]+)=(.+)", re.DOTALL)
SHOWN = 200
"""So many characters of a line are kept as a note."""


@dataclass(frozen=True)
class Place:
    """Where a line is."""

    file: str
    line: int

    def note(self, text: str) -> str:
        """What an event says of the line that it was made from."""
        return f"{self.file}:{self.line}: {printable(text)[:SHOWN]}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def printable(text: str) -> str:
    """The text with what cannot be printed left out."""
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())


@dataclass
class LogFile:
    """One file of a log."""

    path: Path
    called: str
    lines: Lines = field(init=False)
    line_count: int = 0
    used_count: int = 0
    """Lines that said something."""

    def __post_init__(self) -> None:
        self.lines = Lines(self.path, MOST_BYTES)

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Each line with its number; ReadError if there is no file, or not to its end."""
        self.lines.look()
        number, whole = 0, True
        for line in self.lines:
            if whole:
                number += 1
                yield number, line
            whole = line.endswith(b"\n")
        self.line_count = number


@dataclass
class Log:
    """The files of one log, oldest first."""

    label: str
    """What the log is called: the name that it was given, or its file without what rotation adds."""
    files: list[LogFile]
    name: str | None = None
    """The process whose log it is, if that was said."""

    @property
    def line_count(self) -> int:
        """Lines read so far."""
        return sum(file.line_count for file in self.files)

    @property
    def used_count(self) -> int:
        """Lines that said something."""
        return sum(file.used_count for file in self.files)


def logs_in(arguments: Sequence[str], called: dict[Path, str] | None = None) -> list[Log]:
    """The logs in these files: `FILE`, `NAME=FILE`, or a pattern. ReadError: no file matches, or one is named twice."""
    found: dict[str, Log] = {}
    seen = set[Path]()
    for argument in arguments:
        name, rest = _name_in(argument)
        for path in expanded([rest]):
            if (whole := path.resolve()) in seen:
                raise ReadError(f"{path}: named twice")
            seen.add(whole)
            label = name or str(path.with_name(_stem(path.name)))
            log = found.setdefault(label, Log(label, [], name))
            log.files.append(LogFile(path, (called or {}).get(path, str(path))))
    for log in found.values():
        if log.name is None:
            log.files.sort(key=lambda file: _age(file.path.name))
    return list(found.values())


def _name_in(argument: str) -> tuple[str | None, str]:
    """`NAME=FILE` in its parts, unless there is a file of that name."""
    named = NAMED.fullmatch(argument)
    if named is None or os.path.lexists(argument):
        return None, argument
    return named[1], named[2]


def _stem(name: str) -> str:
    """The name without what rotation and compression add."""
    return ROTATED.sub("", COMPRESSED.sub("", name)) or name


def _age(name: str) -> tuple[int, int]:
    """A key that puts the oldest first: dates rise, other numbers fall, and the file that is written to is last."""
    found = ROTATED.search(COMPRESSED.sub("", name))
    if found is None:
        return 2, 0
    number = int(found[1])
    return (1, number) if len(found[1]) == 8 else (0, -number)
