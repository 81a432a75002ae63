"""A total order without a ring: virtual synchrony whose configurations the test tells, for tests of services.

Each processor has a queue and handles, as the group messaging interface has. A message that is sent is delivered at
once to all members of its ring, unless the test holds deliveries back at some of them. A processor leaves a ring with
all that was ordered in it delivered, so those who move together have delivered the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from reference.errors import LocalProtocolError
from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee, Kind, MessageId
from reference.rings import ProcessorId, RingId, RingSeq
from reference.services.executive import Executive
from reference.services.interface import ConfchgFn, DeliverFn

FIRST_LIFE = RingSeq(1)


@dataclass
class Member:
    """One processor's end: a group messaging interface whose ring the test turns."""

    me: ProcessorId
    incarnation: RingSeq = FIRST_LIFE
    queue: list[Delivery] = field(default_factory=list[Delivery])
    plugged: dict[Handle, bool] = field(default_factory=dict[Handle, bool])
    room: int = 1_000_000
    ring: ConfigurationChange | None = None
    delivered: int = 0
    sent_count: int = 0
    joined: list[tuple[DeliverFn, ConfchgFn]] = field(default_factory=list[tuple[DeliverFn, ConfchgFn]])

    def gmi_join(self, deliver_fn: DeliverFn, confchg_fn: ConfchgFn) -> None:
        self.joined.append((deliver_fn, confchg_fn))

    def gmi_mcast(self, priority: int, payload: bytes, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        assert self.gmi_send_ok(priority, len(payload))
        self.sent_count += 1
        message = MessageId(self.me, self.incarnation, self.sent_count)
        ring_id = self.ring.ring_id if self.ring else None
        unordered = RingId(self.me, RingSeq(0))
        self.queue.append(Delivery(message, unordered, Priority(priority), guarantee, ring_id, payload))
        return message

    def gmi_send_ok(self, priority: int, payload_bytes: int) -> bool:
        return sum(message.priority == priority for message in self.queue) < self.room

    def gmi_recovery_plug_create(self) -> Handle:
        handle = Handle(len(self.plugged))
        self.plugged[handle] = False
        return handle

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        del self.plugged[handle]

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        if handle not in self.plugged:
            raise LocalProtocolError("a service", f"handle {handle}", clause="D6", state="test")
        self.plugged[handle] = False

    @property
    def is_ready(self) -> bool:
        """Whether its bit would be set: all plugs out, no recovery message queued."""
        return not any(self.plugged.values()) and not any(m.priority is Priority.RECOVERY for m in self.queue)


class TotalOrder:
    """All processors, their rings, and the order of each ring."""

    def __init__(self, seed: int = 0) -> None:
        self.members: dict[ProcessorId, Member] = {}
        self.executives: dict[ProcessorId, Executive] = {}
        self.order: dict[RingId, list[Delivery]] = {}
        self.bits: dict[RingId, set[ProcessorId]] = {}
        self.held: set[ProcessorId] = set()
        self.seq = 0
        self.now_us = 0
        self.random = random.Random(seed)
        self.before_delivery: Callable[[ProcessorId, Delivery], None] = lambda p, delivery: None

    def start(self, number: int, executive: Callable[[Member], Executive]) -> Executive:
        """Start a processor, or start it again."""
        p = ProcessorId(number)
        before = self.members.get(p)
        self.members[p] = Member(p, RingSeq(before.incarnation + 1) if before else FIRST_LIFE)
        self.executives[p] = executive(self.members[p])
        return self.executives[p]

    def stop(self, number: int) -> None:
        """A processor crashes; it stays in `members` for its incarnation."""
        del self.executives[ProcessorId(number)]

    def configure(self, *rings: Collection[int]) -> None:
        """All these rings are installed, each with these members."""
        for numbers in rings:
            for p in numbers:
                self.deliver_all(ProcessorId(p))
        for numbers in rings:
            self._install([ProcessorId(p) for p in sorted(numbers)])

    def _install(self, members: list[ProcessorId]) -> None:
        self.seq += 4
        ring_id = RingId(members[0], RingSeq(self.seq))
        self.order[ring_id], self.bits[ring_id] = [], set()
        before = {p: self.members[p].ring for p in members}
        for p in members:
            old = before[p]
            along = tuple(q for q in members if q == p or (old and before[q] == old))
            left = tuple(q for q in (old.members if old else ()) if q not in along)
            joined = tuple(q for q in members if q not in along)
            member = self.members[p]
            member.plugged = dict.fromkeys(member.plugged, True)
            for change in (
                ConfigurationChange(Kind.TRANSITIONAL, ring_id, along, left, ()),
                ConfigurationChange(Kind.REGULAR, ring_id, tuple(members), (), joined),
            ):
                for _, confchg_fn in member.joined:
                    confchg_fn(change)
            member.ring, member.delivered = ConfigurationChange(Kind.REGULAR, ring_id, tuple(members), (), ()), 0

    def gate_open(self, number: int) -> bool:
        """Whether all members of its ring have set their bit."""
        ring = self.members[ProcessorId(number)].ring
        return ring is not None and self.bits[ring.ring_id] >= {*ring.members}

    def visit(self, p: ProcessorId) -> bool:
        """The token comes to p: it sets its bit, and originates one message if it may."""
        member = self.members[p]
        if member.ring is None:
            return False
        ring_id = member.ring.ring_id
        if member.is_ready:
            self.bits[ring_id].add(p)
        may = [m for m in member.queue if m.priority is Priority.RECOVERY or self.gate_open(p)]
        if not may:
            return False
        first = min(may, key=lambda m: m.priority)
        member.queue.remove(first)
        self.order[ring_id].append(
            Delivery(first.message, ring_id, first.priority, first.guarantee, first.queued_in, first.payload)
        )
        return True

    def deliver(self, p: ProcessorId) -> bool:
        """The next message of its ring is delivered at p."""
        member = self.members[p]
        if p not in self.executives or member.ring is None:
            return False
        order = self.order[member.ring.ring_id]
        if member.delivered == len(order):
            return False
        member.delivered += 1
        delivery = order[member.delivered - 1]
        self.before_delivery(p, delivery)
        for deliver_fn, _ in member.joined:
            deliver_fn(delivery)
        return True

    def deliver_all(self, p: ProcessorId) -> None:
        """Everything that is ordered is delivered at p."""
        while self.deliver(p):
            pass

    def step(self) -> bool:
        """One visit and one delivery at each processor, in a random order; whether anything happened."""
        self.now_us += 10
        happened = False
        order = sorted(self.executives)
        self.random.shuffle(order)
        for p in order:
            self.executives[p].time_passed(self.now_us)
            happened |= self.visit(p)
        for p in order:
            if p not in self.held:
                happened |= self.deliver(p)
        return happened

    def run(self, steps: int = 100_000) -> None:
        """Step until nothing happens, twice over, for an unplug may take one step more."""
        idle = 0
        for _ in range(steps):
            idle = 0 if self.step() else idle + 1
            if idle > 3:
                return
        raise AssertionError("still something to do")
