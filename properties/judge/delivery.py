"""Clauses that demand a message of each process by itself: EVS-1.3, EVS-3, EVS-7.1, EVS-7.2."""

from __future__ import annotations

from collections.abc import Iterator

from properties.history.findings import Findings
from properties.history.finished import Settled, view_at
from properties.history.views import Ending, Message, Sent, Stay


def delivered_only_if_sent(ring: Settled, findings: Findings) -> None:
    """EVS-1.3: what is delivered in a ring was sent in it; if sending there is not seen, then queued by a member."""
    for message in ring.messages:
        sent = message.sends
        if not sent:
            _never_sent(ring, message, findings)
        elif ring.eyes.basis == "originate" and not any(one.stay and one.stay.ring is ring.ring for one in sent):
            stay, at = ring.first_delivery(message)
            text = f"{stay.name} delivers {message.id} in {ring.ring}, and {sent[0].by} originates it elsewhere"
            findings.violated("EVS-1.3", text, at, sent[0].at)
        elif message.sender is not None and all(one.by != message.sender for one in sent):
            text = f"{message.id} is delivered as sent by {message.sender}, and {sent[0].by} sends it"
            findings.violated("EVS-1.3", text, message.sender_at, sent[0].at)
        elif ring.eyes.basis == "queue" and all(one.by not in ring.ring.members for one in sent):
            stay, at = ring.first_delivery(message)
            text = f"{stay.name} delivers {message.id} in {ring.ring}, and {sent[0].by} is no member"
            findings.violated("EVS-1.3", text, at, sent[0].at)
        else:
            findings.met["EVS-1.3"] += 1


def _never_sent(ring: Settled, message: Message, findings: Findings) -> None:
    senders = [message.sender] if message.sender is not None else list(ring.ring.members)
    if any(name not in ring.processes for name in senders):
        return
    silent = [silent_at(ring, name) for name in senders]
    known = [at for at in silent if at is not None]
    if len(known) < len(silent):
        findings.pending["EVS-1.3"] += 1
        return
    stay, at = ring.first_delivery(message)
    text = f"{stay.name} delivers {message.id} in {ring.ring}, and nobody sends it"
    findings.violated("EVS-1.3", text, at, due_at=max(known, default=-1))


def silent_at(ring: Settled, name: str) -> int | None:
    """Where it is certain that a process sends nothing more in the ring."""
    mine = ring.ring.stays_of(name)
    if not mine:
        return ring.past(name)
    return max(map(ring.over_at, mine)) if all(map(ring.is_over, mine)) else None


def self_delivery(ring: Settled, findings: Findings) -> None:
    """EVS-3: who sends in a ring delivers there, unless it fails in it."""
    for stay, sent in _sent_here(ring):
        if ring.index(stay, sent.message) is not None:
            findings.met["EVS-3"] += 1
        elif stay.ending is Ending.CRASH or _left_the_group(ring, stay, sent):
            continue
        elif not ring.is_over(stay):
            findings.pending["EVS-3"] += 1
        else:
            text = f"{stay.name} sends {sent.message.id} in {ring.ring} and does not deliver it there"
            findings.violated("EVS-3", text, *_shown_sent(ring, sent), stay.ended_at, due_at=ring.over_at(stay))


def _sent_here(ring: Settled) -> Iterator[tuple[Stay, Sent]]:
    """The messages sent in the ring, with their senders' stays; by queueing: those that are delivered in it."""
    if ring.eyes.basis == "originate":
        yield from ((stay, sent) for stay in ring.stays for sent in stay.sends)
        return
    for message in ring.messages:
        for sent in message.sends:
            for stay in ring.ring.stays_of(sent.by):
                if stay.incarnation == sent.incarnation and (stay.at > sent.at or stay is sent.stay):
                    yield stay, sent


