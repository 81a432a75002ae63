"""What a run is seen to do, in one order: the effects of every step, and what the world and the services do.

A record is made of values; who reads it tells them apart by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import Guarantee, MessageId
from reference.rings import ProcessorId, RingId


class Started(msgspec.Struct, frozen=True):
    """A processor begins a life; its lives are counted from 1."""

    life: int
    incarnation: int
    amnesic: bool


class Crashed(msgspec.Struct, frozen=True):
    """A processor stops."""


class Queued(msgspec.Struct, frozen=True):
    """A service queued a message, in the configuration that it was told of last."""

    message: MessageId
    priority: Priority
    guarantee: Guarantee
    ring_id: RingId | None
    size_bytes: int


class PlugCalled(msgspec.Struct, frozen=True):
    """A service called create, destroy or unplug."""

    call: str
    handle: Handle


class Counted(msgspec.Struct, frozen=True):
    """A service took a recovery message for one of the ring that it is told of now."""

    message: MessageId
    ring_id: RingId


class Raised(msgspec.Struct, frozen=True):
    """A step raised an error: the run ends here."""

    error: str
    where: str


class Ended(msgspec.Struct, frozen=True):
    """The run ends, and this processor goes on; `is_quiet`: nothing is under way any more."""

    is_quiet: bool


class Seen(NamedTuple):
    """Something that was seen: where in the order of everything, when in the world's time, at which processor."""

    order: int
    time_us: int
    processor: ProcessorId
    what: object


Record = Callable[[Seen], None]
