"""Clauses about how services recover: PLUG-H3, CLM-S2, EVT-S2, EVT-S3, for one ring.

Which step of its recovery a message is, and that it was counted, the services say; nothing is guessed from its content.
"""

from __future__ import annotations

from collections.abc import Iterator

from properties.history.findings import Findings
from properties.history.finished import Settled
from properties.history.views import Message, Sent, Stay
from properties.judge.delivery import silent_at
from properties.judge.services import EVT

CLM = "clm"
"""The name of the cluster membership service's table."""
CHECK_IN, DONE = "check-in", "done"


def counted_where_queued(ring: Settled, findings: Findings) -> None:
    """PLUG-H3: what a service counts as recovery of the ring was queued in it."""
    queued = {sent.message for stay in ring.stays for sent in stay.queued}
    for stay in ring.stays:
        for at, message in stay.counts:
            if message in queued:
                findings.met["PLUG-H3"] += 1
            else:
                _queued_elsewhere(ring, stay, at, message, findings)


def _queued_elsewhere(ring: Settled, stay: Stay, at: int, message: Message, findings: Findings) -> None:
    members = ring.ring.members
    if any(name not in ring.processes or _attached(ring, name) for name in members):
        findings.not_seen("PLUG-H3", "a message is counted, and its queueing may not have been seen")
        return
    silent = [silent_at(ring, name) for name in members]
    known = [when for when in silent if when is not None]
    if len(known) < len(silent):
        findings.pending["PLUG-H3"] += 1
        return
    text = f"{stay.name} counts {message.id} as recovery of {ring.ring}, and it was not queued there"
    findings.violated("PLUG-H3", text, at, due_at=max(known, default=-1))


def members_are_known(ring: Settled, findings: Findings) -> None:
    """CLM-S2: when a gate opens, the table of the cluster membership service has every member."""
    for stay in ring.stays:
        for at, tables in stay.openings:
            if CLM not in tables:
                continue
            findings.met["CLM-S2"] += 1
            if unknown := set(stay.members) - tables[CLM][0]:
                text = f"{stay.name} opens its gate in {ring.ring} without a record of {' '.join(sorted(unknown))}"
                findings.violated("CLM-S2", text, stay.at, at)


def one_leader(ring: Settled, findings: Findings) -> None:
    """EVT-S2: one member at most says that all retained events are sent.

    Who sends them is not said: where partitions meet, nobody has them all.
    """
    first: tuple[Stay, Sent] | None = None
    for stay, sent in _steps(ring, DONE):
        first = first or (stay, sent)
        if first[0].name == stay.name:
            findings.met["EVT-S2"] += 1
        else:
            text = f"{first[0].name} and {stay.name} both lead the recovery of the event service in {ring.ring}"
            findings.violated("EVT-S2", text, first[1].at, sent.at)


def all_have_checked_in(ring: Settled, findings: Findings) -> None:
    """EVT-S3: who ends the recovery has delivered a check-in of each member that was made in this ring."""
    for stay, done in _steps(ring, DONE):
        if not stay.attached:
            have = set(stay.sequence[: done.index])
            missing = [name for name in ring.ring.members if have.isdisjoint(_checked_in(ring, name))]
            findings.met["EVT-S3"] += not missing
            for name in missing:
                _not_checked_in(ring, stay, done, name, findings)


def _not_checked_in(ring: Settled, stay: Stay, done: Sent, name: str, findings: Findings) -> None:
    if name not in ring.processes or _attached(ring, name):
        findings.not_seen("EVT-S3", f"whether {name} has checked in may not have been seen")
    elif (when := silent_at(ring, name)) is None:
        findings.pending["EVT-S3"] += 1
    else:
        text = f"{stay.name} ends the recovery of the event service in {ring.ring}, and {name} has not checked in there"
        findings.violated("EVT-S3", text, stay.at, done.at, due_at=when)


def _checked_in(ring: Settled, name: str) -> set[Message]:
    return {sent.message for stay, sent in _steps(ring, CHECK_IN) if stay.name == name}


def _attached(ring: Settled, name: str) -> bool:
    return any(stay.attached for stay in ring.ring.stays_of(name))


def _steps(ring: Settled, *steps: str) -> Iterator[tuple[Stay, Sent]]:
    """The messages of these steps that were queued in the ring."""
    for stay in ring.stays:
        yield from ((stay, sent) for sent in stay.queued if sent.service == EVT and sent.step in steps)
