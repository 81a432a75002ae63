"""Datagrams on the wire: header, MessagePack body, checksum, as the plug's token has them.

Decides which bytes are a datagram of this protocol at all. One datagram has one encoding. What is refused here was
damaged, or is somebody else's; whoever reads it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

import msgspec

from reference.errors import ProtocolError
from reference.plug.token_codec import CHECKSUM_BYTES, MAGIC, VERSION, checksum
from reference.ring.datagrams import (
    AGREED_SEQ_MAX,
    CommitToken,
    Datagram,
    Fragment,
    Join,
    MergeDetect,
    Multicast,
    Recovered,
    RingToken,
    Wake,
)
from reference.rings import ProcessorId

T = TypeVar("T", bound=Datagram)

HEADER_BYTES = len(MAGIC) + 2
DATAGRAM_BYTES_MAX = 65_507
REMEMBERED = 64
"""So many datagrams are read once only, where several processors of one program get the same, or one gets it again."""

# Kind 0 is the plug's token alone; in a ring it goes inside the ring's own.
KINDS: MappingProxyType[int, type[Datagram]] = MappingProxyType(
    {1: RingToken, 2: Multicast, 3: Join, 4: CommitToken, 5: MergeDetect, 6: Wake}
)
_KIND_OF = {struct: kind for kind, struct in KINDS.items()}
_encoder = msgspec.msgpack.Encoder()
_decoders = {kind: msgspec.msgpack.Decoder(struct) for kind, struct in KINDS.items()}


class DatagramError(ProtocolError):
    """A datagram is refused; a peer or the network is at fault."""

    def __init__(self, what: str, *, clause: str = "D14", state: str = "before any state is read") -> None:
        super().__init__("a peer", f"datagram refused: {what}", clause=clause, state=state)
        self.reason = what


def encode(datagram: Datagram) -> bytes:
    """The bytes of a datagram."""
    covered = MAGIC + bytes([VERSION, _KIND_OF[type(datagram)]]) + _encoder.encode(datagram)
    return covered + checksum(covered)


def encoded_bytes(part: msgspec.Struct) -> int:
    """How many bytes a part of a datagram takes."""
    return len(_encoder.encode(part))


@lru_cache(REMEMBERED)
def decode(received: bytes) -> Datagram:
    """What a datagram says. Raises `DatagramError` if it is none, or has been damaged.

    Source: D14
    """
    kind = _kind(received)
    try:
        said = _decoders[kind].decode(received[HEADER_BYTES:-CHECKSUM_BYTES])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DatagramError(str(error)) from None
    wrong = _CHECKS[kind](said)
    if wrong:
        raise DatagramError(f"{type(said).__name__}: {wrong}")
    if encode(said) != received:
        raise DatagramError("the same is encoded otherwise")
    return said


def _kind(received: bytes) -> int:
    if not HEADER_BYTES + CHECKSUM_BYTES < len(received) <= DATAGRAM_BYTES_MAX:
        raise DatagramError(f"{len(received)} bytes")
    magic, (version, kind) = received[: len(MAGIC)], received[len(MAGIC) : HEADER_BYTES]
    if magic != MAGIC or version != VERSION or kind not in KINDS:
        raise DatagramError(f"begins with {received[:HEADER_BYTES].hex(' ')}")
    if received[-CHECKSUM_BYTES:] != checksum(received[:-CHECKSUM_BYTES]):
        raise DatagramError("its checksum is of other bytes")
    return kind


def _ascend(ids: tuple[ProcessorId, ...]) -> bool:
    return all(low < high for low, high in pairwise(ids))


def _token(said: RingToken) -> str:
    asked = said.token.retransmissions
    if said.aru > said.token.seq:
        return f"aru {said.aru} is above seq {said.token.seq}"
    if asked and (asked[-1] > said.token.seq or any(low >= high for low, high in pairwise(asked))):
        return f"asks for {asked}, not ascending up to {said.token.seq}"
    return ""


def _multicast(said: Multicast) -> str:
    for packet in said.packets:
        fragment = packet.body.fragment if isinstance(packet.body, Recovered) else packet.body
        if not _is_sound(fragment):
            return f"packet {packet.seq} is fragment {fragment.fragment_index} of {fragment.fragment_count}"
    return ""


def _is_sound(fragment: Fragment) -> bool:
    return fragment.fragment_index < fragment.fragment_count


def _join(said: Join) -> str:
    if not (_ascend(said.processors) and _ascend(said.failed)):
        return "its sets do not ascend"
    if said.sender not in said.processors or said.sender in said.failed or not {*said.failed} <= {*said.processors}:
        return f"{said.sender} says {said.processors} without {said.failed}"
    return ""


def _commit(said: CommitToken) -> str:
    if not _ascend(said.members) or said.ring_id.representative != said.members[0]:
        return f"ring {said.ring_id} of {said.members}"
    if said.ring_id.seq > AGREED_SEQ_MAX:
        return f"ring {said.ring_id} leaves no numbers for others"
    if len(said.members) < 2 or len(said.arrivals) != min(said.hop, len(said.members)):
        return f"{len(said.arrivals)} arrivals of {len(said.members)} members at hop {said.hop}"
    if said.hop > 2 * len(said.members):
        return f"hop {said.hop} of {len(said.members)} members"
    return ""


def _nothing_more(said: MergeDetect | Wake) -> str:
    return ""


_CHECKS: dict[int, Callable[..., str]] = {
    1: _token,
    2: _multicast,
    3: _join,
    4: _commit,
    5: _nothing_more,
    6: _nothing_more,
}
