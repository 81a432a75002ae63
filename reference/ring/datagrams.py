"""What goes over the network beside the plug's token: frozen values that say what a datagram says.

Decides what a field may be by itself; `wire.py` looks at fields together. Whether a datagram matters to this processor
now is decided by its state.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from reference.plug import bitmaps
from reference.plug.fragments import Packet
from reference.plug.tokens import MessageSeq, Token
from reference.priorities import Priority
from reference.ring.effects import Guarantee, MessageId
from reference.rings import MEMBERS_MAX, NUMBER_MAX, PROCESSOR_MAX, ProcessorId, RingId, RingSeq

FRAGMENT_BYTES_MAX = 65_000
AGREED_SEQ_MAX = NUMBER_MAX - 2**32  # so that the next rings' numbers are numbers, whatever a peer says

Id = Annotated[ProcessorId, Meta(ge=0, le=PROCESSOR_MAX)]
Number = Annotated[int, Meta(ge=0, le=NUMBER_MAX)]
Place = Annotated[MessageSeq, Meta(ge=1, le=NUMBER_MAX)]
Formed = Annotated[RingSeq, Meta(ge=0, le=NUMBER_MAX)]
Members = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MEMBERS_MAX)]
Anybody = Annotated[tuple[Id, ...], Meta(max_length=MEMBERS_MAX)]


class Value(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An array of exactly its fields."""


class RingToken(Value, frozen=True):
    """The token of a ring: the plug's, and what order, recovery and flow control add to it.

    Source: Totem 1995 (aru, aru_id, fcc, backlog, retrans_flg)
    """

    token: Token
    aru: Annotated[MessageSeq, Meta(ge=0, le=NUMBER_MAX)]
    """All members have received all packets up to this number, or will have lowered it."""
    aru_id: Id | None
    """Who lowered it."""
    multicast_count: Annotated[int, Meta(ge=0, le=2**31)]
    """How many packets were multicast in the last rotation (fcc)."""
    backlog: Annotated[int, Meta(ge=0, le=2**31)]
    """How many packets wait at all members."""
    retransmission_flag: bool
    """Somebody still has packets of an old ring to send."""


class Fragment(Value, frozen=True, tag=0):
    """A fragment of a message, as its sender originated it.

    Source: openais gmi.c:1494 (fragments); Totem 1995 (agreed, safe); D13 (the tag of its configuration)
    """

    sender: Id
    incarnation: Formed
    number: Number
    priority: Priority
    guarantee: Guarantee
    queued_in: RingId | None
    fragment_index: Number
    fragment_count: Number
    payload: Annotated[bytes, Meta(max_length=FRAGMENT_BYTES_MAX)]

    @property
    def message(self) -> MessageId:
        """The message that it is of."""
        return MessageId(self.sender, self.incarnation, self.number)

    @property
    def is_last(self) -> bool:
        """Whether the message is whole with it."""
        return self.fragment_index + 1 == self.fragment_count


class Recovered(Value, frozen=True, tag=1):
    """A packet of an old ring, sent once more to those who come from there too.

    Source: Totem 1995 (messages of the old ring are encapsulated)
    """

    ring_id: RingId
    seq: Place
    fragment: Fragment


Body = Fragment | Recovered


class Numbered(Value, frozen=True):
    """A packet: a place in a ring's order, and what is there."""

    seq: Place
    body: Body


class Multicast(Value, frozen=True):
    """Packets of one ring, from any member that has them."""

    transmitter: Id
    ring_id: RingId
    packets: Annotated[tuple[Numbered, ...], Meta(min_length=1, max_length=1024)]


class Join(Value, frozen=True):
    """What a processor says while the processors agree: who is there, who of them has failed.

    Source: Totem 1995 (join message)
    """

    sender: Id
    processors: Members
    failed: Anybody
    ring_seq: Annotated[RingSeq, Meta(ge=0, le=AGREED_SEQ_MAX)]
    """The largest ring number that the sender knows of."""


class Arrival(Value, frozen=True):
    """What a member of the next ring says of the ring that it comes from.

    Source: Totem 1995 (commit token); EVS 1994 (obligation sets)
    """

    ring_id: RingId | None
    aru: Annotated[MessageSeq, Meta(ge=0, le=NUMBER_MAX)]
    """It has all packets up to this number."""
    delivered: Annotated[MessageSeq, Meta(ge=0, le=NUMBER_MAX)]
    """It has delivered all up to this number."""
    obligations: Annotated[bytes, Meta(max_length=bitmaps.byte_count(MEMBERS_MAX))]
    """Whose messages it delivers even behind a hole: a bitmap of the old ring's members, empty without an old ring."""


class CommitToken(Value, frozen=True):
    """Goes twice round the members that have agreed: to gather what each comes with, and to tell all of it.

    Source: Totem 1995 (commit token)
    """

    ring_id: RingId
    members: Members
    hop: Annotated[int, Meta(ge=1, le=2 * MEMBERS_MAX)]
    """How often it was sent: hop h is for the member at position h modulo the number of members."""
    arrivals: Annotated[tuple[Arrival, ...], Meta(min_length=1, max_length=MEMBERS_MAX)]
    """Of the members in their order, as far as it has come in its first rotation."""


class MergeDetect(Value, frozen=True):
    """Says that a ring exists, for those who are not in it.

    Source: corosync totemsrp.c (memb_merge_detect)
    """

    transmitter: Id
    ring_id: RingId


class Wake(Value, frozen=True):
    """Says to the representative that a member has something to send, so that it does not hold the token.

    Source: corosync totemsrp.c (token hold cancel), da51942e
    """

    transmitter: Id
    ring_id: RingId


Datagram = RingToken | Multicast | Join | CommitToken | MergeDetect | Wake


def fragment_of(packet: Packet, incarnation: RingSeq, guarantee: Guarantee) -> Fragment:
    """What the ring carries of a packet that the plug layer originated."""
    return Fragment(
        packet.sender,
        incarnation,
        packet.number,
        packet.priority,
        guarantee,
        packet.queued_in,
        packet.fragment_index,
        packet.fragment_count,
        packet.payload,
    )


def packet_of(ring_id: RingId, seq: MessageSeq, fragment: Fragment) -> Packet:
    """The plug layer's packet of what the ring carried."""
    return Packet(
        ring_id,
        seq,
        fragment.sender,
        fragment.number,
        fragment.priority,
        fragment.queued_in,
        fragment.fragment_index,
        fragment.fragment_count,
        fragment.payload,
    )
