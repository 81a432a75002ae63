"""Clauses that demand a message of each process by itself: EVS-1.3, EVS-3, EVS-7.1, EVS-7.2."""

from __future__ import annotations

from collections.abc import Iterator

from properties.history.findings import Findings
from properties.history.ring_history import RingHistory
from properties.history.views import Ending, Message, Sent, View


def delivered_only_if_sent(ring: RingHistory, findings: Findings) -> None:
    """EVS-1.3: what is delivered in a ring was sent in it; if sending there is not seen, then queued by a member.

    A member queues it before it leaves the ring; a later life of the member is another process.
    """
    for message in ring.messages:
        sent = message.sends
        if message.sender is not None and message.sender not in ring.ring.members:
            text = f"{message.id} is delivered in {ring.ring} as sent by {message.sender}, which is no member"
            findings.violated("EVS-1.3", text, message.sender_at, ring.first_delivery(message)[1])
        elif not sent:
            _never_sent(ring, message, findings)
        elif ring.observability.basis == "originate" and not any(
            one.view and one.view.ring is ring.ring for one in sent
        ):
            view, at = ring.first_delivery(message)
            text = f"{view.name} delivers {message.id} in {ring.ring}, and {sent[0].by} originates it elsewhere"
            findings.violated("EVS-1.3", text, at, sent[0].at)
        elif message.sender is not None and all(one.by != message.sender for one in sent):
            text = f"{message.id} is delivered as sent by {message.sender}, and {sent[0].by} sends it"
            findings.violated("EVS-1.3", text, message.sender_at, sent[0].at)
        elif ring.observability.basis == "queue" and not any(_queued_in_time(ring, one) for one in sent):
            _queued_by_others(ring, message, findings)
        else:
            findings.met["EVS-1.3"] += 1


def _queued_in_time(ring: RingHistory, sent: Sent) -> bool:
    """Whether the life that queued it was in the ring, and had not left it."""
    mine = [view for view in ring.ring.views_of(sent.by) if view.incarnation == sent.incarnation]
    return any(sent.view is view or sent.at < view.at for view in mine)


def _queued_by_others(ring: RingHistory, message: Message, findings: Findings) -> None:
    """Nobody that queued it was in the ring; a member that may still come to it may have."""
    waits = [one for one in message.sends if one.by in ring.ring.members and not ring.ring.views_of(one.by)]
    due = [ring.past(one.by) for one in waits]
    known = [at for at in due if at is not None]
    if len(known) < len(due):
        findings.pending["EVS-1.3"] += 1
        return
    view, at = ring.first_delivery(message)
    first = message.sends[0]
    text = f"{view.name} delivers {message.id} in {ring.ring}, and {first.by} queues it as no member, or afterwards"
    findings.violated("EVS-1.3", text, at, first.at, due_at=max(known, default=-1))


def _never_sent(ring: RingHistory, message: Message, findings: Findings) -> None:
    senders = [message.sender] if message.sender is not None else list(ring.ring.members)
    if any(name not in ring.processes or _may_have_sent_before(ring, name) for name in senders):
        return
    silent = [silent_at(ring, name) for name in senders]
    known = [at for at in silent if at is not None]
    if len(known) < len(silent):
        findings.pending["EVS-1.3"] += 1
        return
    view, at = ring.first_delivery(message)
    text = f"{view.name} delivers {message.id} in {ring.ring}, and nobody sends it"
    findings.violated("EVS-1.3", text, at, due_at=max(known, default=-1))


def _may_have_sent_before(ring: RingHistory, name: str) -> bool:
    """It was in the ring before it was first seen."""
    return any(view.attached for view in ring.ring.views_of(name))


def silent_at(ring: RingHistory, name: str) -> int | None:
    """Where it is certain that a process sends nothing more in the ring."""
    mine = ring.ring.views_of(name)
    if not mine:
        return ring.past(name)
    return max(map(ring.over_at, mine)) if all(map(ring.is_over, mine)) else None


def self_delivery(ring: RingHistory, findings: Findings) -> None:
    """EVS-3: who sends in a ring delivers there, unless it fails in it."""
    for view, sent in _sent_here(ring):
        if ring.index(view, sent.message) is not None:
            findings.met["EVS-3"] += 1
        elif view.ending is Ending.CRASH or _left_the_group(ring, view, sent):
            continue
        elif not ring.is_over(view):
            findings.pending["EVS-3"] += 1
        else:
            text = f"{view.name} sends {sent.message.id} in {ring.ring} and does not deliver it there"
            findings.violated("EVS-3", text, *_shown_sent(ring, sent), view.ended_at, due_at=ring.over_at(view))


