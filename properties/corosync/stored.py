"""What a run left in its directory, read back: files that are damaged are errors that name them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from properties.corosync.laboratory.namespaces import LaboratoryError

T = TypeVar("T")
Number = Annotated[int, Meta(ge=0)]
Pair = tuple[Number, Number]
Members = list[tuple[Number, Number, int]]
"""Node, process, and why it is told."""


class ClientLine(msgspec.Struct, tag_field="e"):
    """A line of a client; what else it has is for readers."""


class StartLine(ClientLine, tag="start"):
    """It has joined its group."""

    node: Number
    incarnation: Number
    pid: Number


class RingLine(ClientLine, tag="ring"):
    """It is told of a ring."""

    ring: Pair
    members: list[Number]


class GroupLine(ClientLine, tag="group"):
    """It is told of its group."""

    members: Members
    left: Members
    joined: Members


class SendLine(ClientLine, tag="send"):
    """It has sent a message."""

    n: Number
    code: int
    safe: bool = False


class DeliverLine(ClientLine, tag="deliver"):
    """It delivers a message: node, incarnation and number of its sender."""

    m: tuple[Number, Number, Number]
    sender: Pair = msgspec.field(name="from")


class MangledLine(ClientLine, tag="mangled"):
    """It delivers what nobody sent."""

    head: str
    sender: Pair = msgspec.field(name="from")


class LostLine(ClientLine, tag="lost"):
    """It is told that so many messages were not given to it."""

    count: Number


class StepLine(msgspec.Struct):
    """A step of the laboratory, or what came of it."""

    step: dict[str, Any]


class EndLine(ClientLine, tag="end"):
    """It ends."""

    why: str


LINE = msgspec.json.Decoder(
    StartLine | RingLine | GroupLine | SendLine | DeliverLine | MangledLine | LostLine | EndLine
)
STEP = msgspec.json.Decoder(StepLine)
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
    """The lines of a client, each with its number; a last one that is not whole was never written."""
    return [_line(path, number, line) for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1)]


def _line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        LINE.decode(line)
        return {**msgspec.json.decode(line, type=dict[str, Any]), "line": number}
    except UNREADABLE as error:
        raise UnreadableError(f"{path}:{number}: damaged: {error}") from error


def read_steps(path: Path) -> list[dict[str, Any]]:
    """What the laboratory did, and what came of it."""
    try:
        return [STEP.decode(line).step for line in path.read_bytes().splitlines()]
    except UNREADABLE as error:
        raise UnreadableError(f"{path}: damaged: {error}") from error


@contextmanager
def as_recorded(directory: Path) -> Generator[None]:
    """What is not as the programs write it is an error of the run."""
    try:
        yield
    except MISSHAPEN as error:
        raise UnreadableError(f"{directory}: a file of the run is damaged: {type(error).__name__} {error}") from error
