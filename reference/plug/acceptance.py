"""Whether a token is for this processor: of a ring of its own, with a bitmap for its members, with a new number.

What is refused here has changed nothing, because nothing is changed before all has been looked at.
"""

from __future__ import annotations

from reference.errors import Refusal, RemoteProtocolError
from reference.plug import bitmaps
from reference.plug.state import Ring, State
from reference.plug.tokens import Token


def accept(state: State, token: Token) -> Ring:
    """The ring that the token is of, installed or pending.

    Raises `RemoteProtocolError`, which names the first stage that the token does not pass.
    Source: D8, D14; RING-S4
    """
    ring = _ring_of(state, token)
    _check_bitmap(state, ring, token)
    _check_number(state, ring, token)
    return ring


def _ring_of(state: State, token: Token) -> Ring:
    """Source: D7, D8."""
    for ring in (state.installed, state.pending):
        if ring is not None and ring.configuration.ring_id == token.ring_id:
            if ring.held is not None:
                raise _refused(state, Refusal.RING_OF_ONE, f"ring {token.ring_id}")
            return ring
    if state.ring_seq is not None and token.ring_id.seq <= state.ring_seq:
        raise _refused(state, Refusal.OLDER_RING, f"ring {token.ring_id}")
    raise _refused(state, Refusal.FOREIGN_RING, f"ring {token.ring_id}")


def _check_bitmap(state: State, ring: Ring, token: Token) -> None:
    """Source: mail M13; D9."""
    member_count = len(ring.configuration.members)
    expected = bitmaps.byte_count(member_count)
    if len(token.bitmap) != expected:
        raise _refused(state, Refusal.BITMAP_LENGTH, f"{len(token.bitmap)} bytes, {member_count} members: {expected}")
    if bitmaps.reaches_beyond(token.bitmap, member_count):
        raise _refused(state, Refusal.BITS_BEYOND_MEMBERS, f"{token.bitmap.hex()} for {member_count} members")


def _check_number(state: State, ring: Ring, token: Token) -> None:
    """Source: D14 (each number of a ring once); Totem 1995 (rejects duplicates)."""
    if ring.accepted is None or token.token_seq > ring.accepted:
        return
    refusal = Refusal.DUPLICATE if token.token_seq == ring.accepted else Refusal.LATE
    raise _refused(state, refusal, f"number {token.token_seq}, and {ring.accepted} was accepted")


def _refused(state: State, refusal: Refusal, what: str) -> RemoteProtocolError:
    return RemoteProtocolError(refusal, what, state=str(state))
