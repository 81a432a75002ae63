"""The token on the wire: header, MessagePack body, checksum.

Decides which bytes are a token at all. Whether the token is for this processor is decided in `acceptance.py`. One token
has one encoding: a datagram that says the same with other bytes is refused.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from itertools import pairwise

import msgspec

from reference.errors import Refusal, RemoteProtocolError
from reference.plug.bitmaps import byte_count
from reference.plug.tokens import RETRANSMISSIONS_MAX, MessageSeq, Token, TokenSeq
from reference.rings import MEMBERS_MAX, NUMBER_MAX, PROCESSOR_MAX, ProcessorId, RingId, RingSeq

MAGIC = b"rp"
VERSION = 1
KIND = 0  # a token; other kinds of datagram are the ring's own
HEADER = MAGIC + bytes([VERSION, KIND])
CHECKSUM_BYTES = 4
REMEMBERED = 64
"""So many tokens are read once only, where several processors of one program get the same, or one gets it again."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Token)


def checksum(covered: bytes) -> bytes:
    """CRC-32 of header and body, most significant byte first."""
    return zlib.crc32(covered).to_bytes(CHECKSUM_BYTES, "big")


def encode(token: Token) -> bytes:
    """The datagram of a token."""
    covered = HEADER + _encoder.encode(token)
    return covered + checksum(covered)


@lru_cache(REMEMBERED)
def decode(datagram: bytes) -> Token:
    """The token of a datagram.

    Raises `RemoteProtocolError`, which names the first stage that the datagram does not pass.
    Source: D14
    """
    _check_size(datagram)
    _check_header(datagram)
    if datagram[-CHECKSUM_BYTES:] != checksum(datagram[:-CHECKSUM_BYTES]):
        raise RemoteProtocolError(Refusal.DAMAGED, f"{datagram[-CHECKSUM_BYTES:].hex()}")
    token = _decode_body(datagram[len(HEADER) : -CHECKSUM_BYTES])
    _check_retransmissions(token)
    if encode(token) != datagram:
        raise RemoteProtocolError(Refusal.NOT_CANONICAL, f"{datagram.hex()}")
    return token


def _check_size(datagram: bytes) -> None:
    if len(datagram) < SMALLEST_BYTES:
        raise RemoteProtocolError(Refusal.TRUNCATED, f"{len(datagram)} bytes, fewer than any token's {SMALLEST_BYTES}")
    if len(datagram) > LARGEST_BYTES:
        raise RemoteProtocolError(Refusal.OVERSIZED, f"{len(datagram)} bytes, more than any token's {LARGEST_BYTES}")


def _check_header(datagram: bytes) -> None:
    magic, version, kind = datagram[: len(MAGIC)], datagram[len(MAGIC)], datagram[len(MAGIC) + 1]
    if magic != MAGIC:
        raise RemoteProtocolError(Refusal.NOT_A_TOKEN, f"begins with {magic!r}, not {MAGIC!r}")
    if version != VERSION:
        raise RemoteProtocolError(Refusal.UNKNOWN_VERSION, f"has version {version}, not {VERSION}")
    if kind != KIND:
        raise RemoteProtocolError(Refusal.NOT_A_TOKEN, f"is of kind {kind}, not {KIND}")


def _decode_body(body: bytes) -> Token:
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise RemoteProtocolError(Refusal.OUT_OF_RANGE, str(error)) from None
    except msgspec.DecodeError as error:
        raise RemoteProtocolError(Refusal.MALFORMED, str(error)) from None


def _check_retransmissions(token: Token) -> None:
    asked = token.retransmissions
    if asked and (asked[-1] > token.seq or any(low >= high for low, high in pairwise(asked))):
        raise RemoteProtocolError(Refusal.RETRANSMISSIONS, f"asks for {asked}, not ascending up to {token.seq}")


def _datagram_bytes(processor: int, number: int, retransmission_count: int, bitmap_bytes: int) -> int:
    ring_id = RingId(ProcessorId(processor), RingSeq(number))
    asked = (MessageSeq(number),) * retransmission_count
    return len(encode(Token(ring_id, TokenSeq(number), MessageSeq(number), asked, bytes(bitmap_bytes))))


SMALLEST_BYTES = _datagram_bytes(0, 0, 0, 1)
LARGEST_BYTES = _datagram_bytes(PROCESSOR_MAX, NUMBER_MAX, RETRANSMISSIONS_MAX, byte_count(MEMBERS_MAX))
