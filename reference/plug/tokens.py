"""The token: what circulates on a ring. `token_codec.py` says how it looks on the wire.

Of Totem's token it has the ring id, the hop number, the number of the last message, and the retransmission list; the
plug adds the bitmap. Retransmission and flow control are the ordering's: here the list is handed on as it came.
"""

from __future__ import annotations

from typing import Annotated, NewType

import msgspec
from msgspec import Meta

from reference.plug import bitmaps
from reference.rings import MEMBERS_MAX, NUMBER_MAX, Configuration, RingId

RETRANSMISSIONS_MAX = 50

TokenSeq = NewType("TokenSeq", int)
MessageSeq = NewType("MessageSeq", int)


class Token(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A token, as it is before or after a visit.

    Source: mail M5 (bitmap); D8 (ring id); Totem 1995 (token_seq, seq, rtr)
    """

    ring_id: RingId
    token_seq: Annotated[TokenSeq, Meta(ge=0, le=NUMBER_MAX)]
    seq: Annotated[MessageSeq, Meta(ge=0, le=NUMBER_MAX)]
    retransmissions: Annotated[
        tuple[Annotated[MessageSeq, Meta(ge=1, le=NUMBER_MAX)], ...], Meta(max_length=RETRANSMISSIONS_MAX)
    ]
    bitmap: Annotated[bytes, Meta(min_length=1, max_length=bitmaps.byte_count(MEMBERS_MAX))]


def first_token(ring: Configuration) -> Token:
    """The token that the representative creates when the ring is formed.

    Source: mail M8; D8
    """
    return Token(ring.ring_id, TokenSeq(0), MessageSeq(0), (), bitmaps.zero(len(ring.members)))


def next_hop(token: Token) -> Token:
    """The token as it goes to the next member: with the next number.

    Source: D14; Totem 1995 (token_seq grows each hop)
    """
    return msgspec.structs.replace(token, token_seq=TokenSeq(token.token_seq + 1))
