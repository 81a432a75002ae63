"""Clauses about the plug and the services on top: PLUG-H1, PLUG-H2, CLM-S1, CLM-S3, EVT-S1, for one ring."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from properties.history.findings import Findings
from properties.history.ring_history import RingHistory
from properties.history.views import Content, Ending, LookupResult, Message, View

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


def recovered_first(ring: RingHistory, findings: Findings) -> None:
    """PLUG-H2: a process delivers no normal message of a ring before it has recovered in it."""
    for view in ring.views:
        normal = [i for i, m in enumerate(view.sequence) if not m.recovery and sent_in(ring, m)]
        if not normal or view.attached:
            continue
        if view.done is not None and normal[0] >= view.done:
            findings.met["PLUG-H2"] += 1
        elif "plug" in ring.observability or _before_recovery_began(view, normal[0]):
            text = f"{view.name} delivers {view.sequence[normal[0]].id} before it has recovered in {ring.ring}"
            findings.violated("PLUG-H2", text, view.at, view.places[normal[0]])
        else:
            findings.not_seen("PLUG-H2", "a normal message came during synchronization, and its end is not told")


def _before_recovery_began(view: View, index: int) -> bool:
    return view.begun is not None and index < view.begun


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
    """CLM-S3: at each delivery after opening a table has only members, and at one delivery all tables are equal."""
    at_first: dict[tuple[object, str], tuple[Content, View, int]] = {}
    for view in ring.views:
        if view.opened is None or not any(tables for _, tables in view.tables):
            continue
        changes = [index for index, _ in view.tables]
        for index in range(view.opened, view.regular_count):
            tables = view.tables[bisect_right(changes, index) - 1][1]
            _table(ring, view, tables, view.sequence[index], view.places[index], -1, at_first, findings)
        if view.ending is Ending.QUIET and view.transition is None:
            assert ring.quiescent_at is not None
            tables = view.tables[-1][1]
            _table(ring, view, tables, None, view.ended_at, ring.quiescent_at, at_first, findings)


def _table(
    ring: RingHistory, view: View, tables: dict[str, Content], position: Message | None, at: int, due_at: int,
    at_first: dict[tuple[object, str], tuple[Content, View, int]], findings: Findings,
) -> None:  # fmt: skip
    for service, content in tables.items():
        findings.met["CLM-S3"] += 1
        where = f"delivers {position.id}" if position else "ends"
        if ghosts := content[0] - set(view.members):
            text = f"{view.name} {where} while {service} knows {' '.join(sorted(ghosts))}, no member of {ring.ring}"
            findings.violated("CLM-S3", text, view.at, at, due_at=due_at)
        first, other, other_at = at_first.setdefault((position, service), (content, view, at))
        if first != content:
            text = f"{other.name} and {view.name} {where} with different tables of {service} in {ring.ring}"
            findings.violated("CLM-S3", text, other_at, at, due_at=due_at)
