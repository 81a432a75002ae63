"""A recovery plug in one file, written from docs/conform.md alone; of the rules there, each is at its place.

ringplug conform -- python3 examples/conform/plug.py
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any

RECOVERY = 0


class CallRefusedError(Exception):
    """A call that was wrong, and has changed nothing."""


@dataclass
class Ring:
    """A ring that is pending or installed: its name, its sorted members, and the last number that was accepted."""

    name: list[int]
    members: list[int]
    accepted: int = -1

    @property
    def is_of_one(self) -> bool:
        return len(self.members) == 1


@dataclass
class Message:
    """A message that waits: the ring that marks it, and how many of its packets were sent in this ring."""

    priority: int
    number: int
    count: int
    queued_in: list[int] | None
    sent: int = 0
    begun: bool = False


@dataclass
class Received:
    """Of the ring that was installed last: the number of the last packet, and what has begun, by sender and kind."""

    ring: list[int] | None = None
    seq: int = 0
    begun: dict[tuple[int, bool], tuple[int, int]] = field(default_factory=dict)

    def take(self, ring: list[int], seq: int, packet: dict[str, Any]) -> dict[str, Any] | None:
        """The message that is whole by this packet."""
        if ring != self.ring or seq <= self.seq:
            return None
        self.seq = seq
        stream = packet["sender"], packet["priority"] == RECOVERY
        index, before = packet["index"], self.begun.pop(stream, None)
        if index > 0 and before != (packet["message"], index):
            return None
        if index + 1 == packet["count"]:
            return {key: packet[key] for key in ("sender", "message", "priority", "queued_in")}
        self.begun[stream] = packet["message"], index + 1
        return None


class Plug:
    """One processor's layer. A method's name and parameters are those of the call."""

    def __init__(self, processor: int) -> None:
        self.me = processor
        self.installed: Ring | None = None
        self.pending: Ring | None = None
        self.gate_open = False
        self.held = set[int]()
        self.registered, self.plugged = set[int](), set[int]()
        self.created_count = self.message_count = 0
        self.waiting: list[Message] = []
        self.received = Received()

    def ring_pending(self, ring: list[int], members: list[int]) -> dict[str, Any]:
        self.pending = Ring(ring, sorted(members))
        creates = ring[0] == self.me and not self.pending.is_of_one
        return {"token": written(ring, 0, set()) if creates else None}

    def transitional(self, ring: list[int], members: list[int]) -> None:
        self.installed, self.gate_open = None, False
        for message in self.waiting:
            message.sent = 0

    def regular(self, ring: list[int], members: list[int]) -> None:
        self.installed, self.pending, self.gate_open = self.pending, None, False
        self.plugged, self.held = set(self.registered), set()
        self.received = Received(ring)

    def token_received(self, token: str, packet_count: int) -> dict[str, Any]:
        name, number, positions = read(token)
        ring = next((one for one in (self.installed, self.pending) if one and one.name == name), None)
        if ring is None or ring.is_of_one:
            return {"refused": "of no ring of mine"}
        if number <= ring.accepted:
            return {"refused": "late"}
        ring.accepted = number
        packets = [] if ring is self.pending else self.visit(ring, positions, packet_count)
        return {"packets": packets, "token": written(name, number + 1, positions)}

    def visit_alone(self, packet_count: int) -> dict[str, Any]:
        if self.installed is None or not self.installed.is_of_one:
            raise CallRefusedError("no ring of one is installed")
        return {"packets": self.visit(self.installed, self.held, packet_count), "token": None}

    def visit(self, ring: Ring, positions: set[int], packet_count: int) -> list[dict[str, Any]]:
        """Set one's position, look at the gate, originate: the packets. The positions are changed."""
        recovers = any(one.priority == RECOVERY and one.queued_in == ring.name for one in self.waiting)
        if not self.plugged and not recovers:
            positions.add(ring.members.index(self.me))
        self.gate_open = self.gate_open or len(positions) == len(ring.members)
        packets = list[dict[str, Any]]()
        while len(packets) < packet_count and (message := self.next()):
            packets.append(
                {"priority": message.priority, "queued_in": message.queued_in, "message": message.number,
                 "index": message.sent, "count": message.count}
            )  # fmt: skip
            message.sent, message.begun = message.sent + 1, True
            if message.sent == message.count:
                self.waiting.remove(message)
        return packets

    def next(self) -> Message | None:
        """The message of which a packet goes next."""
        able = [one for one in self.waiting if self.gate_open or one.priority == RECOVERY]
        return min(able, key=lambda one: (one.priority != RECOVERY, not one.begun, one.priority), default=None)

    def queue(self, priority: int, packet_count: int) -> None:
        self.message_count += 1
        mark = self.installed.name if self.installed else None
        self.waiting.append(Message(priority, self.message_count, packet_count, mark))

    def packet_received(self, ring: list[int], seq: int, **packet: Any) -> dict[str, Any]:
        return {"delivered": self.received.take(ring, seq, packet)}

    def create(self) -> dict[str, int]:
        self.created_count += 1
        self.registered.add(self.created_count)
        return {"handle": self.created_count}

    def unplug(self, handle: int) -> None:
        if handle not in self.registered:
            raise CallRefusedError(f"handle {handle} is not registered")
        self.plugged.discard(handle)

    def destroy(self, handle: int) -> None:
        self.unplug(handle)
        self.registered.remove(handle)

    def observe(self) -> dict[str, Any]:
        return {
            "installed": self.installed.name if self.installed else None,
            "pending": self.pending.name if self.pending else None,
            "gate_open": self.gate_open,
            "registered": sorted(self.registered),
            "plugged": sorted(self.plugged),
            "recovery_waiting": [one.queued_in for one in self.waiting if one.priority == RECOVERY],
            "held": sorted(self.held) if self.installed and self.installed.is_of_one else None,
        }

    def read_token(self, token: str) -> dict[str, Any]:
        ring, _, positions = read(token)
        return {"ring": ring, "positions": sorted(positions)}


def written(ring: list[int], number: int, positions: set[int]) -> str:
    """A token as text."""
    return json.dumps([ring, number, sorted(positions)])


def read(token: str) -> tuple[list[int], int, set[int]]:
    """What a token says: its ring, its number, its positions."""
    ring, number, positions = json.loads(token)
    return ring, number, set(positions)


def main() -> None:
    """Answer each line with one, until standard input ends."""
    plug = Plug(-1)
    for line in sys.stdin:
        asked = json.loads(line)
        call = asked.pop("call")
        if call == "start":
            plug, answer = Plug(asked["processor"]), {"format": "ringplug-conform-2"}
        else:
            try:
                answer = getattr(plug, call)(**asked) or {}
            except CallRefusedError as refusal:
                answer = {"call_refused": str(refusal)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
