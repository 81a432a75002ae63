"""What each event of a history means: who is in which configuration, and what was delivered there.

The journal keeps what is known. Clauses about one process alone are judged here and in `installation.py`, as their
events come; what compares processes is judged when a ring is closed.
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
from properties.history.views import Content, Ending, LookupResult, Message, Process, Ring, Sent, View
from properties.judge.installation import install, transition
from properties.judge.journal import Journal


class Observer:
    """Takes events, each by the handler of its kind."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.observability, self.findings = journal, journal.observability, journal.findings
        self.handlers: dict[type[Event], Callable[[Process, Any], None]] = {
            Start: self.start, Configuration: self.configuration, Group: self.group, Queue: self.queue,
            Originate: self.originate, Deliver: self.deliver, Plug: self.plug, Bit: self.bit, Gate: self.gate,
            Lookup: self.lookup, Table: self.table, Sync: self.sync, Counted: self.counted, Crash: self.crash,
            End: self.end,
        }  # fmt: skip
        for kind in self.handlers:
            if kind.__name__.lower() in set(FACETS) - self.observability.observes:
                self.handlers[kind] = lambda process, event: None

    @property
    def at(self) -> int:
        """The place of the present event in the reading order."""
        return self.journal.at

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.journal.at += 1
        process = self.journal.processes[event.process]
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
        if process.view:
            self.journal.close(process.view, Ending.OPEN)
        process.restarted = process.crashed_since_install = process.incarnation >= 0
        process.incarnation, process.seq, process.view, process.crashed_at = event.incarnation, event.seq, None, None
        process.installed, process.handles, process.plugged = {}, set(), set()
        process.group, process.tables = frozenset(), {}
        self.findings.met["EVS-1.2"] += 1

    def configuration(self, process: Process, event: Configuration) -> None:
        if event.kind in self.observability:
            (transition if event.kind == "transitional" else install)(self.journal, process, event)

    def message(self, event: MessageEvent) -> Message:
        """The message of an event, with what the event says of it."""
        message = self.journal.message(event.message)
        if event.priority == "recovery":
            message.recovery = True
        if event.level == "safe":
            message.safe = True
        return message

    def queue(self, process: Process, event: Queue) -> None:
        message = self.message(event)
        queued = Sent(message, process, self.at, event.service, event.step)
        if self.observability.basis == "queue":
            self._send(message, queued)
        message.queued = message.queued or queued
        if process.view:
            process.view.queued.append(queued)

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
        self._suspect(sent, message.ring)
        self.findings.met["EVS-1.4"] += 1
        if sent.view:
            sent.view.sends.append(sent)

    def deliver(self, process: Process, event: Deliver) -> None:
        message, view = self.message(event), process.view
        if event.sender is not None:
            self._sender(message, event.sender)
        self._inside(process, event.ring, "delivers")
        if view:
            if message.ring is not view.ring:
                self._found_in(message, view)
            view.sequence.append(message)
            view.places.append(self.at)
        if not message.delivered_by:
            self.findings.met["EVS-1.4"] += 1
        elif message.delivered_by & process.bit:
            self._again(process, message)
        message.delivered_by |= process.bit

    def _sender(self, message: Message, sender: str) -> None:
        if message.sender is None:
            message.sender, message.sender_at = sender, self.at
        elif message.sender != sender:
            text = f"{message.id} is delivered as sent by {message.sender} and as sent by {sender}"
            self.findings.violated("EVS-1.3", text, message.sender_at, self.at)

    def _again(self, process: Process, message: Message) -> None:
        if process.view:
            process.view.twice = True
        if "EVS-1.4" in self.findings.violations:
            return
        text = f"{process.name} delivers {message.id} twice"
        views = (view for ring in self.journal.rings.values() for view in ring.views if view.process is process)
        first = [view.places[view.sequence.index(message)] for view in views if message in view.sequence]
        self.findings.violated("EVS-1.4", text, *first, self.at)

    def _found_in(self, message: Message, view: View) -> None:
        if message.ring is None:
            message.ring, message.ring_at = view.ring, self.at
        elif self.observability.basis != "originate":
            text = f"{message.id} is delivered in {message.ring} and in {view.ring}"
            self.findings.violated("EVS-1.3", text, message.ring_at, self.at)
        for sent in message.sends:
            self._suspect(sent, view.ring)

    def _suspect(self, sent: Sent, delivered: Ring | None) -> None:
        """Sending in a later ring than the one of a delivery may close a cycle through several rings."""
        if sent.view and delivered and sent.view.ring is not delivered and sent.view.ring.id[1] >= delivered.id[1]:
            self.findings.suspicious = True

    def _inside(self, process: Process, said: RingId | None, does: str) -> None:
        if process.view is None:
            if "regular" not in self.observability:
                return
            self.findings.violated("EVS-2.2", f"{process.name} {does} before it installed a configuration", self.at)
        elif said is not None and said != process.view.ring.id:
            text = f"{process.name} {does} in [{said[0]} {said[1]}] while in {process.view.ring}"
            self.findings.violated("EVS-2.2", text, process.view.at, self.at)

    def group(self, process: Process, event: Group) -> None:
        process.group = frozenset(event.members)
        if process.view:
            process.view.groups.append((len(process.view.sequence), process.group))
        self._tell(process, "group", (frozenset(name for name, _ in event.members), repr(sorted(event.members))))

    def table(self, process: Process, event: Table) -> None:
        self._tell(process, event.service, (frozenset(event.keys), event.digest))

    def _tell(self, process: Process, service: str, content: Content) -> None:
        process.tables = {**process.tables, service: content}
        if process.view:
            process.view.tables.append((len(process.view.sequence), process.tables))

    def plug(self, process: Process, event: Plug) -> None:
        if event.call == "create":
            process.handles.add(event.handle)
            return
        if event.call == "destroy":
            process.handles.discard(event.handle)
        process.plugged.discard(event.handle)
        if process.view and process.view.done is None and not process.plugged:
            process.view.done = len(process.view.sequence)

    def bit(self, process: Process, event: Bit) -> None:
        if process.view and process.view.bit_at is None:
            process.view.bit_at = self.at

    def gate(self, process: Process, event: Gate) -> None:
        view = process.view
        if view and event.open:
            view.openings.append((self.at, process.tables))
        if view and not event.open:
            view.opened = None
        elif view and view.opened is None:
            view.opened = len(view.sequence)

    def sync(self, process: Process, event: Sync) -> None:
        view = process.view
        if view is None:
            return
        now = len(view.sequence)
        if event.phase == "abort":
            view.begun = view.opened = None
        elif event.phase == "start":
            view.begun = now if view.begun is None else view.begun
        elif event.phase == "complete":
            view.opened = now if view.opened is None else view.opened
        if "plug" not in self.observability and event.phase in ("barrier", "complete") and not event.service:
            view.done = now if view.done is None else view.done

    def lookup(self, process: Process, event: Lookup) -> None:
        if process.view and event.message is not None:
            lookup = LookupResult(self.at, event.of, event.found, event.message, event.service)
            process.view.lookups.append(lookup)

    def counted(self, process: Process, event: Counted) -> None:
        if process.view:
            process.view.counts.append((self.at, self.journal.message(event.message)))

    def crash(self, process: Process, event: Crash) -> None:
        if process.view:
            self._inside(process, event.ring, "crashes")
        process.crashed_at, process.crashed_since_install = self.at, True
        if process.view:
            self.journal.close(process.view, Ending.CRASH)

    def end(self, process: Process, event: End) -> None:
        process.ended, process.quiescent = True, event.quiescent
