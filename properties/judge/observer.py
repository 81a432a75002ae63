"""Following a history event by event: who is in which configuration, what was delivered there, and when a ring is over.

Clauses about one process alone are judged here and in `installing.py`, as their events come. A ring is settled, that is
judged and forgotten, once none of its members can have a further event in it: each left it, crashed in it, or is past
it, which means that it installed a ring of at least its number (RING-S2). What is forgotten is:

- of a settled ring: what was delivered in it;
- its messages: when each process that was in it is out of the next ring that it installed, too. A message that is sent
  or delivered again after that is taken for another one;
- of a ring that no process can install any more: its id and members.

With `remember` nothing is forgotten, and rings are judged at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from properties.history.events import (
    FACETS,
    Bit,
    Configuration,
    Counted,
    Crash,
    Deliver,
    End,
    Event,
    Gate,
    Group,
    Lookup,
    Originate,
    Plug,
    Queue,
    Start,
    Sync,
    Table,
)  # fmt: skip
from properties.history.events import Message as MessageEvent
from properties.history.events import Ring as RingId
from properties.history.findings import Findings
from properties.history.views import Content, Ending, Eyes, Looked, Message, Process, Ring, Sent, Stay
from properties.judge.installation import install, turn


class Observer:
    """All that is known of a history so far."""

    def __init__(
        self,
        names: tuple[str, ...],
        eyes: Eyes,
        findings: Findings,
        settle: Callable[[Ring, int | None], None],
        *,
        remember: bool,
    ) -> None:
        self.eyes, self.findings, self.settle, self.remember = eyes, findings, settle, remember
        self.processes = {name: Process(name, 1 << i) for i, name in enumerate(names)}
        self.rings: dict[RingId, Ring] = {}
        self.retired: list[Ring] = []
        self.messages: dict[str, Message] = {}
        self.at = -1
        self.handlers: dict[type[Event], Callable[[Process, Any], None]] = {
            Start: self.start, Configuration: self.configuration, Group: self.group, Queue: self.queue,
            Originate: self.originate, Deliver: self.deliver, Plug: self.plug, Bit: self.bit, Gate: self.gate,
            Lookup: self.lookup, Table: self.table, Sync: self.sync, Counted: self.counted, Crash: self.crash,
            End: self.end,
        }  # fmt: skip
        for kind in self.handlers:
            if kind.__name__.lower() in set(FACETS) - eyes.observes:
                self.handlers[kind] = lambda process, event: None

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.at += 1
        process = self.processes[event.process]
        if event.seq > process.seq and process.crashed_at is None:
            process.seq = event.seq
        elif type(event) is not Start:
            self._out_of_order(process, event)
        self.handlers[type(event)](process, event)
        process.last_at = self.at

    def _out_of_order(self, process: Process, event: Event) -> None:
        if event.seq <= process.seq:
            text = f"{process.name} counts {event.seq} after {process.seq}"
            self.findings.violated("EVS-1.2", text, process.last_at, self.at)
        if process.crashed_at is not None:
            text = f"{process.name} has events after it crashed"
            self.findings.violated("EVS-1.2", text, process.crashed_at, self.at)
        process.seq = max(event.seq, process.seq)

    def start(self, process: Process, event: Start) -> None:
        if process.stay:
            self._close(process.stay, Ending.OPEN)
        process.restarted = process.crashed_since_install = process.incarnation >= 0
        process.incarnation, process.seq, process.stay, process.crashed_at = event.incarnation, event.seq, None, None
        process.installed, process.handles, process.plugged = {}, set(), set()
        process.view, process.tables = frozenset(), {}
        self.findings.met["EVS-1.2"] += 1

    def configuration(self, process: Process, event: Configuration) -> None:
        if event.kind in self.eyes:
            (turn if event.kind == "transitional" else install)(self, process, event)

    def message(self, event: MessageEvent) -> Message:
        """The message of an event, with what the event says of it."""
        message = self.messages.get(event.message)
        if message is None:
            message = self.messages[event.message] = Message(event.message)
        if event.priority == "recovery":
            message.recovery = True
        if event.level == "safe":
            message.safe = True
        return message

    def queue(self, process: Process, event: Queue) -> None:
        message = self.message(event)
        queued = Sent(message, process, self.at, event.service, event.step)
        if self.eyes.basis == "queue":
            self._send(message, queued)
        message.queued = message.queued or queued
        if process.stay:
            process.stay.queued.append(queued)

    def originate(self, process: Process, event: Originate) -> None:
        message = self.message(event)
        self._send(message, Sent(message, process, self.at))
        self._inside(process, event.ring, "originates")

    def _send(self, message: Message, sent: Sent) -> None:
        if message.sends:
            first = message.sends[0]
            text = f"{message.id} has two origins: {first.by} and {sent.by}"
            self.findings.violated("EVS-1.4", text, first.at, self.at)
        message.sends.append(sent)
        self._suspect(sent, message.home)
        self.findings.met["EVS-1.4"] += 1
        if sent.stay:
            sent.stay.sends.append(sent)

    def deliver(self, process: Process, event: Deliver) -> None:
        message, stay = self.message(event), process.stay
        if event.sender is not None:
            self._sender(message, event.sender)
        self._inside(process, event.ring, "delivers")
        if stay:
            if message.home is not stay.ring:
                self._home(message, stay)
            stay.sequence.append(message)
            stay.places.append(self.at)
        if not message.takers:
            self.findings.met["EVS-1.4"] += 1
        elif message.takers & process.bit:
            self._again(process, message)
        message.takers |= process.bit

    def _sender(self, message: Message, sender: str) -> None:
        if message.sender is None:
            message.sender, message.sender_at = sender, self.at
        elif message.sender != sender:
            text = f"{message.id} is delivered as sent by {message.sender} and as sent by {sender}"
            self.findings.violated("EVS-1.3", text, message.sender_at, self.at)

    def _again(self, process: Process, message: Message) -> None:
        if process.stay:
            process.stay.twice = True
        if "EVS-1.4" in self.findings.breaches:
            return
        text = f"{process.name} delivers {message.id} twice"
        first = [stay.places[stay.sequence.index(message)] for ring in self.rings.values() for stay in ring.stays
                 if stay.process is process and message in stay.sequence]  # fmt: skip
        self.findings.violated("EVS-1.4", text, *first, self.at)

    def _home(self, message: Message, stay: Stay) -> None:
        if message.home is None:
            message.home, message.home_at = stay.ring, self.at
        elif self.eyes.basis != "originate":
            text = f"{message.id} is delivered in {message.home} and in {stay.ring}"
            self.findings.violated("EVS-1.3", text, message.home_at, self.at)
        for sent in message.sends:
            self._suspect(sent, stay.ring)

    def _suspect(self, sent: Sent, delivered: Ring | None) -> None:
        """Sending in a later ring than the one of a delivery may close a cycle through several rings."""
        if sent.stay and delivered and sent.stay.ring is not delivered and sent.stay.ring.id[1] >= delivered.id[1]:
            self.findings.suspicious = True

    def _inside(self, process: Process, said: RingId | None, does: str) -> None:
        if process.stay is None:
            if "regular" not in self.eyes.observes:
                return
            self.findings.violated("EVS-2.2", f"{process.name} {does} before it installed a configuration", self.at)
        elif said is not None and said != process.stay.ring.id:
            text = f"{process.name} {does} in [{said[0]} {said[1]}] while in {process.stay.ring}"
            self.findings.violated("EVS-2.2", text, process.stay.at, self.at)

    def group(self, process: Process, event: Group) -> None:
        process.view = frozenset(event.members)
        if process.stay:
            process.stay.views.append((len(process.stay.sequence), process.view))
        self._tell(process, "group", (frozenset(name for name, _ in event.members), repr(sorted(event.members))))

    def table(self, process: Process, event: Table) -> None:
        self._tell(process, event.service, (frozenset(event.keys), event.digest))

    def _tell(self, process: Process, service: str, content: Content) -> None:
        process.tables = {**process.tables, service: content}
        if process.stay:
            process.stay.tables.append((len(process.stay.sequence), process.tables))

    def plug(self, process: Process, event: Plug) -> None:
        if event.call == "create":
            process.handles.add(event.handle)
            return
        if event.call == "destroy":
            process.handles.discard(event.handle)
        process.plugged.discard(event.handle)
        if process.stay and process.stay.done is None and not process.plugged:
            process.stay.done = len(process.stay.sequence)

    def bit(self, process: Process, event: Bit) -> None:
        if process.stay and process.stay.bit_at is None:
            process.stay.bit_at = self.at

    def gate(self, process: Process, event: Gate) -> None:
        stay = process.stay
        if stay and event.open:
            stay.openings.append((self.at, process.tables))
        if stay and not event.open:
            stay.opened = None
        elif stay and stay.opened is None:
            stay.opened = len(stay.sequence)

    def sync(self, process: Process, event: Sync) -> None:
        stay = process.stay
        if stay is None:
            return
        now = len(stay.sequence)
        if event.phase == "abort":
            stay.begun = stay.opened = None
        elif event.phase == "start":
            stay.begun = now if stay.begun is None else stay.begun
        elif event.phase == "complete":
            stay.opened = now if stay.opened is None else stay.opened
        if "plug" not in self.eyes.observes and event.phase in ("barrier", "complete") and not event.service:
            stay.done = now if stay.done is None else stay.done

    def lookup(self, process: Process, event: Lookup) -> None:
        if process.stay and event.message is not None:
            looked = Looked(self.at, event.of, event.found, event.message, event.service)
            process.stay.lookups.append(looked)

    def counted(self, process: Process, event: Counted) -> None:
        if process.stay:
            message = self.messages.setdefault(event.message, Message(event.message))
            process.stay.counts.append((self.at, message))

    def crash(self, process: Process, event: Crash) -> None:
        if process.stay:
            self._inside(process, event.ring, "crashes")
        process.crashed_at, process.crashed_since_install = self.at, True
        if process.stay:
            self._close(process.stay, Ending.CRASH)

    def end(self, process: Process, event: End) -> None:
        process.ended, process.quiescent = True, event.quiescent

    def _close(self, stay: Stay, ending: Ending) -> None:
        if stay.ending is Ending.OPEN:
            stay.ending, stay.ended_at = ending, self.at
        self.no_longer_in(stay.process, stay.ring)

    def no_longer_in(self, process: Process, ring: Ring) -> None:
        """The process has no further event in the ring; if that is true of all, the ring is over."""
        ring.waiting.discard(process.name)
        if not ring.waiting and not self.remember and not ring.settled:
            self.close_ring(ring)

    def close_ring(self, ring: Ring) -> None:
        """Judge a ring, and forget what no later event can concern."""
        self.settle(ring, None)
        ring.settled = True
        self.retired.append(ring)
        self._forget_deliveries(ring)
        self.retired = [old for old in self.retired if not self._forgotten(old)]

    def _forget_deliveries(self, ring: Ring) -> None:
        seen = {id(m): m for stay in ring.stays for m in stay.sequence}
        seen |= {id(sent.message): sent.message for stay in ring.stays for sent in stay.sends}
        originated = self.eyes.basis == "originate"
        ring.messages = [m for m in seen.values() if m.home is ring or (m.home is None and originated)]
        for stay in ring.stays:
            stay.sequence, stay.sends, stay.queued, stay.lookups = [], [], [], []
            stay.views, stay.tables, stay.counts, stay.openings = [], [], [], []
            del stay.places[:]

    def _forgotten(self, ring: Ring) -> bool:
        if not all(stay.then and stay.then.settled for stay in ring.stays):
            return False
        for message in ring.messages:
            if self.messages.get(message.id) is message:
                del self.messages[message.id]
        ring.messages, ring.stays = [], []
        return True

    def forget_rings(self) -> None:
        """Forget settled rings that no process can install any more."""
        floor = min((p.ring[1] if p.ring else -1 for p in self.processes.values()), default=-1)
        gone = [id for id, ring in self.rings.items() if ring.settled and not ring.stays and id[1] <= floor]
        for id in gone:
            del self.rings[id]
        for process in self.processes.values():
            while len(process.installs) > 1 and process.installs[1][0] <= floor:
                del process.installs[0]

    def finish(self) -> int | None:
        """The input ends here: judge the rings that are left. Where the history became quiescent, if it did."""
        quiescent = all(
            process.incarnation >= 0 and (process.crashed_at is not None or process.quiescent)
            for process in self.processes.values()
        )
        if quiescent:
            for process in self.processes.values():
                if process.alive and process.stay:
                    process.stay.ending, process.stay.ended_at = Ending.QUIET, process.last_at
        quiescent_at = max((p.last_at for p in self.processes.values()), default=-1) if quiescent else None
        for ring in list(self.rings.values()):
            if not ring.settled:
                self.settle(ring, quiescent_at)
        return quiescent_at
