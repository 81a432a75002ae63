"""Recovery: members that come from the same ring exchange what each has of it, on the token of the next one.

What is recovered takes numbers of the new ring, so it is retransmitted and acknowledged like everything else there. The
old ring is left when all members of the new one have all of it, and the new one is installed in the step after that:
what services do meanwhile is done in neither.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from reference.plug.effects import SendToken
from reference.plug.tokens import MessageSeq
from reference.ring import delivering, visits
from reference.ring.datagrams import Arrival, CommitToken, Fragment, Numbered, Recovered, RingToken
from reference.ring.effects import Receipt, Send
from reference.ring.flow import Flow
from reference.ring.order import Order
from reference.ring.state import Forming, ProcessorState
from reference.ring.timers import Timer
from reference.ring.transitions import Event
from reference.ring.wire import encode
from reference.rings import ProcessorId, configuration

CLEAR_VISITS_TO_FIX = 2
CLEAR_VISITS_TO_COUNT = 3
COMPLETE_VISITS = 2


def enter(p: ProcessorState, token: CommitToken) -> Forming:
    """Begin to recover, knowing what all come with; the representative tells the plug only with the first token.

    Source: Totem 1995 (shift to recovery: low_ring_aru, high_ring_delivered, messages to retransmit); D8
    """
    p.goes(Event.COMMIT_TOKEN_AGAIN)
    p.commit = token
    order = Order(configuration(token.ring_id, token.members, state=str(p)))
    movers = _movers(p, token)
    p.forming = Forming(
        order,
        tuple(movers),
        max(arrival.delivered for arrival in movers.values()),
        _obligations(p, movers),
        _to_recover(p, movers),
    )
    if p.me != token.ring_id.representative:
        p.plug.ring_pending(order.configuration)
    return p.forming


def _movers(p: ProcessorState, token: CommitToken) -> dict[ProcessorId, Arrival]:
    """Who comes from the same ring: not who was merely a member of it once.

    Source: CFG-S1; EVS 1994 (transitional configuration)
    """
    arrivals = dict(zip(token.members, token.arrivals, strict=True))
    old = p.installed
    if old is None:
        return {p.me: arrivals[p.me]}
    came = {member for member, arrival in arrivals.items() if arrival.ring_id == old.ring_id and member in old.members}
    return {member: arrival for member, arrival in arrivals.items() if member in came | {p.me}}


def _obligations(p: ProcessorState, movers: dict[ProcessorId, Arrival]) -> frozenset[ProcessorId]:
    """Whom the movers will owe, once they have all that is recovered: each other, and whom one of them owes already.

    Source: EVS 1994 (obligation set)
    """
    if p.installed is None:
        return frozenset(movers)
    owed = [p.installed.obliged_by(arrival.obligations) for arrival in movers.values()]
    return frozenset(movers).union(*owed)


def _to_recover(p: ProcessorState, movers: dict[ProcessorId, Arrival]) -> dict[MessageSeq, Fragment]:
    """What some mover may lack, of what this processor has; from now on it takes no more from the old ring itself.

    Source: Totem 1995 (messages of the old ring above low_ring_aru)
    """
    low = min(arrival.aru for arrival in movers.values())
    if p.installed is None or len(movers) == 1:
        return {}
    held = sorted(p.installed.packets.items())
    return {seq: body for seq, body in held if seq > low and isinstance(body, Fragment)}


def create_first_token(p: ProcessorState, forming: Forming) -> None:
    """All members know all: the representative creates the first token. Alone, it needs none.

    Source: mail M8; D7, D8; Totem 1995; corosync 4ee84c51 (once)
    """
    effects = p.plug.ring_pending(forming.order.configuration)
    for effect in effects:
        if isinstance(effect, SendToken):
            first = RingToken(effect.token, MessageSeq(0), None, 0, 0, False)
            p.passes_on(Send(p.successor(forming.order.members), encode(first)))
            p.waits_for_token()
    if not effects:
        _leave(p, forming)


def visit(p: ProcessorState, forming: Forming, token: RingToken) -> None:
    """Visit the token of the ring that is formed: send what is to be recovered, and see whether all have it.

    Source: Totem 1995 (regular token in recovery)
    """
    order = forming.order
    taken = visits.accept(p, order, token, len(forming.to_recover))
    if taken is None:
        return
    own = _recovered(p, forming, taken.onward.seq, taken.granted_count)
    visits.send_packets(p, order, (*taken.answered, *own))
    token_after = msgspec.structs.replace(taken.onward, seq=MessageSeq(taken.onward.seq + len(own)))
    flag = _flagged(forming, token.retransmission_flag)
    after = Flow(len(taken.answered) + len(own), len(forming.to_recover))
    said = visits.onward(p, order, taken, token_after, after, flag=flag)
    _count(p, forming, said)
    send = Send(p.successor(order.members), encode(said))
    if forming.complete_count == COMPLETE_VISITS:
        forming.last_to_send = send
        _leave(p, forming)
    else:
        p.passes_on(send)


def _recovered(p: ProcessorState, forming: Forming, seq: MessageSeq, granted_count: int) -> list[Numbered]:
    """Packets of the old ring, each with the next number of the new one.

    Source: Totem 1995 (retrans_message_queue)
    """
    own: list[Numbered] = []
    for old_seq in [*islice(forming.to_recover, granted_count)]:
        fragment = forming.to_recover.pop(old_seq)
        assert p.installed is not None
        seq = MessageSeq(seq + 1)
        own.append(Numbered(seq, Recovered(p.installed.ring_id, old_seq, fragment)))
        visits.receive(p, forming.order, own[-1])
    return own


def _flagged(forming: Forming, flag: bool) -> bool:
    """The retransmission flag: set while something is to be sent, cleared only by who set it.

    Source: Totem 1995 (retrans_flg); corosync totemsrp.c (my_set_retrans_flg)
    """
    if forming.to_recover:
        forming.flag_is_mine |= not flag
        return True
    mine, forming.flag_is_mine = flag and forming.flag_is_mine, False
    return flag and not mine


def _count(p: ProcessorState, forming: Forming, token: RingToken) -> None:
    """See how far all are.

    A flag that was clear twice was clear at all members in between, so all that is recovered is numbered by now. When
    this processor has all of it, the others may go on without hearing of it again: it owes them the same deliveries.

    Source: Totem 1995 (retrans_flg_count, install_seq, rotations); EVS 1994 (obligation set)
    """
    forming.clear_count = 0 if token.retransmission_flag else forming.clear_count + 1
    if forming.clear_count == CLEAR_VISITS_TO_FIX:
        forming.install_seq = token.token.seq
    if forming.clear_count < CLEAR_VISITS_TO_FIX or forming.install_seq is None:
        forming.complete_count = 0
        return
    if p.installed and forming.order.aru >= forming.install_seq:
        p.installed.obligations |= forming.movers_obligations
    complete = forming.clear_count >= CLEAR_VISITS_TO_COUNT and token.aru >= forming.install_seq
    forming.complete_count = forming.complete_count + 1 if complete else 0


def packet_received(p: ProcessorState, forming: Forming, packet: Numbered) -> None:
    """Take a packet of the ring that is formed; if it is of the same old ring, nobody needs it from here any more.

    Source: Totem 1995 (message in recovery)
    """
    if not visits.receive(p, forming.order, packet):
        return
    body, old = packet.body, p.installed
    if isinstance(body, Recovered) and old and body.ring_id == old.ring_id:
        forming.to_recover.pop(body.seq, None)
        if old.received(body.seq, body.fragment):
            p.effects.append(Receipt(old.ring_id, body.seq))


def _leave(p: ProcessorState, forming: Forming) -> None:
    """Leave the old ring; the rest is a step of its own, which comes next.

    Source: EVS 1994; D4 (what services do between the two configurations does not count in the next)
    """
    if p.installed:
        delivering.leave(p, p.installed, forming)
    p.timers.stop(*Timer)
    p.starts(Timer.AT_ONCE, 0)


def install(p: ProcessorState, forming: Forming) -> None:
    """Install the new ring, and send its token on.

    Source: EVS 1994 (regular configuration); Totem 1995 (shift to operational)
    """
    p.goes(Event.ALL_HERE)
    p.forming = p.commit = None
    delivering.install(p, forming.order, forming.movers)
    if forming.last_to_send:
        p.passes_on(forming.last_to_send)
        p.waits_for_token()
    else:
        p.starts(Timer.AT_ONCE, 0)
    if p.me == forming.order.ring_id.representative:
        p.starts(Timer.MERGE, p.settings.merge_us)
