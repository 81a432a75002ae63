"""The format `ringplug-calls-2`: a line a call, with what was asked, what was answered, and what was to be seen then.

Fields and answers are those of `ringplug-conform-2`. Every field of a call must be there, and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from properties.conform.messages import Number, ObserveAnswer, ReadTokenAnswer, RingPair
from properties.history.files import Lines, ReadError

FORMAT = "ringplug-calls-2"
FORMER = "ringplug-calls-1"
"""The same without `packet_received`."""
MOST_BYTES = 1 << 20
MOST_CHARACTERS = 400
"""So much of a reason is shown."""
START, CRASH, PACKET = "start", "crash", "packet_received"
NOTHING = msgspec.Raw(b"")
"""Where nothing is answered."""
NEEDS = MappingProxyType(
    {
        START: (),
        CRASH: (),
        "ring_pending": ("ring", "members"),
        "transitional": ("ring", "members"),
        "regular": ("ring", "members"),
        "token_received": ("token", "packet_count"),
        "visit_alone": ("packet_count",),
        "queue": ("priority", "packet_count"),
        PACKET: ("ring", "seq", "sender", "priority", "message", "index", "count"),
        "create": (),
        "unplug": ("handle",),
        "destroy": ("handle",),
    }
)
"""The fields of each call, beside its processor and what came of it; `queued_in` of a packet may be null."""
FIELDS = (
    "ring", "members", "token", "packet_count", "priority", "handle", "seq", "sender", "message", "index", "count",
    "answer", "after",
)  # fmt: skip
CallName = Literal[
    "start", "crash", "ring_pending", "transitional", "regular", "token_received", "visit_alone", "queue",
    "packet_received", "create", "unplug", "destroy",
]  # fmt: skip


class LogError(Exception):
    """A log that cannot be followed: file, line, and why."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        reason = reason if len(reason) <= MOST_CHARACTERS else f"{reason[:MOST_CHARACTERS]}…"
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


class Head(msgspec.Struct, forbid_unknown_fields=True):
    """The first line of a file."""

    format: str
    source: str = ""


class CallLine(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A call: of which processor, what was asked, and what came of it."""

    processor: Number
    call: CallName
    ring: RingPair | None = None
    members: list[Number] | None = None
    token: str | None = None
    packet_count: Number | None = None
    priority: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None
    handle: Number | None = None
    seq: Number | None = None
    sender: Number | None = None
    queued_in: RingPair | None = None
    """Of a packet that arrives; null where no ring was installed."""
    message: Number | None = None
    index: Number | None = None
    count: Annotated[int, msgspec.Meta(ge=1)] | None = None
    answer: msgspec.Raw = NOTHING
    """What the program answers, or would."""
    after: ObserveAnswer | None = None
    """What `observe` answers then."""
    sent: ReadTokenAnswer | None = None
    """What `read_token` answers of the token that is sent."""
    time_ms: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Logged:
    """A line of a log, and where it stands."""

    file: str
    line: int
    call: CallLine

    @property
    def place(self) -> str:
        """For a reader."""
        return f"{self.file}:{self.line}"


def read_calls(path: Path, called: str) -> list[Logged]:
    """The calls in a file, in order; LogError says what is wrong with it."""
    lines = Lines(path, MOST_BYTES)
    found: list[Logged] = []
    try:
        lines.look()
        for number, line in enumerate(lines, 1):
            if number == 1:
                _head(line, called)
            else:
                found.append(Logged(called, number, _call(line, called, number)))
    except ReadError as error:
        raise LogError(called, 0, str(error)) from error
    if not found:
        raise LogError(called, 0, "no call in it")
    return found


def _head(line: bytes, file: str) -> None:
    try:
        head = msgspec.json.decode(line, type=Head)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise LogError(file, 1, f"the first line is to say the format, {FORMAT!r}: {error}") from error
    if head.format not in (FORMAT, FORMER):
        raise LogError(file, 1, f"format is {head.format[:40]!r}; this version reads {FORMAT!r}")


def _call(line: bytes, file: str, number: int) -> CallLine:
    try:
        call = msgspec.json.decode(line, type=CallLine)
    except msgspec.ValidationError as error:
        raise LogError(file, number, f"not a call: {error}") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise LogError(file, number, f"not JSON: {error}") from error
    if reason := _unfit(call):
        raise LogError(file, number, f"{call.call}: {reason}")
    return call


def _unfit(call: CallLine) -> str | None:
    """What a call lacks, or has too much."""
    needed = NEEDS[call.call]
    came = () if call.call in (START, CRASH) else ("answer", "after")
    if call.queued_in is not None and call.call != PACKET:
        return "a field 'queued_in', which it has not"
    for name in FIELDS:
        there = getattr(call, name) not in (None, NOTHING)
        if there != (name in needed or name in came):
            return f"a field {name!r}, which it has not" if there else f"no field {name!r}"
    return None
