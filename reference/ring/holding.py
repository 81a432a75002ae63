"""Holding the token of a ring in which nothing happens, so that an idle ring costs little.

Only the representative holds it, and only when all gates are open and all have everything; whoever has something to
send has it released. If that gets lost, the token is held a little longer, no more.
"""

from __future__ import annotations

from reference.plug import bitmaps
from reference.ring.datagrams import RingToken, Wake
from reference.ring.effects import Send
from reference.ring.order import Order
from reference.ring.state import ProcessorState
from reference.ring.timers import Timer
from reference.ring.wire import encode

IDLE_VISITS = 3


def pass_on_or_hold(p: ProcessorState, order: Order, came: RingToken, said: RingToken) -> None:
    """Send the token on, or keep it a while.

    Source: corosync totemsrp.c (token hold, seqno_unchanged_const)
    """
    order.idle_count = order.idle_count + 1 if _is_idle(order, came, said) else 0
    token = Send(p.successor(order.members), encode(said))
    if order.idle_count < IDLE_VISITS or p.me != order.ring_id.representative or not p.settings.token_hold_us:
        p.passes_on(token)
        return
    p.held = token
    p.timers.stop(Timer.TOKEN_RETRANSMISSION)
    p.starts(Timer.TOKEN_HOLD, p.settings.token_hold_us)


def _is_idle(order: Order, came: RingToken, said: RingToken) -> bool:
    """Whether nobody waits for the token: nothing is sent, missing, or to be unplugged.

    Source: corosync da51942e (a held token is released when someone waits for it); LIVE-1
    """
    everything_sent = came.token.seq == said.token.seq and not (said.multicast_count or said.backlog)
    everything_here = said.aru == said.token.seq and not said.token.retransmissions
    return everything_sent and everything_here and bitmaps.is_complete(said.token.bitmap, len(order.members))


def release(p: ProcessorState) -> None:
    """Send the held token on."""
    if p.held:
        held, p.held = p.held, None
        p.timers.stop(Timer.TOKEN_HOLD)
        p.passes_on(held)


def ask_for_token(p: ProcessorState, order: Order) -> None:
    """There is something to send in an idle ring: have the token released.

    Source: corosync totemsrp.c (token hold cancel)
    """
    if p.me == order.ring_id.representative:
        order.idle_count = 0
        release(p)
    elif order.idle_count:
        order.idle_count = 0
        p.effects.append(Send(order.ring_id.representative, encode(Wake(p.me, order.ring_id))))


def woken(p: ProcessorState, said: Wake) -> None:
    """A member has something to send.

    Source: corosync totemsrp.c (token hold cancel)
    """
    if p.installed and p.installed.ring_id == said.ring_id:
        p.installed.idle_count = 0
        release(p)
