"""A search written down now and then, so that one that is killed goes on where it was.

States that have numbers keep them, so they are written once, piece by piece. A checkpoint is a list of pieces with
their checksums, the states of the next level as far as they are found, and what was counted: `search.json`, which is
put in place whole when all that it names is there. Whatever moment a search is killed at, the list before or the new
one stands. Checksums, and not the order in which a system writes to its disk, tell a list that a power cut damaged.

A folder belongs to one machine, scope and set of probes: its name is a hash of them and of the code that searches.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from properties.explicit.native import Rows
from properties.explicit.sheets import Sheet
from properties.files import write_whole
from properties.limits import CheckpointError

EVERY_SECONDS = 60.0
PAUSE_PER_SECOND = 20.0
"""For each second of writing, at least so many of searching."""
PIECE_ROWS = 1 << 22
LIST, LOCK = "search.json", "lock"


@dataclass(frozen=True)
class Kept:
    """Where a search is kept, if anywhere."""

    checkpoint: Path | None = None
    """The folder of checkpoints."""
    disk: Path | None = None
    """The folder for states that do not fit the memory."""
    executor: str = ""
    """Whose workers search what is on the disk."""


NOT_KEPT = Kept()


class Piece(msgspec.Struct, frozen=True):
    """A file of states, as they are stored."""

    name: str
    rows: int
    sha256: str


class Shown(msgspec.Struct, frozen=True):
    """What a probe found: probe and step by their places."""

    probe: int
    state: int
    depth: int
    step: int | None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """How far a search has come."""

    starts: list[int]
    expanded: int
    """States before this number were expanded."""
    transitions: int
    stutters: int
    fired: list[str]
    refused: list[tuple[str, str]]
    found: list[Shown]
    pieces: list[Piece] = []
    """The states with numbers, in order."""
    next_level: list[Piece] = []
    sheets: list[Sheet] = []
    """Of a search on a disk, instead of pieces: the states with numbers, in order."""


class Checkpoint:
    """What is kept of one search, in a folder that no other process works with at the same time."""

    def __init__(self, folder: Path, key: str) -> None:
        """CheckpointError: another process searches the same. OSError: the folder cannot be written to."""
        self.folder = folder / f"search-{key[:32]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = (self.folder / LOCK).open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CheckpointError(f"{self.folder}: another process searches the same, and keeps it there") from error
        self.pieces = list[Piece]()
        self.ended, self.pause = time.monotonic(), EVERY_SECONDS

    def read(self) -> Written | None:
        """What was written last, if anything. CheckpointError: it is damaged."""
        path = self.folder / LIST
        if not path.exists():
            return None
        checksum, _, text = path.read_bytes().partition(b"\n")
        if checksum.decode(errors="replace") != _sum(text):
            raise _damaged(path)
        written = msgspec.json.decode(text, type=Written)
        self.pieces = written.pieces
        return written

    def rows(self, pieces: Sequence[Piece], words: int) -> Iterator[Rows]:
        """The states of these pieces. CheckpointError: one is missing or damaged."""
        for piece in pieces:
            path = self.folder / piece.name
            data = path.read_bytes() if path.exists() else b""
            if len(data) != 8 * words * piece.rows or _sum(data) != piece.sha256:
                raise _damaged(path)
            yield np.frombuffer(data, np.uint64).reshape(-1, words)

    def is_due(self) -> bool:
        """Whether it is time to write."""
        return time.monotonic() - self.ended >= self.pause

    def write(self, written: Written, numbered: Rows, next_level: Sequence[Rows]) -> None:
        """Write how far the search is, the states that have numbers, and those of the next level. OSError: the disk."""
        began = time.monotonic()
        known = sum(piece.rows for piece in self.pieces)
        for first in range(known, len(numbered), PIECE_ROWS):
            part = numbered[first : first + PIECE_ROWS]
            self.pieces.append(self._piece(f"states-{first:010}-{first + len(part):010}", part))
        ahead = [self._piece(f"next-{number:02}", part) for number, part in enumerate(next_level)]
        names = {piece.name for piece in (*self.pieces, *ahead)}
        self.write_list(msgspec.structs.replace(written, pieces=self.pieces, next_level=ahead), names)
        self.ended = time.monotonic()
        self.pause = max(EVERY_SECONDS, PAUSE_PER_SECOND * (self.ended - began))

    def write_list(self, written: Written, names: set[str]) -> None:
        """Put a list in place whose files have these names, and remove all others."""
        text = msgspec.json.encode(written)
        write_whole(self.folder / LIST, _sum(text).encode() + b"\n" + text)
        for path in self.folder.iterdir():
            if path.name not in names | {LIST, LOCK}:
                path.unlink()

    def _piece(self, name: str, rows: Rows) -> Piece:
        """Write one file. Its name has its checksum, so that what the last list names is never written over."""
        data = np.ascontiguousarray(rows).data.cast("B")
        checksum = _sum(data)
        piece = Piece(f"{name}-{checksum[:16]}.states", len(rows), checksum)
        write_whole(self.folder / piece.name, data)
        return piece

    def remove(self) -> None:
        """Forget it: the search has ended, and what was asked of it is answered."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()


def _sum(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(f"{path} is damaged: remove its folder, and the search begins again")


def key_of(*parts: bytes | str) -> str:
    """The hash of what a search depends on."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()
