"""Clauses about how services recover: PLUG-H3, CLM-S2, EVT-S2, EVT-S3, for one ring.

Which step of its recovery a message is, and that it was counted, the services say; nothing is guessed from its content.
"""

from __future__ import annotations

from collections.abc import Iterator

from properties.history.findings import Findings
from properties.history.ring_history import RingHistory
from properties.history.views import Message, Sent, View
from properties.judge.delivery import silent_at
from properties.judge.services import EVT

CLM = "clm"
"""The name of the cluster membership service's table."""
CHECK_IN, DONE = "check-in", "done"


def counted_where_queued(ring: RingHistory, findings: Findings) -> None:
    """PLUG-H3: what a service counts as recovery of the ring was queued in it."""
    queued = {sent.message for view in ring.views for sent in view.queued}
    for view in ring.views:
        for at, message in view.counts:
            if message in queued:
                findings.met["PLUG-H3"] += 1
            else:
                _queued_elsewhere(ring, view, at, message, findings)


def _queued_elsewhere(ring: RingHistory, view: View, at: int, message: Message, findings: Findings) -> None:
    members = ring.ring.members
    if any(name not in ring.processes or _attached(ring, name) for name in members):
        findings.not_seen("PLUG-H3", "a message is counted, and its queueing may not have been seen")
        return
    silent = [silent_at(ring, name) for name in members]
    known = [when for when in silent if when is not None]
    if len(known) < len(silent):
        findings.pending["PLUG-H3"] += 1
        return
    text = f"{view.name} counts {message.id} as recovery of {ring.ring}, and it was not queued there"
    findings.violated("PLUG-H3", text, at, due_at=max(known, default=-1))


def members_are_known(ring: RingHistory, findings: Findings) -> None:
    """CLM-S2: when a gate opens, the table of the cluster membership service has every member."""
    for view in ring.views:
        for at, _, tables in view.openings:
            if CLM not in tables:
                continue
            findings.met["CLM-S2"] += 1
            if unknown := set(view.members) - tables[CLM].keys:
                text = f"{view.name} opens its gate in {ring.ring} without a record of {' '.join(sorted(unknown))}"
                findings.violated("CLM-S2", text, view.at, at)


def one_leader(ring: RingHistory, findings: Findings) -> None:
    """EVT-S2: one member at most says that all retained events are sent.

    Who sends them is not said: where partitions meet, nobody has them all.
    """
    first: tuple[View, Sent] | None = None
    for view, sent in _steps(ring, DONE):
        first = first or (view, sent)
        if first[0].name == view.name:
            findings.met["EVT-S2"] += 1
        else:
            text = f"{first[0].name} and {view.name} both lead the recovery of the event service in {ring.ring}"
            findings.violated("EVT-S2", text, first[1].at, sent.at)


def all_have_checked_in(ring: RingHistory, findings: Findings) -> None:
    """EVT-S3: who ends the recovery has delivered a check-in of each member that was made in this ring."""
    for view, done in _steps(ring, DONE):
        if not view.attached:
            have = set(view.sequence[: done.index])
            missing = [name for name in ring.ring.members if have.isdisjoint(_checked_in(ring, name))]
            findings.met["EVT-S3"] += not missing
            for name in missing:
                _not_checked_in(ring, view, done, name, findings)


def _not_checked_in(ring: RingHistory, view: View, done: Sent, name: str, findings: Findings) -> None:
    if name not in ring.processes or _attached(ring, name):
        findings.not_seen("EVT-S3", f"whether {name} has checked in may not have been seen")
    elif (when := silent_at(ring, name)) is None:
        findings.pending["EVT-S3"] += 1
    else:
        text = f"{view.name} ends the recovery of the event service in {ring.ring}, and {name} has not checked in there"
        findings.violated("EVT-S3", text, view.at, done.at, due_at=when)


def _checked_in(ring: RingHistory, name: str) -> set[Message]:
    return {sent.message for view, sent in _steps(ring, CHECK_IN) if view.name == name}


def _attached(ring: RingHistory, name: str) -> bool:
    return any(view.attached for view in ring.ring.views_of(name))


def _steps(ring: RingHistory, *steps: str) -> Iterator[tuple[View, Sent]]:
    """The messages of these steps that were queued in the ring."""
    for view in ring.views:
        yield from ((view, sent) for sent in view.queued if sent.service == EVT and sent.step in steps)
