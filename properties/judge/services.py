"""Clauses about the plug and the services on top: PLUG-H1, PLUG-H2, CLM-S1, CLM-S3, EVT-S1, for one ring."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from properties.history.findings import Findings
from properties.history.finished import Settled
from properties.history.views import Content, Ending, Looked, Message, Stay

EVT = "evt"
"""The name of the event service in lookups."""


def sent_in(ring: Settled, message: Message) -> bool:
    """Whether a message delivered in the ring was sent in it, as far as is known."""
    return not message.sends or ring.eyes.basis != "originate" or any(
        sent.stay and sent.stay.ring is ring.ring for sent in message.sends
    )  # fmt: skip


def recovery_first(ring: Settled, findings: Findings) -> None:
    """PLUG-H1: what was queued as recovery before its sender's bit is delivered before all normal messages."""
    early = {
        queued.message: queued.at
        for stay in ring.stays
        for queued in stay.queued
        if queued.message.recovery and (stay.bit_at is None or queued.at < stay.bit_at)
    }
    for stay in ring.stays:
        normal: tuple[str, int] | None = None
        for message, at in zip(stay.sequence, stay.places, strict=True):
            if not message.recovery:
                normal = normal or ((message.id, at) if sent_in(ring, message) else None)
            elif normal and message in early and sent_in(ring, message):
                text = f"{stay.name} delivers {normal[0]} before {message.id}, queued as recovery in {ring.ring}"
                findings.violated("PLUG-H1", text, early[message], normal[1], at)
        if normal and any(message in early for message in stay.sequence):
            findings.met["PLUG-H1"] += 1


def recovered_first(ring: Settled, findings: Findings) -> None:
    """PLUG-H2: a process delivers no normal message of a ring before it has recovered in it."""
    for stay in ring.stays:
        normal = [i for i, m in enumerate(stay.sequence) if not m.recovery and sent_in(ring, m)]
        if not normal or stay.attached:
            continue
        if stay.done is not None and normal[0] >= stay.done:
            findings.met["PLUG-H2"] += 1
        elif "plug" in ring.eyes or _before_recovery_began(stay, normal[0]):
            text = f"{stay.name} delivers {stay.sequence[normal[0]].id} before it has recovered in {ring.ring}"
            findings.violated("PLUG-H2", text, stay.at, stay.places[normal[0]])
        else:
            findings.not_seen("PLUG-H2", "a normal message came during synchronization, and its end is not told")


def _before_recovery_began(stay: Stay, index: int) -> bool:
    return stay.begun is not None and index < stay.begun


def members_are_found(ring: Settled, findings: Findings) -> None:
    """CLM-S1: members that are looked up while a normal message of the ring is delivered are found."""
    for stay, looked, message in _lookups(ring):
        if not message.recovery and looked.of in stay.members and sent_in(ring, message):
            _is_found(ring, stay, looked, message, "CLM-S1", findings)


def senders_are_found(ring: Settled, findings: Findings) -> None:
    """EVT-S1: the sender that the event service looks up while its message is delivered is found."""
    for stay, looked, message in _lookups(ring):
        sender = message.sends[0].by if message.sends else message.sender
        if looked.service == EVT and looked.of == sender:
            _is_found(ring, stay, looked, message, "EVT-S1", findings)


def _lookups(ring: Settled) -> Iterator[tuple[Stay, Looked, Message]]:
    """Those at the delivery of a message that was delivered."""
    for stay in ring.stays:
        if stay.lookups:
            here = {message.id: message for message in stay.sequence}
            yield from ((stay, one, here[one.message]) for one in stay.lookups if one.message in here)


def _is_found(ring: Settled, stay: Stay, looked: Looked, message: Message, claim: str, findings: Findings) -> None:
    if looked.found:
        findings.met[claim] += 1
    else:
        text = f"{stay.name} delivers {message.id} and finds no record of {looked.of}"
        findings.violated(claim, text, ring.at(stay, message), looked.at)


def one_table(ring: Settled, findings: Findings) -> None:
    """CLM-S3: at each delivery after opening a table has only members, and at one delivery all tables are equal."""
    at_first: dict[tuple[object, str], tuple[Content, Stay, int]] = {}
    for stay in ring.stays:
        if stay.opened is None or not any(tables for _, tables in stay.tables):
            continue
        changes = [index for index, _ in stay.tables]
        for index in range(stay.opened, stay.regular_count):
            tables = stay.tables[bisect_right(changes, index) - 1][1]
            _table(ring, stay, tables, stay.sequence[index], stay.places[index], -1, at_first, findings)
        if stay.ending is Ending.QUIET and stay.turn is None:
            assert ring.quiescent_at is not None
            tables = stay.tables[-1][1]
            _table(ring, stay, tables, None, stay.ended_at, ring.quiescent_at, at_first, findings)


def _table(
    ring: Settled, stay: Stay, tables: dict[str, Content], position: Message | None, at: int, due_at: int,
    at_first: dict[tuple[object, str], tuple[Content, Stay, int]], findings: Findings,
) -> None:  # fmt: skip
    for service, content in tables.items():
        findings.met["CLM-S3"] += 1
        where = f"delivers {position.id}" if position else "ends"
        if ghosts := content[0] - set(stay.members):
            text = f"{stay.name} {where} while {service} knows {' '.join(sorted(ghosts))}, no member of {ring.ring}"
            findings.violated("CLM-S3", text, stay.at, at, due_at=due_at)
        first, other, other_at = at_first.setdefault((position, service), (content, stay, at))
        if first != content:
            text = f"{other.name} and {stay.name} {where} with different tables of {service} in {ring.ring}"
            findings.violated("CLM-S3", text, other_at, at, due_at=due_at)
