"""What is written of a run: its script, its history, and all that was seen as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import cast
from zlib import crc32

import msgspec

from properties.simulate.historian import Seen
from properties.simulate.run import Run
from properties.simulate.shrink import Reduced

SHORT_BYTES = 32


def written(found: Run, reduced: Reduced | None, out: Path) -> None:
    """Write a run into a directory."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "script.txt").write_text(found.script.text())
    if found.history:
        about = {"seed": found.script.seed, "members": found.script.members}
        (out / "history.jsonl").write_bytes(found.history.encoded({**about}))
    (out / "seen.jsonl").write_bytes(seen_lines(found.seen))
    if reduced:
        (out / "reduced.txt").write_text(reduced.run.script.text())


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
