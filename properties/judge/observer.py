"""What each event of a history means: who is in which configuration, and what was delivered there.

The journal keeps what is known. Clauses about one process alone are judged here and in `installation.py`, as their
events come; what compares processes is judged when a ring is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from properties.history.events import (
    FACETS,
    NO_ID,
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
    Primary,
    Queue,
    Start,
    Sync,
    Table,
)  # fmt: skip
from properties.history.events import Message as MessageEvent
from properties.history.events import Ring as RingId
from properties.history.views import (
    Content,
    Ending,
    Glimpse,
    GroupTold,
    LookupResult,
    Message,
    Opened,
    PhaseTold,
    Process,
    Ring,
    Sent,
    View,
)
from properties.judge import groups
from properties.judge.installation import install, transition
from properties.judge.journal import Journal


class Observer:
    """Takes events, each by the handler of its kind."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.observability, self.findings = journal, journal.observability, journal.findings
        self.handlers: dict[type[Event], Callable[[Process, Any], None]] = {
            Start: self.start, Configuration: self.configuration, Group: self.group, Queue: self.queue,
            Originate: self.originate, Deliver: self.deliver, Plug: self.plug, Bit: self.bit, Gate: self.gate,
            Lookup: self.lookup, Table: self.table, Sync: self.sync, Counted: self.counted, Primary: self.primary,
            Crash: self.crash, End: self.end,
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
            self.findings.suspicious |= process.view is not None and process.view.ring.closed
            self.findings.violated("EVS-1.2", text, process.crashed_at, self.at)
        process.seq = max(event.seq, process.seq)

    def start(self, process: Process, event: Start) -> None:
        if process.view:
            self.journal.close(process.view, Ending.OPEN)
        process.restarted = process.crashed_since_install = process.incarnation >= 0
        process.has_gap |= process.restarted and process.crashed_at is None
        process.incarnation, process.seq, process.view, process.crashed_at = event.incarnation, event.seq, None, None
        process.installed, process.handles, process.plugged = {}, set(), set()
        process.group, process.tables, process.sends_here = frozenset(), {}, False
        process.group_told, process.in_group_since, process.not_along = False, None, {}
        self.findings.met["EVS-1.2"] += 1

    def configuration(self, process: Process, event: Configuration) -> None:
        self.journal.list_members(event.members)
        if event.kind == "transitional":
            transition(self.journal, process, event)
            return
        if not event.ring[0]:
            self.findings.not_seen("RING-S3", "ring ids have no representative")
            if event.ring == NO_ID:
                self.findings.tangle()
        install(self.journal, process, _with_id(process, event))

    def message(self, event: MessageEvent) -> Message:
        """The message of an event, with what the event says of it."""
        message = self.journal.message(event.message)
        if event.priority == "recovery" and not message.recovery:
            message.recovery, message.recovery_at = True, self.at
            self._told_late(message)
        if event.level == "safe" and not message.safe:
            message.safe, message.safe_at = True, self.at
            self._told_late(message)
        return message

    def _told_late(self, message: Message) -> None:
        """Something is said of a message whose ring was judged without it."""
        if message.ring and message.ring.closed:
            self.findings.suspicious = True

    def queue(self, process: Process, event: Queue) -> None:
        message = self.message(event)
        queued = Sent(message, process, self.at, event.service, event.step)
        if self.observability.basis == "queue":
            self._send(message, queued)
        message.queued = message.queued or queued
        process.sends_here = True
        if process.view:
            process.view.queued.append(queued)

    def originate(self, process: Process, event: Originate) -> None:
        message = self.message(event)
        self._send(message, Sent(message, process, self.at))
        process.sends_here = True
        self._inside(process, event.ring, f"originates {message.id}")

    def _send(self, message: Message, sent: Sent) -> None:
        if message.sends:
            first = message.sends[0]
            both = f"{message.id} has two origins: {first.by} and {sent.by}"
            text = f"{sent.by} sends {message.id} twice" if first.by == sent.by else both
            self.findings.violated("EVS-1.4", text, first.at, self.at)
        message.sends.append(sent)
        self._suspect(sent, message.ring)
        self._told_late(message)
        self.findings.met["EVS-1.4"] += 1
        if sent.view:
            sent.view.sends.append(sent)

    def deliver(self, process: Process, event: Deliver) -> None:
        message, view = self.message(event), process.view
        if event.sender is not None:
            self._sender(message, event.sender)
        self._inside(process, event.ring, f"delivers {message.id}")
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
            self._told_late(message)
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
        self.findings.suspicious |= not first
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
            self.findings.tangle()

    def _inside(self, process: Process, said: RingId | None, does: str) -> None:
        if process.view is None:
            if "regular" not in self.observability:
                return
            self.findings.violated("EVS-2.2", f"{process.name} {does} before it installed a configuration", self.at)
        elif said is not None and said != process.view.ring.id:
            text = f"{process.name} {does} in [{said[0]} {said[1]}] while in {process.view.ring}"
            self.findings.violated("EVS-2.2", text, process.view.at, self.at)

    def group(self, process: Process, event: Group) -> None:
        groups.tell(self.journal, process, event)
        if process.view:
            process.view.groups.append(GroupTold(len(process.view.sequence), process.group, self.at))
        names = frozenset(name for name, _ in process.group)
        self._tell(process, groups.TABLE, Content(names, repr(sorted(process.group)), process.group))

    def table(self, process: Process, event: Table) -> None:
        self._tell(process, event.service, Content(frozenset(event.keys), event.digest))

    def _tell(self, process: Process, service: str, content: Content) -> None:
        process.tables = {**process.tables, service: content}
        view = process.view
        if view:
            view.tables.append(Glimpse(self.at, len(view.sequence), process.tables))
            if view.has_opened and view.transition is None:
                view.glimpses.append(Glimpse(self.at, len(view.sequence), process.tables))

    def plug(self, process: Process, event: Plug) -> None:
        if event.call == "create":
            process.handles.add(event.handle)
            return
        if event.call == "destroy":
            process.handles.discard(event.handle)
        process.plugged.discard(event.handle)
        if process.view and not process.view.phases and not process.plugged:
            process.view.phases.append(PhaseTold(len(process.view.sequence), "recovered", self.at))

    def bit(self, process: Process, event: Bit) -> None:
        if process.view and process.view.bit_at is None:
            process.view.bit_at = self.at

    def gate(self, process: Process, event: Gate) -> None:
        if view := process.view:
            view.is_open = event.open
            if event.open:
                view.openings.append(Glimpse(self.at, len(view.sequence), process.tables))
                self._opens(view, process)

    def _opens(self, view: View, process: Process) -> None:
        """It stays opened when its gate closes, for that is how it leaves the ring."""
        if not view.has_opened:
            view.opened.append(Opened(len(view.sequence), self.at))
        if view.transition is None:
            view.glimpses.append(Glimpse(self.at, len(view.sequence), process.tables))

    def sync(self, process: Process, event: Sync) -> None:
        view = process.view
        if view is None:
            return
        now, whole = len(view.sequence), not event.service
        if event.phase == "abort":
            view.is_open = False
            if view.has_opened:
                view.opened[-1] = Opened(*view.opened[-1][:2], now, self.at)
        elif event.phase == "complete" and whole:
            view.is_open = True
            self._opens(view, process)
        if "plug" in self.observability:
            return
        if event.phase == "abort":
            view.phases.append(PhaseTold(now, "aborted", self.at))
        elif event.phase == "start" and view.phase in (None, "aborted"):
            view.phases.append(PhaseTold(now, "begun", self.at))
        elif event.phase in ("barrier", "complete") and whole and view.phase != "recovered":
            view.phases.append(PhaseTold(now, "recovered", self.at))

    def lookup(self, process: Process, event: Lookup) -> None:
        if process.view and event.message is not None:
            lookup = LookupResult(self.at, event.of, event.found, event.message, event.service)
            process.view.lookups.append(lookup)

    def counted(self, process: Process, event: Counted) -> None:
        if process.view:
            process.view.counts.append((self.at, self.journal.message(event.message)))

    def primary(self, process: Process, event: Primary) -> None:
        if process.view and event.inside:
            self.journal.primaries.setdefault(process.view.ring.id, (self.at, process.view.members))

    def crash(self, process: Process, event: Crash) -> None:
        if process.view:
            self._inside(process, event.ring, "crashes")
        process.crashed_at = self.at if process.crashed_at is None else process.crashed_at
        process.crashed_since_install = True
        if process.view:
            self.journal.close(process.view, Ending.CRASH)

    def end(self, process: Process, event: End) -> None:
        process.ended, process.quiescent = True, event.quiescent


def _with_id(process: Process, event: Configuration) -> Configuration:
    """The configuration under an id of its own, where it has none; the members stand for a representative."""
    representative, number = event.ring
    if representative:
        return event
    if event.ring == NO_ID:
        process.private += 1
        return msgspec.structs.replace(event, ring=(f"{process.name}\0", process.private))
    return msgspec.structs.replace(event, ring=(" ".join(sorted(event.members)), number))
