"""Agreeing on rings: who is in, numbers that grow, tokens that come twice or late, and joins that mean nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from ring_network import QUICK, Network
from ring_runs import a_run

from reference.errors import Refusal
from reference.plug.effects import TokenRefused
from reference.ring.agreement import Agreement, begun, heard, is_news, timed_out, with_processor
from reference.ring.datagrams import CommitToken, Datagram, Join, MergeDetect, Multicast, RingToken
from reference.ring.effects import Effect, PlugStep, Refused, Send, Store, Transition
from reference.ring.transitions import NEXT, ROWS, Event, Phase
from reference.ring.wire import decode, encode
from reference.rings import MEMBERS_MAX, ProcessorId, RingId, RingSeq

ONE, TWO, THREE = map(ProcessorId, (1, 2, 3))


def ids(*numbers: int) -> tuple[ProcessorId, ...]:
    return tuple(map(ProcessorId, numbers))


def formed(size: int, seed: int = 0) -> Network:
    network = Network(size, seed)
    network.run_until(network.settled)
    return network


def sent(network: Network, *kinds: type[Datagram]) -> list[tuple[ProcessorId, Send, Datagram]]:
    found: list[tuple[ProcessorId, Send, Datagram]] = []
    for id, node in network.nodes.items():
        for effect in node.effects:
            if isinstance(effect, Send) and isinstance(said := decode(effect.datagram), kinds):
                found.append((id, effect, said))
    return found


def moves(network: Network, id: ProcessorId) -> list[str]:
    return [effect.why for effect in network.nodes[id].effects if isinstance(effect, Transition)]


@pytest.mark.parametrize("size", [1, 2, 3, 9, 17])
def test_processors_that_hear_each_other_form_one_ring(size: int) -> None:
    network = formed(size)
    (ring_id,) = {node.processor.ring_id for node in network.nodes.values()}
    assert ring_id is not None
    assert ring_id.representative == ONE


def test_parts_form_their_rings_and_merge_when_they_hear_each_other_again() -> None:
    network = formed(5)
    network.split([1, 2], [3, 4], [5])
    network.run_until(lambda: network.settled([1, 2], [3, 4], [5]))
    network.split([1, 5], [2, 3, 4])
    network.run_until(lambda: network.settled([1, 5], [2, 3, 4]))
    network.heal()
    network.run_until(network.settled)
    assert not [claim for claim in network.recording.judgement().claims if claim.verdict == "violated"]


def test_a_number_is_stored_before_a_commit_token_with_it_goes_on() -> None:
    for seed in range(5):
        network = a_run(seed)
        for node in network.nodes.values():
            stored = 0
            for effect in node.effects:
                if isinstance(effect, Store):
                    assert effect.ring_seq > stored
                    stored = effect.ring_seq
                elif isinstance(effect, Send) and isinstance(said := decode(effect.datagram), CommitToken):
                    assert said.ring_id.seq <= stored


def test_a_restart_begins_one_above_what_was_stored_and_is_never_taken_for_its_former_self() -> None:
    network = formed(3)
    (before,) = {node.processor.ring_id for node in network.nodes.values()}
    assert before is not None
    network.crash(ONE)
    node = network.boot(ONE)
    assert node.processor.incarnation == before.seq + 1
    assert node.effects[0] == Store(RingSeq(before.seq + 1))
    network.run_until(network.settled)
    assert Event.JOIN.value in moves(network, TWO)


def test_each_commit_token_twice_makes_one_first_token_and_one_pending_ring() -> None:
    network = Network(3)
    network.doubled = 1.0
    network.run_until(network.settled)
    pending = Counter(
        (id, effect.arguments[0])
        for id, node in network.nodes.items()
        for effect in node.effects
        if isinstance(effect, PlugStep) and effect.call == "ring_pending"
    )
    assert set(pending.values()) == {1}
    tokens = [(send, said) for _, send, said in sent(network, RingToken) if isinstance(said, RingToken)]
    firsts = {(said.token.ring_id, send.datagram) for send, said in tokens if said.token.token_seq == 0}
    assert len(firsts) == len({ring_id for ring_id, _ in firsts})


def remembered(network: Network, id: ProcessorId) -> object:
    """All that a processor is between steps, but for the time."""
    p = network.nodes[id].processor._p  # pyright: ignore[reportPrivateUsage]
    order = p.installed
    assert order is not None
    fixed = (p.phase, p.ring_seq, p.commit, p.forming, p.last_sent, p.held, p.plug.state, p.timers.deadline_us)
    return fixed, {name: getattr(order, name) for name in order.__slots__ if name != "reassembler"} | {
        "packets": dict(order.packets)
    }


def test_whatever_was_sent_before_changes_nothing_when_it_comes_late() -> None:
    """Every token, commit token, join, packet and merge detection of two rings' lives, to everybody."""
    network = formed(3)
    network.crash(TWO)
    network.run_until(lambda: network.settled([1, 3]))
    network.boot(TWO)
    network.nodes[ONE].mcast(b"x")
    network.run_until(network.settled)
    late = sent(network, RingToken, CommitToken, Join, Multicast, MergeDetect)
    network.run(5_000)
    assert len(late) > 100
    for _, send, said in late:
        for id in network.ids:
            before = remembered(network, id)
            processor = network.nodes[id].processor
            effects = processor.datagram_received(send.datagram, network.now_us)
            assert all(isinstance(e, Refused) or refused_by_the_plug(e) for e in effects), (id, said, effects)
            assert remembered(network, id) == before


