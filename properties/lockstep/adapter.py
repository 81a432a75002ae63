"""The reference plug layer as an implementation under test.

What is read of a token is read here, from the documented bytes: the reference's own reading is not asked, so that an
error in its bitmaps cannot hide itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

import reference.errors
import reference.plug.fragments
import reference.plug.layer
import reference.plug.reassembly
import reference.plug.token_codec
from properties.lockstep.implementation import (
    RECOVERY,
    CallRefusedError,
    Delivered,
    Observation,
    Packet,
    RingName,
    TokenReading,
    Visit,
)
from reference.plug.effects import Effect, SendToken
from reference.plug.plugs import Handle
from reference.plug.state import State
from reference.plug.tokens import MessageSeq
from reference.priorities import Priority
from reference.rings import ProcessorId, RingId, RingSeq

PACKETS_A_VISIT = 64
"""The most that a visit is ever granted here; how many it is granted, each call says."""
FRAGMENT_BYTES = 1


@dataclass(frozen=True)
class Parts:
    """The classes of one copy of the reference: its own, or those of a copy with a fault."""

    layer: type[reference.plug.layer.PlugLayer]
    wrong_call: type[reference.errors.LocalProtocolError]
    reassembler: type[reference.plug.reassembly.Reassembler]


REFERENCE = Parts(
    reference.plug.layer.PlugLayer, reference.errors.LocalProtocolError, reference.plug.reassembly.Reassembler
)


_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def _is_a_call(
    call: Callable[Concatenate[ReferenceLayer, _Given], _Answer],
) -> Callable[Concatenate[ReferenceLayer, _Given], _Answer]:
    """A wrong call is refused."""

    @wraps(call)
    def refusing(self: ReferenceLayer, *args: _Given.args, **kwargs: _Given.kwargs) -> _Answer:
        try:
            return call(self, *args, **kwargs)
        except self.parts.wrong_call as error:
            raise CallRefusedError(str(error)) from error

    return refusing


class ReferenceLayer:
    """One processor of the reference."""

    def __init__(self, processor: int, parts: Parts = REFERENCE) -> None:
        self.parts = parts
        self._layer = parts.layer(
            ProcessorId(processor), packets_a_visit=PACKETS_A_VISIT, fragment_bytes=FRAGMENT_BYTES
        )
        self._reassembler = parts.reassembler()

    @_is_a_call
    def ring_pending(self, ring: RingName, members: Sequence[int]) -> bytes | None:
        return visit_of(self._layer.ring_pending(_ring_id(ring), map(ProcessorId, members))).token

    @_is_a_call
    def transitional(self, ring: RingName, members: Sequence[int]) -> None:
        self._layer.transitional_configuration(_ring_id(ring), map(ProcessorId, members))

    @_is_a_call
    def regular(self, ring: RingName, members: Sequence[int]) -> None:
        self._layer.regular_configuration(_ring_id(ring), map(ProcessorId, members))
        self._reassembler.regular_configuration(_ring_id(ring))

    @_is_a_call
    def token_received(self, token: bytes, packet_count: int) -> Visit:
        return visit_of(self._layer.datagram_received(token, packets=packet_count))

    @_is_a_call
    def visit_alone(self, packet_count: int) -> Visit:
        return visit_of(self._layer.visit_alone(packets=packet_count))

    @_is_a_call
    def queue(self, priority: int, packet_count: int) -> None:
        self._layer.gmi_mcast(priority, bytes(packet_count * FRAGMENT_BYTES))

    @_is_a_call
    def create(self) -> int:
        return self._layer.gmi_recovery_plug_create()

    @_is_a_call
    def unplug(self, handle: int) -> None:
        self._layer.gmi_recovery_plug_unplug(Handle(handle))

    @_is_a_call
    def destroy(self, handle: int) -> None:
        self._layer.gmi_recovery_plug_destroy(Handle(handle))

    def packet_received(self, ring: RingName, seq: int, sender: int, packet: Packet) -> Delivered | None:
        message = self._reassembler.packet_received(_arriving(ring, seq, sender, packet))
        if message is None:
            return None
        return Delivered(message.sender, message.number, int(message.priority), ring_name(message.queued_in))

    def observe(self) -> Observation:
        return observation(self._layer.state)

    def read_token(self, token: bytes) -> TokenReading:
        return reading(token)

    def copy(self) -> Self:
        twin = object.__new__(type(self))
        twin.parts, twin._layer = self.parts, object.__new__(self.parts.layer)
        vars(twin._layer).update(vars(self._layer))
        twin._layer.refused = self._layer.refused.copy()
        twin._reassembler = copy(self._reassembler)
        twin._reassembler.unfinished = self._reassembler.unfinished.copy()
        return twin


def observation(state: State) -> Observation:
    """What is observed of a state of the reference, or of a copy with a fault."""
    held = state.installed.held if state.installed else None
    return Observation(
        installed=ring_name(state.installed.configuration.ring_id if state.installed else None),
        pending=ring_name(state.pending.configuration.ring_id if state.pending else None),
        gate_open=state.gate_open,
        registered=cast("frozenset[int]", state.plugs.registered),
        plugged=cast("frozenset[int]", state.plugs.plugged),
        recovery_waiting=tuple(
            ring_name(waiting.message.queued_in) for waiting in state.queue if waiting.message.priority == RECOVERY
        ),
        held=_positions(held.bitmap) if held else None,
    )


def on_the_wire(effect: SendToken) -> bytes:
    """The token that is sent, as the reference encodes it."""
    return effect.datagram


def visit_of(effects: Sequence[Effect], token_bytes: Callable[[SendToken], bytes] = on_the_wire) -> Visit:
    """What a visit led to. Effects are told apart by name: those of a copy with a fault are of other classes."""
    packets, token = list[Packet](), None
    for effect in cast("Sequence[Any]", effects):
        match type(effect).__name__:
            case "TokenRefused":
                return Visit(refused=f"{effect.refusal.name}: {effect.refusal.says}")
            case "Originated":
                packets.append(_packet(effect.packet))
            case "SendToken":
                token = token_bytes(effect)
            case _:
                pass
    return Visit(packets=tuple(packets), token=token)


def reading(token: bytes) -> TokenReading:
    """What a token of the reference says."""
    decoded = reference.plug.token_codec.decode(token)
    return TokenReading(RingName(*decoded.ring_id), _positions(decoded.bitmap))


def _packet(one: reference.plug.fragments.Packet) -> Packet:
    queued_in = ring_name(one.queued_in)
    return Packet(int(one.priority), queued_in, one.number, one.fragment_index, one.fragment_count)


def _arriving(ring: RingName, seq: int, sender: int, packet: Packet) -> reference.plug.fragments.Packet:
    """A packet as the reference has it: its payload is the byte that is its index."""
    return reference.plug.fragments.Packet(
        ring_id=_ring_id(ring), seq=MessageSeq(seq), sender=ProcessorId(sender), number=packet.message,
        priority=Priority(packet.priority), queued_in=_ring_id(packet.queued_in) if packet.queued_in else None,
        fragment_index=packet.index, fragment_count=packet.count, payload=bytes([packet.index % 256]),
    )  # fmt: skip


def _ring_id(ring: RingName) -> RingId:
    return RingId(ProcessorId(ring.representative), RingSeq(ring.seq))


@lru_cache
def ring_name(ring: RingId | None) -> RingName | None:
    """A ring id of the reference, as lockstep names rings."""
    return RingName(*ring) if ring else None


@lru_cache
def _positions(bitmap: bytes) -> frozenset[int]:
    """Position p is bit p mod 8, the lowest first, of byte p div 8."""
    return frozenset(p for p in range(8 * len(bitmap)) if bitmap[p // 8] >> p % 8 & 1)
