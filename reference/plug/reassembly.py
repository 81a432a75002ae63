"""The receiver's side of fragments: messages put together again from packets in the order of their ring.

A message is whole or it is not delivered. What a receiver does with a leftover of an older configuration, which it
knows by its tag, is left to the service; what it does about lost packets, to the ordering.
"""

from __future__ import annotations

import msgspec

from reference.plug.fragments import Packet
from reference.plug.queues import Message
from reference.plug.tokens import MessageSeq
from reference.rings import ProcessorId, RingId

Stream = tuple[ProcessorId, bool]


class Unfinished(msgspec.Struct, frozen=True):
    """A message of which the first fragments have arrived, without a hole."""

    number: int
    payload: bytes
    fragment_count: int
    arrived_count: int


class Reassembler:
    """Puts the messages of one ring after another together.

    Of each sender two messages may be unfinished at once, a recovery message and another one, because a recovery
    message goes first whatever is half sent.

    Source: D10; openais gmi.c:3219
    """

    def __init__(self) -> None:
        self.ring_id: RingId | None = None
        self.highest_seq = MessageSeq(0)
        self.unfinished: dict[Stream, Unfinished] = {}

    def regular_configuration(self, ring_id: RingId) -> None:
        """Begin with a new ring: what is unfinished is dropped, its sender starts it again.

        In the transitional configuration before, messages of the old ring are still finished.

        Source: D10; EVS 1994 (1.3)
        """
        self.ring_id = ring_id
        self.highest_seq = MessageSeq(0)
        self.unfinished = {}

    def packet_received(self, packet: Packet) -> Message | None:
        """The message that this packet finishes, if it does.

        A packet of another ring, or one not above the last in its number, changes nothing.

        Source: D10 (whole at every receiver); Totem 1995 (delivered in the order of seq)
        """
        if packet.ring_id != self.ring_id or packet.seq <= self.highest_seq:
            return None
        self.highest_seq = packet.seq
        stream = packet.sender, packet.priority.is_gated
        begun = _extended(self.unfinished.pop(stream, None), packet)
        if begun is None:
            return None
        if begun.arrived_count < begun.fragment_count:
            self.unfinished[stream] = begun
            return None
        return Message(packet.sender, packet.number, packet.priority, packet.queued_in, begun.payload)


def _extended(begun: Unfinished | None, packet: Packet) -> Unfinished | None:
    """What is there with this packet; nothing, if a fragment before it is missing."""
    if packet.fragment_index == 0:
        return Unfinished(packet.number, packet.payload, packet.fragment_count, 1)
    expected = begun and (begun.number, begun.arrived_count, begun.fragment_count)
    if begun is None or expected != (packet.number, packet.fragment_index, packet.fragment_count):
        return None
    return Unfinished(begun.number, begun.payload + packet.payload, begun.fragment_count, begun.arrived_count + 1)
