"""What is written of a run: its script, its history, and all that was seen as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import cast
from zlib import crc32

import msgspec

from properties.files import write_whole
from properties.simulate.historian import Seen
from properties.simulate.run import Run
from properties.simulate.shrink import Reduced

SHORT_BYTES = 32
SCRIPT, HISTORY, SEEN, REDUCED = FILES = ("script.txt", "history.jsonl", "seen.jsonl", "reduced.txt")


def written(found: Run, reduced: Reduced | None, out: Path) -> None:
    """Write a run into a directory."""
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / SCRIPT, found.script.text())
    if found.history:
        about = {"seed": found.script.seed, "members": found.script.members}
        write_whole(out / HISTORY, found.history.encoded({**about}))
    write_whole(out / SEEN, seen_lines(found.seen))
    if reduced:
        write_whole(out / REDUCED, reduced.run.script.text())


def seen_lines(seen: Sequence[Seen]) -> bytes:
    """One JSON object a line: when, where, what, in the order of everything."""
    return b"".join(msgspec.json.encode(_line(one)) + b"\n" for one in seen)


def _line(one: Seen) -> dict[str, object]:
    place = {"order": one.order, "time_us": one.time_us, "processor": one.processor}
    return {**place, "kind": type(one.what).__name__, **_fields(one.what)}


def _fields(what: object) -> dict[str, object]:
    names = what.__struct_fields__ if isinstance(what, msgspec.Struct) else getattr(what, "__dataclass_fields__", ())
    return {name: plain(getattr(what, name)) for name in names}


def plain(value: object) -> object:
    """A value as JSON has them; long bytes are told by their length and checksum."""
    match value:
        case Enum():
            return value.name.lower()
        case None | str() | int():
            return value
        case bytes():
            return value.hex() if len(value) <= SHORT_BYTES else f"{len(value)} bytes, crc32 {crc32(value):08x}"
        case tuple():
            return [plain(one) for one in cast("tuple[object, ...]", value)]
        case frozenset():
            return sorted(cast("frozenset[int]", value))
        case _:
            return _fields(value)
