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
        if ring.agreed and _causes_come_first(ring, view, findings):
            continue
        for other in ring.views:
            if ring.in_group or not other.attached:
                _without_causes(ring, view, other, findings)


def _counted(ring: RingHistory, view: View) -> list[Sent]:
    """The view's sends, as far as they are known to be of this ring."""
    if ring.observability.basis == "originate":
        return view.sends
    return [sent for sent in view.sends if sent.message.ring is ring.ring]


def _causes_come_first(ring: RingHistory, view: View, findings: Findings) -> bool:
    """Where all agree, only a sender's own messages can be out of order."""
    beyond, latest = len(ring.line), -1
    ordered = ring.observability.basis == "originate"
    for sent in _counted(ring, view):
        depth = ring.depth.get(sent.message, beyond)
        if depth < latest:
            return False
        if depth < beyond and (sent.index or 0 <= latest != depth):
            findings.met["EVS-5"] += 1
        latest = max(latest, depth) if ordered else -1
    return True


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
    ordered = ring.observability.basis == "originate"
    causes, known = Causes(ring, other), 0
    for sent in _counted(ring, view):
        for i in range(known, sent.index):
            causes.add(view.sequence[i], view.places[i])
        known = max(known, sent.index)
        index, cause = ring.index(other, sent.message), causes.last_of(sent.message)
        if index is not None and cause is not None:
            findings.met["EVS-5"] += 1
            if cause.heard >= index:
                text = f"{other.name} delivers {sent.message.id} in {ring.ring} without {cause.message.id} before it"
                findings.violated("EVS-5", text, cause.at, sent.at, other.places[index])
        if ordered:
            causes.add(sent.message, sent.at)
