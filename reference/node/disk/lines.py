"""A file of JSON lines that only grows: what one process records, also over several of its lives.

Lines are kept until `flush`, which hands them to the system in one write: what is flushed survives the end of the
process, if not that of the machine. A line that an earlier life could not finish is taken away.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from reference.node.disk.errors import disk_error

TAIL_BYTES = 1 << 20
"""The longest line, with its end."""
KEPT_BYTES = 1 << 16
"""Flushed by itself when so much waits."""


class Lines:
    """The end of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: Any = None
        """The last line that is there already."""
        self._waiting = bytearray()
        self._encoder = msgspec.json.Encoder()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._go_to_the_end()
        except OSError as error:
            raise disk_error(str(path), error) from error

    def put(self, line: Any) -> None:
        """One more line."""
        self._waiting += self._encoder.encode(line) + b"\n"
        if len(self._waiting) > KEPT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what waits."""
        try:
            while self._waiting:
                del self._waiting[: os.write(self._file, self._waiting)]
        except OSError as error:
            self._waiting.clear()
            raise disk_error(f"{self.path}: cannot be recorded", error) from error

    def close(self) -> None:
        """The end."""
        try:
            self.flush()
        finally:
            os.close(self._file)

    def _go_to_the_end(self) -> None:
        size = os.lseek(self._file, 0, os.SEEK_END)
        begin = max(0, size - TAIL_BYTES)
        tail = os.pread(self._file, size - begin, begin)
        whole = tail.rpartition(b"\n")[0]
        if tail and not tail.endswith(b"\n"):
            os.ftruncate(self._file, begin + len(whole) + 1 if b"\n" in tail else begin)
        if line := whole.rpartition(b"\n")[2]:
            self.last = _read(line)
        os.lseek(self._file, 0, os.SEEK_END)


def _read(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except msgspec.MsgspecError:
        return None
