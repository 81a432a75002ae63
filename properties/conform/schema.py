"""What a test vector is, field by field: read strictly, and as a JSON Schema for who has no ringplug."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from properties.conform.messages import MessageSaid, Number, ObserveAnswer, PacketSaid, RingPair

FORMAT = "ringplug-vector-2"
Name = Annotated[str, Meta(min_length=1)]
Priority = Annotated[int, Meta(ge=0, le=3)]


class SentToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token that is sent: what it is called from then on, and what `read_token` must answer of it."""

    name: Name
    ring: RingPair
    positions: list[Number]


class StepAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What must be answered: the fields of the call's row, or that the token or the call is refused."""

    token: SentToken | UnsetType | None = UNSET
    packets: list[PacketSaid] | UnsetType = UNSET
    handle: Number | UnsetType = UNSET
    delivered: MessageSaid | UnsetType | None = UNSET
    refused: bool | UnsetType = UNSET
    call_refused: bool | UnsetType = UNSET


class StartStep(msgspec.Struct, tag_field="call", tag="start", forbid_unknown_fields=True):
    """The processor is a new one."""

    processor: Number


class CallStep(msgspec.Struct, tag_field="call", forbid_unknown_fields=True):
    """A call, what it must answer, and what `observe` must answer then."""

    processor: Number
    answer: StepAnswer
    after: ObserveAnswer


class RingStep(CallStep):
    """Of a ring."""

    ring: RingPair
    members: list[Number]


class PendingStep(RingStep, tag="ring_pending"):
    """The processors have agreed on a ring."""


class TransitionalStep(RingStep, tag="transitional"):
    """The installed ring is left."""


class RegularStep(RingStep, tag="regular"):
    """The pending ring is installed."""


class TokenStep(CallStep, tag="token_received"):
    """The token of this name arrives."""

    token: Name
    packet_count: Number


class AloneStep(CallStep, tag="visit_alone"):
    """The turn of the only member."""

    packet_count: Number


class PacketStep(CallStep, tag="packet_received"):
    """A packet arrives."""

    ring: RingPair
    seq: Number
    sender: Number
    priority: Priority
    queued_in: RingPair | None
    message: Number
    index: Number
    count: Number


class QueueStep(CallStep, tag="queue"):
    """A message is queued."""

    priority: Priority
    packet_count: Number


class CreateStep(CallStep, tag="create"):
    """A handle is created."""


class UnplugStep(CallStep, tag="unplug"):
    """A handle is unplugged."""

    handle: Number


class DestroyStep(CallStep, tag="destroy"):
    """A handle is destroyed."""

    handle: Number


class VectorFile(msgspec.Struct, forbid_unknown_fields=True):
    """A vector."""

    format: str
    name: Name
    processors: Number
    steps: list[
        StartStep | PendingStep | TransitionalStep | RegularStep | TokenStep | AloneStep | PacketStep | QueueStep
        | CreateStep | UnplugStep | DestroyStep
    ]  # fmt: skip
    about: str = ""
    says: str = ""


def schema() -> bytes:
    """The JSON Schema of a vector."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(VectorFile))) + b"\n"
