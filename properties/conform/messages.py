"""What `ringplug conform` and a program say to each other: JSON, one object a line. `docs/conform.md` has the table.

Every field of an answer must be there, and no other: a misspelt field is an error, not a default.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from properties.conform.program import shown
from properties.lockstep.implementation import (
    CallRefusedError,
    Delivered,
    Observation,
    Packet,
    RingName,
    TokenReading,
    Visit,
)

FORMAT = "ringplug-conform-2"
FORMER = "ringplug-conform-1"
"""The same without `packet_received`."""

Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
RingPair = tuple[Number, Number]
A = TypeVar("A")


class AnswerError(Exception):
    """An answer that is not JSON, or of the wrong shape."""


class Answer(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The answer of a call that returns nothing."""


class HelloAnswer(Answer, frozen=True):
    """The answer to the first line: the format that the program speaks."""

    format: str


class TokenAnswer(Answer, frozen=True):
    """The token to send, as a text of the program's own making."""

    token: str | None


class HandleAnswer(Answer, frozen=True):
    """A new handle."""

    handle: Number


class PacketSaid(Answer, frozen=True):
    """A packet that was originated."""

    priority: Annotated[int, Meta(ge=0, le=3)]
    queued_in: RingPair | None
    message: Number
    index: Number
    count: Annotated[int, Meta(ge=1, le=2**63 - 1)]

    @property
    def plain(self) -> Packet:
        """The packet as lockstep has it."""
        return Packet(self.priority, ring_name(self.queued_in), self.message, self.index, self.count)


class VisitAnswer(Answer, frozen=True):
    """What a visit led to."""

    packets: list[PacketSaid]
    token: str | None

    @property
    def plain(self) -> Visit:
        """The visit as lockstep has it."""
        token = None if self.token is None else self.token.encode()
        return Visit(packets=tuple(packet.plain for packet in self.packets), token=token)


class MessageSaid(Answer, frozen=True):
    """A message that is delivered."""

    sender: Number
    message: Number
    priority: Annotated[int, Meta(ge=0, le=3)]
    queued_in: RingPair | None


class DeliveredAnswer(Answer, frozen=True):
    """What a packet made whole."""

    delivered: MessageSaid | None

    @property
    def plain(self) -> Delivered | None:
        """The message as lockstep has it."""
        one = self.delivered
        return Delivered(one.sender, one.message, one.priority, ring_name(one.queued_in)) if one else None


class RefusedAnswer(Answer, frozen=True):
    """A token was turned away."""

    refused: str


class CallRefusedAnswer(Answer, frozen=True):
    """A call was turned away."""

    call_refused: str


class ReadTokenAnswer(Answer, frozen=True):
    """What a token says."""

    ring: RingPair
    positions: frozenset[Number]

    @property
    def plain(self) -> TokenReading:
        """The reading as lockstep has it."""
        return TokenReading(RingName(*self.ring), self.positions)


class ObserveAnswer(Answer, frozen=True):
    """What a processor knows."""

    installed: RingPair | None
    pending: RingPair | None
    gate_open: bool
    registered: frozenset[Number]
    plugged: frozenset[Number]
    recovery_waiting: list[RingPair | None]
    held: frozenset[Number] | None

    @property
    def plain(self) -> Observation:
        """The observation as lockstep has it."""
        return Observation(
            installed=ring_name(self.installed),
            pending=ring_name(self.pending),
            gate_open=self.gate_open,
            registered=self.registered,
            plugged=self.plugged,
            recovery_waiting=tuple(map(ring_name, self.recovery_waiting)),
            held=self.held,
        )


def plain(reason: str) -> str:
    """What a program gives as a reason, as a report may show it."""
    return shown(reason.encode())


def ring_name(pair: RingPair | None) -> RingName | None:
    """A ring's name from its pair of numbers."""
    return RingName(*pair) if pair else None


def request(call: str, **arguments: Any) -> bytes:
    """A call as a line, without its end."""
    return msgspec.json.encode({"call": call, **arguments})


def hello(processor: int) -> bytes:
    """The first line that a program is sent."""
    return request("start", format=FORMAT, processor=processor)


def read_answer(line: bytes, wanted: type[A]) -> A:
    """The answer in a line. AnswerError if it is no such answer; CallRefusedError if it turns the call away."""
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        if "call_refused" in fields:
            raise CallRefusedError(plain(msgspec.json.decode(line, type=CallRefusedAnswer).call_refused))
        return msgspec.json.decode(line, type=wanted)
    except msgspec.ValidationError as error:
        raise AnswerError(f"fields of the wrong shape ({error})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AnswerError(f"what is not JSON ({error})") from error
    except RecursionError as error:
        raise AnswerError("what is nested too deeply") from error


def read_visit(line: bytes) -> Visit:
    """What a visit led to; a refused token is an answer with nothing but the reason."""
    try:
        is_refused = "refused" in msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        is_refused = False  # what is wrong with the line, the reading below says
    if is_refused:
        return Visit(refused=plain(read_answer(line, RefusedAnswer).refused))
    return read_answer(line, VisitAnswer).plain
