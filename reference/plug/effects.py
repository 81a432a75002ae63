"""What a step wants done: values that the ring and the services around the layer act upon, in their order."""

from __future__ import annotations

import msgspec

from reference.errors import Refusal
from reference.plug.fragments import Packet
from reference.plug.token_codec import encode
from reference.plug.tokens import Token
from reference.rings import RingId


class GateOpened(msgspec.Struct, frozen=True):
    """From now on messages of every priority are originated in this ring.

    Source: mail M6
    """

    ring_id: RingId


class Originated(msgspec.Struct, frozen=True):
    """A packet to multicast, with its place in the order of the ring."""

    packet: Packet


class SendToken(msgspec.Struct, frozen=True):
    """The token to send to the next member, after the packets before it. Who is next, the ring knows."""

    token: Token

    @property
    def datagram(self) -> bytes:
        """The token on the wire."""
        return encode(self.token)


class TokenRefused(msgspec.Struct, frozen=True):
    """A token was refused and has changed nothing.

    Source: D14; RING-S4
    """

    refusal: Refusal
    why: str


Effect = GateOpened | Originated | SendToken | TokenRefused
