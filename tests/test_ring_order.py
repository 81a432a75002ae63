"""Order on one ring: agreed and safe delivery, retransmission, freeing, flow control, long and packed messages."""

from __future__ import annotations

import pytest
from ring_network import QUICK, Network, Recoverer

from reference.errors import LocalProtocolError
from reference.priorities import Priority
from reference.ring.datagrams import Multicast, RingToken
from reference.ring.effects import Delivery, Freeing, Guarantee, Origination, PlugStep, Send
from reference.ring.packing import PACKED_BYTES
from reference.ring.settings import Settings
from reference.ring.wire import decode
from reference.rings import ProcessorId

LONGEST_BYTES = 256 * 1024


def formed(size: int, *, settings: Settings = QUICK, seed: int = 0) -> Network:
    network = Network(size, seed, settings=settings)
    network.run_until(network.settled)
    return network


def payloads(network: Network, id: int) -> list[bytes]:
    return [delivery.payload for delivery in network.nodes[ProcessorId(id)].delivered]


def multicasts(network: Network) -> list[tuple[bytes, Multicast]]:
    sent = [e.datagram for node in network.nodes.values() for e in node.effects if isinstance(e, Send)]
    return [(datagram, said) for datagram in sent if isinstance(said := decode(datagram), Multicast)]


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_all_deliver_the_same_in_one_order_each_sender_s_in_its_own(size: int) -> None:
    network = formed(size)
    for number in range(30):
        for id, node in network.nodes.items():
            node.mcast(b"%d %d" % (id, number))
    network.run(50_000)
    everywhere = {tuple(payloads(network, id)) for id in network.ids}
    assert len(everywhere) == 1
    (order,) = everywhere
    assert len(order) == 30 * size
    for id in network.ids:
        assert [one for one in order if one.startswith(b"%d " % id)] == [b"%d %d" % (id, n) for n in range(30)]


def test_a_message_is_delivered_with_its_name_its_ring_and_its_guarantee() -> None:
    network = formed(2)
    sent = network.nodes[ProcessorId(2)].mcast(b"x", Priority.LOW, Guarantee.SAFE)
    network.run(20_000)
    ring_id = network.nodes[ProcessorId(1)].processor.ring_id
    assert ring_id is not None
    expected = Delivery(sent, ring_id, Priority.LOW, Guarantee.SAFE, ring_id, b"x")
    assert all(node.delivered == [expected] for node in network.nodes.values())


def test_a_safe_message_waits_until_all_have_it_and_what_comes_after_it_waits_too() -> None:
    network = formed(3)
    deaf = ProcessorId(3)
    network.lost = lambda sender, receiver, datagram: receiver == deaf and datagram[3] == 2
    network.nodes[ProcessorId(1)].mcast(b"agreed")
    network.run(10_000)
    network.nodes[ProcessorId(1)].mcast(b"safe", guarantee=Guarantee.SAFE)
    network.nodes[ProcessorId(1)].mcast(b"after")
    network.run(10_000)
    assert payloads(network, 1) == payloads(network, 2) == [b"agreed"]
    assert payloads(network, 3) == []
    network.lost = lambda sender, receiver, datagram: False
    network.run(10_000)
    assert {tuple(payloads(network, id)) for id in network.ids} == {(b"agreed", b"safe", b"after")}


def test_what_is_lost_is_sent_again_by_whoever_has_it() -> None:
    network = formed(4, seed=3)
    network.loss = 0.2
    for number in range(100):
        network.nodes[network.ids[number % 4]].mcast(b"%d" % number)
        network.run(1_000)
    network.loss = 0
    network.run_until(network.settled)
    network.run(200_000)
    assert len({tuple(payloads(network, id)) for id in network.ids}) == 1


def test_a_lost_token_is_sent_again_and_the_ring_stays() -> None:
    network = formed(3)
    ring_ids = {node.processor.ring_id for node in network.nodes.values()}
    swallowed = iter([True])
    network.lost = lambda sender, receiver, datagram: datagram[3] == 1 and next(swallowed, False)
    network.nodes[ProcessorId(2)].mcast(b"x")
    network.run(2 * QUICK.token_retransmission_us)
    assert {node.processor.ring_id for node in network.nodes.values()} == ring_ids
    assert all(payloads(network, id) == [b"x"] for id in network.ids)


def test_freed_is_only_what_all_have_and_all_of_it_in_the_end() -> None:
    network = formed(3)
    deaf = ProcessorId(3)
    network.lost = lambda sender, receiver, datagram: receiver == deaf and datagram[3] == 2
    network.nodes[ProcessorId(1)].mcast(b"x")
    network.run(10_000)
    assert not [e for node in network.nodes.values() for e in node.effects if isinstance(e, Freeing)]
    network.lost = lambda sender, receiver, datagram: False
    network.run(10_000)
    assert not network.recording.freed_early
    freed = [{e.seq for e in node.effects if isinstance(e, Freeing)} for node in network.nodes.values()]
    assert freed == [{1}, {1}, {1}]


@pytest.mark.parametrize("size_bytes", [0, 1, QUICK.fragment_bytes, QUICK.fragment_bytes + 1, LONGEST_BYTES])
@pytest.mark.parametrize("members", [1, 3])
def test_a_message_of_any_length_is_delivered_whole(size_bytes: int, members: int) -> None:
    network = formed(members)
    payload = network.random.randbytes(size_bytes)
    network.nodes[network.ids[-1]].mcast(payload)
    network.run(100_000)
    assert all(payloads(network, id) == [payload] for id in network.ids)


