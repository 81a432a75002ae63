"""What is received: packets reach the members of their ring in its order, and a message is delivered when it is whole.

The order of a ring is that in which packets are originated. Each member receives them all: at once, or when it installs
the ring; after it has left the ring until it installs the next one, what is originated there meanwhile. Some arrive
twice. What must be delivered is worked out here from the packets alone. Left out on purpose: safe delivery, and the
order behind a hole, which are the ordering's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from properties.lockstep.cluster import MisstepError, Outcome
from properties.lockstep.events import Event, Kind
from properties.lockstep.implementation import RECOVERY, Delivered, Packet, Receives, RingName
from properties.lockstep.live import LiveCluster

SOURCE = "D10; EVS 1994"
TWICE = 4
"""Every packet whose number is a multiple of this arrives once more."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet, and who originated it."""

    sender: int
    packet: Packet

    def __str__(self) -> str:
        one = self.packet
        return f"packet {one.index} of {one.count} of message {one.message} of p{self.sender}"

    @property
    def message(self) -> Delivered:
        """The message that it is a part of, as it is delivered."""
        return Delivered(self.sender, self.packet.message, self.packet.priority, self.packet.queued_in)


@dataclass
class Received:
    """What a processor has received of the ring that it installed last."""

    ring: RingName
    seq: int = 0
    """The number of the last packet."""
    begun: dict[tuple[int, bool], tuple[int, int]] = field(default_factory=dict[tuple[int, bool], tuple[int, int]])
    """Of a sender, for a recovery message and for another: which message, and how many of its packets."""

    def take(self, ring: RingName, seq: int, sent: Sent) -> Delivered | None:
        """What a packet makes whole. One of another ring, or that was received before, changes nothing (D10)."""
        if ring != self.ring or seq <= self.seq:
            return None
        self.seq = seq
        packet, stream = sent.packet, (sent.sender, sent.packet.priority == RECOVERY)
        before = self.begun.pop(stream, None)
        if packet.index and before != (packet.message, packet.index):
            return None  # a packet before it is missing, so this message is never whole here
        if packet.index + 1 == packet.count:
            return sent.message
        self.begun[stream] = packet.message, packet.index + 1
        return None


class Receiving:
    """The packets of each ring in its order, and what each processor has received."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        self.orders: dict[RingName, list[Sent]] = {}
        self.at: dict[int, Received] = {}
        self.under_way: Event | None = None
        """The packet that arrives."""

    def after(self, outcome: Outcome, lost_at: Collection[int] = ()) -> None:
        """Whoever has to receive something after an event does; MisstepError if a delivery is missing or wrong.

        What was originated now never arrives at `lost_at`.
        """
        event, self.under_way = outcome.event, None
        if event.kind is Kind.PACKET:
            self._arrive(event)
        elif event.kind is Kind.CRASH:
            self.at.pop(event.processor, None)
        elif event.kind is Kind.INSTALL:
            self._install(event)
        for packet in outcome.packets:
            self._originated(event, Sent(event.processor, packet), lost_at)

    def _name(self, event: Event) -> RingName:
        return self.live.cluster.rings[event.ring].name

    def _order(self, ring: RingName) -> list[Sent]:
        return self.orders.setdefault(ring, [])

    def _install(self, event: Event) -> None:
        """What was originated in the ring before; and once more the last of the ring that was left."""
        p, left = event.processor, self.at.get(event.processor)
        self.at[p] = Received(self._name(event))
        for seq in range(1, len(self._order(self._name(event))) + 1):
            self._arrive(Event(Kind.PACKET, p, event.ring, seq=seq))
        if left and self._order(left.ring):
            number = self.live.cluster.number_of(left.ring)
            self._arrive(Event(Kind.PACKET, p, number, seq=len(self._order(left.ring))))

    def _originated(self, event: Event, sent: Sent, lost_at: Collection[int]) -> None:
        order = self._order(self._name(event))
        order.append(sent)
        for p in sorted(self._receivers(self._name(event)) - set(lost_at)):
            arrives = Event(Kind.PACKET, p, event.ring, seq=len(order))
            for _ in range(2 if len(order) % TWICE == 0 else 1):
                self._arrive(arrives)

    def _receivers(self, ring: RingName) -> set[int]:
        return {p for p, received in self.at.items() if received.ring == ring}

    def _arrive(self, event: Event) -> None:
        layer, ring = self.live.layers[event.processor], self._name(event)
        if not isinstance(layer, Receives):
            return
        self.under_way = event
        sent = self._order(ring)[event.seq - 1]
        received = self.at.get(event.processor)
        expected = received.take(ring, event.seq, sent) if received else None
        found = layer.packet_received(ring, event.seq, sent.sender, sent.packet)
        if found != expected:
            raise MisstepError(wrong_delivery(event.processor, ring, sent, found, expected))
        if layer.observe() != self.live.cluster.seen[event.processor]:
            raise MisstepError("a packet that arrives has changed what is observed: it may lead to a delivery only")


def wrong_delivery(p: int, ring: RingName, sent: Sent, found: Delivered | None, expected: Delivered | None) -> str:
    """What is wrong with a delivery, in words."""
    delivers = f"p{p} delivers {_named(found)} at {sent} of ring {ring.representative}:{ring.seq}"
    if expected is None:
        why = "no message is whole by it: its packets have not all arrived in this ring, or this one had before (D10)"
        return f"{delivers}; {why}"
    return f"{delivers}; by it {_named(expected)} is whole"


def _named(message: Delivered | None) -> str:
    if message is None:
        return "nothing"
    priority = ("recovery", "high", "medium", "low")[message.priority]
    tag = f"{message.queued_in.representative}:{message.queued_in.seq}" if message.queued_in else "no ring"
    return f"message {message.message} of p{message.sender} ({priority}, queued in {tag})"
