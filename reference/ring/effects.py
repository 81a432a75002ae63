"""What a processor's step wants done, in this order: values that the network, the services and an observer act upon.

An effect is acted upon before the next one. `Store` is on stable storage before anything after it is sent. What a
service calls while it is given a message or a configuration is a step of its own, after the whole list.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from reference.plug.effects import Effect as PlugEffect
from reference.plug.state import State as PlugState
from reference.plug.tokens import MessageSeq
from reference.priorities import Priority
from reference.rings import ProcessorId, RingId, RingSeq


class Guarantee(Enum):
    """When a message is delivered: in the ring's order, or only when all members have it.

    Source: Totem 1995 (agreed and safe delivery)
    """

    AGREED = "agreed"
    SAFE = "safe"


class Kind(Enum):
    """The two kinds of configuration.

    Source: EVS 1994
    """

    TRANSITIONAL = "transitional"
    REGULAR = "regular"


class MessageId(msgspec.Struct, frozen=True):
    """What names a message: who sent it, which of its lives (`incarnation`), and its number in that life."""

    sender: ProcessorId
    incarnation: RingSeq
    number: int


class Send(msgspec.Struct, frozen=True):
    """A datagram for one processor, or, with `to` None, for every other processor that can hear."""

    to: ProcessorId | None
    datagram: bytes


class Store(msgspec.Struct, frozen=True):
    """The ring number to keep on stable storage, from which a restart begins.

    Source: Totem 1995 (ring id on stable storage); corosync 3675dace
    """

    ring_seq: RingSeq


class ConfigurationChange(msgspec.Struct, frozen=True):
    """A configuration for the services: a transitional one leads out of the ring, a regular one installs the next.

    `ring_id` is that of the ring that is installed next, for both kinds.

    Source: EVS 1994; CFG-S1
    """

    kind: Kind
    ring_id: RingId
    members: tuple[ProcessorId, ...]
    left: tuple[ProcessorId, ...]
    joined: tuple[ProcessorId, ...]


class Delivery(msgspec.Struct, frozen=True):
    """A whole message for the services. `ring_id` is the ring whose order it is in."""

    message: MessageId
    ring_id: RingId
    priority: Priority
    guarantee: Guarantee
    queued_in: RingId | None
    payload: bytes


class Origination(msgspec.Struct, frozen=True):
    """Seen: a message of this processor has got its place in the ring's order, with its last packet."""

    message: MessageId
    ring_id: RingId
    priority: Priority
    guarantee: Guarantee


class Receipt(msgspec.Struct, frozen=True):
    """Seen: a packet of the ring is here for the first time, its own ones at origination."""

    ring_id: RingId
    seq: MessageSeq


class Freeing(msgspec.Struct, frozen=True):
    """Seen: all packets of the ring up to this number are no longer kept.

    Source: Totem 1995 (two rotations); RING-S5
    """

    ring_id: RingId
    seq: MessageSeq


class PlugStep(msgspec.Struct, frozen=True):
    """Seen: a call of the plug layer, what it answered, and its state after that.

    `call` is the method of `PlugLayer`, `arguments` its arguments as they were given.
    """

    call: str
    arguments: tuple[object, ...]
    effects: tuple[PlugEffect, ...]
    state: PlugState


class Transition(msgspec.Struct, frozen=True):
    """Seen: the membership went from one state to another, and why."""

    before: str
    after: str
    why: str


class Refused(msgspec.Struct, frozen=True):
    """Seen: a datagram was refused and has changed nothing.

    Source: D14; RING-S4
    """

    why: str


Effect = (
    Send | Store | ConfigurationChange | Delivery | Origination | Receipt | Freeing | PlugStep | Transition | Refused
)
