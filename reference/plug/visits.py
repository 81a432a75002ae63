"""One visit of the token, in its order: accept, plug step, originate, send on.

The plug step comes before originating (D11), so a bit waits for the visit after the one that drained the recovery
queue; and a member that finds the bitmap complete uses its open gate in the same visit. A visit is one step: nothing
that a service does falls into the middle of it.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from reference.plug import bitmaps, queues
from reference.plug.acceptance import accept
from reference.plug.effects import Effect, GateOpened, Originated, SendToken
from reference.plug.fragments import Packet, next_packet
from reference.plug.state import Ring, State
from reference.plug.tokens import MessageSeq, Token, next_hop


class Allowance(msgspec.Struct, frozen=True):
    """How many packets a visit may originate, and how many bytes of a message a packet carries."""

    packet_count: int
    fragment_bytes: int


def token_visit(state: State, token: Token, allowance: Allowance) -> tuple[State, tuple[Effect, ...]]:
    """Take a token: visit it if its ring is installed, pass it on if its ring is pending.

    Source: D8, D14
    """
    ring = replace(accept(state, token), accepted=token.token_seq)
    if ring.configuration.ring_id != state.installed_id:
        return replace(state, pending=ring), (SendToken(next_hop(token)),)
    after, left, effects = visit(replace(state, installed=ring), ring, token, allowance)
    return after, (*effects, SendToken(next_hop(left)))


def visit_alone(state: State, ring: Ring, held: Token, allowance: Allowance) -> tuple[State, tuple[Effect, ...]]:
    """Visit the token that the only member of a ring counts as holding, and keep it.

    Source: D7
    """
    after, left, effects = visit(state, ring, held, allowance)
    return replace(after, installed=replace(ring, held=left)), effects


def visit(
    state: State, ring: Ring, token: Token, allowance: Allowance
) -> tuple[State, Token, tuple[GateOpened | Originated, ...]]:
    """The plug step, then what may be originated; the state and the token after it.

    Source: D11
    """
    bitmap = marked(state, ring, token.bitmap)
    judged = gate_judged(state, ring, bitmap)
    opened = (GateOpened(token.ring_id),) if judged.gate_open and not state.gate_open else ()
    after, packets = originate(judged, ring, token.seq, allowance)
    left = replace(token, bitmap=bitmap, seq=MessageSeq(token.seq + len(packets)))
    return after, left, (*opened, *map(Originated, packets))


def marked(state: State, ring: Ring, bitmap: bytes) -> bytes:
    """The bitmap with one's own position set, if all plugs are out and the recovery queue of this ring is drained.

    Source: mail M5, M9; D3, D11, D13
    """
    ready = state.plugs.are_out and queues.is_drained(state.queue, ring.configuration.ring_id)
    return bitmaps.with_position(bitmap, ring.configuration.position(state.me)) if ready else bitmap


def gate_judged(state: State, ring: Ring, bitmap: bytes) -> State:
    """The gate opens if the bitmap is complete, and stays open; whoever completed it.

    Source: mail M6, M7; PLUG-S9
    """
    complete = bitmaps.is_complete(bitmap, len(ring.configuration.members))
    return replace(state, gate_open=True) if complete and not state.gate_open else state


def originate(state: State, ring: Ring, seq: MessageSeq, allowance: Allowance) -> tuple[State, tuple[Packet, ...]]:
    """Originate packets until the allowance is used or nothing may go; each takes the next number of the ring.

    Source: mail M1, M6, M7; D10; openais gmi.c:1494
    """
    packets: list[Packet] = []
    queue = state.queue
    while len(packets) < allowance.packet_count:
        waiting = queues.next_to_originate(queue, gate_open=state.gate_open)
        if waiting is None:
            break
        number = MessageSeq(seq + len(packets) + 1)
        packets.append(next_packet(waiting, ring.configuration.ring_id, number, allowance.fragment_bytes))
        queue = queues.after_a_packet(queue, waiting, packets[-1].fragment_count)
    return replace(state, queue=queue) if packets else state, tuple(packets)
