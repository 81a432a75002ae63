"""Clauses about the plug and the services on top, for one ring: PLUG-S1, PLUG-H1, PLUG-H2, CLM-S1, CLM-S3, EVT-S1."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator

from properties.history.findings import Findings
from properties.history.ring_history import RingHistory
from properties.history.views import Content, Ending, LookupResult, Message, View
from properties.judge.delivery import silent_at

EVT = "evt"
"""The name of the event service in lookups."""


def sent_in(ring: RingHistory, message: Message) -> bool:
    """Whether a message delivered in the ring was sent in it, as far as is known."""
    return not message.sends or ring.observability.basis != "originate" or any(
        sent.view and sent.view.ring is ring.ring for sent in message.sends
    )  # fmt: skip


def recovery_first(ring: RingHistory, findings: Findings) -> None:
    """PLUG-H1: what was queued as recovery before its sender's bit is delivered before all normal messages."""
    early = {
        queued.message: queued.at
        for view in ring.views
        for queued in view.queued
        if queued.message.recovery and (view.bit_at is None or queued.at < view.bit_at)
    }
    for view in ring.views:
        normal: tuple[str, int] | None = None
        for message, at in zip(view.sequence, view.places, strict=True):
            if not message.recovery:
                normal = normal or ((message.id, at) if sent_in(ring, message) else None)
            elif normal and message in early and sent_in(ring, message):
                text = f"{view.name} delivers {normal[0]} before {message.id}, queued as recovery in {ring.ring}"
                findings.violated("PLUG-H1", text, early[message], normal[1], at)
        if normal and any(message in early for message in view.sequence):
            findings.met["PLUG-H1"] += 1


def gates_wait_for_all(ring: RingHistory, findings: Findings) -> None:
    """PLUG-S1: who opens in a ring has members that all unplug in it; which came first is not seen."""
    first = {view: view.openings[0].at for view in ring.views if view.openings}
    for view, at in first.items():
        waited = [_recovers(ring, view, at, name, findings) for name in view.members]
        findings.met["PLUG-S1"] += all(waited)


def _recovers(ring: RingHistory, view: View, at: int, name: str, findings: Findings) -> bool:
    mine = ring.ring.views_of(name)
    if any(one.recovered for one in mine):
        return True
    if name not in ring.processes or any(one.attached for one in mine):
        findings.not_seen("PLUG-S1", f"whether {name} has unplugged may not have been seen")
    elif (when := silent_at(ring, name)) is None:
        findings.pending["PLUG-S1"] += 1
    else:
        text = f"{view.name} opens its gate in {ring.ring}, and {name} never unplugs there"
        findings.violated("PLUG-S1", text, view.at, at, *(one.at for one in mine), due_at=when)
    return False


def recovered_first(ring: RingHistory, findings: Findings) -> None:
    """PLUG-H2: a process delivers no normal message of a ring before it has recovered in it."""
    for view in ring.views:
        for start, end, phase in _stretches(view) if not view.attached else ():
            normal = (i for i in range(start, end) if not view.sequence[i].recovery and sent_in(ring, view.sequence[i]))
            if (index := next(normal, None)) is not None:
                _normal_message(ring, view, index, phase, findings)


def _stretches(view: View) -> Iterator[tuple[int, int, str]]:
    """The deliveries of a view from phase to phase; before the first it is "early" if recovery begins afterwards."""
    first = view.phases[0].phase if view.phases else "recovered"
    phases: list[tuple[int, str]] = [(0, "early" if first == "begun" else "unknown")]
    phases += [(one.after, one.phase) for one in view.phases]
    for (start, phase), (end, _) in itertools.pairwise([*phases, (len(view.sequence), "")]):
        yield start, end, phase


def _normal_message(ring: RingHistory, view: View, index: int, phase: str, findings: Findings) -> None:
    if phase == "recovered":
        findings.met["PLUG-H2"] += 1
    elif "plug" in ring.observability or phase in ("early", "aborted"):
        text = f"{view.name} delivers {view.sequence[index].id} before it has recovered in {ring.ring}"
        findings.violated("PLUG-H2", text, view.at, view.places[index])
    else:
        findings.not_seen("PLUG-H2", "a normal message came during synchronization, and its end is not told")


def members_are_found(ring: RingHistory, findings: Findings) -> None:
    """CLM-S1: members that are lookup up while a normal message of the ring is delivered are found."""
    for view, lookup, message in _lookups(ring):
        if not message.recovery and lookup.of in view.members and sent_in(ring, message):
            _is_found(ring, view, lookup, message, "CLM-S1", findings)


