"""The log of a node: one line an event on standard error, as text or as JSON.

What happens at every datagram is counted, not logged; `refused` is told when it has grown, at most so often.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import msgspec

REFUSED_EVERY_US = 10_000_000


class Log:
    """Where events are told."""

    def __init__(self, node: str, *, as_json: bool, stream: TextIO = sys.stderr) -> None:
        self._node, self._as_json, self._stream = node, as_json, stream
        self._refused, self._refused_at_us = dict[str, int](), 0

    def say(self, event: str, **fields: Any) -> None:
        """Tell of an event. A log that nobody takes any more is no reason to stop."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._as_json:
            line = msgspec.json.encode({"at": at, "node": self._node, "event": event, **fields}).decode()
        else:
            line = " ".join((at, self._node, event, *(f"{key}={_text(value)}" for key, value in fields.items())))
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass

    def refused(self, counts: dict[str, int], now_us: int) -> None:
        """Tell how many datagrams were refused so far, by reason, if more were since it was told last."""
        if counts != self._refused and now_us >= self._refused_at_us + REFUSED_EVERY_US:
            self._refused, self._refused_at_us = counts, now_us
            self.say("refused", **counts)


def _text(value: Any) -> str:
    text = ",".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else str(value)
    return text if text.isprintable() and " " not in text else ascii(text)
