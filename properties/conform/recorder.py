"""Implementations that are watched: each call, its answer, and what was observed then, as the messages have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from properties.lockstep.implementation import (
    CallRefusedError,
    Delivered,
    Implementation,
    Observation,
    Packet,
    Receives,
    RingName,
    Starts,
    TokenReading,
    Visit,
)

R = TypeVar("R")


@dataclass
class Watched:
    """A call: what was asked, what was answered, and what was observed then; only a start has neither."""

    processor: int
    call: str
    asked: dict[str, Any] = field(default_factory=dict[str, Any])
    answer: dict[str, Any] = field(default_factory=dict[str, Any])
    after: dict[str, Any] | None = None
    sent: dict[str, Any] | None = None
    """What the token that is sent says."""


class Recorder:
    """Starts implementations, and keeps all calls in their order. Tokens are written as hexadecimal text."""

    def __init__(self, start: Starts) -> None:
        self.start = start
        self.calls: list[Watched] = []

    def __call__(self, processor: int) -> WatchedLayer:
        """Start one more."""
        self.calls.append(Watched(processor, "start"))
        layer = self.start(processor)
        if isinstance(layer, Receives):
            return WatchedReceiver(processor, layer, self.calls, layer)
        return WatchedLayer(processor, layer, self.calls)

    def taken(self) -> list[Watched]:
        """The calls so far, which are forgotten."""
        calls, self.calls[:] = list(self.calls), []
        return calls


class WatchedLayer:
    """One processor: every call goes to the implementation."""

    def __init__(self, processor: int, layer: Implementation, calls: list[Watched]) -> None:
        self._processor, self._layer, self._calls = processor, layer, calls

    def ring_pending(self, ring: RingName, members: Sequence[int]) -> bytes | None:
        asked = {"ring": list(ring), "members": list(members)}
        return self._call("ring_pending", asked, lambda: Visit(token=self._layer.ring_pending(ring, members))).token

    def transitional(self, ring: RingName, members: Sequence[int]) -> None:
        asked = {"ring": list(ring), "members": list(members)}
        self._call("transitional", asked, lambda: self._layer.transitional(ring, members))

    def regular(self, ring: RingName, members: Sequence[int]) -> None:
        asked = {"ring": list(ring), "members": list(members)}
        self._call("regular", asked, lambda: self._layer.regular(ring, members))

    def token_received(self, token: bytes, packet_count: int) -> Visit:
        asked = {"token": token.hex(), "packet_count": packet_count}
        return self._call("token_received", asked, lambda: self._layer.token_received(token, packet_count))

    def visit_alone(self, packet_count: int) -> Visit:
        return self._call("visit_alone", {"packet_count": packet_count}, lambda: self._layer.visit_alone(packet_count))

    def queue(self, priority: int, packet_count: int) -> None:
        asked = {"priority": priority, "packet_count": packet_count}
        self._call("queue", asked, lambda: self._layer.queue(priority, packet_count))

    def create(self) -> int:
        return self._call("create", {}, self._layer.create)

    def unplug(self, handle: int) -> None:
        self._call("unplug", {"handle": handle}, lambda: self._layer.unplug(handle))

    def destroy(self, handle: int) -> None:
        self._call("destroy", {"handle": handle}, lambda: self._layer.destroy(handle))

    def observe(self) -> Observation:
        return self._layer.observe()

    def read_token(self, token: bytes) -> TokenReading:
        return self._layer.read_token(token)

    def _call(self, call: str, asked: dict[str, Any], do: Callable[[], R]) -> R:
        watched = Watched(self._processor, call, asked)
        self._calls.append(watched)
        try:
            came = do()
        except CallRefusedError as error:
            watched.answer, watched.after = {"call_refused": str(error)}, observed(self._layer.observe())
            raise
        if isinstance(came, Visit):
            watched.answer = visited(came, call)
            watched.sent = said(self._layer.read_token(came.token)) if came.token else None
        elif isinstance(came, int):
            watched.answer = {"handle": came}
        elif call == "packet_received":
            watched.answer = {"delivered": delivered(cast("Delivered | None", came))}
        watched.after = observed(self._layer.observe())
        return came


class WatchedReceiver(WatchedLayer):
    """One that is told of packets, too."""

    def __init__(self, processor: int, layer: Implementation, calls: list[Watched], receives: Receives) -> None:
        super().__init__(processor, layer, calls)
        self._receives = receives

    def packet_received(self, ring: RingName, seq: int, sender: int, packet: Packet) -> Delivered | None:
        asked = {"ring": list(ring), "seq": seq, "sender": sender, **packet_said(packet)}
        return self._call("packet_received", asked, lambda: self._receives.packet_received(ring, seq, sender, packet))


def visited(visit: Visit, call: str) -> dict[str, Any]:
    """A visit, or a first token, as the messages have it."""
    if visit.refused is not None:
        return {"refused": visit.refused}
    token = visit.token.hex() if visit.token else None
    if call == "ring_pending":
        return {"token": token}
    return {"packets": [packet_said(one) for one in visit.packets], "token": token}


def packet_said(one: Packet) -> dict[str, Any]:
    """A packet as the messages have it."""
    return {
        "priority": one.priority, "queued_in": pair(one.queued_in), "message": one.message, "index": one.index,
        "count": one.count,
    }  # fmt: skip


def delivered(message: Delivered | None) -> dict[str, Any] | None:
    """A message that is delivered, as the messages have it."""
    return message and {**message._asdict(), "queued_in": pair(message.queued_in)}


def observed(seen: Observation) -> dict[str, Any]:
    """An observation as the messages have it."""
    return {
        "installed": pair(seen.installed), "pending": pair(seen.pending), "gate_open": seen.gate_open,
        "registered": sorted(seen.registered), "plugged": sorted(seen.plugged),
        "recovery_waiting": [pair(ring) for ring in seen.recovery_waiting],
        "held": None if seen.held is None else sorted(seen.held),
    }  # fmt: skip


def said(reading: TokenReading) -> dict[str, Any]:
    """What a token says, as the messages have it."""
    return {"ring": pair(reading.ring), "positions": sorted(reading.positions)}


def pair(ring: RingName | None) -> list[int] | None:
    """A ring's name as the messages have it."""
    return list(ring) if ring else None