def test_small_messages_of_one_visit_share_a_datagram_and_none_is_too_long() -> None:
    network = formed(2)
    for number in range(60):
        network.nodes[ProcessorId(1)].mcast(b"%d" % number)
    network.nodes[ProcessorId(2)].mcast(bytes(20_000))
    network.run(50_000)
    sent = multicasts(network)
    assert max(len(said.packets) for _, said in sent) >= QUICK.visit_packets
    assert max(len(datagram) for datagram, _ in sent) <= max(PACKED_BYTES, QUICK.fragment_bytes) + 64


def test_one_rotation_multicasts_no_more_than_the_window() -> None:
    settings = Settings(window_packets=20, visit_packets=17, queue_packets=300, token_hold_us=0)
    network = formed(5, settings=settings)
    for node in network.nodes.values():
        for _ in range(200):
            node.mcast(b"x")
    network.run(100_000)
    assert all(len(node.delivered) == 1000 for node in network.nodes.values())
    tokens = [decode(e.datagram) for e in network.nodes[ProcessorId(1)].effects if isinstance(e, Send) and e.to]
    counts = [said.multicast_count for said in tokens if isinstance(said, RingToken)]
    assert 10 < max(counts) <= 20


def test_a_full_queue_says_so_and_takes_no_more() -> None:
    network = formed(2)
    node = network.nodes[ProcessorId(1)]
    network.split([1], [2])
    accepted = 0
    while node.gmi.gmi_send_ok(Priority.LOW, 100):
        node.mcast(bytes(100), Priority.LOW)
        accepted += 1
    assert accepted == QUICK.queue_packets
    with pytest.raises(LocalProtocolError, match=r"a service.*gmi_send_ok is false.*flow control"):
        node.mcast(bytes(100), Priority.LOW)
    assert node.gmi.gmi_send_ok(Priority.RECOVERY, 100)
    network.run(500_000)
    assert node.gmi.gmi_send_ok(Priority.LOW, 100)
    assert len(node.delivered) == accepted


def test_a_message_longer_than_256_kib_is_refused_to_its_sender() -> None:
    node = formed(1).nodes[ProcessorId(1)]
    assert node.gmi.gmi_send_ok(1, LONGEST_BYTES)
    assert not node.gmi.gmi_send_ok(1, LONGEST_BYTES + 1)
    with pytest.raises(LocalProtocolError, match="a service"):
        node.mcast(bytes(LONGEST_BYTES + 1))


def test_an_origination_is_seen_with_the_last_packet_and_before_its_delivery() -> None:
    network = formed(2)
    node = network.nodes[ProcessorId(1)]
    sent = node.mcast(bytes(30_000))
    network.run(20_000)
    places = [i for i, e in enumerate(node.effects) if isinstance(e, Origination | Delivery) and e.message == sent]
    assert len(places) == 2
    assert isinstance(node.effects[places[0]], Origination)


def test_an_idle_ring_is_quiet_and_a_message_wakes_it() -> None:
    settings = Settings()
    network = formed(5, settings=settings)
    network.run(1_000_000)
    before = len([e for node in network.nodes.values() for e in node.effects if isinstance(e, PlugStep)])
    network.run(10 * settings.token_hold_us)
    visits = len([e for node in network.nodes.values() for e in node.effects if isinstance(e, PlugStep)]) - before
    assert 5 * 8 <= visits <= 5 * 10
    for id in (1, 4):
        network.nodes[ProcessorId(id)].mcast(b"x")
        network.run(10_000)
    assert all(len(node.delivered) == 2 for node in network.nodes.values())


def test_without_a_hold_the_token_never_rests() -> None:
    network = formed(3, settings=Settings(token_hold_us=0))
    before = len(network.nodes[ProcessorId(1)].effects)
    network.run(100_000)
    assert len(network.nodes[ProcessorId(1)].effects) - before > 200


def test_a_plug_holds_the_ring_until_its_service_has_recovered_everywhere() -> None:
    network = Network(3, settings=QUICK, service=Recoverer)
    network.run_until(network.settled)
    for node in network.nodes.values():
        node.mcast(b"normal")
    network.run(50_000)
    recovered = {tuple(p for p in payloads(network, id) if p == b"normal") for id in network.ids}
    assert recovered == {(b"normal",) * 3}


def test_a_caller_that_is_wrong_is_told_and_nothing_changes() -> None:
    node = formed(1).nodes[ProcessorId(1)]
    with pytest.raises(LocalProtocolError, match=r"handle 7 is not registered.*D6"):
        node.gmi.gmi_recovery_plug_unplug(7)  # pyright: ignore[reportArgumentType]
    with pytest.raises(LocalProtocolError, match="priority 9"):
        node.mcast(b"", 9)
    with pytest.raises(LocalProtocolError, match=r"the world.*called at -1"):
        node.processor.time_passed(-1)
    with pytest.raises(LocalProtocolError, match="started twice"):
        node.processor.started(0)
    with pytest.raises(LocalProtocolError, match="setting join_us is 0"):
        Settings(join_us=0)
    with pytest.raises(LocalProtocolError, match="lost for good"):
        Settings(token_hold_us=2_000_000)