def _sent_here(ring: RingHistory) -> Iterator[tuple[View, Sent]]:
    """The messages sent in the ring, with their senders' views; by queueing: those that are delivered in it."""
    if ring.observability.basis == "originate":
        yield from ((view, sent) for view in ring.views for sent in view.sends)
        return
    for message in ring.messages:
        for sent in message.sends:
            for view in ring.ring.views_of(sent.by):
                if view.incarnation == sent.incarnation and (view.at > sent.at or view is sent.view):
                    yield view, sent


def _left_the_group(ring: RingHistory, view: View, sent: Sent) -> bool:
    if not ring.in_group:
        return False
    since = max(sent.at, view.at)
    told = [one.members for one in view.groups if one.at <= since][-1:]
    groups = [*told, *(one.members for one in view.groups if one.at > since)]
    return not all(view.identity in group for group in groups)


def _shown_sent(ring: RingHistory, sent: Sent) -> list[int]:
    if ring.observability.basis == "originate":
        return [sent.at]
    return [sent.at, ring.first_delivery(sent.message)[1]]


def safe_reaches_all(ring: RingHistory, findings: Findings) -> None:
    """EVS-7.1: a safe message that one delivers is delivered by all members of its configuration that do not fail."""
    least = min((len(view.sequence) for view in ring.views), default=0)
    absent = any(name in ring.processes and not ring.ring.views_of(name) for name in ring.ring.members)
    for i, message in enumerate(ring.messages):
        if message.safe:
            findings.met["EVS-7.1"] += 1
            if absent or i >= min(least, ring.line.first):
                for name, at in _demanded(ring, message).items():
                    _reaches(ring, message, name, at, findings)


def _demanded(ring: RingHistory, message: Message) -> dict[str, int]:
    """The members of the configurations that it is delivered in, each with a delivery that says so."""
    found: dict[str, int] = {}
    for view in ring.views:
        index = ring.index(view, message)
        if index is not None:
            transitional = view.transition is not None and index >= view.transition.index
            members = view.transition.members if view.transition and transitional else view.members
            for name in members:
                found[name] = min(found.get(name, view.places[index]), view.places[index])
    return found


def _reaches(ring: RingHistory, message: Message, name: str, at: int, findings: Findings) -> None:
    if name not in ring.processes:
        return
    views = ring.ring.views_of(name)
    if any(ring.index(view, message) is not None or not ring.hears(view, message) for view in views):
        return
    if any(view.ending is Ending.CRASH for view in views):
        return
    if not views:
        _reaches_absent(ring, message, name, at, findings)
    elif not all(map(ring.is_over, views)):
        findings.pending["EVS-7.1"] += 1
    else:
        text = f"safe {message.id} is delivered in {ring.ring}, and {name} leaves without it"
        findings.violated("EVS-7.1", text, at, views[0].ended_at, due_at=max(map(ring.over_at, views)))


def _reaches_absent(ring: RingHistory, message: Message, name: str, at: int, findings: Findings) -> None:
    """A member that never installed the ring; if it crashed on the way, this is EVS-7.2's business."""
    bypass = ring.bypass(name)
    crashed = bypass.crashed if bypass else ring.processes[name].crashed_at is not None
    past = ring.past(name)
    if past is None:
        findings.pending["EVS-7.1"] += 1
    elif not crashed and ring.names_in_audience(message, name):
        text = f"safe {message.id} is delivered in {ring.ring}, which {name} never installs"
        findings.violated("EVS-7.1", text, at, *([bypass.at] if bypass else []), due_at=past)


def safe_means_installed(ring: RingHistory, findings: Findings) -> None:
    """EVS-7.2: if a safe message is delivered in a regular configuration, all its members installed it."""
    first = [_first_safe(ring, view) for view in ring.views]
    shown = [one for one in first if one is not None]
    if not shown:
        return
    at, safe = min(shown)
    for name in ring.ring.members:
        past = ring.past(name)
        if name not in ring.processes:
            continue
        if ring.ring.views_of(name):
            findings.met["EVS-7.2"] += 1
        elif past is None:
            findings.pending["EVS-7.2"] += 1
        else:
            bypass = ring.bypass(name)
            text = f"safe {safe} is delivered in {ring.ring}, which {name} never installs"
            findings.violated("EVS-7.2", text, at, *([bypass.at] if bypass else []), due_at=past)


def _first_safe(ring: RingHistory, view: View) -> tuple[int, str] | None:
    """Where it delivers a safe message first, and which."""
    regular = range(view.regular_count)
    return next(((view.places[i], view.sequence[i].id) for i in regular if view.sequence[i].safe), None)
