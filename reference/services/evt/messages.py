"""What the event service sends, and how large it may be.

Recovery messages name their configuration; the others mean what they say wherever they are delivered. A channel is told
by its name, and, once it is unlinked, by the message that unlinked it, so that a new one may have its name. An open
channel is told by its processor and a number that is never used again there.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from msgspec import Meta

from reference.rings import MEMBERS_MAX, NUMBER_MAX, PROCESSOR_MAX, ProcessorId, RingId
from reference.services.executive_messages import Body
from reference.services.nodes import Text, TimeUs

OPENS_MAX = 1024
PATTERNS_MAX = 16
PATTERN_BYTES_MAX = 255
DATA_BYTES_MAX = 65_536
RETAINED_MAX = 1024

Processor = Annotated[ProcessorId, Meta(ge=0, le=PROCESSOR_MAX)]
Number = Annotated[int, Meta(ge=0, le=NUMBER_MAX)]
ChannelName = Annotated[str, Meta(min_length=1, max_length=255)]
Pattern = Annotated[bytes, Meta(max_length=PATTERN_BYTES_MAX)]


class MessageName(NamedTuple):
    """What names a message: its sender, which of its lives, its number."""

    sender: Processor
    incarnation: Number
    number: Number


class ChannelKey(NamedTuple):
    """What names a channel; `unlinked_by` is the message that took its name away."""

    name: ChannelName
    unlinked_by: MessageName | None = None


class EventId(NamedTuple):
    """What names an event: who published it, since which boot, its number there."""

    publisher: Processor
    boot_time_us: TimeUs
    number: Number


class Event(Body, frozen=True):
    """An event as it is published.

    Source: SA Forum AIS, event service
    """

    id: EventId
    patterns: Annotated[tuple[Pattern, ...], Meta(max_length=PATTERNS_MAX)]
    data: Annotated[bytes, Meta(max_length=DATA_BYTES_MAX)]
    retention_us: TimeUs
    publisher_name: Text


class Open(Body, frozen=True):
    """Open a channel; unless `create`, only if it is open somewhere."""

    number: Number
    name: ChannelName
    create: bool


class Close(Body, frozen=True):
    """Close an open channel."""

    number: Number


class Unlink(Body, frozen=True):
    """Take a channel's name away: it ends when nobody has it open any more."""

    name: ChannelName


class Publish(Body, frozen=True):
    """Publish an event on an open channel."""

    number: Number
    event: Event


class Clear(Body, frozen=True):
    """Retain an event no longer; said through an open channel."""

    number: Number
    id: EventId


class AddNode(Body, frozen=True):
    """Add the sender's node, as clm knows it.

    Source: mail M11
    """

    ring_id: RingId


class OpenCount(Body, frozen=True):
    """The sender's opens of one channel.

    Source: openais evt.c:1108
    """

    ring_id: RingId
    channel: ChannelKey
    numbers: Annotated[tuple[Number, ...], Meta(max_length=OPENS_MAX)]


class CheckIn(Body, frozen=True):
    """The sender's opens were all told. `group` holds the same events as the sender, `retained_count` of them.

    Source: openais evt.c:3179 (EVT_OPEN_COUNT_DONE)
    """

    ring_id: RingId
    group: Annotated[tuple[Processor, ...], Meta(min_length=1, max_length=MEMBERS_MAX)]
    retained_count: Number


class Retained(Body, frozen=True):
    """An event that is still retained, and for how long.

    Source: openais evt.c:1000 (send_next_retained)
    """

    ring_id: RingId
    channel: ChannelKey
    event: Event
    remaining_us: TimeUs


class Handed(Body, frozen=True):
    """All events that the sender's group retains were told."""

    ring_id: RingId


class Done(Body, frozen=True):
    """The event service has recovered in this configuration.

    Source: openais evt.c:3197 (EVT_CONF_DONE)
    """

    ring_id: RingId
