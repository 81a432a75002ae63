"""Configuration changes at one processor: a ring is pending, the old one is left, the new one is installed.

How the processors agree on a ring, and which members are told to have left or joined, is the membership's.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from reference.errors import LocalProtocolError
from reference.plug import plugs, queues
from reference.plug.phases import NEXT, Call
from reference.plug.state import Ring, State
from reference.plug.tokens import Token, first_token
from reference.rings import ProcessorId, RingId, configuration


def ring_pending(state: State, ring_id: RingId, members: Iterable[ProcessorId]) -> tuple[State, Token | None]:
    """A ring that this processor may install takes the place of the one that was pending; the first token to send.

    The representative creates the first token, with a zero bitmap; told of each ring once, it creates one token. Where
    it is the only member, it holds it.

    Source: mail M8; D7, D8; Totem 1995 (ring ids grow)
    """
    _check(state, Call.RING_PENDING)
    formed = configuration(ring_id, members, state=str(state))
    if state.me not in formed.members:
        raise _wrong(state, f"ring {ring_id} is told to a processor that is no member", "D8")
    if state.ring_seq is not None and ring_id.seq <= state.ring_seq:
        raise _wrong(state, f"ring {ring_id} is told after a ring with number {state.ring_seq}", "RING-S2")
    token = first_token(formed) if ring_id.representative == state.me else None
    alone = len(formed.members) == 1
    pending = Ring(formed, held=token if alone else None)
    after = replace(state, pending=pending, ring_seq=ring_id.seq)
    return _told(state, Call.RING_PENDING, after), None if alone else token


def transitional(state: State, ring_id: RingId, members: Iterable[ProcessorId]) -> State:
    """Leave the installed ring: the gate closes. The members are those that come along from it.

    Source: EVS 1994 (a transitional configuration comes out of a regular one); CFG-S1; PLUG-S6; D10
    """
    _check(state, Call.TRANSITIONAL)
    coming = tuple(members)
    ring = state.installed
    if ring is None or ring_id != ring.configuration.ring_id:
        raise _wrong(state, f"a transitional configuration out of ring {ring_id}, which is not installed", "CFG-S1")
    if state.me not in coming or not set(coming) <= set(ring.configuration.members):
        raise _wrong(state, f"a transitional configuration of {coming}, not me and other members", "CFG-S1")
    after = replace(state, installed=None, gate_open=False, queue=queues.from_the_beginning(state.queue))
    return _told(state, Call.TRANSITIONAL, after)


def regular(state: State, ring_id: RingId, members: Iterable[ProcessorId]) -> State:
    """Install the pending ring: every registered handle is plugged, and the gate is closed.

    Source: mail M8, M9; D4, D8; PLUG-S6
    """
    _check(state, Call.REGULAR)
    ring = state.pending
    if ring is None or configuration(ring_id, members, state=str(state)) != ring.configuration:
        raise _wrong(state, f"ring {ring_id} with these members is not pending", "D8")
    after = replace(state, installed=ring, pending=None, gate_open=False, plugs=plugs.plug_all(state.plugs))
    return _told(state, Call.REGULAR, after)


def _check(state: State, call: Call) -> None:
    if (state.phase, call) not in NEXT:
        raise _wrong(state, f"{call.value} with {state.phase.value}", "CFG-S1")


def _told(before: State, call: Call, after: State) -> State:
    assert after.phase is NEXT[before.phase, call]
    return after


def _wrong(state: State, what: str, clause: str) -> LocalProtocolError:
    return LocalProtocolError("membership", what, clause=clause, state=str(state))
