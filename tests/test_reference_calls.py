"""The calls of the reference: what they do, and that a wrong one names who is at fault and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from reference.errors import LocalProtocolError
from reference.plug.effects import GateOpened
from reference.plug.layer import PlugLayer
from reference.plug.phases import NEXT, Call, Phase
from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.rings import MEMBERS_MAX, ProcessorId
from tests.circulation import Circulation, alone, packets, processors, ring_id


def in_phase(phase: Phase) -> PlugLayer:
    layer = PlugLayer(ProcessorId(1))
    if phase in {Phase.INSTALLED, Phase.INSTALLED_AND_PENDING}:
        layer = alone()
    if phase in {Phase.PENDING, Phase.INSTALLED_AND_PENDING}:
        layer.ring_pending(ring_id(2), processors(2))
    return layer


def tell(layer: PlugLayer, call: Call) -> None:
    if call is Call.RING_PENDING:
        layer.ring_pending(ring_id(3), processors(2))
    elif call is Call.TRANSITIONAL:
        layer.transitional_configuration(ring_id(1), processors(1))
    else:
        layer.regular_configuration(ring_id(2), processors(2))


@pytest.mark.parametrize("call", Call)
@pytest.mark.parametrize("phase", Phase)
def test_the_membership_tells_what_the_table_allows_and_nothing_else(phase: Phase, call: Call) -> None:
    layer = in_phase(phase)
    before = layer.state
    assert before.phase is phase
    if (phase, call) in NEXT:
        tell(layer, call)
        assert layer.state.phase is NEXT[phase, call]
    else:
        with pytest.raises(LocalProtocolError, match=rf"membership: {call.value} with {phase.value} .*CFG-S1.*proc"):
            tell(layer, call)
        assert layer.state == before


WRONG: dict[str, tuple[Phase, Callable[[PlugLayer], object]]] = {
    "a ring without members": (Phase.NO_RING, lambda it: it.ring_pending(ring_id(5), [])),
    "too many members": (Phase.NO_RING, lambda it: it.ring_pending(ring_id(5), processors(MEMBERS_MAX + 1))),
    "a member twice": (Phase.NO_RING, lambda it: it.ring_pending(ring_id(5), [ProcessorId(1)] * 2)),
    "a member out of range": (Phase.NO_RING, lambda it: it.ring_pending(ring_id(5), [ProcessorId(1), ProcessorId(-1)])),
    "ring seq out of range": (Phase.NO_RING, lambda it: it.ring_pending(ring_id(2**63), processors(2))),
    "represented from outside": (Phase.NO_RING, lambda it: it.ring_pending(ring_id(5, 9), processors(2))),
    "not a member": (Phase.NO_RING, lambda it: it.ring_pending(ring_id(5, 2), [ProcessorId(2)])),
    "an older ring": (Phase.INSTALLED_AND_PENDING, lambda it: it.ring_pending(ring_id(1), processors(2))),
    "the same ring again": (Phase.PENDING, lambda it: it.ring_pending(ring_id(2), processors(2))),
    "install another ring": (Phase.PENDING, lambda it: it.regular_configuration(ring_id(3), processors(2))),
    "install other members": (Phase.PENDING, lambda it: it.regular_configuration(ring_id(2), processors(3))),
    "leave another ring": (Phase.INSTALLED, lambda it: it.transitional_configuration(ring_id(9), processors(1))),
    "leave with strangers": (Phase.INSTALLED, lambda it: it.transitional_configuration(ring_id(1), processors(2))),
    "leave without oneself": (Phase.INSTALLED, lambda it: it.transitional_configuration(ring_id(1), [])),
    "alone without a ring": (Phase.PENDING, lambda it: it.visit_alone()),
    "too large an allowance": (Phase.INSTALLED, lambda it: it.visit_alone(packets=20)),
    "a negative allowance": (Phase.INSTALLED, lambda it: it.datagram_received(b"", packets=-1)),
    "a fifth priority": (Phase.INSTALLED, lambda it: it.gmi_mcast(4, b"")),
    "an unknown handle": (Phase.INSTALLED, lambda it: it.gmi_recovery_plug_unplug(Handle(0))),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_call_names_who_is_at_fault_and_changes_nothing(wrong: str) -> None:
    phase, call = WRONG[wrong]
    layer = in_phase(phase)
    layer.gmi_mcast(Priority.LOW, b"kept")
    before = layer.state, dict(layer.refused), layer.accepted_count
    with pytest.raises(LocalProtocolError) as caught:
        call(layer)
    assert (layer.state, dict(layer.refused), layer.accepted_count) == before
    assert caught.value.who in {"membership", "the ring", "a service"}
    assert caught.value.clause in str(caught.value)
    assert str(layer.state) == caught.value.state


def test_the_allowance_of_a_visit_may_be_cut_by_flow_control() -> None:
    layer = alone(packets_a_visit=5)
    for _ in range(9):
        layer.gmi_mcast(Priority.HIGH, b"")
    assert len(packets(layer.visit_alone(packets=0))) == 0
    assert layer.state.gate_open
    assert len(packets(layer.visit_alone(packets=2))) == 2
    assert len(packets(layer.visit_alone())) == 5


def test_normal_messages_go_by_priority_and_then_by_age() -> None:
    layer = alone()
    for payload, priority in enumerate([3, 1, 2, 1, 3, 2, 0]):
        layer.gmi_mcast(priority, bytes([payload]))
    assert packets(layer.visit_alone()) == [b"\6"]
    assert packets(layer.visit_alone()) == [b"\1", b"\3", b"\2", b"\5", b"\0", b"\4"]


def test_the_state_is_plain_to_read() -> None:
    layer = alone()
    layer.gmi_mcast(Priority.LOW, b"\xff")
    plain = msgspec.to_builtins(layer.state)
    assert plain["installed"]["configuration"] == {"ring_id": (1, 1), "members": (1,)}
    assert plain["queue"][0]["message"]["priority"] == 3
    assert str(PlugLayer(ProcessorId(7)).state) == "processor 7: installed none, pending none, gate closed"
    assert str(layer.state) == "processor 1: installed 1:1, pending none, gate closed"
    layer.visit_alone()
    layer.ring_pending(ring_id(2), processors(2))
    assert str(layer.state) == "processor 1: installed 1:1, pending 1:2, gate open"


def test_a_visit_alone_is_for_a_ring_of_one() -> None:
    ring = Circulation(2)
    ring.change(1)
    with pytest.raises(LocalProtocolError, match=r"the ring: .*D7"):
        ring.layers[ProcessorId(1)].visit_alone()


def test_what_a_visit_may_originate_unless_told_otherwise() -> None:
    layer = PlugLayer(ProcessorId(1))
    layer.ring_pending(ring_id(1), processors(1))
    layer.regular_configuration(ring_id(1), processors(1))
    layer.gmi_mcast(Priority.HIGH, bytes(20 * 1384))
    assert [len(payload) for payload in packets(layer.visit_alone())] == [1384] * 19


@pytest.mark.parametrize("number", [0, 2**32 - 1])
def test_the_smallest_and_the_largest_number_name_processors(number: int) -> None:
    layer = PlugLayer(ProcessorId(number))
    for seq in (0, 2**63 - 1):
        layer.ring_pending(ring_id(seq, number), [ProcessorId(number)])
        if layer.state.installed:
            layer.transitional_configuration(ring_id(0, number), [ProcessorId(number)])
        layer.regular_configuration(ring_id(seq, number), [ProcessorId(number)])
        assert layer.visit_alone() == (GateOpened(ring_id(seq, number)),)


@pytest.mark.parametrize("me", [-1, 2**32])
def test_a_layer_for_a_number_out_of_range_is_not_made(me: int) -> None:
    with pytest.raises(LocalProtocolError, match=r"not in 0 to"):
        PlugLayer(ProcessorId(me))


@pytest.mark.parametrize("limits", [{"packets_a_visit": 0}, {"fragment_bytes": 0}])
def test_a_layer_without_an_allowance_is_not_made(limits: dict[str, int]) -> None:
    with pytest.raises(LocalProtocolError):
        PlugLayer(ProcessorId(1), **limits)
