"""What one file may say of its processes: starts first, counts that are not used twice, nothing after the end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import get_args

from properties.history.events import (
    Configuration,
    Deliver,
    End,
    Event,
    Facet,
    Message,
    Start,
)

MOST_RANGES = 100_000
"""How many runs of used numbers are remembered of one incarnation; a number from an older run passes for unused."""


class Ledger:
    """The books of one process."""

    def __init__(self, process: str) -> None:
        self.process = process
        self.incarnation: int | None = None
        self.ended = False
        self.last = -1
        self.firsts: list[int] = []
        self.lasts: list[int] = []

    def enter(self, event: Event) -> str | None:
        """Take the event, or say why it cannot be."""
        if self.ended:
            return f"an event of {self.process!r} after its end"
        if type(event) is Start:
            if self.incarnation is not None and event.incarnation <= self.incarnation:
                return f"incarnation {event.incarnation} of {self.process!r} after {self.incarnation}"
            self.incarnation, self.last = event.incarnation, -1
            self.firsts, self.lasts = [], []
        elif self.incarnation is None:
            return f"an event of {self.process!r} before its start"
        if not self._take(event.seq):
            return f"sequence number {event.seq} of {self.process!r} is used twice"
        self.ended = type(event) is End
        return None

    def _take(self, number: int) -> bool:
        """Note that a number is used; False if it was."""
        if number == self.last + 1 and self.lasts:
            self.last = self.lasts[-1] = number
            return True
        if number > self.last:
            self.last = number
            self.firsts.append(number)
            self.lasts.append(number)
            if len(self.firsts) > MOST_RANGES:
                del self.firsts[0], self.lasts[0]
            return True
        return self._squeeze_in(number)

    def _squeeze_in(self, number: int) -> bool:
        at = bisect_right(self.firsts, number)
        if at and number <= self.lasts[at - 1]:
            return False
        self.firsts.insert(at, number)
        self.lasts.insert(at, number)
        return True


def fields_not_observed(observes: frozenset[Facet]) -> Callable[[Event], str | None]:
    """A function that says of an event what in it the source does not claim to observe, or leaves out."""
    silent = {facet for facet in get_args(Facet) if facet not in observes}
    fields = [name for name in ("sender", "priority", "level") if name in silent]
    names_sender, lists = "sender" in observes, "lists" in observes

    def unseen(event: Event) -> str | None:
        kind = type(event)
        name = event.kind if isinstance(event, Configuration) else kind.__name__.lower()
        if name in silent:
            return f"an event {name!r}, which meta does not observe"
        if isinstance(event, Message):
            for one in fields:
                if getattr(event, one, None) is not None:
                    return f"a field {one!r}, which meta does not observe"
            if kind is Deliver and names_sender and event.sender is None:  # pyright: ignore
                return "no sender, which meta observes"
        elif isinstance(event, Configuration) and not lists and (event.left, event.joined) != (None, None):
            return "left or joined, which meta does not observe as lists"
        return None

    return unseen
