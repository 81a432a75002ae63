"""Packets: what a visit originates. A message that does not fit into one packet is cut into several.

A packet is a value with its place in the ring's order. How it looks on the wire, and who sends it again when it is
lost, is the ordering's. `reassembly.py` is the receiver's side.
"""

from __future__ import annotations

import msgspec

from reference.plug.queues import Waiting
from reference.plug.tokens import MessageSeq
from reference.priorities import Priority
from reference.rings import ProcessorId, RingId


class Packet(msgspec.Struct, frozen=True):
    """A fragment of a message, with its number in the order of the ring; the message is named by sender and number.

    Source: Totem 1995 (seq); openais gmi.c:1494 (fragments); D13 (`queued_in`, the tag of the message)
    """

    ring_id: RingId
    seq: MessageSeq
    sender: ProcessorId
    number: int
    priority: Priority
    queued_in: RingId | None
    fragment_index: int
    fragment_count: int
    payload: bytes


def fragment_count(payload: bytes, fragment_bytes: int) -> int:
    """How many packets a payload takes; an empty one takes one."""
    return max(1, -(-len(payload) // fragment_bytes))


def next_packet(waiting: Waiting, ring_id: RingId, seq: MessageSeq, fragment_bytes: int) -> Packet:
    """The first packet of a message that is not yet originated in this ring.

    Source: openais gmi.c:1494
    """
    message, index = waiting.message, waiting.sent_count
    return Packet(
        ring_id=ring_id,
        seq=seq,
        sender=message.sender,
        number=message.number,
        priority=message.priority,
        queued_in=message.queued_in,
        fragment_index=index,
        fragment_count=fragment_count(message.payload, fragment_bytes),
        payload=message.payload[index * fragment_bytes : (index + 1) * fragment_bytes],
    )
