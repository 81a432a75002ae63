"""What becomes of the old ring's messages when the ring changes: each test is a way in which rings have gone wrong."""

from __future__ import annotations

import pytest
from ring_network import QUICK, Network

from properties.judge.judgement import VIOLATED
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee, Kind, Store
from reference.ring.gmi import GroupMessagingInterface
from reference.ring.processor import Processor
from reference.rings import ProcessorId

ONE, TWO, THREE, FOUR = map(ProcessorId, (1, 2, 3, 4))
TOKEN = 1


def formed(size: int, seed: int = 0) -> Network:
    network = Network(size, seed)
    network.run_until(network.settled)
    return network


def payloads(network: Network, id: ProcessorId) -> list[bytes]:
    return [delivery.payload for delivery in network.nodes[id].delivered]


def kinds(network: Network, id: ProcessorId) -> list[str | bytes]:
    """What the application of a processor was given, in order: kinds of configuration, and payloads."""
    told: list[str | bytes] = []
    for effect in network.nodes[id].effects:
        if isinstance(effect, ConfigurationChange):
            told.append(effect.kind.value)
        elif isinstance(effect, Delivery):
            told.append(effect.payload)
    return told


def holds(network: Network) -> bool:
    judged = network.recording.judgement().claims
    assert not [claim for claim in judged if claim.verdict == VIOLATED]
    assert not network.recording.freed_early
    return True


def test_what_only_one_survivor_has_of_a_dead_sender_all_survivors_deliver() -> None:
    network = formed(3)
    network.lost = lambda sender, receiver, datagram: b"last words" in datagram and receiver == THREE
    network.nodes[ONE].mcast(b"last words")
    network.run_until(lambda: b"last words" in payloads(network, TWO))
    network.crash(ONE)
    network.lost = lambda sender, receiver, datagram: False
    network.run_until(lambda: network.settled([2, 3]))
    assert payloads(network, TWO) == payloads(network, THREE) == [b"last words"]
    assert holds(network)


def test_what_no_survivor_has_is_delivered_by_none_and_by_a_sender_that_lives_on_alone() -> None:
    network = formed(3)
    network.lost = lambda sender, receiver, datagram: b"unheard" in datagram
    network.nodes[ONE].mcast(b"unheard")
    network.run_until(lambda: b"unheard" in payloads(network, ONE))
    network.split([1], [2, 3])
    network.run_until(lambda: network.settled([1], [2, 3]))
    assert payloads(network, TWO) == payloads(network, THREE) == []
    network.lost = lambda sender, receiver, datagram: False
    network.heal()
    network.run_until(network.settled)
    assert payloads(network, ONE) == [b"unheard"]
    assert holds(network)


def behind_a_hole(size: int = 3) -> Network:
    """1's first message reaches nobody, its second and those of 2 and 3 reach all others; then 1 is gone."""
    network = formed(size)
    network.lost = lambda sender, receiver, datagram: b"hole" in datagram
    network.nodes[ONE].mcast(b"hole" + bytes(1380))
    network.nodes[ONE].mcast(b"of one who is gone" + bytes(1300))
    network.run_until(lambda: len(payloads(network, ONE)) == 2)
    network.nodes[THREE].mcast(b"of a mover", guarantee=Guarantee.SAFE)
    network.run(2_000)
    network.nodes[TWO].mcast(b"of another", guarantee=Guarantee.SAFE)
    network.run(2_000)
    network.crash(ONE)
    return network


def test_behind_a_hole_messages_of_movers_are_delivered_in_the_transitional_configuration_and_others_are_not() -> None:
    network = behind_a_hole()
    network.run_until(lambda: network.settled([2, 3]))
    for id in (TWO, THREE):
        assert kinds(network, id)[-4:] == ["transitional", b"of a mover", b"of another", "regular"]
        assert payloads(network, id) == [b"of a mover", b"of another"]
    assert holds(network)


def test_who_has_acknowledged_what_was_recovered_owes_it_though_its_own_recovery_fails() -> None:
    """One installs the new ring and delivers behind the hole; the other, not there yet, is cut off and alone."""
    network = behind_a_hole()
    old = network.nodes[TWO].processor.ring_id
    movers = [TWO, THREE]
    network.run_until(lambda: any(network.nodes[id].processor.ring_id != old for id in movers))
    (late,) = [id for id in movers if network.nodes[id].processor.ring_id == old]
    (early,) = {*movers} - {late}
    network.split([early], [late])
    network.drop()
    network.run_until(lambda: network.settled([early], [late]))
    assert payloads(network, early) == payloads(network, late) == [b"of a mover", b"of another"]
    network.heal()
    network.run_until(lambda: network.settled([2, 3]))
    assert holds(network)


def test_what_one_mover_owes_all_movers_deliver_though_its_sender_is_gone() -> None:
    """One has acknowledged what was recovered, and owes 2's message; then 2 is gone, and the other has not."""
    network = behind_a_hole(4)

    def owes(id: ProcessorId) -> bool:
        old = network.nodes[id].processor._p.installed
        return bool(old and old.obligations)

    network.run_until(lambda: owes(THREE) or owes(FOUR))
    assert not (owes(THREE) and owes(FOUR))
    network.crash(TWO)
    network.drop()
    network.run_until(lambda: network.settled([3, 4]))
    assert payloads(network, THREE) == payloads(network, FOUR) == [b"of a mover", b"of another"]
    assert holds(network)


