"""Gathering: who is there, what a join or a foreign datagram means in each state, and when a ring is left.

A ring is left for good reasons only: a join or a datagram that is older than the ring, or that comes from one who will
not have this processor anyway, leaves it alone.
"""

from __future__ import annotations

from reference.ring import forming
from reference.ring.agreement import (
    Agreement,
    again,
    begun,
    heard,
    is_news,
    timed_out,
    with_processor,
    without_others,
)
from reference.ring.datagrams import Join, MergeDetect
from reference.ring.state import ProcessorState
from reference.ring.timers import Timer
from reference.ring.transitions import Event, Phase
from reference.rings import ProcessorId, RingId

OUT_OF_PLACE = "Totem 1995 (foreign message)"


def start(p: ProcessorState) -> None:
    """Begin with a number that no ring of an earlier life has had.

    Source: Totem 1995; corosync 3675dace (one more than what was stored)
    """
    p.stores(p.incarnation)
    gather(p, Event.STARTED, p.agreement)


def gather(p: ProcessorState, event: Event, agreement: Agreement) -> None:
    """Leave what is under way, and say to all who is there.

    What is known of the installed ring stays as it is, whatever became of the one that was formed.

    Source: Totem 1995 (shift to gather); corosync 107ef199
    """
    p.goes(event)
    p.agreement = agreement
    p.forming = p.commit = p.last_sent = p.held = None
    p.timers.stop(*Timer)
    p.starts(Timer.CONSENSUS, p.settings.consensus_us)
    _send_join(p)
    forming.form_if_agreed(p, may_be_alone=event is not Event.JOIN)


def _send_join(p: ProcessorState) -> None:
    sets = tuple(sorted(p.agreement.processors)), tuple(sorted(p.agreement.failed))
    p.multicasts(Join(p.me, *sets, p.ring_seq))
    p.starts(Timer.JOIN, p.settings.join_us)


def join_due(p: ProcessorState) -> None:
    """Say it again, for those who have missed it; by now, whom all others count as failed may be alone.

    Not at once: their joins are answers to what this processor said before. If each forms a ring of one, and leaves it
    for what the other one said before that, the two never meet.

    Source: Totem 1995 (join timeout); LIVE-3
    """
    _send_join(p)
    forming.form_if_agreed(p, may_be_alone=True)


def consensus_due(p: ProcessorState) -> None:
    """Go on without those who have not agreed in time.

    Source: Totem 1995 (consensus timeout)
    """
    gather(p, Event.CONSENSUS_TIMEOUT, timed_out(p.agreement))


def token_lost(p: ProcessorState) -> None:
    """Gather again: from an installed ring with its members, otherwise with the sets that led here.

    Source: Totem 1995 (token loss)
    """
    gather(p, Event.TOKEN_LOSS, _afresh(p))


def failed_to_receive(p: ProcessorState) -> None:
    """Leave the others to themselves.

    Source: Totem 1995 (failure to receive); corosync totemsrp.c (FAILED TO RECEIVE)
    """
    gather(p, Event.FAILED_TO_RECEIVE, without_others(_afresh(p)))


def _afresh(p: ProcessorState) -> Agreement:
    if p.phase is Phase.OPERATIONAL and p.installed:
        return begun(p.me, p.installed.members)
    return again(p.agreement)


def join_received(p: ProcessorState, join: Join) -> None:
    """Take a join, if it is for this processor's state.

    Source: Totem 1995 (join message in each state)
    """
    refusal = _refusal(p, join)
    if refusal:
        p.refuses(f"join of {join.sender}: {refusal}", "Totem 1995 (join message)")
        return
    before = _afresh(p) if p.phase is not Phase.GATHER else p.agreement
    after = heard(before, join)
    if p.phase is not Phase.GATHER or is_news(before, after):
        gather(p, Event.JOIN, after)
    else:
        p.agreement = after
        forming.form_if_agreed(p, may_be_alone=False)


def _refusal(p: ProcessorState, join: Join) -> str:
    """Why a join is not for this processor, if so.

    Source: corosync d9914003, cfbb021e (joins of before the ring keep rings from ever merging); Totem 1995 (in commit
    and recovery only a member that has left again matters)
    """
    if join.sender == p.me:
        return "it is my own"
    if p.installed and join.sender in p.installed.members and join.ring_seq < p.installed.ring_id.seq:
        return f"it is older than ring {p.installed.ring_id}"
    if p.phase is Phase.OPERATIONAL and p.installed:
        outside = join.sender not in p.installed.members
        return "it counts me as failed" if outside and p.me in join.failed else ""
    if p.commit and (join.sender not in p.commit.members or join.ring_seq < p.commit.ring_id.seq):
        return f"ring {p.commit.ring_id} is formed"
    return ""


def merge_detect_received(p: ProcessorState, said: MergeDetect) -> None:
    """Another ring exists.

    Source: corosync totemsrp.c (memb_merge_detect)
    """
    foreign(p, said.transmitter, said.ring_id, Event.MERGE)


def foreign(p: ProcessorState, transmitter: ProcessorId, ring_id: RingId, event: Event) -> None:
    """Somebody is heard of another ring: include it, unless that was before this ring.

    Source: Totem 1995 (foreign message in operational and gather)
    """
    ring = p.installed
    if p.phase is Phase.GATHER and transmitter not in p.agreement.processors:
        _include(p, transmitter, event)
    elif p.phase is Phase.OPERATIONAL and ring and ring.ring_id != ring_id:
        if transmitter in ring.members and ring_id.seq < ring.ring_id.seq:
            p.refuses(f"ring {ring_id} is older than ring {ring.ring_id}", OUT_OF_PLACE)
        else:
            _include(p, transmitter, event)
    elif ring is None or ring.ring_id != ring_id:
        p.refuses(f"{transmitter} speaks of ring {ring_id}", OUT_OF_PLACE)


def _include(p: ProcessorState, transmitter: ProcessorId, event: Event) -> None:
    before = p.agreement if p.phase is Phase.GATHER else _afresh(p)
    after = with_processor(before, transmitter)
    if after is before and p.phase is Phase.GATHER:
        p.refuses(f"{transmitter} is one too many", "D9")
    else:
        gather(p, event, after)


def merge_due(p: ProcessorState) -> None:
    """Say that this ring exists, as its representative.

    Source: corosync totemsrp.c (memb_merge_detect_transmit)
    """
    if p.phase is Phase.OPERATIONAL and p.installed:
        p.multicasts(MergeDetect(p.me, p.installed.ring_id))
        p.starts(Timer.MERGE, p.settings.merge_us)
