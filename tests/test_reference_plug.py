"""The reference plug layer, clause by clause: the mail's, the decisions', and what follows from them."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest

from reference.errors import LocalProtocolError, Refusal
from reference.plug import bitmaps
from reference.plug.effects import GateOpened, SendToken, TokenRefused
from reference.plug.layer import PlugLayer
from reference.plug.plugs import Handle
from reference.plug.token_codec import decode
from reference.plug.tokens import Token, TokenSeq
from reference.priorities import Priority
from reference.rings import ProcessorId
from tests.circulation import SIZES, Circulation, alone, packets, processors, ring_id

NORMAL = [Priority.HIGH, Priority.MEDIUM, Priority.LOW]


def token_of(ring: Circulation) -> Token:
    return decode(ring.datagram)


def plugged_ring(count: int, **limits: int) -> tuple[Circulation, dict[ProcessorId, Handle]]:
    """An installed ring at every member of which one handle is plugged."""
    ring = Circulation(count, **limits)
    handles = {member: layer.gmi_recovery_plug_create() for member, layer in ring.layers.items()}
    ring.change(1)
    return ring, handles


# The mail.


@pytest.mark.parametrize("count", SIZES[1:])
def test_m5_the_bitmap_has_the_positions_that_are_unplugged(count: int) -> None:
    ring, handles = plugged_ring(count)
    for position, member in enumerate(ring.members):
        ring.layers[member].gmi_recovery_plug_unplug(handles[member])
        ring.rotate()
        assert bitmaps.positions(token_of(ring).bitmap) == set(range(position + 1))


@pytest.mark.parametrize("count", SIZES)
def test_m6_m7_one_member_that_has_not_unplugged_holds_back_all_but_recovery(count: int) -> None:
    ring, handles = plugged_ring(count)
    last = ring.members[-1]
    for member, layer in ring.layers.items():
        for priority in Priority:
            layer.gmi_mcast(priority, b"")
        if member != last:
            layer.gmi_recovery_plug_unplug(handles[member])
    ring.rotate(4)
    assert [packet.priority for packet in ring.packets] == [Priority.RECOVERY] * count
    assert not any(layer.state.gate_open for layer in ring.layers.values())
    ring.layers[last].gmi_recovery_plug_unplug(handles[last])
    ring.rotate(3)
    assert len(ring.packets) == 4 * count
    assert not any(layer.state.queue for layer in ring.layers.values())


def test_m6_an_open_gate_stays_open_whatever_a_faulty_peer_sends() -> None:
    ring = Circulation(2)
    ring.change(1)
    ring.visits_until_all_open()
    layer = ring.layers[ProcessorId(1)]
    effects = layer.token_received(msgspec.structs.replace(token_of(ring), bitmap=b"\0", token_seq=TokenSeq(99)))
    assert layer.state.gate_open
    assert not any(isinstance(effect, GateOpened | TokenRefused) for effect in effects)


@pytest.mark.parametrize("count", SIZES)
def test_m8_m9_a_regular_configuration_begins_from_zero_whatever_was_open(count: int) -> None:
    ring, handles = plugged_ring(count)
    for member, layer in ring.layers.items():
        layer.gmi_recovery_plug_unplug(handles[member])
    ring.visits_until_all_open()
    ring.form(2)
    ring.leave()
    assert not any(layer.state.gate_open for layer in ring.layers.values())
    ring.install()
    for member, layer in ring.layers.items():
        assert not layer.state.gate_open
        assert layer.state.plugs.plugged == {handles[member]}
        layer.gmi_mcast(Priority.HIGH, b"")
    ring.rotate(3)
    assert not ring.packets
    assert count == 1 or token_of(ring).bitmap == bitmaps.zero(count)


def test_m9_all_handles_of_a_processor_must_be_unplugged() -> None:
    ring = Circulation(2)
    layer = ring.layers[ring_id(1).representative]
    first, second = layer.gmi_recovery_plug_create(), layer.gmi_recovery_plug_create()
    ring.change(1)
    layer.gmi_recovery_plug_unplug(first)
    ring.rotate(2)
    assert bitmaps.positions(token_of(ring).bitmap) == {1}
    layer.gmi_recovery_plug_unplug(second)
    ring.rotate()
    assert bitmaps.positions(token_of(ring).bitmap) == {0, 1}


# The decisions.


def test_d1_a_handle_created_in_a_configuration_counts_from_the_next_on() -> None:
    ring = Circulation(2)
    ring.change(1)
    ring.rotate(2)
    layer = ring.layers[ProcessorId(1)]
    bitmap = token_of(ring).bitmap
    handle = layer.gmi_recovery_plug_create()
    ring.rotate(2)
    assert layer.state.gate_open
    assert not layer.state.plugs.plugged
    assert token_of(ring).bitmap == bitmap
    ring.change(2)
    assert layer.state.plugs.plugged == {handle}
    ring.rotate(2)
    assert bitmaps.positions(token_of(ring).bitmap) == {1}


@pytest.mark.parametrize("count", [1, 2, 9])
def test_d2_destroy_of_a_plugged_handle_counts_as_its_unplug(count: int) -> None:
    ring, handles = plugged_ring(count)
    for member, layer in ring.layers.items():
        layer.gmi_recovery_plug_destroy(handles[member])
    assert ring.visits_until_all_open() == 2 * count - 1


@pytest.mark.parametrize("count", SIZES)
def test_d3_a_processor_without_a_handle_is_ready_at_once(count: int) -> None:
    ring = Circulation(count)
    ring.change(1)
    assert ring.visits_until_all_open() == 2 * count - 1


@pytest.mark.parametrize("when", ["in the old ring", "while transitional", "while pending"])
@pytest.mark.parametrize("count", [1, 3])
def test_d4_an_unplug_before_the_regular_configuration_does_not_count(count: int, when: str) -> None:
    ring, handles = plugged_ring(count)

    def unplug_all(now: str) -> None:
        for member, layer in ring.layers.items():
            if now == when:
                layer.gmi_recovery_plug_unplug(handles[member])

    unplug_all("in the old ring")
    ring.form(2)
    unplug_all("while pending")
    ring.leave()
    unplug_all("while transitional")
    ring.install()
    ring.rotate(3)
    assert not any(layer.state.gate_open for layer in ring.layers.values())
    assert count == 1 or token_of(ring).bitmap == bitmaps.zero(count)


@pytest.mark.parametrize("gate", ["closed", "open"])
def test_d5_a_second_unplug_changes_nothing(gate: str) -> None:
    ring, handles = plugged_ring(2)
    layer, handle = ring.layers[ProcessorId(1)], handles[ProcessorId(1)]
    layer.gmi_recovery_plug_unplug(handle)
    if gate == "open":
        ring.layers[ProcessorId(2)].gmi_recovery_plug_unplug(handles[ProcessorId(2)])
        ring.visits_until_all_open()
    before = layer.state
    layer.gmi_recovery_plug_unplug(handle)
    assert layer.state == before
    assert layer.state.gate_open == (gate == "open")


@pytest.mark.parametrize("call", [PlugLayer.gmi_recovery_plug_unplug, PlugLayer.gmi_recovery_plug_destroy])
@pytest.mark.parametrize("which", ["never created", "destroyed"])
def test_d6_an_unknown_handle_is_an_error_of_the_caller(call: Callable[[PlugLayer, Handle], None], which: str) -> None:
    layer = alone()
    kept, handle = layer.gmi_recovery_plug_create(), Handle(7)
    if which == "destroyed":
        handle = layer.gmi_recovery_plug_create()
        layer.gmi_recovery_plug_destroy(handle)
    before = layer.state
    with pytest.raises(LocalProtocolError, match=rf"a service: handle {handle} is not registered.*D6.*processor 1"):
        call(layer, handle)
    assert layer.state == before
    assert layer.gmi_recovery_plug_create() not in {kept, handle}


def test_d7_a_ring_of_one_gets_no_token_and_its_member_counts_as_holding_one() -> None:
    layer = PlugLayer(ProcessorId(1), packets_a_visit=1)
    handle = layer.gmi_recovery_plug_create()
    assert layer.ring_pending(ring_id(1), [ProcessorId(1)]) == ()
    layer.regular_configuration(ring_id(1), [ProcessorId(1)])
    for payload in (b"first", b"second"):
        layer.gmi_mcast(Priority.RECOVERY, payload)
    layer.gmi_mcast(Priority.LOW, b"normal")
    layer.gmi_recovery_plug_unplug(handle)
    assert packets(layer.visit_alone()) == [b"first"]
    assert not layer.state.gate_open
    assert packets(layer.visit_alone()) == [b"second"]
    assert not layer.state.gate_open
    assert layer.visit_alone()[0] == GateOpened(ring_id(1))
    assert layer.state.gate_open
    assert layer.visit_alone() == ()


def test_d8_the_representative_creates_the_first_token_once_and_zero() -> None:
    members = processors(9)
    layer = PlugLayer(ProcessorId(1))
    (sent,) = layer.ring_pending(ring_id(4), members)
    assert isinstance(sent, SendToken)
    assert decode(sent.datagram) == Token(ring_id(4), 0, 0, (), bytes(2))  # pyright: ignore[reportArgumentType]
    before = layer.state
    with pytest.raises(LocalProtocolError, match="RING-S2"):
        layer.ring_pending(ring_id(4), members)
    assert layer.state == before
    for member in members[1:]:
        assert PlugLayer(member).ring_pending(ring_id(4), members) == ()


@pytest.mark.parametrize("count", SIZES[1:])
def test_d8_a_member_for_which_the_ring_is_pending_passes_the_bitmap_on_unchanged(count: int) -> None:
    ring = Circulation(count)
    ring.form(1)
    late = ring.members[-1]
    ring.install(ring.members[:-1])
    ring.layers[late].gmi_mcast(Priority.RECOVERY, b"")
    for _ in range(3):
        ring.rotate()
        token = token_of(ring)
        assert bitmaps.positions(token.bitmap) == set(range(count - 1))
        assert token.token_seq == ring.visit_count
    assert not ring.packets
    assert ring.layers[late].state.queue
    ring.install([late])
    assert ring.visits_until_all_open() <= 3 * count - 1


def test_d8_anyone_else_refuses_the_token() -> None:
    ring = Circulation(3)
    ring.form(8, processors(2))
    outsider = ring.layers[ProcessorId(3)]
    before = outsider.state
    assert isinstance(outsider.datagram_received(ring.datagram)[0], TokenRefused)
    assert outsider.refused == {Refusal.FOREIGN_RING: 1}
    assert outsider.state == before


def test_d8_a_ring_that_was_superseded_is_not_pending_any_more() -> None:
    ring = Circulation(2)
    ring.form(1)
    superseded = ring.datagram
    ring.form(2)
    layer = ring.layers[ProcessorId(2)]
    (refused,) = layer.datagram_received(superseded)
    assert isinstance(refused, TokenRefused)
    assert refused.refusal is Refusal.OLDER_RING
    with pytest.raises(LocalProtocolError, match=r"not pending.*D8"):
        layer.regular_configuration(ring_id(1), processors(2))


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_d11_the_bit_waits_until_the_recovery_queue_is_drained(count: int, k: int) -> None:
    """The last member needs k visits to drain: then all are open after exactly (2+k)n-1 visits (LIVE-1)."""
    ring = Circulation(count, packets_a_visit=3)
    ring.change(1)
    for _ in range(3 * k):
        ring.layers[ring.members[-1]].gmi_mcast(Priority.RECOVERY, b"")
    assert ring.visits_until_all_open() == (2 + k) * count - 1


def test_d11_the_test_is_made_before_sending() -> None:
    ring = Circulation(2)
    ring.change(1)
    ring.layers[ProcessorId(1)].gmi_mcast(Priority.RECOVERY, b"")
    ring.visit()
    assert len(ring.packets) == 1
    assert token_of(ring).bitmap == b"\0"


def test_d11_recovery_queued_after_the_bit_takes_nothing_back() -> None:
    ring, handles = plugged_ring(2)
    ring.layers[ProcessorId(1)].gmi_recovery_plug_unplug(handles[ProcessorId(1)])
    ring.rotate()
    ring.layers[ProcessorId(1)].gmi_mcast(Priority.RECOVERY, b"")
    ring.visit()
    assert bitmaps.positions(token_of(ring).bitmap) == {0}


def test_d13_leftovers_keep_their_tag_and_place_and_do_not_count() -> None:
    ring = Circulation(2, packets_a_visit=1)
    layer = ring.layers[ProcessorId(1)]
    layer.gmi_mcast(Priority.RECOVERY, b"before any ring")
    ring.change(1)
    layer.gmi_mcast(Priority.RECOVERY, b"in ring 1")
    ring.form(2)
    ring.leave()
    layer.gmi_mcast(Priority.RECOVERY, b"while transitional")
    ring.install()
    ring.visit()
    assert bitmaps.positions(token_of(ring).bitmap) == {0}
    layer.gmi_mcast(Priority.RECOVERY, b"in ring 2")
    ring.rotate(4)
    assert [(packet.payload, packet.queued_in) for packet in ring.packets] == [
        (b"before any ring", None),
        (b"in ring 1", ring_id(1)),
        (b"while transitional", None),
        (b"in ring 2", ring_id(2)),
    ]


def test_d13_behind_a_leftover_a_recovery_message_of_this_ring_still_counts() -> None:
    ring = Circulation(2, packets_a_visit=1)
    layer = ring.layers[ProcessorId(1)]
    layer.gmi_mcast(Priority.RECOVERY, b"leftover")
    ring.change(1)
    layer.gmi_mcast(Priority.RECOVERY, b"counts")
    bits: list[frozenset[int]] = []
    for _ in range(3):
        ring.visit()
        bits.append(bitmaps.positions(token_of(ring).bitmap))
        ring.visit()
    assert bits == [frozenset(), {1}, {0, 1}]


def test_d14_each_number_of_a_ring_is_accepted_once_and_a_late_ring_never() -> None:
    ring = Circulation(3)
    ring.change(1)
    kept = [ring.datagram]
    for _ in range(9):
        ring.visit()
        kept.append(ring.datagram)
    layer = ring.layers[ProcessorId(1)]  # it was visited with the numbers 0, 3 and 6
    before = layer.state
    for datagram, refusal in [(kept[6], Refusal.DUPLICATE), (kept[5], Refusal.LATE), (kept[0], Refusal.LATE)]:
        (refused,) = layer.datagram_received(datagram)
        assert isinstance(refused, TokenRefused)
        assert refused.refusal is refusal
    ring.change(2)
    assert isinstance(layer.datagram_received(kept[9])[0], TokenRefused)
    assert layer.refused == {Refusal.DUPLICATE: 1, Refusal.LATE: 2, Refusal.OLDER_RING: 1}
    assert before.installed is not None
    assert before.installed.accepted == 6


def test_d14_what_was_accepted_while_pending_is_not_accepted_again_once_installed() -> None:
    ring = Circulation(2)
    ring.form(1)
    first = ring.datagram
    ring.visit()
    ring.install()
    assert isinstance(ring.layers[ProcessorId(1)].datagram_received(first)[0], TokenRefused)


# What follows for every history.


def test_recovery_comes_before_what_is_normal_whatever_is_called_when() -> None:
    """PLUG-S1, PLUG-S8 and PLUG-H1 of what is originated, with calls and configuration changes at random."""
    normal_count = sum(normal_packets_of_a_random_run(seed) for seed in range(20))
    assert normal_count > 100


def normal_packets_of_a_random_run(seed: int) -> int:
    rng = random.Random(seed)
    ring, handles = plugged_ring(rng.choice([1, 2, 3, 5, 9]), packets_a_visit=2, fragment_bytes=2)
    normal_count = 0
    for seq in range(2, 6):
        unplugged: set[ProcessorId] = set()
        before_the_bit: set[tuple[ProcessorId, int]] = set()
        ring.packets.clear()
        for _ in range(rng.randrange(60)):
            member = rng.choice(list(ring.layers))
            layer = ring.layers[member]
            what = rng.choice(["recovery", "normal", "unplug"])
            if what == "unplug":
                layer.gmi_recovery_plug_unplug(handles[member])
                unplugged.add(member)
            elif what == "normal":
                layer.gmi_mcast(rng.choice(NORMAL), rng.randbytes(rng.randrange(6)))
            elif member not in unplugged:
                before_the_bit.add((member, layer.gmi_mcast(Priority.RECOVERY, rng.randbytes(rng.randrange(6)))))
            ring.visit()
            assert unplugged == set(ring.layers) or not any(it.state.gate_open for it in ring.layers.values()), seed
        normal = [i for i, packet in enumerate(ring.packets) if packet.priority.is_gated]
        recovery = [i for i, packet in enumerate(ring.packets) if (packet.sender, packet.number) in before_the_bit]
        assert unplugged == set(ring.layers) or not normal, seed
        assert not normal or not recovery or recovery[-1] < normal[0], seed
        assert [packet.seq for packet in ring.packets] == list(range(1, len(ring.packets) + 1)), seed
        normal_count += len(normal)
        ring.change(seq)
    return normal_count