def refused_by_the_plug(effect: Effect) -> bool:
    """Whether it is the plug layer's refusal of a token that has been here."""
    return (
        isinstance(effect, PlugStep)
        and isinstance(effect.effects[0], TokenRefused)
        and effect.effects[0].refusal in (Refusal.DUPLICATE, Refusal.LATE)
    )


def test_a_join_of_before_the_ring_is_no_reason_to_leave_it() -> None:
    network = formed(2)
    ring_id = network.nodes[ONE].processor.ring_id
    assert ring_id is not None
    stale = Join(TWO, ids(1, 2), (), RingSeq(ring_id.seq - 1))
    stranger = Join(THREE, ids(1, 2, 3), ids(1, 2), RingSeq(99))
    for join in (stale, stranger):
        effects = network.nodes[ONE].processor.datagram_received(encode(join), network.now_us)
        assert [type(effect) for effect in effects] == [Refused]
    news = Join(THREE, ids(3), (), RingSeq(1))
    network.inject(ONE, encode(news))
    network.run(1)
    assert network.nodes[ONE].processor.phase == "gather"


def test_who_cannot_receive_leaves_the_others_to_themselves() -> None:
    settings = replace(QUICK, failed_to_receive_visits=30)
    network = Network(3, settings=settings)
    network.run_until(network.settled)
    network.lost = lambda sender, receiver, datagram: receiver == THREE and datagram[3] == 2
    network.nodes[ONE].mcast(b"x")
    network.run_until(lambda: Event.FAILED_TO_RECEIVE.value in moves(network, THREE))
    network.run_until(lambda: network.settled([1, 2], [3]))
    network.lost = lambda sender, receiver, datagram: False
    network.run_until(network.settled)
    assert not [claim for claim in network.recording.judgement().claims if claim.verdict == "violated"]


def test_a_processor_that_hears_nobody_is_soon_alone() -> None:
    network = Network(3)
    network.split([1], [2], [3])
    network.run_until(lambda: network.settled([1], [2], [3]), QUICK.consensus_us)


def test_the_table_has_each_way_once_with_a_source_and_leads_everywhere() -> None:
    assert len(NEXT) == len(ROWS)
    assert all(row.source for row in ROWS)
    assert {row.after for row in ROWS} == {row.before for row in ROWS} == set(Phase)
    assert {row.event for row in ROWS} == set(Event)


