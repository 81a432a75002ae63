"""One visit of the token to an installed ring, and the parts that a visit in recovery has as well.

The order of things: accept; deliver and free what all have by now; send again what others miss; the plug's visit with
what the flow control grants; send the packets; say in the token what is missing here; send it on; deliver one's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from reference.plug.effects import Effect as PlugEffect
from reference.plug.effects import Originated, SendToken, TokenRefused
from reference.plug.tokens import RETRANSMISSIONS_MAX, MessageSeq, Token
from reference.ring import flow, holding
from reference.ring.datagrams import Numbered, RingToken, fragment_of
from reference.ring.delivering import deliver, free
from reference.ring.effects import Origination, Receipt, Refused, Send
from reference.ring.flow import Flow
from reference.ring.order import Order
from reference.ring.packing import datagrams
from reference.ring.state import ProcessorState
from reference.ring.transitions import Phase
from reference.rings import ProcessorId


class Visit(msgspec.Struct, frozen=True):
    """A token that was accepted: as it came, as the plug layer sends it on, and what is to be done beside."""

    came: RingToken
    onward: Token
    granted_count: int
    answered: tuple[Numbered, ...]
    plug_effects: tuple[PlugEffect, ...]


def accept(p: ProcessorState, order: Order, token: RingToken, backlog: int) -> Visit | None:
    """Have the plug layer accept the token or refuse it; before, nothing is changed.

    Source: RING-S4; D14; Totem 1995 (token loss, safe)
    """
    held = order.packets
    wanted = (Numbered(seq, held[seq]) for seq in token.token.retransmissions if seq in held)
    answered = tuple(islice(wanted, flow.room(order.flow, token, p.settings)))
    granted = flow.allowance(order.flow, token, p.settings, backlog=backlog, answered_count=len(answered))
    effects = p.plug.token_received(token.token, granted)
    for effect in effects:
        if isinstance(effect, TokenRefused):
            p.effects.append(Refused(effect.why))
        elif isinstance(effect, SendToken):
            p.waits_for_token()
            order.accounted(token.aru)
            return Visit(token, effect.token, granted, answered, effects)
    return None


def visit(p: ProcessorState, order: Order, token: RingToken) -> None:
    """Visit the installed ring's token.

    Source: Totem 1995 (regular token in operational)
    """
    taken = accept(p, order, token, p.plug.backlog)
    if taken is None:
        return
    deliver(p, order)
    free(p, order)
    own = originated(p, order, taken.plug_effects)
    send_packets(p, order, (*taken.answered, *own))
    after = Flow(len(taken.answered) + len(own), p.plug.backlog)
    said = onward(p, order, taken, taken.onward, after, flag=False)
    holding.pass_on_or_hold(p, order, token, said)
    deliver(p, order)


def visit_alone(p: ProcessorState, order: Order) -> bool:
    """Take the turn of a ring of one; whether there was something to do.

    Source: D7
    """
    effects = p.plug.visit_alone(p.settings.visit_packets)
    originated(p, order, effects)
    order.safe = order.aru
    deliver(p, order)
    free(p, order)
    return bool(effects)


def originated(p: ProcessorState, order: Order, effects: Iterable[PlugEffect]) -> tuple[Numbered, ...]:
    """The packets of this visit; they are received here at once, and delivered in their order like all others.

    Source: Totem 1995; D10
    """
    own: list[Numbered] = []
    for effect in effects:
        if isinstance(effect, Originated):
            packet = effect.packet
            fragment = fragment_of(packet, p.incarnation, p.guarantees[packet.number])
            own.append(Numbered(packet.seq, fragment))
            receive(p, order, own[-1])
            if fragment.is_last:
                guarantee = p.guarantees.pop(packet.number)
                p.effects.append(Origination(fragment.message, order.ring_id, fragment.priority, guarantee))
    return tuple(own)


def receive(p: ProcessorState, order: Order, packet: Numbered) -> bool:
    """Keep a packet of the ring; whether it is new here.

    Source: Totem 1995 (regular message)
    """
    is_new = order.received(packet.seq, packet.body)
    if is_new:
        p.effects.append(Receipt(order.ring_id, packet.seq))
    return is_new


def packets_received(p: ProcessorState, order: Order, packets: Iterable[Numbered]) -> None:
    """Take packets of the installed ring. After it is left they are kept, and delivered when the next is installed.

    Source: Totem 1995 (message in operational, gather, commit)
    """
    for packet in packets:
        receive(p, order, packet)
    if p.phase is Phase.OPERATIONAL:
        deliver(p, order)


def send_packets(p: ProcessorState, order: Order, packets: Sequence[Numbered]) -> None:
    """Multicast packets, before the token, so that it does not overtake them."""
    p.effects += [Send(None, datagram) for datagram in datagrams(p.me, order.ring_id, packets)]


def onward(p: ProcessorState, order: Order, taken: Visit, token: Token, after: Flow, *, flag: bool) -> RingToken:
    """The token as it is sent on, with what this processor has and misses.

    Source: Totem 1995 (aru, aru_id, rtr, fcc, backlog)
    """
    came = taken.came
    asked = {*came.token.retransmissions} - {packet.seq for packet in taken.answered}
    asked |= {*islice(order.missing(came.token.seq), RETRANSMISSIONS_MAX)}
    aru, aru_id = _lowered(p, order, came, token.seq)
    order.stuck_count = order.stuck_count + 1 if aru_id == p.me and aru == order.aru_sent else 0
    order.aru_sent = aru
    counts = flow.counted(order.flow, came, after)
    order.flow = after
    listed = tuple(sorted(asked)[:RETRANSMISSIONS_MAX])
    return RingToken(msgspec.structs.replace(token, retransmissions=listed), aru, aru_id, *counts, flag)


def _lowered(
    p: ProcessorState, order: Order, came: RingToken, seq: MessageSeq
) -> tuple[MessageSeq, ProcessorId | None]:
    """The aru after this visit: lowered to one's own, or raised to it if one had lowered it or nobody had.

    Source: Totem 1995 (aru, aru_id)
    """
    if order.aru < came.aru or came.aru_id in (None, p.me):
        aru = min(order.aru, seq)
        return aru, None if aru == seq else p.me
    return came.aru, came.aru_id
