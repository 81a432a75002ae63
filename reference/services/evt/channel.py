"""What a program holds of the event service: an open channel, and subscriptions to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from reference.priorities import Priority
from reference.services.errors import program_error
from reference.services.evt.filters import Filter, all_pass
from reference.services.evt.messages import Event, EventId

EventFn = Callable[[Event], None]


class ChannelPhase(Enum):
    """What has become of an open."""

    OPENING = "opening"
    OPEN = "open"
    REFUSED = "refused"
    CLOSED = "closed"


class EventService(Protocol):
    """What a channel asks of the event service."""

    def publish(self, channel: Channel, event: Event, priority: Priority) -> None: ...
    def make_event(self, data: bytes, patterns: Sequence[bytes], retention_us: int, publisher_name: str) -> Event: ...
    def clear(self, channel: Channel, id: EventId) -> None: ...
    def close(self, channel: Channel) -> None: ...
    def retained_on(self, channel: Channel) -> tuple[Event, ...]: ...


@dataclass(frozen=True, eq=False)
class Subscription:
    """A wish to be given the events of a channel that pass the filters, until it is cancelled."""

    channel: Channel
    event_fn: EventFn
    filters: tuple[Filter, ...]

    def give(self, event: Event) -> None:
        """Hand on the event if it passes."""
        if self in self.channel.subscriptions and all_pass(self.filters, event.patterns):
            self.event_fn(event)

    def cancel(self) -> None:
        """Be given nothing more."""
        if self in self.channel.subscriptions:
            self.channel.subscriptions.remove(self)


class Channel:
    """One open of a channel by this program. It can be used once `phase` is OPEN, of which `opened_fn` tells."""

    def __init__(self, service: EventService, name: str, number: int, opened_fn: Callable[[Channel], None]) -> None:
        self._service = service
        self.name = name
        self.number = number
        self.opened_fn = opened_fn
        self.phase = ChannelPhase.OPENING
        self.subscriptions: list[Subscription] = []

    def publish(
        self,
        data: bytes,
        *,
        patterns: Sequence[bytes] = (),
        priority: Priority = Priority.MEDIUM,
        retention_us: int = 0,
        publisher_name: str = "",
    ) -> EventId:
        """Publish an event to all subscribers of the channel on every member, in the order of the ring.

        It is retained for those who subscribe within `retention_us`. `TryAgainError` if there is no room now.
        """
        self._check_open("publish on")
        if priority is Priority.RECOVERY:
            raise program_error("an event at recovery priority", clause="mail M1", state=str(self))
        event = self._service.make_event(data, patterns, retention_us, publisher_name)
        self._service.publish(self, event, priority)
        return event.id

    def subscribe(self, event_fn: EventFn, filters: Sequence[Filter] = ()) -> Subscription:
        """Be given every event that passes the filters, those that are retained now first."""
        self._check_open("subscribe to")
        subscription = Subscription(self, event_fn, tuple(filters))
        self.subscriptions.append(subscription)
        for event in self._service.retained_on(self):
            subscription.give(event)
        return subscription

    def clear(self, id: EventId) -> None:
        """Retain this event no longer, anywhere."""
        self._check_open("clear an event of")
        self._service.clear(self, id)

    def close(self) -> None:
        """Be given nothing more, and count as an open no longer, once all that was published here is sent."""
        self._check_open("close")
        self._service.close(self)
        self.subscriptions.clear()
        self.phase = ChannelPhase.CLOSED

    def _check_open(self, what: str) -> None:
        if self.phase is not ChannelPhase.OPEN:
            raise program_error(f"{what} a channel that is not open", clause="SA Forum AIS", state=str(self))

    def __str__(self) -> str:
        return f"channel {self.name!r}, {self.phase.value}"
