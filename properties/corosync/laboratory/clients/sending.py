"""What a client has to send, and when: the same for every system, from the seed of the run.

A client sends at its own pace; besides, it owes what was asked for: a burst, or a last message.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from properties.corosync.laboratory.clients.payload import LEAST_BYTES, Message, pack

CATCH_UP_COUNT = 20
SIZES = ((0.55, LEAST_BYTES, 200), (0.8, 200, 1300), (0.92, 1300, 1600))
"""Shares of short messages, middling ones, and those about the size of a packet; the rest is larger."""


@dataclass(frozen=True)
class Told:
    """What a client is told when it starts."""

    node: int
    incarnation: int
    seed: int
    per_second: float
    least_bytes: int
    most_bytes: int
    mixed: bool
    """Whether priorities and safe messages are drawn."""
    path: str
    """Of its record."""

    @classmethod
    def from_words(cls, words: list[str]) -> Told:
        """As on its command line."""
        node, incarnation, seed, per_second, least, most, mixed, path = words
        sizes = int(least), int(most)
        return cls(int(node), int(incarnation), int(seed), float(per_second), *sizes, mixed == "True", path)


class Outgoing:
    """The messages of one incarnation, one after the other."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.random = random.Random(f"client/{told.seed}/{told.node}/{told.incarnation}")
        self.number, self.burst, self.asked_us = 0, 0, 0
        self.burst_bytes = 0
        """How long the messages of a burst are; 0: as long as others."""
        self.last_due, self.sending = False, told.per_second > 0
        self._interval_s = 1 / told.per_second if told.per_second else 1.0
        self._due = time.monotonic()

    @property
    def owes(self) -> bool:
        """Whether something is to be sent at once."""
        return bool(self.burst or self.last_due)

    def wait_s(self) -> float:
        """How long until the next message of its own pace is due."""
        return max(0.0, self._due - time.monotonic()) if self.sending else 1.0

    def is_due(self) -> bool:
        """Whether it is; then the one after it is put off. Who is far behind does not catch up."""
        now = time.monotonic()
        if not self.sending or now < self._due:
            return False
        self._due = max(self._due + self._interval_s, now - CATCH_UP_COUNT * self._interval_s)
        return True

    def next(self) -> tuple[Message, bytes]:
        """The next message: of the burst that is owed, or the last one, or just another."""
        self.number, self.asked_us = self.number + 1, time.monotonic_ns() // 1000
        last, length = self.last_due and not self.burst, self.burst_bytes if self.burst else 0
        self.burst = max(0, self.burst - 1)
        self.last_due = self.last_due and not last
        message = Message(self.told.node, self.told.incarnation, self.number, last)
        return message, pack(message, length or self._size())

    def obey(self, word: str, rest: str) -> None:
        """Take `burst N`, or `burst N BYTES`, or `stop`."""
        if word == "burst":
            count, _, length = rest.partition(" ")
            self.burst, self.burst_bytes = self.burst + int(count), int(length or 0)
        elif word == "stop":
            self.sending, self.last_due = False, True

    def _size(self) -> int:
        least_bytes, most_bytes = self.told.least_bytes, self.told.most_bytes
        if least_bytes == most_bytes:
            return most_bytes
        draw = self.random.random()
        for share, least, most in SIZES:
            if draw < share:
                return self.random.randint(least, min(most, most_bytes))
        return self.random.randint(1600, most_bytes)
