"""The messages of the recording clients: who sent it, its number, and a checksum of the rest.

A message is 16 bytes or longer. The checksum shows parts that were lost, mixed or swapped on the way.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

HEADER = struct.Struct("!HHIII")
LEAST_BYTES = HEADER.size
LAST = 1 << 31
"""Marks the last message of a sender, so that all know when everything has arrived."""


@dataclass(frozen=True)
class Message:
    """What a header says."""

    node: int
    incarnation: int
    number: int
    last: bool = False


def pack(message: Message, length: int) -> bytes:
    """The message, `length` bytes long."""
    seed = struct.pack("!HHI", message.node, message.incarnation, message.number)
    filler = (seed * (length // len(seed) + 1))[: length - LEAST_BYTES]
    number = message.number | (LAST if message.last else 0)
    return HEADER.pack(message.node, message.incarnation, number, length, zlib.crc32(filler)) + filler


def unpack(text: bytes) -> Message | None:
    """The message, or nothing if these are not the bytes that were sent."""
    if len(text) < LEAST_BYTES:
        return None
    node, incarnation, number, length, checksum = HEADER.unpack_from(text)
    if length != len(text) or zlib.crc32(text[LEAST_BYTES:]) != checksum:
        return None
    return Message(node, incarnation, number & ~LAST, bool(number & LAST))
