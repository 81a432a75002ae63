"""A journal: every call of a processor with its time, so that a run on a real network can be repeated in memory.

A processor is a value that takes steps, so the same calls give the same steps. Beside each step stands a checksum of
what it sent, which tells whether the repetition is one. A line is an array: the time in microseconds of a clock that
all processes of the machine share, the call, its arguments; of a step, then its checksum as a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from zlib import crc32

from reference.node.disk.lines import Lines
from reference.ring.effects import Effect, Guarantee, Send
from reference.ring.settings import Settings
from reference.rings import ProcessorId, RingSeq


class Journal:
    """The journal of one node, over all its lives."""

    def __init__(self, path: Path, now_us: int, me: ProcessorId, ring_seq: RingSeq, settings: Settings) -> None:
        self._lines = Lines(path)
        self._lines.put([now_us, "life", me, ring_seq, asdict(settings)])

    def called(self, now_us: int, call: str, *arguments: int | bytes) -> None:
        """A call."""
        self._lines.put([now_us, call, *arguments])

    def sent(self, now_us: int, effects: Iterable[Effect]) -> None:
        """What the step wanted sent."""
        self._lines.put([now_us, "sent", checksum(effects)])

    def queued(self, now_us: int, priority: int, payload: bytes, guarantee: Guarantee) -> None:
        """A message of a service."""
        self._lines.put([now_us, "gmi_mcast", priority, payload, guarantee.value])

    def flush(self) -> None:
        """Before anything is sent."""
        self._lines.flush()

    def close(self) -> None:
        """No more of this life."""
        self._lines.close()


def checksum(effects: Iterable[Effect]) -> int:
    """Of all datagrams that a step wants sent, in their order, and to whom."""
    total = 0
    for effect in effects:
        if isinstance(effect, Send):
            total = crc32(effect.datagram, crc32(repr(effect.to).encode(), total))
    return total
