"""What a run left in its directory, read back: files that are damaged are errors that name them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from properties.corosync.laboratory.namespaces import LaboratoryError

T = TypeVar("T")
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What reading a value raises that is not what its program writes."""


class UnreadableError(LaboratoryError):
    """A file of a run is damaged: which, where, and why."""


def read_json(path: Path, wanted: type[T]) -> T:
    """A value from a file that we wrote."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=wanted)
    except UNREADABLE as error:
        raise UnreadableError(f"{path}: damaged: {error}") from error


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a client; a last one that is not whole was never written."""
    return [_line(path, number, line) for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1)]


def _line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except UNREADABLE as error:
        raise UnreadableError(f"{path}:{number}: damaged: {error}") from error


@contextmanager
def as_recorded(directory: Path) -> Generator[None]:
    """What is not as the programs write it is an error of the run."""
    try:
        yield
    except MISSHAPEN as error:
        raise UnreadableError(f"{directory}: a file of the run is damaged: {type(error).__name__} {error}") from error
