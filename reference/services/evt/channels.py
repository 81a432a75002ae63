"""The channels of the cluster: who has them open, and the events that they retain.

Every member holds all of it, and changes it in the order of the ring. A channel lives while it is open somewhere, or
retains an event under a name that was not taken away. Retention ends by each processor's own clock.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from reference.rings import ProcessorId
from reference.services.evt.messages import RETAINED_MAX, ChannelKey, Event, EventId, MessageName

Opening = tuple[ProcessorId, int]


@dataclass(frozen=True, slots=True)
class RetainedEvent:
    """An event, and when it ends here."""

    event: Event
    expires_at_us: int


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
        self._expiring: list[tuple[int, int, ChannelKey, EventId]] = []
        self._expiring_count = 0

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
        """When the next event ends."""
        return self._expiring[0][0] if self._expiring else None

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
        state = self._states.pop(ChannelKey(name), None)
        if state and state.opens:
            key = ChannelKey(name, message)
            self._states[key] = state
            self._where.update(dict.fromkeys(state.opens, key))
            for one in state.retained.values():
                self._will_expire(one.expires_at_us, key, one.event.id)

    def keep(self, processors: Collection[ProcessorId]) -> None:
        """Forget the opens of all other processors."""
        for opening in [one for one in self._where if one[0] not in processors]:
            self.close(opening)

    def can_retain(self, key: ChannelKey) -> bool:
        """Whether the channel has room for one more event."""
        state = self._states.get(key)
        return state is None or len(state.retained) < RETAINED_MAX

    def retain(self, key: ChannelKey, event: Event, expires_at_us: int) -> bool:
        """Retain an event; False if the channel has it."""
        state = self._states.setdefault(key, ChannelState())
        if event.id in state.retained:
            return False
        state.retained[event.id] = RetainedEvent(event, expires_at_us)
        self._will_expire(expires_at_us, key, event.id)
        return True

    def clear(self, key: ChannelKey, id: EventId) -> None:
        """Retain the event no longer."""
        state = self._states.get(key)
        if state and state.retained.pop(id, None):
            self._end_if_unused(key)

    def expire(self, now_us: int) -> None:
        """End what has been retained for its time."""
        while self._expiring and self._expiring[0][0] <= now_us:
            _, _, key, id = heapq.heappop(self._expiring)
            state = self._states.get(key)
            if state and id in state.retained and state.retained[id].expires_at_us <= now_us:
                self.clear(key, id)

    def _will_expire(self, expires_at_us: int, key: ChannelKey, id: EventId) -> None:
        self._expiring_count += 1
        heapq.heappush(self._expiring, (expires_at_us, self._expiring_count, key, id))

    def _end_if_unused(self, key: ChannelKey) -> None:
        state = self._states[key]
        if not state.opens and (key.unlinked_by or not state.retained):
            del self._states[key]


def _by_name(item: tuple[ChannelKey, ChannelState]) -> tuple[str, tuple[int, ...]]:
    return item[0].name, item[0].unlinked_by or ()
