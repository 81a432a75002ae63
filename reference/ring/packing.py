"""Several packets of a ring go in one datagram, as many as fit.

A packet that is longer by itself goes alone. Which packets, and in which order, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reference.ring.datagrams import Multicast, Numbered
from reference.ring.wire import encode, encoded_bytes
from reference.rings import ProcessorId, RingId

PACKED_BYTES = 1400
PACKED_COUNT = 256


def datagrams(transmitter: ProcessorId, ring_id: RingId, packets: Iterable[Numbered]) -> Iterator[bytes]:
    """The datagrams that carry these packets, in their order.

    Source: Totem 1995 (packing); corosync totemsrp.c (several messages in one packet)
    """
    batch: list[Numbered] = []
    room = PACKED_BYTES
    for packet in packets:
        needed = encoded_bytes(packet)
        if batch and (needed > room or len(batch) == PACKED_COUNT):
            yield encode(Multicast(transmitter, ring_id, tuple(batch)))
            batch, room = [], PACKED_BYTES
        batch.append(packet)
        room -= needed
    if batch:
        yield encode(Multicast(transmitter, ring_id, tuple(batch)))