def _left_the_group(ring: Settled, stay: Stay, sent: Sent) -> bool:
    if not ring.in_group:
        return False
    since = sent.index if sent.stay is stay else 0
    views = [view_at(stay, since), *(view for index, view in stay.views if index > since)]
    return not all(stay.identity in view for view in views)


def _shown_sent(ring: Settled, sent: Sent) -> list[int]:
    if ring.eyes.basis == "originate":
        return [sent.at]
    return [sent.at, ring.first_delivery(sent.message)[1]]


def safe_reaches_all(ring: Settled, findings: Findings) -> None:
    """EVS-7.1: a safe message that one delivers is delivered by all members of its configuration that do not fail."""
    least = min((len(stay.sequence) for stay in ring.stays), default=0)
    absent = any(name in ring.processes and not ring.ring.stays_of(name) for name in ring.ring.members)
    for i, message in enumerate(ring.messages):
        if message.safe:
            findings.met["EVS-7.1"] += 1
            if not ring.agreed or absent or i >= least:
                for name, at in _demanded(ring, message).items():
                    _reaches(ring, message, name, at, findings)


def _demanded(ring: Settled, message: Message) -> dict[str, int]:
    """The members of the configurations that it is delivered in, each with a delivery that says so."""
    found: dict[str, int] = {}
    for stay in ring.stays:
        index = ring.index(stay, message)
        if index is not None:
            transitional = stay.turn is not None and index >= stay.turn.index
            members = stay.turn.members if stay.turn and transitional else stay.members
            for name in members:
                found[name] = min(found.get(name, stay.places[index]), stay.places[index])
    return found


def _reaches(ring: Settled, message: Message, name: str, at: int, findings: Findings) -> None:
    if name not in ring.processes:
        return
    stays = ring.ring.stays_of(name)
    if any(ring.index(stay, message) is not None or not ring.hears(stay, message) for stay in stays):
        return
    if any(stay.ending is Ending.CRASH for stay in stays):
        return
    if not stays:
        _reaches_absent(ring, message, name, at, findings)
    elif not all(map(ring.is_over, stays)):
        findings.pending["EVS-7.1"] += 1
    else:
        text = f"safe {message.id} is delivered in {ring.ring}, and {name} leaves without it"
        findings.violated("EVS-7.1", text, at, stays[0].ended_at, due_at=max(map(ring.over_at, stays)))


def _reaches_absent(ring: Settled, message: Message, name: str, at: int, findings: Findings) -> None:
    """A member that never installed the ring; if it crashed on the way, this is EVS-7.2's business."""
    crossing = ring.ring.crossed.get(name)
    crashed = crossing.crashed if crossing else ring.processes[name].crashed_at is not None
    past = ring.past(name)
    if past is None:
        findings.pending["EVS-7.1"] += 1
    elif not crashed and ring.names_in_audience(message, name):
        text = f"safe {message.id} is delivered in {ring.ring}, which {name} never installs"
        findings.violated("EVS-7.1", text, at, *([crossing.at] if crossing else []), due_at=past)


def safe_means_installed(ring: Settled, findings: Findings) -> None:
    """EVS-7.2: if a safe message is delivered in a regular configuration, all its members installed it."""
    first = [_first_safe(ring, stay) for stay in ring.stays]
    shown = [at for at in first if at is not None]
    if not shown:
        return
    for name in ring.ring.members:
        past = ring.past(name)
        if name not in ring.processes:
            continue
        if ring.ring.stays_of(name):
            findings.met["EVS-7.2"] += 1
        elif past is None:
            findings.pending["EVS-7.2"] += 1
        else:
            crossing = ring.ring.crossed.get(name)
            text = f"a safe message is delivered in {ring.ring}, which {name} never installs"
            findings.violated("EVS-7.2", text, min(shown), *([crossing.at] if crossing else []), due_at=past)


def _first_safe(ring: Settled, stay: Stay) -> int | None:
    regular = range(stay.regular_count)
    return next((stay.places[i] for i in regular if stay.sequence[i].safe), None)
