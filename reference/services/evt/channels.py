"""The channels of the cluster: who has them open, and the events that they retain.

Every member holds all of it, and changes it in the order of the ring. A channel lives while it is open somewhere, or
retains an event under a name that was not taken away. Retention ends by each processor's own clock. Deliveries do not
tell the time, so an event is retained from the moment on at which the time is told next.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from reference.rings import ProcessorId
from reference.services.evt.messages import RETAINED_MAX, ChannelKey, Event, EventId, MessageName

Opening = tuple[ProcessorId, int]


@dataclass(slots=True)
class RetainedEvent:
    """An event, and when it ends here: known as soon as the time is."""

    event: Event
    expires_at_us: int | None = None


@dataclass(slots=True)
class ChannelState:
    """One channel: its opens, and what it retains."""

    opens: set[Opening] = field(default_factory=set[Opening])
    retained: dict[EventId, RetainedEvent] = field(default_factory=dict[EventId, RetainedEvent])


class Channels:
    """All channels, as one processor knows them."""

    def __init__(self) -> None:
        self._states: dict[ChannelKey, ChannelState] = {}
        self._where: dict[Opening, ChannelKey] = {}
        self._retained_on: dict[EventId, ChannelKey] = {}
        self._untimed: dict[EventId, int] = {}
        self._expiring: list[tuple[int, EventId]] = []

    def where(self, opening: Opening) -> ChannelKey | None:
        """The channel that this is an open of."""
        return self._where.get(opening)

    def open_counts(self, key: ChannelKey) -> dict[ProcessorId, int]:
        """How often each processor has the channel open."""
        state = self._states.get(key)
        return dict(sorted(Counter(processor for processor, _ in state.opens).items())) if state else {}

    def opens_of(self, processor: ProcessorId) -> dict[ChannelKey, list[int]]:
        """The opens of one processor, by channel."""
        found: dict[ChannelKey, list[int]] = {}
        for (opener, number), key in sorted(self._where.items()):
            if opener == processor:
                found.setdefault(key, []).append(number)
        return found

    def retained(self) -> Iterator[tuple[ChannelKey, RetainedEvent]]:
        """All events that are retained, with their channels."""
        for key, state in self._states.items():
            yield from ((key, one) for one in state.retained.values())

    def retained_on(self, key: ChannelKey) -> tuple[Event, ...]:
        """The events that a channel retains, the oldest here first."""
        state = self._states.get(key)
        return tuple(one.event for one in state.retained.values()) if state else ()

    @property
    def deadline_us(self) -> int | None:
        """When the next event ends, or at once, if one waits to be told the time."""
        return 0 if self._untimed else self._expiring[0][0] if self._expiring else None

    def content(self) -> list[tuple[ChannelKey, list[Opening]]]:
        """What all members hold alike, as plain values: the opens. Retention ends by each clock, and is not in it."""
        return [(key, sorted(state.opens)) for key, state in sorted(self._states.items(), key=_by_name) if state.opens]

    # Changes.

    def open(self, opening: Opening, key: ChannelKey) -> None:
        """Count an open, which is one of this channel and of no other."""
        self.close(opening)
        self._states.setdefault(key, ChannelState()).opens.add(opening)
        self._where[opening] = key

    def close(self, opening: Opening) -> None:
        """Count an open no longer."""
        key = self._where.pop(opening, None)
        if key:
            self._states[key].opens.remove(opening)
            self._end_if_unused(key)

    def unlink(self, name: str, message: MessageName) -> None:
        """Take the name away. Who has the channel open goes on with it."""
        old, new = ChannelKey(name), ChannelKey(name, message)
        state = self._states.pop(old, None)
        if state:
            self._states[new] = state
            self._where.update(dict.fromkeys(state.opens, new))
            self._retained_on.update(dict.fromkeys(state.retained, new))
            self._end_if_unused(new)

    def keep(self, processors: Collection[ProcessorId]) -> None:
        """Forget the opens of all other processors."""
        for opening in [one for one in self._where if one[0] not in processors]:
            self.close(opening)

    def can_retain(self, key: ChannelKey) -> bool:
        """Whether the channel has room for one more event."""
        state = self._states.get(key)
        return state is None or len(state.retained) < RETAINED_MAX

    def retain(self, key: ChannelKey, event: Event, remaining_us: int) -> bool:
        """Retain an event for so long; False if it is retained."""
        if event.id in self._retained_on:
            return False
        self._states.setdefault(key, ChannelState()).retained[event.id] = RetainedEvent(event)
        self._retained_on[event.id] = key
        self._untimed[event.id] = remaining_us
        return True

    def clear(self, id: EventId) -> None:
        """Retain the event no longer."""
        key = self._retained_on.pop(id, None)
        if key:
            del self._states[key].retained[id]
            self._untimed.pop(id, None)
            self._end_if_unused(key)

    def time_passed(self, now_us: int) -> None:
        """Say when new events end, and end what has been retained for its time."""
        for id, remaining_us in self._untimed.items():
            self._states[self._retained_on[id]].retained[id].expires_at_us = now_us + remaining_us
            heapq.heappush(self._expiring, (now_us + remaining_us, id))
        self._untimed.clear()
        while self._expiring and self._expiring[0][0] <= now_us:
            expires_at_us, id = heapq.heappop(self._expiring)
            if self._expires_at_us(id) == expires_at_us:
                self.clear(id)

    def _expires_at_us(self, id: EventId) -> int | None:
        key = self._retained_on.get(id)
        return self._states[key].retained[id].expires_at_us if key else None

    def _end_if_unused(self, key: ChannelKey) -> None:
        state = self._states[key]
        if not state.opens and (key.unlinked_by or not state.retained):
            for id in [*state.retained]:
                del self._retained_on[id]
                self._untimed.pop(id, None)
            del self._states[key]


def _by_name(item: tuple[ChannelKey, ChannelState]) -> tuple[str, tuple[int, ...]]:
    return item[0].name, item[0].unlinked_by or ()