def agreement(processors: tuple[int, ...], failed: tuple[int, ...] = (), agreeing: tuple[int, ...] = ()) -> Agreement:
    return Agreement(ONE, frozenset(ids(*processors)), frozenset(ids(*failed)), frozenset(ids(*agreeing)))


def join(sender: int, processors: tuple[int, ...], failed: tuple[int, ...] = (), seq: int = 7) -> Join:
    return Join(ProcessorId(sender), ids(*processors), ids(*failed), RingSeq(seq))


def test_the_same_sets_agree() -> None:
    after = heard(agreement((1, 2)), join(2, (1, 2)))
    assert after.is_reached
    assert after.highest_seq == 7
    assert not is_news(agreement((1, 2)), after)


def test_news_are_merged_and_all_have_to_agree_again() -> None:
    after = heard(agreement((1, 2, 4), agreeing=(2,)), join(3, (1, 3, 4), (4,)))
    assert (after.candidates, after.failed, after.agreeing) == (ids(1, 2, 3), {4}, set())


def test_nobody_puts_itself_in_its_fail_set() -> None:
    after = heard(agreement((1, 2, 3)), join(2, (1, 2, 3), (1, 3)))
    assert after.failed == {2}


def test_who_has_failed_is_not_listened_to() -> None:
    before = agreement((1, 2), (2,))
    assert heard(before, join(2, (1, 2, 3))) is before


def test_old_news_change_no_set_and_agree_to_nothing() -> None:
    after = heard(agreement((1, 2, 3), agreeing=(2, 3)), join(2, (1, 2)))
    assert not is_news(agreement((1, 2, 3)), after)
    assert after.agreeing == {3}


def test_who_is_silent_has_failed_and_if_none_is_all_say_it_again() -> None:
    assert timed_out(agreement((1, 2, 3), agreeing=(2,))).candidates == ids(1, 2)
    assert timed_out(agreement((1, 2), agreeing=(2,))) == agreement((1, 2))


def test_more_processors_than_a_ring_can_have_are_not_taken_in() -> None:
    full = begun(ONE, ids(*range(1, MEMBERS_MAX + 1)))
    assert heard(full, join(999, (1, 999))) is full
    assert with_processor(full, ProcessorId(999)) is full


@pytest.mark.parametrize("field", ["hop", "members", "seq"])
def test_a_commit_token_that_does_not_fit_is_refused(field: str) -> None:
    network = Network(2)
    network.run_until(lambda: network.nodes[TWO].processor.phase == "commit")
    tokens = [said for _, _, said in sent(network, CommitToken) if isinstance(said, CommitToken)]
    token = next(said for said in tokens if said.hop == 1)
    changes = {"hop": {"hop": 2, "arrivals": token.arrivals * 2}, "members": {"members": ids(1, 2, 3)}}
    changed = msgspec.structs.replace(token, **changes.get(field, {"ring_id": RingId(ONE, RingSeq(1))}))
    network = Network(2)
    network.run(0)
    network.nodes[TWO].processor.datagram_received(encode(join_of_both()), network.now_us)
    effects = network.nodes[TWO].processor.datagram_received(encode(changed), network.now_us)
    assert [type(effect) for effect in effects] == [Refused]


def join_of_both() -> Join:
    return Join(ONE, ids(1, 2), (), RingSeq(5))


def test_who_is_counted_as_failed_by_all_others_is_alone_only_after_a_while() -> None:
    """If both of two formed a ring of one at once, each would leave it for what the other one said before that."""
    processor = Network(1).nodes[ONE].processor
    processor.time_passed(0)
    assert processor.phase == "operational"
    processor.datagram_received(encode(join(2, (1, 2))), 1_000)
    processor.datagram_received(encode(join(2, (1, 2), (1,))), 2_000)
    processor.datagram_received(encode(join(2, (1, 2), (1,))), 2_000)
    assert processor.phase == "gather"
    processor.time_passed(2_000 + QUICK.join_us)
    processor.time_passed(2_000 + QUICK.join_us)
    assert (processor.phase, processor.members) == ("operational", (ONE,))
