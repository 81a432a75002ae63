"""Forming a ring: the commit token goes round twice, and the ring's number is stored before it goes on.

In the first rotation each member says what it comes with, in the second each learns what all come with. Each hop has a
number, so a token that comes twice is known for what it is.
"""

from __future__ import annotations

from reference.plug.tokens import MessageSeq
from reference.ring import recovering
from reference.ring.datagrams import Arrival, CommitToken
from reference.ring.effects import Send
from reference.ring.state import ProcessorState
from reference.ring.timers import Timer
from reference.ring.transitions import Event, Phase
from reference.ring.wire import encode
from reference.rings import ProcessorId, RingId, RingSeq

SEQ_STEP = 4


def form_if_agreed(p: ProcessorState, *, may_be_alone: bool) -> None:
    """Create the commit token, if all have agreed and this processor is the smallest.

    Source: Totem 1995 (the representative creates the commit token; ring sequence number + 4)
    """
    candidates = p.agreement.candidates
    if not p.agreement.is_reached or candidates[0] != p.me or (candidates == (p.me,) and not may_be_alone):
        return
    ring_id = RingId(p.me, RingSeq(max(p.agreement.highest_seq, p.ring_seq) + SEQ_STEP))
    token = CommitToken(ring_id, candidates, 1, (_arrival(p),))
    _commit(p, token, Event.CONSENSUS)
    if len(candidates) > 1:
        _pass_on(p, token)
    else:
        recovering.create_first_token(p, recovering.enter(p, token))


def _commit(p: ProcessorState, token: CommitToken, event: Event) -> None:
    """Commit to a ring: its number is stored before anybody can hear of it from here.

    Source: Totem 1995 (ring id on stable storage); corosync d99fba72, ef05817c; RING-S2
    """
    p.goes(event)
    p.timers.stop(*Timer)
    p.stores(token.ring_id.seq)
    p.commit = token
    p.waits_for_token()


def _arrival(p: ProcessorState) -> Arrival:
    """What this processor comes with.

    Source: Totem 1995 (commit token: old ring id, my_aru, high_delivered); EVS 1994 (obligation set)
    """
    old = p.installed
    if old is None:
        return Arrival(None, MessageSeq(0), MessageSeq(0), b"")
    return Arrival(old.ring_id, old.aru, old.delivered, old.obligations_bitmap)


def _pass_on(p: ProcessorState, token: CommitToken) -> None:
    p.passes_on(Send(p.successor(token.members), encode(token)))


def commit_token_received(p: ProcessorState, token: CommitToken) -> None:
    """Take a commit token, if its hop is the one that is awaited here.

    Source: Totem 1995 (commit token in gather, commit and recovery); corosync 4ee84c51 (each once)
    """
    match p.phase:
        case Phase.GATHER if _fits(p, token):
            said = CommitToken(token.ring_id, token.members, token.hop + 1, (*token.arrivals, _arrival(p)))
            _commit(p, said, Event.COMMIT_TOKEN)
            _pass_on(p, said)
        case Phase.COMMIT if _is_mine(p, token) and token.hop == len(token.members) + _position(p, token.members):
            _recover(p, token)
        case Phase.RECOVERY if p.forming and _is_mine(p, token) and _is_complete(p, token):
            recovering.create_first_token(p, p.forming)
        case _:
            p.refuses(f"commit token of ring {token.ring_id}, hop {token.hop}", "Totem 1995 (commit token)")


def _fits(p: ProcessorState, token: CommitToken) -> bool:
    """Whether a commit token is for those who have agreed here, and for a ring newer than any before.

    Source: Totem 1995 (members are my_proc_set without my_fail_set, the ring number is larger)
    """
    agreed = token.members == p.agreement.candidates and token.ring_id.seq > p.ring_seq
    return agreed and token.hop == _position(p, token.members) != 0


def _position(p: ProcessorState, members: tuple[ProcessorId, ...]) -> int:
    return members.index(p.me)


def _is_mine(p: ProcessorState, token: CommitToken) -> bool:
    return p.commit is not None and (p.commit.ring_id, p.commit.members) == (token.ring_id, token.members)


def _is_complete(p: ProcessorState, token: CommitToken) -> bool:
    """Whether it is back at the representative for the second time, and there is no first token yet."""
    waits = p.plug.state.ring_seq is None or p.plug.state.ring_seq < token.ring_id.seq
    return waits and p.me == token.ring_id.representative and token.hop == 2 * len(token.members)


def _recover(p: ProcessorState, token: CommitToken) -> None:
    """All have said what they come with: begin to recover, and let the others know.

    Source: Totem 1995 (shift to recovery on the second arrival)
    """
    recovering.enter(p, token)
    p.waits_for_token()
    said = CommitToken(token.ring_id, token.members, token.hop + 1, token.arrivals)
    _pass_on(p, said)
