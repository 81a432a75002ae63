"""What is received in lockstep: what must be delivered is known from the packets, and each wrong receiver is found."""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import pytest

from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.events import Kind
from properties.lockstep.implementation import HIGH, RECOVERY, Delivered, Packet, RingName
from properties.lockstep.receiving import Received, Sent
from properties.lockstep.run import Plan, run
from reference.plug.reassembly import Reassembler
from reference.rings import RingId

RING = RingName(0, 1)


def packets(message: int, count: int, priority: int = HIGH, sender: int = 0) -> list[Sent]:
    """All packets of a message."""
    return [Sent(sender, Packet(priority, RING, message, index, count)) for index in range(count)]


def delivered(*arriving: Sent | None) -> list[int]:
    """The numbers of the messages that are whole, of packets one after the other; None: one that is missing."""
    received = Received(RING)
    taken = [received.take(RING, seq, one) for seq, one in enumerate(arriving, 1) if one]
    return [message.message for message in taken if message]


def test_a_message_is_whole_by_its_last_packet() -> None:
    first, second, third = packets(1, 3)
    assert delivered(first, second, third) == [1]
    assert delivered(first, second) == []
    assert delivered(None, second, third) == []
    assert delivered(first, None, third) == []
    assert delivered(first, third) == []
    assert delivered(second, third, *packets(2, 2)) == [2]
    assert delivered(first, *packets(2, 2), second, third) == [2]


def test_of_each_sender_two_may_be_unfinished() -> None:
    (a, b), (c, d), (e, f) = packets(1, 2), packets(2, 2, RECOVERY), packets(1, 2, sender=1)
    assert delivered(a, c, e, d, f, b) == [2, 1, 1]


def test_what_arrives_again_or_is_of_another_ring_is_nothing() -> None:
    received, (first, second) = Received(RING), packets(1, 2)
    for arriving in ((RING, 1, first), (RING, 1, first), (RingName(0, 2), 2, second)):
        assert received.take(*arriving) is None
    assert received.take(RING, 2, second) == Delivered(0, 1, HIGH, RING)
    assert received.take(RING, 2, second) is None


@pytest.mark.parametrize("seed", range(20))
def test_the_reference_delivers_the_same_of_packets_at_random(seed: int) -> None:
    rng = random.Random(seed)
    layer, received = ReferenceLayer(0), Received(RING)
    reassembler = vars(layer)["_reassembler"]
    assert isinstance(reassembler, Reassembler)
    reassembler.regular_configuration(RingId(*RING))  # pyright: ignore[reportArgumentType]
    seen = whole = 0
    for _ in range(300):
        message, ring, seq = rng.randint(1, 3), rng.choice((RING, RING, RingName(1, 2))), rng.randint(seen, seen + 2)
        packet = Packet(rng.choice((RECOVERY, HIGH)), RING, message, rng.randrange(message), message)
        sent, seen = Sent(rng.randint(0, 1), packet), max(seen, seq)
        expected = received.take(ring, seq, sent)
        assert layer.packet_received(ring, seq, sent.sender, packet) == expected
        whole += expected is not None and packet.count > 1
    assert whole


class Receiver(ReferenceLayer, ABC):
    """One that delivers something else."""

    def packet_received(self, ring: RingName, seq: int, sender: int, packet: Packet) -> Delivered | None:
        return self.instead(super().packet_received(ring, seq, sender, packet))

    @abstractmethod
    def instead(self, message: Delivered | None) -> Delivered | None:
        """What it delivers where this is whole."""


class DeliversNothing(Receiver):
    """Nothing is ever whole."""

    def instead(self, message: Delivered | None) -> Delivered | None:
        return None


class NamesAnother(Receiver):
    """Says another message than the one that is whole."""

    def instead(self, message: Delivered | None) -> Delivered | None:
        return message and message._replace(message=message.message + 1)


class ForgetsTheTag(Receiver):
    """Does not say in which ring the message was queued."""

    def instead(self, message: Delivered | None) -> Delivered | None:
        return message and message._replace(queued_in=None)


class ChangesItsPlugs(Receiver):
    """Creates a handle whenever a packet arrives."""

    def instead(self, message: Delivered | None) -> Delivered | None:
        self.create()
        return message


class Fails(Receiver):
    """Has no room for a packet."""

    def instead(self, message: Delivered | None) -> Delivered | None:
        raise ValueError("no room")


@pytest.mark.parametrize(
    ("receiver", "because"),
    [
        (DeliversNothing, "delivers nothing at packet"),
        (NamesAnother, r"by it message \d+ of p\d"),
        (ForgetsTheTag, "queued in no ring"),
        (ChangesItsPlugs, "has changed what is observed"),
        (Fails, "the call failed: ValueError\\('no room'\\)"),
    ],
)
def test_random_runs_find_a_receiver_that_delivers_wrongly(receiver: type[Receiver], because: str) -> None:
    found = run(Plan(members=3, seed=1, steps=2000), receiver).divergence
    assert found
    assert found.event.startswith(Kind.PACKET.value)
    assert re.search(because, found.reason)


class NoReceiver:
    """The reference without `packet_received`: what it has no method for is not driven."""

    def __init__(self, processor: int) -> None:
        self._layer = ReferenceLayer(processor)

    def __getattr__(self, name: str) -> object:
        if name == "packet_received":
            raise AttributeError(name)
        return getattr(self._layer, name)


def test_an_implementation_that_receives_nothing_is_driven_without() -> None:
    start: Sequence[Callable[[int], object]] = (NoReceiver, ReferenceLayer)
    ran = [run(Plan(members=2, seed=3, steps=400), one) for one in start]  # pyright: ignore[reportArgumentType]
    assert [one.divergence for one in ran] == [None, None]
    assert ran[0].events == ran[1].events
