"""A small recovery plug of one's own, to be held to the machine by `test_small_plug.py`.

It shows how little the interface asks for: a token is JSON, a bitmap a list of positions. A real one would have its
own plug layer here, and this class around it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from ringplug.testing import RECOVERY, CallRefusedError, Delivered, Observation, Packet, RingName, TokenReading, Visit


@dataclass
class Ring:
    """A ring that is pending or installed, and the number of the last token that was accepted of it."""

    name: RingName
    members: list[int]
    accepted: int = -1


class SmallPlug:
    """One processor."""

    def __init__(self, processor: int) -> None:
        self.me = processor
        self.installed: Ring | None = None
        self.pending: Ring | None = None
        self.gate_open = False
        self.held: set[int] = set()
        self.registered: set[int] = set()
        self.plugged: set[int] = set()
        self.created_count = 0
        self.queued: list[Packet] = []
        """For each message that waits, the packet that is originated next."""
        self.half: int | None = None
        """The number of the message that is half sent, perhaps in another ring."""
        self.message_count = 0
        self.received: RingName | None = None
        """The ring that was installed last, of which packets are taken."""
        self.highest = 0
        self.begun: dict[tuple[int, bool], tuple[int, int]] = {}
        """Of each sender, of a recovery message and of another: which message, and how many of its packets."""

    def ring_pending(self, ring: RingName, members: Sequence[int]) -> bytes | None:
        self.pending = Ring(ring, sorted(members))
        return _token(ring, 0, set()) if ring.representative == self.me and len(members) > 1 else None

    def transitional(self, ring: RingName, members: Sequence[int]) -> None:
        self.installed, self.gate_open = None, False
        self.queued = [replace(packet, index=0) for packet in self.queued]

    def regular(self, ring: RingName, members: Sequence[int]) -> None:
        self.installed, self.pending = self.pending, None
        self.plugged, self.held = self.registered.copy(), set()
        self.received, self.highest, self.begun = ring, 0, {}

    def token_received(self, token: bytes, packet_count: int) -> Visit:
        name, number, positions = _read(token)
        ring = next((ring for ring in (self.installed, self.pending) if ring and ring.name == name), None)
        if ring is None or len(ring.members) == 1 or number <= ring.accepted:
            return Visit(refused="not of my ring, or not new")
        ring.accepted = number
        if ring is self.pending:
            return Visit(token=_token(name, number + 1, positions))
        self._plug_step(ring, positions)
        return Visit(packets=self._originate(packet_count), token=_token(name, number + 1, positions))

    def visit_alone(self, packet_count: int) -> Visit:
        assert self.installed
        self._plug_step(self.installed, self.held)
        return Visit(packets=self._originate(packet_count))

    def _plug_step(self, ring: Ring, positions: set[int]) -> None:
        unsent = any(packet.priority == RECOVERY and packet.queued_in == ring.name for packet in self.queued)
        if not self.plugged and not unsent:
            positions.add(ring.members.index(self.me))
        self.gate_open = self.gate_open or len(positions) == len(ring.members)

    def _originate(self, packet_count: int) -> tuple[Packet, ...]:
        sent = list[Packet]()
        while len(sent) < packet_count:
            allowed = [packet for packet in self.queued if self.gate_open or packet.priority == RECOVERY]
            packet = min(
                allowed, key=lambda p: (p.priority != RECOVERY, p.message != self.half, p.priority), default=None
            )
            if packet is None:
                break
            at = self.queued.index(packet)
            more = [replace(packet, index=packet.index + 1)] if packet.index + 1 < packet.count else []
            self.queued[at : at + 1] = more
            if packet.priority != RECOVERY:
                self.half = packet.message if more else None
            sent.append(packet)
        return tuple(sent)

    def queue(self, priority: int, packet_count: int) -> None:
        self.message_count += 1
        queued_in = self.installed.name if self.installed else None
        self.queued.append(Packet(priority, queued_in, self.message_count, 0, packet_count))

    def packet_received(self, ring: RingName, seq: int, sender: int, packet: Packet) -> Delivered | None:
        if ring != self.received or seq <= self.highest:
            return None
        self.highest = seq
        stream = sender, packet.priority == RECOVERY
        before = self.begun.pop(stream, None)
        if packet.index and before != (packet.message, packet.index):
            return None
        if packet.index + 1 == packet.count:
            return Delivered(sender, packet.message, packet.priority, packet.queued_in)
        self.begun[stream] = packet.message, packet.index + 1
        return None

    def create(self) -> int:
        self.created_count += 1
        self.registered.add(self.created_count)
        return self.created_count

    def unplug(self, handle: int) -> None:
        self._check(handle)
        self.plugged.discard(handle)

    def destroy(self, handle: int) -> None:
        self._check(handle)
        self.registered.remove(handle)
        self.plugged.discard(handle)

    def _check(self, handle: int) -> None:
        if handle not in self.registered:
            raise CallRefusedError(f"handle {handle} is not registered")

    def observe(self) -> Observation:
        return Observation(
            installed=self.installed.name if self.installed else None,
            pending=self.pending.name if self.pending else None,
            gate_open=self.gate_open,
            registered=frozenset(self.registered),
            plugged=frozenset(self.plugged),
            recovery_waiting=tuple(packet.queued_in for packet in self.queued if packet.priority == RECOVERY),
            held=frozenset(self.held) if self.installed and len(self.installed.members) == 1 else None,
        )

    def read_token(self, token: bytes) -> TokenReading:
        ring, _, positions = _read(token)
        return TokenReading(ring, frozenset(positions))


def _token(ring: RingName, number: int, positions: set[int]) -> bytes:
    return json.dumps([ring, number, sorted(positions)]).encode()


def _read(token: bytes) -> tuple[RingName, int, set[int]]:
    ring, number, positions = json.loads(token)
    return RingName(*ring), number, set(positions)
