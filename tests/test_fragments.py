"""Messages longer than a packet or than a visit: cut, recovery first, whole at every receiver or not there."""

from __future__ import annotations

import random

import pytest

from reference.plug.fragments import Packet
from reference.plug.queues import Message
from reference.plug.reassembly import Reassembler
from reference.priorities import Priority
from tests.circulation import Circulation, ring_id

LONG = b"abcdefghij"  # ten packets of one byte


def received(ring: Circulation, begin: int = 0) -> list[bytes]:
    """The payloads that a member delivers which gets the packets from this one on."""
    receiver = Reassembler()
    delivered: list[bytes] = []
    for packet in ring.packets[begin:]:
        if packet.ring_id != receiver.ring_id:
            receiver.regular_configuration(packet.ring_id)
        if message := receiver.packet_received(packet):
            delivered.append(message.payload)
    return delivered


def one_byte_packets(packets_a_visit: int = 4, count: int = 2) -> Circulation:
    ring = Circulation(count, packets_a_visit=packets_a_visit, fragment_bytes=1)
    ring.change(1)
    return ring


def sent(ring: Circulation) -> bytes:
    return b"".join(packet.payload for packet in ring.packets)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 19, 20])
def test_a_message_takes_as_many_packets_as_its_bytes_need(length: int) -> None:
    ring = Circulation(1, packets_a_visit=19, fragment_bytes=4)
    ring.change(1)
    payload = bytes(range(length))
    number = ring.layers[ring.members[0]].gmi_mcast(Priority.LOW, payload)
    ring.visit()
    assert len(ring.packets) == max(1, -(-length // 4))
    assert [(p.number, p.fragment_index) for p in ring.packets] == [(number, i) for i in range(len(ring.packets))]
    assert received(ring) == [payload]


@pytest.mark.parametrize("count", [1, 3])
def test_a_message_longer_than_an_allowance_goes_on_at_the_next_visits(count: int) -> None:
    ring = one_byte_packets(count=count)
    ring.rotate(2)
    ring.layers[ring.members[0]].gmi_mcast(Priority.LOW, LONG)
    lengths: list[int] = []
    for _ in range(4):
        ring.rotate()
        lengths.append(len(ring.packets))
    assert lengths == [4, 8, 10, 10]
    assert received(ring) == [LONG]


def test_d10_recovery_goes_first_whatever_is_half_sent() -> None:
    ring = one_byte_packets()
    layer = ring.layers[ring.members[0]]
    ring.rotate(2)
    layer.gmi_mcast(Priority.LOW, LONG)
    ring.rotate()
    layer.gmi_mcast(Priority.HIGH, b"H")
    layer.gmi_mcast(Priority.RECOVERY, b"RRRRR")
    ring.rotate(4)
    assert sent(ring) == b"abcd" + b"RRRRR" + b"efghij" + b"H"
    assert received(ring) == [b"RRRRR", LONG, b"H"]


def test_d10_a_half_sent_message_starts_again_in_a_later_ring_when_its_gate_is_open() -> None:
    ring = one_byte_packets()
    layer = ring.layers[ring.members[0]]
    ring.rotate(2)
    layer.gmi_mcast(Priority.LOW, LONG)
    ring.rotate()
    handle = layer.gmi_recovery_plug_create()
    ring.change(2)
    layer.gmi_mcast(Priority.RECOVERY, b"R")
    ring.rotate(3)
    assert sent(ring) == b"abcdR"
    layer.gmi_recovery_plug_unplug(handle)
    ring.rotate(4)
    assert sent(ring) == b"abcdR" + LONG
    assert received(ring) == [b"R", LONG]
    assert received(ring, begin=4) == [b"R", LONG]  # a member that was not in the old ring


def test_d10_d13_a_half_sent_recovery_message_starts_again_too_and_keeps_its_tag() -> None:
    ring = one_byte_packets()
    ring.layers[ring.members[0]].gmi_mcast(Priority.RECOVERY, LONG)
    ring.visit()
    ring.change(2)
    ring.rotate(3)
    assert sent(ring) == b"abcd" + LONG
    assert {packet.queued_in for packet in ring.packets} == {ring_id(1)}
    assert received(ring) == [LONG]


def test_d11_a_recovery_message_that_is_half_sent_is_still_queued() -> None:
    ring = one_byte_packets(packets_a_visit=5)
    ring.layers[ring.members[0]].gmi_mcast(Priority.RECOVERY, LONG)
    assert [ring.visits_until_all_open(), len(ring.packets)] == [6, 10]


def packets_of(payload: bytes, *, seq: int, number: int = 1, priority: Priority = Priority.LOW) -> list[Packet]:
    ring = Circulation(1, packets_a_visit=99, fragment_bytes=1)
    ring.change(1)
    for _ in range(number):
        ring.layers[ring.members[0]].gmi_mcast(priority, payload)
    ring.rotate(2)
    return [packet for packet in ring.packets if packet.number == number and packet.seq >= seq]


def test_a_message_with_a_hole_is_never_delivered_and_the_next_one_is() -> None:
    first, second = packets_of(LONG, seq=0), packets_of(LONG, seq=0, number=2)
    for missing in range(len(LONG) - 1):
        receiver = Reassembler()
        receiver.regular_configuration(ring_id(1))
        some = [receiver.packet_received(packet) for packet in (*first[:missing], *first[missing + 1 :])]
        assert not any(some)
        assert receiver.packet_received(first[missing]) is None
        last = [receiver.packet_received(packet) for packet in second][-1]
        assert last is not None
        assert (last.number, last.payload) == (2, LONG)


def test_a_message_is_not_put_together_from_two() -> None:
    """The head of one and the tail of the next, of the same sender and length, with what is between lost."""
    first, second = packets_of(b"ab", seq=0), packets_of(b"ab", seq=0, number=2)
    receiver = Reassembler()
    receiver.regular_configuration(ring_id(1))
    assert receiver.packet_received(first[0]) is None
    assert receiver.packet_received(second[1]) is None


def test_unfinished_messages_are_dropped_at_a_regular_configuration_change() -> None:
    packets = packets_of(b"ab", seq=0)
    receiver = Reassembler()
    receiver.regular_configuration(ring_id(1))
    receiver.packet_received(packets[0])
    assert receiver.unfinished
    receiver.regular_configuration(ring_id(2))
    assert not receiver.unfinished
    assert receiver.packet_received(packets[1]) is None
    assert receiver.highest_seq == 0


def test_a_packet_that_comes_again_delivers_nothing_again() -> None:
    for payload in (b"a", b"ab"):
        packets = packets_of(payload, seq=0)
        receiver = Reassembler()
        receiver.regular_configuration(ring_id(1))
        delivered = [receiver.packet_received(packet) for packet in (*packets, *packets)]
        assert [message.payload for message in delivered if message] == [payload]


@pytest.mark.parametrize("seed", range(10))
def test_every_message_is_whole_or_absent_whatever_is_lost(seed: int) -> None:
    """Several senders, all priorities, and changes of the ring; each receiver loses packets of its own."""
    rng = random.Random(seed)
    ring = Circulation(4, packets_a_visit=3, fragment_bytes=2)
    queued: dict[tuple[int, int], bytes] = {}
    for seq in range(1, 5):
        ring.change(seq)
        for _ in range(40):
            member = rng.choice(ring.members)
            payload = rng.randbytes(rng.randrange(20))
            if rng.random() < 0.4:
                queued[member, ring.layers[member].gmi_mcast(rng.randrange(4), payload)] = payload
            ring.visit()
    while any(layer.state.queue for layer in ring.layers.values()):
        ring.visit()
    assert {(m.sender, m.number): m.payload for m in deliveries(ring.packets)} == queued
    lossy = deliveries([packet for packet in ring.packets if rng.random() < 0.9])
    assert 0 < len(lossy) < len(queued)
    assert all(queued[message.sender, message.number] == message.payload for message in lossy)
    assert len({(message.sender, message.number) for message in lossy}) == len(lossy)


def deliveries(packets: list[Packet]) -> list[Message]:
    receiver = Reassembler()
    delivered: list[Message] = []
    for packet in packets:
        if packet.ring_id != receiver.ring_id:
            receiver.regular_configuration(packet.ring_id)
        if message := receiver.packet_received(packet):
            delivered.append(message)
    return delivered
