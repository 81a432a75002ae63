"""A tiny correct system: rings form, part and merge, messages are ordered, recovered and delivered, processes crash.

It knows everything at once, so it needs no protocol: a ring has one order, and a formation says who comes with whom.
What its processes see is a history that keeps every clause. Services with plugs, tables and lookups sit on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, Literal

from history_processors import Processor, RingOf, Sending, Sort

from properties.history.events import (
    Bit,
    Configuration,
    Counted,
    Crash,
    Deliver,
    End,
    Event,
    Gate,
    Group,
    Level,
    Lookup,
    Originate,
    Plug,
    Primary,
    Priority,
    Queue,
    Start,
    Sync,
    Table,
)  # fmt: skip

Step = Literal["check-in", "retained", "done"] | None


class System:
    """A run."""

    def __init__(self, random: Random, sort: Sort) -> None:
        self.random, self.sort = random, replace(sort)
        self.apart = Random(repr(sort))
        """For what is told beside the rest."""
        self.all = {f"n{i}": Processor(f"n{i}") for i in range(1, sort.processes + 1)}
        self.number = 0
        self.count = 0
        self.primary: RingOf | None = None
        """The last ring that is primary."""
        self.log: list[Event] = []

    def run(self) -> list[Event]:
        for processor in self.all.values():
            self.start(processor)
        self.form()
        for _ in range(self.sort.steps):
            self.step()
        if self.sort.quiet:
            self.settle()
        for processor in self.all.values():
            if processor.alive and (self.sort.quiet or self.random.random() < 0.5):
                self.tell(processor, End, quiescent=self.sort.quiet)
        return self.log

    def tell(self, processor: Processor, event: type[Event], /, **says: Any) -> None:
        processor.seq += self.random.choice((1, 1, 1, 2))
        self.log.append(event(processor.name, processor.seq, **says))

    def step(self) -> None:
        sort = self.sort
        kinds = ["form", "crash", "restart", "send", "receive", "deliver", "move"]
        weights = [sort.form, sort.crash, sort.restart, sort.send, sort.receive, sort.deliver, sort.move]
        kind = self.random.choices(kinds, weights)[0]
        if kind == "form":
            self.form()
            return
        processor = self.random.choice(list(self.all.values()))
        if kind == "restart" and not processor.alive:
            self.start(processor)
        elif kind != "restart" and processor.alive:
            getattr(self, kind)(processor)

    def start(self, processor: Processor) -> None:
        processor.incarnation += 1
        processor.seq, processor.alive = self.random.randrange(3), True
        processor.ring = processor.pending = None
        processor.queue, processor.view, processor.table = [], frozenset(), frozenset()
        processor.joining = False
        self.tell(processor, Start, incarnation=processor.incarnation)
        if self.sort.plug:
            for handle in ("clm", "evt"):
                self.tell(processor, Plug, call="create", handle=handle)

    def crash(self, processor: Processor) -> None:
        processor.alive = False
        self.tell(processor, Crash)

    # Formation: from old rings to new ones.

    def form(self) -> None:
        """Some processes form rings; a ring that nobody has begun to move to is given up."""
        able = [one for one in self.all.values() if one.alive and not (one.pending and one.pending.begun)]
        self.random.shuffle(able)
        parts: list[list[Processor]] = [[] for _ in range(self.random.choice((1, 1, 2, 2, 3)))]
        for one in able:
            self.random.choice(parts).append(one)
        for part in parts:
            if part:
                self.form_ring(part)

    def form_ring(self, part: Sequence[Processor]) -> None:
        for one in part:
            if one.pending:
                for other in self.all.values():
                    if other.pending is one.pending and other not in part:
                        other.pending = None
                one.pending = None
        self.number += self.random.choice((1, 4))
        members = tuple(sorted(one.name for one in part))
        came = {one.name: frozenset(o.name for o in part if one.ring and o.ring is one.ring) for one in part}
        ring = RingOf((members[0], self.number), members, came, self.random.random() < 0.5, frozenset())
        for one in part:
            if one.ring:
                ring.plans[one.name] = self.plan(one, [self.all[name] for name in came[one.name]])
            ring.received[one.name] = set()
        joined = {one.identity for one in part if self.has_joined(one, ring)}
        ring.group = frozenset(joined)
        for one in part:
            one.pending = ring

    def has_joined(self, one: Processor, ring: RingOf) -> bool:
        regular, transitional = ring.plans.get(one.name, ([], []))
        due = [one.ring.order[i] for i in (*regular, *transitional)] if one.ring else []
        return one.identity in one.view or any(message.join == one.identity for message in due)

    def plan(self, one: Processor, group: Sequence[Processor]) -> tuple[list[int], list[int]]:
        """What those who come along with one another deliver of their old ring, after what `one` has delivered."""
        ring = one.ring
        assert ring
        have = set[int]().union(*(ring.received[other.name] for other in group))
        for other in group:
            ring.received[other.name] |= have
        names = {other.name for other in group}
        cut = max(other.next for other in group)
        while cut in have and self.may_deliver(ring, cut):
            cut += 1
        regular = list(range(one.next, cut))
        hole = next(i for i in range(cut, len(ring.order) + 1) if i not in have)
        behind = [i for i in sorted(have) if i > hole and ring.order[i].sender in names]
        return regular, [*range(cut, hole), *behind]

    def may_deliver(self, ring: RingOf, index: int) -> bool:
        """Agreed messages always; safe ones when all members have installed the ring and have all up to them."""
        if ring.order[index].level == "agreed":
            return True
        upto = set(range(index + 1))
        return ring.installed >= set(ring.members) and all(upto <= ring.received[name] for name in ring.members)

    def move(self, processor: Processor) -> None:
        """Leave the old ring for the pending one, at once, unless it crashes on the way."""
        ring, old = processor.pending, processor.ring
        if ring is None:
            return
        ring.begun = True
        if old:
            if processor.open and self.sort.plug and self.sort.closes:
                self.tell(processor, Gate, open=False)
            regular, transitional = ring.plans[processor.name]
            came = ring.came[processor.name]
            for index in regular:
                if self.fails(processor):
                    return
                self.deliver_at(processor, old, index)
            skips = ring.skips and came == set(ring.members) and not transitional
            left = tuple(name for name in old.members if name not in came)
            if not skips:
                members = tuple(sorted(came))
                self.tell(
                    processor, Configuration, kind="transitional", ring=ring.id, members=members, left=left, joined=()
                )
            self.drop_nodes(processor, left)
            for index in transitional:
                if self.fails(processor):
                    return
                self.deliver_at(processor, old, index, transitional=True)
            if self.fails(processor):
                return
            told = left if skips or self.random.random() < 0.3 else ()
            if not processor.open and self.random.random() < self.sort.aborts:
                self.tell(processor, Sync, phase="abort")
        else:
            came, told = frozenset({processor.name}), ()
        joined = tuple(name for name in ring.members if name not in came)
        self.tell(
            processor, Configuration, kind="regular", ring=ring.id, members=ring.members, left=told, joined=joined
        )  # fmt: skip
        self.installed(processor, ring, came)

    def fails(self, processor: Processor) -> bool:
        if self.random.random() >= self.sort.crash_moving:
            return False
        self.crash(processor)
        return True

    def installed(self, processor: Processor, ring: RingOf, came: frozenset[str]) -> None:
        processor.ring, processor.pending, processor.next = ring, None, 0
        processor.heard, processor.checked_in, processor.open = set(), set(), False
        ring.installed.add(processor.name)
        self.see_primary(processor, ring)
        self.tell(processor, Sync, phase="start")
        if self.sort.group:
            self.see(processor, ring.group, frozenset(one for one in processor.view if one[0] not in came))
        if self.random.random() < self.sort.aborts:
            self.tell(processor, Sync, phase="abort")
            self.tell(processor, Sync, phase="start")
        if self.sort.plug:
            processor.plugged = {"clm", "evt"}
            processor.queue = [queued for queued in processor.queue if queued[0].priority != "recovery"]
            self.drop_nodes(processor, [name for name in processor.table if name not in ring.members])
            self.enqueue(processor, "recovery", "clm", first=True)
            self.enqueue(processor, "recovery", "evt", step="check-in")
            if self.random.random() < 0.5:
                self.enqueue(processor, "recovery", "evt")
        else:
            self.open(processor)

    def see_primary(self, processor: Processor, ring: RingOf) -> None:
        """The next primary ring has somebody of the last one; who is in it when it becomes so may be told later."""
        last = self.primary
        follows = last is None or (ring.id[1] > last.id[1] and ring.installed & last.installed)
        if follows and self.apart.random() < self.sort.primary:
            self.primary = ring
        if ring is self.primary or self.apart.random() < 0.1:
            processor.seq += 1
            self.log.append(Primary(processor.name, processor.seq, inside=ring is self.primary))

    def open(self, processor: Processor) -> None:
        processor.open = True
        if self.sort.plug:
            self.tell(processor, Gate, open=True)
        self.tell(processor, Sync, phase="complete")

    # Messages.

    def send(self, processor: Processor) -> None:
        if self.sort.group and processor.identity not in processor.view:
            self.join(processor)
            return
        if self.random.random() < 0.6:
            late = processor.open and self.sort.plug and self.random.random() < 0.15
            self.enqueue(processor, "recovery" if late else self.random.choice(("high", "low")), "evt")
        self.originate(processor)

    def join(self, processor: Processor) -> None:
        ring = processor.ring
        if ring and not processor.pending and not processor.joining:
            processor.joining = True
            sending = Sending("", processor.name, "low", "agreed", "", join=processor.identity)
            ring.order.append(sending)
            ring.received[processor.name].add(len(ring.order) - 1)

    def enqueue(self, processor: Processor, priority: Priority, service: str, *, first: bool = False,
                step: Step = None) -> None:  # fmt: skip
        self.count += 1
        level: Level = "safe" if self.random.random() < self.sort.safe else "agreed"
        id = f"{processor.name}:{self.count}"
        sending = Sending(id, processor.name, priority, level, service, step)
        self.tell(processor, Queue, message=id, priority=priority, level=level, service=service, step=step)
        processor.queue.append((sending, processor.ring))
        if not self.sort.plug:
            return
        rank = {"recovery": 0, "high": 1, "medium": 2, "low": 3}
        processor.queue.sort(key=lambda queued: rank[queued[0].priority])

    def originate(self, processor: Processor) -> None:
        ring = processor.ring
        if ring is None or processor.pending or not processor.queue:
            return
        sending, _ = processor.queue[0]
        if sending.priority != "recovery" and not processor.open:
            return
        processor.queue.pop(0)
        ring.order.append(sending)
        ring.received[processor.name].add(len(ring.order) - 1)
        says: dict[str, Any] = {"priority": sending.priority, "level": sending.level, "service": sending.service}
        if self.random.random() < 0.5:
            says["ring"] = ring.id
        self.tell(processor, Originate, message=sending.id, **says)

    def receive(self, processor: Processor) -> None:
        ring = processor.ring
        if ring is None or processor.pending:
            return
        missing = [i for i in range(len(ring.order)) if i not in ring.received[processor.name]]
        if missing:
            ring.received[processor.name].add(missing[0] if self.random.random() < 0.8 else self.random.choice(missing))

    def deliver(self, processor: Processor) -> None:
        ring, index = processor.ring, processor.next
        if ring is None or processor.pending:
            return
        if index in ring.received[processor.name] and self.may_deliver(ring, index):
            self.deliver_at(processor, ring, index)
        self.recover(processor, ring)

    def deliver_at(self, processor: Processor, ring: RingOf, index: int, *, transitional: bool = False) -> None:
        message = ring.order[index]
        if not transitional:
            processor.next = index + 1
        if message.join:
            self.see(processor, processor.view | {message.join})
        elif not self.sort.group or processor.identity in processor.view:
            says: dict[str, Any] = {"priority": message.priority, "level": message.level}
            if self.random.random() < 0.5:
                says["ring"] = ring.id
            self.tell(processor, Deliver, message=message.id, sender=message.sender, **says)
            if not transitional and self.sort.plug:
                self.look(processor, ring, message)

    def see(
        self, processor: Processor, view: frozenset[tuple[str, int]], apart: frozenset[tuple[str, int]] = frozenset()
    ) -> None:
        """The group is this now; who was apart left it, and may have joined again."""
        left, joined = (processor.view - view) | apart, (view - processor.view) | (apart & view)
        if not processor.view and processor.identity in joined and self.random.random() < 0.5:
            joined = frozenset({processor.identity})
        if left or joined:
            lists = {"left": tuple(sorted(left)), "joined": tuple(sorted(joined))} if self.sort.group_lists else {}
            self.tell(processor, Group, members=tuple(sorted(view)), **lists)
        processor.view = view

    # Services.

    def look(self, processor: Processor, ring: RingOf, message: Sending) -> None:
        """What services do with a message: node joins fill the table, and others look their senders up."""
        if message.priority == "recovery" and (message.service == "clm" or message.step):
            self.tell(processor, Counted, message=message.id, service=message.service)
        if message.step == "check-in":
            self.check_in(processor, ring, message.sender)
        if message.service == "clm" and message.priority == "recovery":
            processor.heard.add(message.sender)
            self.know(processor, processor.table | {message.sender})
        elif message.service == "evt" and (message.priority != "recovery" or message.sender in processor.heard):
            self.tell(processor, Lookup, of=message.sender, found=True, message=message.id, service="evt")
        if message.priority != "recovery" and self.random.random() < 0.5:
            of = self.random.choice(ring.members)
            self.tell(processor, Lookup, of=of, found=True, message=message.id, service="clm")

    def check_in(self, processor: Processor, ring: RingOf, sender: str) -> None:
        """The first member leads: when all have checked in it sends what it retains, and that it has."""
        before = set(processor.checked_in)
        processor.checked_in.add(sender)
        if processor.name == ring.members[0] and before < set(ring.members) == processor.checked_in:
            for step in ("retained", "done"):
                if step == "done" or self.random.random() < 0.5:
                    self.enqueue(processor, "recovery", "evt", step=step)

    def know(self, processor: Processor, table: frozenset[str]) -> None:
        if table != processor.table:
            processor.table = table
            self.tell(processor, Table, service="clm", keys=tuple(sorted(table)))

    def drop_nodes(self, processor: Processor, gone: Sequence[str]) -> None:
        self.know(processor, processor.table - set(gone))

    def recover(self, processor: Processor, ring: RingOf) -> None:
        """The next step of recovery, if there is one: unplug, set the bit, open."""
        if not self.sort.plug or processor.open:
            return
        drained = all(queued[0].priority != "recovery" for queued in processor.queue)
        if processor.plugged:
            handle = sorted(processor.plugged)[0]
            processor.plugged.discard(handle)
            self.tell(processor, Plug, call="unplug", handle=handle)
            if not processor.plugged:
                self.tell(processor, Sync, phase="barrier")
        elif drained and processor.name not in ring.bits:
            ring.bits.add(processor.name)
            self.tell(processor, Bit)
        elif ring.bits >= set(ring.members) and (
            processor.heard >= set(ring.members) or (self.sort.group and processor.identity not in processor.view)
        ):
            self.open(processor)

    # The end.

    def settle(self) -> None:
        """One ring of all who live, and nothing under way."""
        alive = [one for one in self.all.values() if one.alive]
        for one in alive:
            while one.alive and one.pending and one.pending.begun:
                self.move(one)
        alive = [one for one in alive if one.alive]
        if alive:
            self.form_ring(alive)
        self.sort.crash_moving = 0
        for one in alive:
            self.move(one)
        for _ in range(400):
            for one in alive:
                self.originate(one)
                if one.ring:
                    one.ring.received[one.name] = set(range(len(one.ring.order)))
                self.deliver(one)


def history(random: Random, sort: Sort) -> list[Event]:
    """The events of a run, in an order in which they could have been written."""
    return System(random, sort).run()
