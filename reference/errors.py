"""Errors that say who is at fault: the caller on this processor, or a peer.

An error is raised before anything changes. The table of refusals names every reason for which a token is turned away,
the stage of reading that finds it, and the clause that the token is against.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class Stage(IntEnum):
    """What is looked at in a datagram, in this order; each stage relies on those before it."""

    SIZE = 0
    HEADER = 1
    CHECKSUM = 2
    LAYOUT = 3
    FIELDS = 4
    ENCODING = 5
    RING = 6
    BITMAP = 7
    NUMBER = 8


class Refusal(Enum):
    """Why a token is refused: in words, the stage that finds it, and the clause that it is against."""

    TRUNCATED = "shorter than any token", Stage.SIZE, "D14"
    OVERSIZED = "longer than any token", Stage.SIZE, "D14"
    NOT_A_TOKEN = "no token of this protocol", Stage.HEADER, "D14"
    UNKNOWN_VERSION = "of another version", Stage.HEADER, "D14"
    DAMAGED = "its checksum is of other bytes", Stage.CHECKSUM, "D14"
    MALFORMED = "its body is not MessagePack, or cut off, or followed by more", Stage.LAYOUT, "D14"
    OUT_OF_RANGE = "a field is missing, too many, of a wrong type, or out of range", Stage.FIELDS, "D14"
    RETRANSMISSIONS = "its retransmission list is not ascending up to seq", Stage.FIELDS, "Totem 1995 (rtr)"
    NOT_CANONICAL = "the same token is encoded otherwise", Stage.ENCODING, "mail M13"
    FOREIGN_RING = "of a ring that is neither installed nor pending", Stage.RING, "D8"
    OLDER_RING = "of a ring no newer than the last that the processor was told of", Stage.RING, "D14"
    RING_OF_ONE = "of a ring of one, which has no token", Stage.RING, "D7"
    BITMAP_LENGTH = "its bitmap has too few or too many bytes for the members", Stage.BITMAP, "mail M13"
    BITS_BEYOND_MEMBERS = "a position is set that is no member's", Stage.BITMAP, "D9"
    DUPLICATE = "its number is that of the last accepted", Stage.NUMBER, "D14"
    LATE = "its number is below that of the last accepted", Stage.NUMBER, "D14"

    def __init__(self, says: str, stage: Stage, clause: str) -> None:
        self.says = says
        self.stage = stage
        self.clause = clause


class ProtocolError(Exception):
    """Something was done that the protocol does not allow; nothing has changed."""

    def __init__(self, who: str, what: str, *, clause: str, state: str) -> None:
        super().__init__(f"{who}: {what} (against {clause}; {state})")
        self.who = who
        self.what = what
        self.clause = clause
        self.state = state


class LocalProtocolError(ProtocolError):
    """The caller on this processor is at fault: a service, the membership, or the ring."""


class RemoteProtocolError(ProtocolError):
    """A peer, or the network, is at fault: the token is refused, for this reason."""

    def __init__(self, refusal: Refusal, what: str, *, state: str = "before any state is read") -> None:
        super().__init__("a peer", f"token refused, {refusal.says}: {what}", clause=refusal.clause, state=state)
        self.refusal = refusal
