"""Files that are written whole or not at all: who reads one never finds half of it, nor loses what was there before."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

NEW_FILE = 0o666
"""Permissions of a new file, but for those that the user's mask takes away."""


def write_whole(path: Path, content: bytes | memoryview | str) -> None:
    """Write a file in place of the one that is there, if any; text as UTF-8. OSError names this path.

    What is no regular file, such as a pipe or a device, is written to as it is.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, data: bytes | memoryview) -> None:
    """Write beside the file, and take its place when all is written."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.chmod(beside, _mode_of(path))
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _mode_of(path: Path) -> int:
    """The permissions of the file that is there, or of a new one."""
    with suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return NEW_FILE & ~mask


def is_among(path: Path, others: Iterable[Path]) -> bool:
    """Whether the path is a file that is there and also one of the others, by whatever name."""
    return path.exists() and any(other.exists() and path.samefile(other) for other in others)
