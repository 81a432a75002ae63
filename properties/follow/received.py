"""Packets that arrive, of a log: what each processor delivers follows from those that it received itself (D10)."""

from __future__ import annotations

from collections.abc import Sequence

from properties.conform.messages import AnswerError, DeliveredAnswer, ObserveAnswer, read_answer, ring_name
from properties.follow.messages import CRASH, PACKET, START, CallLine, LogError, Logged
from properties.lockstep.implementation import CallRefusedError, Delivered, Packet, RingName
from properties.lockstep.receiving import Received, Sent, wrong_delivery

CHANGES = "a packet that arrives has changed what is observed: it may lead to a delivery only"


def first_wrong(logged: Sequence[Logged]) -> tuple[int, str] | None:
    """The first packet that leads to something else than it must, and to what; LogError: an answer is none."""
    at: dict[int, Received] = {}
    seen: dict[int, ObserveAnswer | None] = {}
    for number, one in enumerate(logged):
        call = one.call
        if call.call in (START, CRASH):
            at.pop(call.processor, None)
        elif call.call == "regular" and call.ring:
            at[call.processor] = Received(RingName(*call.ring))
        elif call.call == PACKET and (reason := _wrong(one, at.get(call.processor), seen.get(call.processor))):
            return number, reason
        seen[call.processor] = call.after
    return None


def _wrong(one: Logged, received: Received | None, before: ObserveAnswer | None) -> str | None:
    call = one.call
    if call.ring is None:
        return None
    ring, sent = RingName(*call.ring), Sent(call.sender or 0, _packet(call))
    expected = received.take(ring, call.seq or 0, sent) if received else None
    found = _delivered(one)
    if found != expected:
        return wrong_delivery(call.processor, ring, sent, found, expected)
    return CHANGES if before is not None and before != call.after else None


def _packet(call: CallLine) -> Packet:
    priority, message, index = call.priority or 0, call.message or 0, call.index or 0
    return Packet(priority, ring_name(call.queued_in), message, index, call.count or 1)


def _delivered(one: Logged) -> Delivered | None:
    try:
        return read_answer(bytes(one.call.answer), DeliveredAnswer).plain
    except CallRefusedError as error:
        raise LogError(one.file, one.line, f"a packet is refused: {error}; to take none is no refusal") from error
    except AnswerError as error:
        raise LogError(one.file, one.line, f"{PACKET}: the answer has {error}") from error
