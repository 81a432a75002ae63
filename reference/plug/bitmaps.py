"""The bitmap that the plug adds to the token: one bit a member, in as few whole bytes as hold them.

A bitmap is the bytes of the wire: position p is bit p mod 8 (the lowest is 0) of byte p div 8. Which position is which
member's is said in `rings.py`.
"""

from __future__ import annotations


def byte_count(member_count: int) -> int:
    """How many bytes the bits of so many members take.

    Source: mail M13 (one bit a member)
    """
    return (member_count + 7) // 8


def zero(member_count: int) -> bytes:
    """The bitmap with no position set.

    Source: mail M8
    """
    return bytes(byte_count(member_count))


def positions(bitmap: bytes) -> frozenset[int]:
    """The positions that are set."""
    bits = int.from_bytes(bitmap, "little")
    return frozenset(position for position in range(8 * len(bitmap)) if bits >> position & 1)


def with_position(bitmap: bytes, position: int) -> bytes:
    """The bitmap with this position set too.

    Source: mail M5
    """
    return (int.from_bytes(bitmap, "little") | 1 << position).to_bytes(len(bitmap), "little")


def is_complete(bitmap: bytes, member_count: int) -> bool:
    """Whether all members have their position set.

    Source: mail M6
    """
    return int.from_bytes(bitmap, "little") == (1 << member_count) - 1


def reaches_beyond(bitmap: bytes, member_count: int) -> bool:
    """Whether a position is set that is no member's.

    Source: D9
    """
    return int.from_bytes(bitmap, "little") >> member_count != 0
