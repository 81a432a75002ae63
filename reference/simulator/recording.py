"""What a run is seen to do, in one order: the effects of every step, and what the world and the services do.

A record is made of values; who reads it tells them apart by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import Guarantee, MessageId
from reference.rings import ProcessorId, RingId


@dataclass(frozen=True, slots=True)
class Started:
    """A processor begins a life; its lives are counted from 1."""

    life: int
    incarnation: int
    amnesic: bool


@dataclass(frozen=True, slots=True)
class Crashed:
    """A processor stops."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A service queued a message, in the configuration that it was told of last."""

    message: MessageId
    priority: Priority
    guarantee: Guarantee
    ring_id: RingId | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PlugCalled:
    """A service called create, destroy or unplug."""

    call: str
    handle: Handle


@dataclass(frozen=True, slots=True)
class Counted:
    """A service took a recovery message for one of the ring that it is told of now."""

    message: MessageId
    ring_id: RingId


@dataclass(frozen=True, slots=True)
class Raised:
    """A step raised an error: the run ends here."""

    error: str
    where: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The run ends, and this processor goes on; `is_quiet`: nothing is under way any more."""

    is_quiet: bool


class Seen(NamedTuple):
    """Something that was seen: where in the order of everything, when in the world's time, at which processor."""

    order: int
    time_us: int
    processor: ProcessorId
    what: object


Record = Callable[[Seen], None]
