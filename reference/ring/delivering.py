"""What goes to the services: messages in the ring's order, and the two configurations between two rings.

In a regular configuration nothing is delivered behind a hole, nor behind a safe message that not all are known to have.
When the ring is left, all that come along have the same packets, and deliver the same.
"""

from __future__ import annotations

from reference.plug.tokens import MessageSeq
from reference.ring.datagrams import Fragment, packet_of
from reference.ring.effects import ConfigurationChange, Delivery, Freeing, Guarantee, Kind
from reference.ring.order import Order
from reference.ring.state import Forming, ProcessorState
from reference.rings import ProcessorId


def deliver(p: ProcessorState, order: Order) -> None:
    """Deliver all that may be delivered while the ring is installed.

    Source: Totem 1995 (agreed: all before it are delivered; safe: all members have it)
    """
    _deliver_without_hole(p, order, safe=order.safe)


def free(p: ProcessorState, order: Order) -> None:
    """Forget what nobody can ask for any more.

    Source: Totem 1995 (two rotations); RING-S5
    """
    if order.free():
        p.effects.append(Freeing(order.ring_id, order.freed))


def _deliver_without_hole(p: ProcessorState, order: Order, safe: MessageSeq) -> None:
    while (seq := MessageSeq(order.delivered + 1)) <= order.aru:
        body = order.packets[seq]
        if isinstance(body, Fragment):
            if body.guarantee is Guarantee.SAFE and seq > safe:
                return
            _give(p, order, seq, body)
        order.delivered = seq


def _give(p: ProcessorState, order: Order, seq: MessageSeq, fragment: Fragment) -> None:
    """Deliver the message that is whole with this fragment.

    Source: D10 (whole at every receiver)
    """
    message = order.reassembler.packet_received(packet_of(order.ring_id, seq, fragment))
    if message is not None:
        p.effects.append(
            Delivery(
                fragment.message,
                order.ring_id,
                fragment.priority,
                fragment.guarantee,
                fragment.queued_in,
                message.payload,
            )
        )


def leave(p: ProcessorState, old: Order, forming: Forming) -> None:
    """Leave the old ring: the rest of its regular configuration, then its transitional one, and what is due in that.

    All movers have the same packets and the same `delivered_by_some`, so they deliver the same in each.

    Source: EVS 1994 (recovery, step 6); Totem 1995 (high_ring_delivered); CFG-S1
    """
    _deliver_without_hole(p, old, safe=forming.delivered_by_some)
    p.plug.transitional_configuration(old.ring_id, forming.movers)
    left = _without(old.members, forming.movers)
    p.effects.append(ConfigurationChange(Kind.TRANSITIONAL, forming.order.ring_id, forming.movers, left, ()))
    _deliver_behind(p, old, old.obligations | {*forming.movers})


def _deliver_behind(p: ProcessorState, old: Order, obliged: frozenset[ProcessorId]) -> None:
    """Deliver what is left, behind the first hole only what those sent who cannot have missed what it depends on.

    A mover has delivered all that its own message depends on, so it has it, and by now all movers do. Others may have
    sent in answer to what is in the hole.

    Source: EVS 1994 (obligation set; causal delivery), EVS-3, EVS-5
    """
    expected = old.delivered + 1
    for seq in sorted(seq for seq in old.packets if seq > old.delivered):
        body, without_hole = old.packets[seq], seq == expected
        expected += without_hole
        if isinstance(body, Fragment) and (without_hole or body.sender in obliged):
            _give(p, old, seq, body)


def install(p: ProcessorState, formed: Order, movers: tuple[ProcessorId, ...]) -> None:
    """Install the new ring, and deliver what has come in it already.

    Source: EVS 1994 (regular configuration); CFG-S1
    """
    p.plug.regular_configuration(formed.configuration)
    joined = _without(formed.members, movers if p.installed else ())
    p.effects.append(ConfigurationChange(Kind.REGULAR, formed.ring_id, formed.members, (), joined))
    p.installed = formed
    deliver(p, formed)


def _without(members: tuple[ProcessorId, ...], others: tuple[ProcessorId, ...]) -> tuple[ProcessorId, ...]:
    return tuple(member for member in members if member not in others)
