"""What one processor has of one ring's order: packets, what it has delivered, and what it no longer keeps.

A hole is a number below the highest without a packet. Who sends what is missing is decided in `visits.py`, and what
goes to the services in `delivering.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reference.plug import bitmaps
from reference.plug.reassembly import Reassembler
from reference.plug.tokens import MessageSeq
from reference.ring.datagrams import Body
from reference.ring.flow import NOTHING_SENT, Flow
from reference.rings import Configuration, ProcessorId, RingId

NONE_YET = MessageSeq(0)


@dataclass(slots=True)
class Order:
    """One ring at one processor.

    Source: Totem 1995 (my_aru, high_delivered, messages kept for retransmission)
    """

    configuration: Configuration
    packets: dict[MessageSeq, Body] = field(default_factory=dict[MessageSeq, Body])
    aru: MessageSeq = NONE_YET
    """All packets up to this number were received."""
    delivered: MessageSeq = NONE_YET
    """All packets up to this number were delivered, in the regular configuration."""
    freed: MessageSeq = NONE_YET
    """Packets up to this number are no longer kept."""
    safe: MessageSeq = NONE_YET
    """All members have received all packets up to this number."""
    aru_sent: MessageSeq = NONE_YET
    """The aru of the token as this processor last sent it on."""
    stuck_count: int = 0
    """At how many visits in a row what is missing here has held the aru where it was."""
    idle_count: int = 0
    """At how many visits in a row nothing happened in the ring."""
    flow: Flow = NOTHING_SENT
    obligations: frozenset[ProcessorId] = frozenset()
    """Whose messages are delivered even behind a hole: those who may count on it.

    Source: EVS 1994 (obligation set)
    """
    reassembler: Reassembler = field(default_factory=Reassembler)

    def __post_init__(self) -> None:
        self.reassembler.regular_configuration(self.ring_id)

    @property
    def ring_id(self) -> RingId:
        """Which ring it is."""
        return self.configuration.ring_id

    @property
    def members(self) -> tuple[ProcessorId, ...]:
        """The ring's members."""
        return self.configuration.members

    @property
    def obligations_bitmap(self) -> bytes:
        """The obligations as they are told to others from this ring.

        Source: D9 (position and member)
        """
        bitmap = bitmaps.zero(len(self.members))
        for member in self.obligations:
            bitmap = bitmaps.with_position(bitmap, self.configuration.position(member))
        return bitmap

    def obliged_by(self, bitmap: bytes) -> frozenset[ProcessorId]:
        """Whom a bitmap of this ring's members names."""
        members = self.members
        return frozenset(members[position] for position in bitmaps.positions(bitmap) if position < len(members))

    def received(self, seq: MessageSeq, body: Body) -> bool:
        """Keep a packet; whether it is here for the first time.

        Source: Totem 1995 (my_aru)
        """
        if seq <= self.aru or seq in self.packets:
            return False
        self.packets[seq] = body
        while MessageSeq(self.aru + 1) in self.packets:
            self.aru = MessageSeq(self.aru + 1)
        return True

    def missing(self, up_to: MessageSeq) -> Iterator[MessageSeq]:
        """The numbers of holes, the lowest first."""
        return (MessageSeq(seq) for seq in range(self.aru + 1, up_to + 1) if seq not in self.packets)

    def accounted(self, aru_received: MessageSeq) -> None:
        """Learn from a token what all have: what its aru said at two visits in a row, as sent and as it came back.

        Source: Totem 1995 (safe: two rotations)
        """
        self.safe = max(self.safe, min(aru_received, self.aru_sent))

    def free(self) -> bool:
        """Forget what is delivered here and received everywhere; whether there was something.

        Source: Totem 1995 (two rotations); RING-S5
        """
        until = min(self.safe, self.delivered)
        for seq in range(self.freed + 1, until + 1):
            del self.packets[MessageSeq(seq)]
        found, self.freed = until > self.freed, max(until, self.freed)
        return found