def senders_are_found(ring: RingHistory, findings: Findings) -> None:
    """EVT-S1: the sender that the event service looks up while its message is delivered is found."""
    for view, lookup, message in _lookups(ring):
        sender = message.sends[0].by if message.sends else message.sender
        if lookup.service == EVT and lookup.of == sender:
            _is_found(ring, view, lookup, message, "EVT-S1", findings)


def _lookups(ring: RingHistory) -> Iterator[tuple[View, LookupResult, Message]]:
    """Those at the delivery of a message that was delivered."""
    for view in ring.views:
        if view.lookups:
            here = {message.id: message for message in view.sequence}
            yield from ((view, one, here[one.message]) for one in view.lookups if one.message in here)


def _is_found(
    ring: RingHistory, view: View, lookup: LookupResult, message: Message, claim: str, findings: Findings
) -> None:
    if lookup.found:
        findings.met[claim] += 1
    else:
        text = f"{view.name} delivers {message.id} and finds no record of {lookup.of}"
        findings.violated(claim, text, ring.at(view, message), lookup.at)


def one_table(ring: RingHistory, findings: Findings) -> None:
    """CLM-S3: after opening a table has only members, and in one place of the order all tables are equal.

    A table is looked at where the process opens, where it is told, at each delivery, as it leaves, and at a quiet end.
    """
    if "ids" in ring.observability.without:
        findings.not_seen("CLM-S3", "rings have no ids, so that tables cannot be compared")
    comparison = Comparison(ring, findings)
    for view in ring.views:
        for glimpse in view.glimpses:
            comparison.ghosts(view, glimpse.tables, "is open", glimpse.at)
        for start, _, end, _ in view.opened:
            for index in range(start, min(view.regular_count, len(view.sequence) if end is None else end)):
                comparison.at_delivery(view, index)
        comparison.at_end(view)


class Comparison:
    """Tables in the places of a ring's order: the first that is found there, and by whom."""

    def __init__(self, ring: RingHistory, findings: Findings) -> None:
        self.ring, self.findings = ring, findings
        self.first: dict[tuple[object, str], tuple[Content, View, int]] = {}

    def ghosts(self, view: View, tables: dict[str, Content], where: str, at: int, due_at: int = -1) -> None:
        """A table has only members; a group has them in the lives that formed the ring."""
        for service, content in tables.items():
            self.findings.met["CLM-S3"] += 1
            dead = {f"{name}#{life}" for name, life in content.identities if self._is_dead(name, life)}
            if ghosts := (content.keys - set(view.members)) | dead:
                known = f"{service} knows {' '.join(sorted(ghosts))}, no member of {self.ring.ring}"
                self.findings.violated("CLM-S3", f"{view.name} {where} while {known}", view.at, at, due_at=due_at)

    def _is_dead(self, name: str, life: int) -> bool:
        """Whether another life of the process is the one in the ring."""
        return self.ring.ring.owner.get(name, (life, 0))[0] != life

    def at_delivery(self, view: View, index: int) -> None:
        """The tables at a delivery of who has opened."""
        message, tables = view.sequence[index], tables_at(view, index)
        self._compare(view, tables, message, f"delivers {message.id}", view.places[index])

    def at_end(self, view: View) -> None:
        """The tables as the process leaves the ring, or stays in it for good."""
        if view.transition and view.transition.has_opened:
            before = [one.tables for one in view.tables if one.at < view.transition.at]
            self._compare(view, before[-1], view.departure, "leaves", view.transition.at)
        elif view.transition is None and view.ending is Ending.QUIET and view.has_opened:
            self._compare(view, view.tables[-1].tables, None, "ends", view.ended_at, self.ring.over_at(view))

    def _compare(
        self, view: View, tables: dict[str, Content], place: object, where: str, at: int, due_at: int = -1
    ) -> None:
        self.ghosts(view, tables, where, at, due_at)
        for service, content in tables.items():
            first, other, other_at = self.first.setdefault((place, service), (content, view, at))
            if first != content:
                text = f"{other.name} and {view.name} {where} with different tables of {service} in {self.ring.ring}"
                self.findings.violated("CLM-S3", text, other_at, at, due_at=due_at)


def tables_at(view: View, index: int) -> dict[str, Content]:
    """The tables as the process was told of them, after so many deliveries."""
    return view.tables[bisect_right(view.tables, index, key=lambda one: one.after) - 1].tables
