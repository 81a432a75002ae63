"""EVS-5: in a ring, what caused a message is delivered before it, wherever it is delivered.

Direct causes are enough: if each message comes after those that its sender sent or delivered before it, it comes
after theirs, too. Where all members agree on one line of messages, only a sender's own messages can be out of order.
Elsewhere the last of the causes is compared, for each sender and each other member.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from properties.history.findings import Findings
from properties.history.ring_history import RingHistory
from properties.history.views import Message, Sent, View


def causal(ring: RingHistory, findings: Findings) -> None:
    """Judge EVS-5 in a ring."""
    for view in ring.views:
        met = _causes_come_first(ring, view) if ring.line.whole else None
        in_order = met is not None and (ring.agreed or _sent_in_order(ring, view))
        findings.met["EVS-5"] += met or 0 if in_order else 0
        if ring.agreed and in_order:
            continue
        for other in ring.views:
            alike = in_order and other is not view and ring.line.agree_in_the_middle(view, other)
            if not alike and (ring.in_group or not other.attached):
                _without_causes(ring, view, other, findings)


def _counted(ring: RingHistory, view: View) -> list[Sent]:
    """The view's sends, as far as they are known to be of this ring."""
    if ring.observability.basis == "originate":
        return view.sends
    return [sent for sent in view.sends if sent.message.ring is ring.ring]


def _causes_come_first(ring: RingHistory, view: View) -> int | None:
    """How many of a sender's own messages have causes, if they are in order; where all agree, nothing else can be."""
    beyond, latest, met = len(ring.line.messages), -1, 0
    ordered = ring.observability.basis == "originate"
    for sent in _counted(ring, view):
        depth = ring.line.depth.get(sent.message, beyond)
        if depth < latest:
            return None
        if depth < beyond and (sent.index or 0 <= latest != depth):
            met += 1
        latest = max(latest, depth) if ordered else -1
    return met


def _sent_in_order(ring: RingHistory, view: View) -> bool:
    """Whether what it sent comes in the middle of the ring in that order, whole, and after what it delivered first."""
    start, stop = ring.line.bounds(view)
    sent = {one.message: (i, one.index) for i, one in enumerate(view.sends)}
    own = [(i, *sent[message]) for i, message in enumerate(view.sequence[start:stop], start) if message in sent]
    numbers = [number for _, number, _ in own]
    complete = len(own) == sum(message in sent for message in ring.line.middle)
    return complete and numbers == sorted(numbers) and all(i >= after for i, _, after in own)


class Cause(NamedTuple):
    """A message that a process sent or delivered at some place, and which delivery of another process it is."""

    heard: float
    """Infinite, if the other process does not deliver it."""
    message: Message
    at: int


class Causes:
    """Of a growing list of causes the two that the other process delivers last: one is not the effect itself."""

    def __init__(self, ring: RingHistory, other: View) -> None:
        self.ring, self.other = ring, other
        self.last: Cause | None = None
        self.second: Cause | None = None

    def add(self, message: Message, at: int) -> None:
        """One more cause, if it concerns the other process."""
        index = self.ring.index(self.other, message)
        if index is None and not self._concerns(message):
            return
        heard = inf if index is None else index
        if self.last is None or (heard > self.last.heard and message is not self.last.message):
            self.last, self.second = Cause(heard, message, at), self.last
        elif message is not self.last.message and (self.second is None or heard > self.second.heard):
            self.second = Cause(heard, message, at)

    def _concerns(self, message: Message) -> bool:
        """In a group it is not known of a message that nobody delivers."""
        ring = self.ring
        return ring.hears(self.other, message) if ring.is_delivered(message) else not ring.in_group

    def last_of(self, effect: Message) -> Cause | None:
        """The last cause that is another message than the effect."""
        return self.last if self.last is None or self.last.message is not effect else self.second


def _without_causes(ring: RingHistory, view: View, other: View, findings: Findings) -> None:
    """What precedes the middle of the ring, or follows it, is delivered in order wherever it is."""
    ordered = ring.observability.basis == "originate"
    start, stop = ring.line.bounds(view)
    causes, known = Causes(ring, other), max(0, start - 1)
    for sent in _counted(ring, view):
        for i in range(known, min(sent.index, stop)):
            causes.add(view.sequence[i], view.places[i])
        known = max(known, sent.index)
        index, cause = ring.index(other, sent.message), causes.last_of(sent.message)
        if index is not None and (cause is not None or 0 < sent.index <= start):
            findings.met["EVS-5"] += 1
            if cause is not None and cause.heard >= index:
                text = f"{other.name} delivers {sent.message.id} in {ring.ring} without {cause.message.id} before it"
                findings.violated("EVS-5", text, cause.at, sent.at, other.places[index])
        if ordered:
            causes.add(sent.message, sent.at)
