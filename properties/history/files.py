"""The bytes of a history: files as they are or compressed, patterns, and standard input.

A history is read more than once, so standard input is kept in a file for as long as it is needed. What is compressed is
told by its first bytes, not by its name, and is decompressed as it is read: a line is never held beyond its limit.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import IO, BinaryIO

STANDARD_INPUT = "standard input"
Opener = Callable[[BinaryIO], BufferedIOBase | BinaryIO]


class ReadError(Exception):
    """A file cannot be read, or not to its end."""


@dataclass
class Lines:
    """The lines of a file, from the first each time; of a longer one only what is over the limit by one byte."""

    path: Path
    most_bytes: int
    size_bytes: int = 0
    _raw: IO[bytes] | None = None
    _was_read: bool = False

    @property
    def read_bytes(self) -> int:
        """How much of the file, compressed as it is, this reading has seen."""
        if self._raw is None or self._raw.closed:
            return self.size_bytes if self._was_read else 0
        return self._raw.tell()

    def look(self) -> None:
        """See that there is a file; ReadError says why not."""
        with _named_errors():
            about = os.stat(self.path)
        if stat.S_ISDIR(about.st_mode):
            raise ReadError("is a directory; name the files in it")
        if not stat.S_ISREG(about.st_mode):
            raise ReadError("not a regular file; it is read more than once")
        self.size_bytes = about.st_size

    def __iter__(self) -> Iterator[bytes]:
        """Each line with its end; ReadError where reading ends too soon."""
        with _named_errors(), self.path.open("rb") as raw:
            self._raw = raw
            opener, errors = _opener(raw.peek(8))
            try:
                with opener(raw) as stream:
                    yield from iter(partial(stream.readline, self.most_bytes + 1), b"")
            except errors as error:
                raise ReadError(f"damaged: {error}") from error
        self._was_read = True


def _opener(head: bytes) -> tuple[Opener, tuple[type[Exception], ...]]:
    """How what begins so is read, and what that raises if it is damaged."""
    if head.startswith(b"\x1f\x8b"):
        import gzip
        import zlib

        return lambda raw: gzip.GzipFile(fileobj=raw), (EOFError, zlib.error, gzip.BadGzipFile)
    if head.startswith(b"BZh"):
        import bz2

        return bz2.BZ2File, (EOFError, OSError)
    if head.startswith(b"\xfd7zXZ\x00"):
        import lzma

        return lzma.LZMAFile, (EOFError, lzma.LZMAError)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        from importlib import import_module

        zstd = import_module("compression.zstd")  # in the standard library from Python 3.14 on
        return zstd.ZstdFile, (EOFError, zstd.ZstdError)
    return lambda raw: raw, ()


@contextmanager
def _named_errors() -> Generator[None]:
    """What the system refuses, and what this Python was built without."""
    try:
        yield
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read") from error
    except ImportError as error:
        raise ReadError(f"compressed, and this Python cannot decompress it: {error}") from error


@contextmanager
def kept(stream: BinaryIO) -> Generator[Path]:
    """A file with all that a stream has, for as long as it is needed."""
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="ringplug-", suffix=".jsonl") as file:
        shutil.copyfileobj(stream, file)
        file.flush()
        yield Path(file.name)


def expanded(names: Sequence[str]) -> list[Path]:
    """The files of these names, and of patterns such as `run/*.jsonl` in order; ReadError if nothing matches one."""
    return [path for name in names for path in _matching(name)]


def _matching(name: str) -> list[Path]:
    if not any(one in name for one in "*?[") or os.path.lexists(name):
        return [Path(name)]
    from glob import glob

    found = sorted(glob(name, recursive=True))
    if not found:
        raise ReadError(f"{name}: no file matches")
    return list(map(Path, found))
