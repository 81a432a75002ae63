"""The standard streams as they may be: closed, on a device that is full, in another encoding.

What is closed is read as empty, and what is written to it is gone, as its user wants it. What cannot be written to
standard output is an error; what cannot be written to standard error changes nothing, since the exit code says it too.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from typing import TextIO

STREAMS = 3
"""So many; their descriptors are those below it."""


class Unheeded(TextIOWrapper):
    """A stream on which whatever cannot be written is lost."""

    def write(self, text: str, /) -> int:
        """Write it, if that can be done."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if that can be done."""
        with suppress(OSError):
            super().flush()


def prepare() -> None:
    """Open what is closed, write UTF-8 wherever it goes, and let no error of standard error count."""
    _fill()
    if sys.stdin is None:
        sys.stdin = TextIOWrapper(BufferedReader(FileIO(0, closefd=False)), "utf-8")
    if sys.stdout is None:
        sys.stdout = TextIOWrapper(BufferedWriter(FileIO(1, "w", closefd=False)), "utf-8")
    _as_utf_8(sys.stdout)
    if sys.stderr is sys.__stderr__:
        buffer = BufferedWriter(FileIO(2, "w", closefd=False))
        sys.stderr = Unheeded(buffer, "utf-8", "backslashreplace", line_buffering=True)


def _as_utf_8(stream: TextIO) -> None:
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8")


def _fill() -> None:
    """Give the descriptors below three to nothing else than a null device: files that are opened would get them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < STREAMS:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def flushed() -> OSError | None:
    """What keeps the last of standard output from being written, if anything does; it is given up then."""
    try:
        sys.stdout.flush()
    except OSError as error:
        with suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
        return error
    return None
