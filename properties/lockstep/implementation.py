"""The interface of an implementation under test: one plug layer, driven from outside and observed in plain values.

Lockstep drives nothing else. What an implementation needs of its own (how a token looks, how a bitmap is packed, how
messages are cut) stays behind it. Left out on purpose: the order of packets, retransmission, who is next on the ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self, runtime_checkable

import msgspec

RECOVERY, HIGH, MEDIUM, LOW = range(4)
"""The priorities of a message."""


class RingName(NamedTuple):
    """What names a ring: the member that represents it, and a number that grows from ring to ring."""

    representative: int
    seq: int


class CallRefusedError(Exception):
    """The implementation turned a call of its own processor away, and has changed nothing."""


class Packet(msgspec.Struct, frozen=True):
    """A packet that was originated: of which message, and which part of it."""

    priority: int
    queued_in: RingName | None
    """The ring that was installed at its sender when the message was queued."""
    message: int
    """The sender's number of the message."""
    index: int
    count: int


class Visit(msgspec.Struct, frozen=True):
    """What a token's arrival led to."""

    refused: str | None = None
    """Why the token was turned away; None if it was accepted."""
    packets: tuple[Packet, ...] = ()
    token: bytes | None = None
    """The token to send to the next member."""


class Delivered(NamedTuple):
    """A message that is whole: whose it is, the sender's number of it, and what its packets say of it."""

    sender: int
    message: int
    priority: int
    queued_in: RingName | None


class TokenReading(msgspec.Struct, frozen=True):
    """What is read of a token: its ring, and the positions that are set in its bitmap."""

    ring: RingName
    positions: frozenset[int]


class Observation(msgspec.Struct, frozen=True):
    """What the refinement map needs to know of one processor, after every call."""

    installed: RingName | None
    pending: RingName | None
    gate_open: bool
    registered: frozenset[int]
    plugged: frozenset[int]
    recovery_waiting: tuple[RingName | None, ...]
    """For each recovery message not yet originated whole, the ring in which it was queued."""
    held: frozenset[int] | None = None
    """In a ring of one, which has no token: the positions that its member counts as set. None if it keeps no bitmap."""


class Implementation(Protocol):
    """One processor's plug layer. A call takes its whole step before it returns, or raises `CallRefusedError`."""

    def ring_pending(self, ring: RingName, members: Sequence[int]) -> bytes | None:
        """The processors have agreed on this ring; the representative of a ring of several returns the first token."""
        ...

    def transitional(self, ring: RingName, members: Sequence[int]) -> None:
        """The installed ring is left, and these of its members come along."""
        ...

    def regular(self, ring: RingName, members: Sequence[int]) -> None:
        """The pending ring is installed."""
        ...

    def token_received(self, token: bytes, packet_count: int) -> Visit:
        """A token arrives; the flow control grants so many packets, perhaps none."""
        ...

    def visit_alone(self, packet_count: int) -> Visit:
        """The turn of the only member of a ring, which has no token."""
        ...

    def queue(self, priority: int, packet_count: int) -> None:
        """A service queues a message that takes so many packets."""
        ...

    def create(self) -> int:
        """A service creates a handle."""
        ...

    def unplug(self, handle: int) -> None:
        """A service unplugs a handle."""
        ...

    def destroy(self, handle: int) -> None:
        """A service destroys a handle."""
        ...

    def observe(self) -> Observation:
        """What the processor knows now. Changes nothing."""
        ...

    def read_token(self, token: bytes) -> TokenReading:
        """What a token says. Changes nothing, and asks nothing of the processor's state."""
        ...


@runtime_checkable
class Receives(Protocol):
    """An implementation whose receiving is driven, too."""

    def packet_received(self, ring: RingName, seq: int, sender: int, packet: Packet) -> Delivered | None:
        """Packet number `seq` of a ring arrives, its own packets included; the message that is whole by it."""
        ...


class Copyable(Implementation, Protocol):
    """An implementation that can be copied as it stands; only a tour of every transition needs this."""

    def copy(self) -> Self:
        """Another processor in the same state, which then goes its own way."""
        ...


class Starts(Protocol):
    """Starts a processor that knows no ring and has no handle; also used when it restarts after a crash."""

    def __call__(self, processor: int) -> Implementation: ...