def test_recovery_that_fails_again_and_again_loses_nothing_and_gives_no_number_twice() -> None:
    network = formed(3)
    network.lost = lambda sender, receiver, datagram: b"kept" in datagram and receiver == THREE
    network.nodes[ONE].mcast(b"kept")
    network.run_until(lambda: b"kept" in payloads(network, TWO))
    network.crash(ONE)
    network.lost = lambda sender, receiver, datagram: datagram[3] == TOKEN
    network.run(1_500_000)
    assert not network.settled([2, 3])
    network.lost = lambda sender, receiver, datagram: False
    network.run_until(lambda: network.settled([2, 3]))
    assert payloads(network, TWO) == payloads(network, THREE) == [b"kept"]
    for id in (TWO, THREE):
        stored = [effect.ring_seq for effect in network.nodes[id].effects if isinstance(effect, Store)]
        assert len(stored) > 4
        assert stored == sorted(set(stored))
    assert holds(network)


@pytest.mark.parametrize("after_us", range(0, 16_000, 1_000))
def test_the_longest_message_is_whole_and_delivered_once_across_a_change(after_us: int) -> None:
    network = formed(3)
    payload = network.random.randbytes(256 * 1024)
    network.nodes[TWO].mcast(payload)
    network.run(after_us)
    network.crash(ONE)
    network.run_until(lambda: network.settled([2, 3]))
    network.run(100_000)
    assert payloads(network, TWO) == payloads(network, THREE) == [payload]
    assert holds(network)


@pytest.mark.parametrize("after_us", range(1_000, 16_000, 3_000))
def test_the_longest_message_reaches_those_who_join_while_it_is_sent(after_us: int) -> None:
    network = formed(4)
    network.split([1, 2], [3, 4])
    network.run_until(lambda: network.settled([1, 2], [3, 4]))
    payload = network.random.randbytes(256 * 1024)
    network.nodes[TWO].mcast(payload)
    network.heal()
    network.run(after_us)
    network.run_until(network.settled)
    network.run(100_000)
    assert payloads(network, ONE) == payloads(network, TWO) == [payload]
    assert payloads(network, THREE) == payloads(network, ProcessorId(4))
    assert payloads(network, THREE) in ([], [payload])
    assert holds(network)


def test_a_message_half_sent_by_one_that_is_gone_is_delivered_by_nobody() -> None:
    network = formed(3)
    network.nodes[ONE].mcast(bytes(256 * 1024))
    network.run_until(
        lambda: network.nodes[TWO].processor.deadline_us is not None and len(network.recording.events) > 0
    )
    network.run(1_000)
    network.crash(ONE)
    network.run_until(lambda: network.settled([2, 3]))
    assert payloads(network, TWO) == payloads(network, THREE) == []
    assert holds(network)


def test_an_unplug_in_the_transitional_configuration_does_not_count_in_the_next_ring() -> None:
    network = formed(2)
    processor = network.nodes[TWO].processor
    handle = processor.gmi_recovery_plug_create()
    told: list[Kind] = []

    def unplug(gmi: GroupMessagingInterface, kind: Kind) -> None:
        told.append(kind)
        if kind is Kind.TRANSITIONAL:
            gmi.gmi_recovery_plug_unplug(handle)

    gmi = network.nodes[TWO].gmi
    gmi.gmi_join(lambda delivery: None, lambda change: unplug(gmi, change.kind))
    network.crash(ONE)
    network.run(1_000_000)
    assert told == [Kind.TRANSITIONAL, Kind.REGULAR]
    assert processor.phase == "operational"
    assert not processor.gate_open
    gmi.gmi_recovery_plug_unplug(handle)
    network.run(10)
    assert processor.gate_open


def test_what_is_queued_between_the_two_configurations_belongs_to_no_ring() -> None:
    network = formed(1)
    gmi = network.nodes[ONE].gmi

    def changed(change: ConfigurationChange) -> None:
        if change.kind is Kind.TRANSITIONAL:
            gmi.gmi_mcast(Priority.RECOVERY, b"x")

    gmi.gmi_join(lambda delivery: None, changed)
    network.ids.append(TWO)
    network.boot(TWO)
    network.run_until(network.settled)
    network.run(10_000)
    (delivery,) = network.nodes[TWO].delivered
    assert delivery.queued_in is None
    assert delivery.ring_id == network.nodes[ONE].processor.ring_id


def test_a_member_that_restarts_at_once_came_from_nowhere() -> None:
    """Faster than any timeout: the others see it leave and join, and deliver what it had sent."""
    network = formed(3)
    network.nodes[ONE].mcast(b"before")
    network.run_until(lambda: payloads(network, TWO) == [b"before"])
    network.crash(ONE)
    network.boot(ONE)
    network.run_until(network.settled)
    changes = [e for e in network.nodes[TWO].effects if isinstance(e, ConfigurationChange)]
    transitional = [change for change in changes if change.kind is Kind.TRANSITIONAL][-1]
    assert transitional.members == (TWO, THREE)
    assert transitional.left == (ONE,)
    assert changes[-1].joined == (ONE,)
    assert payloads(network, ONE) == []
    network.nodes[ONE].mcast(b"after")
    network.run(20_000)
    names = [delivery.message for delivery in network.nodes[TWO].delivered]
    assert len(set(names)) == 2
    assert {name.number for name in names} == {1}
    assert holds(network)


def test_a_first_ring_has_no_transitional_configuration_and_all_of_it_has_joined() -> None:
    processor = Processor(ONE, settings=QUICK)
    effects = [*processor.started(0), *processor.time_passed(0)]
    (change,) = [effect for effect in effects if isinstance(effect, ConfigurationChange)]
    assert (change.kind, change.members, change.joined) == (Kind.REGULAR, (ONE,), (ONE,))
