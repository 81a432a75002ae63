"""What one file may say of its processes: starts first, counts that are not used twice, nothing after the end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Any

from properties.history.events import (
    EVENTS,
    FACETS,
    NO_ID,
    Configuration,
    Deliver,
    End,
    Event,
    Facet,
    Lack,
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
        self.first, self.next = -1, -1
        """The numbers used last are those from `first` to before `next`."""
        self.used: list[tuple[int, int]] = []
        """Runs used before that, as first and last."""

    def enter(self, event: Event) -> str | None:
        """Take the event, or say why it cannot be."""
        kind = type(event)
        if event.seq == self.next and kind is not End and kind is not Start and not self.ended:
            self.next += 1
            return None
        if self.ended:
            return f"an event of {self.process!r} after its end"
        if type(event) is Start:
            if self.incarnation is not None and event.incarnation <= self.incarnation:
                return f"incarnation {event.incarnation} of {self.process!r} after {self.incarnation}"
            self.incarnation, self.used = event.incarnation, []
            self.first, self.next = event.seq, event.seq + 1
            return None
        if self.incarnation is None:
            return f"an event of {self.process!r} before its start"
        if not self._take(event.seq):
            return f"sequence number {event.seq} of {self.process!r} is used twice"
        self.ended = kind is End
        return None

    def _take(self, number: int) -> bool:
        """Note that a number is used; False if it was."""
        if number >= self.next:
            if number > self.next:
                self.used.append((self.first, self.next - 1))
                self.first = number
                del self.used[:-MOST_RANGES]
            self.next = number + 1
            return True
        at = bisect_right(self.used, (number, number))
        inside = number >= self.first or any(
            first <= number <= last for first, last in self.used[max(0, at - 1) : at + 1]
        )
        if not inside:
            self.used.insert(at, (number, number))
        return not inside


Refusal = Callable[[Any], str | None]


def refusals_of(observes: frozenset[Facet], without: frozenset[Lack] = frozenset()) -> dict[type[Event], Refusal]:
    """By kind of event: what it has that its source does not claim to observe, or lacks that it does."""
    silent = frozenset(FACETS) - observes
    fields = tuple(name for name in ("sender", "priority", "level", "step") if name in silent)
    messages = partial(_message_refused, fields, "sender" in observes)
    found: dict[type[Event], Refusal] = {Configuration: partial(_configuration_refused, silent, without)}
    for kind in EVENTS:
        if kind.__name__.lower() in silent:
            found[kind] = partial(_kind_refused, kind.__name__.lower())
        elif issubclass(kind, Message) and (fields or kind is Deliver):
            found[kind] = messages
    return found


def _kind_refused(name: str, event: Event) -> str:
    return f"an event {name!r}, which meta does not observe"


def _message_refused(fields: tuple[str, ...], names_sender: bool, event: Message) -> str | None:
    for one in fields:
        if getattr(event, one, None) is not None:
            return f"a field {one!r}, which meta does not observe"
    if names_sender and isinstance(event, Deliver) and event.sender is None:
        return "no sender, which meta observes"
    return None


def _configuration_refused(silent: frozenset[str], without: frozenset[Lack], event: Configuration) -> str | None:
    is_transitional = event.kind == "transitional"
    if is_transitional and "transitional" in without:
        return "a transitional configuration, of which meta says that there are none"
    if event.kind in silent and event.out_of is None:
        return f"an event {event.kind!r}, which meta does not observe"
    if event.out_of is not None and not is_transitional:
        return "out_of, which only a transitional configuration has"
    if event.ring == NO_ID and event.out_of is None and "ids" not in without:
        return "no ring, and meta does not say that rings have no ids"
    if "lists" in silent and (event.left is not None or event.joined is not None):
        return "left or joined, which meta does not observe as lists"
    return None
