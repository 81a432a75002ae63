"""A client's record: what it did and was told, in its own order, one JSON object a line, each written whole.

Lines that the laboratory waits for go to standard output as well. Each has the time in microseconds of the machine's
clock that never runs back, for figures; no verdict rests on it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping

from properties.corosync.laboratory.clients.payload import unpack


class Record:
    """The record of one incarnation."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.is_open = True

    def write(self, event: Mapping[str, object], *, tell: bool = False) -> None:
        """Write a line, unless the record has ended."""
        if not self.is_open:
            return
        line = json.dumps({**event, "us": time.monotonic_ns() // 1000}, separators=(",", ":")).encode() + b"\n"
        os.write(self._descriptor, line)
        if tell:
            os.write(1, line)

    def delivered(self, source: list[int], text: bytes) -> None:
        """A message, as it arrived."""
        message = unpack(text)
        if message is None:
            self.write({"e": "mangled", "from": source, "size": len(text), "head": text[:32].hex()})
            return
        name = [message.node, message.incarnation, message.number]
        event: dict[str, object] = {"e": "deliver", "m": name, "from": source, "size": len(text)}
        if message.last:
            event["last"] = True
        self.write(event, tell=message.last)

    def end(self, why: str, *, tell: bool = True) -> None:
        """The last line."""
        self.write({"e": "end", "why": why}, tell=tell)
        self.is_open = False
