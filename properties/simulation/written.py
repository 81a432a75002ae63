"""What is written of a run: its script, its history, and all that was seen as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path

import msgspec

from properties.simulation.histories import Seen
from properties.simulation.reducing import Reduced
from properties.simulation.running import Run


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
    return b"".join(msgspec.json.encode(_plain(one), enc_hook=_as_list, order="deterministic") + b"\n" for one in seen)


def _plain(one: Seen) -> dict[str, object]:
    what = one.what
    fields = asdict(what) if is_dataclass(what) and not isinstance(what, type) else {"value": str(what)}
    return {
        "order": one.order, "time_us": one.time_us, "processor": one.processor, "kind": type(what).__name__, **fields,
    }  # fmt: skip


def _as_list(value: object) -> object:
    return str(value)
