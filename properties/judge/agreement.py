"""Clauses that compare members of one ring: RING-H1, EVS-4, EVS-6.3, and CFG-S1 as far as it is about others.

Views are compared with one of them, which is as good as all pairs. Only if one hears less than the others, as a late
member of a group does, each pair is compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from properties.history.findings import Findings
from properties.history.line import common
from properties.history.ring_history import RingHistory
from properties.history.views import Message, View
from properties.judge.order import Precedence, precedence_in

T = TypeVar("T")


def prefixes(ring: RingHistory, findings: Findings) -> None:
    """RING-H1: of two members' deliveries in the regular configuration, one is the beginning of the other."""
    views = [view for view in ring.views if ring.in_group or not view.attached]
    views.sort(key=lambda view: -view.regular_count)
    if ring.agreed:
        findings.met["RING-H1"] += max(0, len(views) - 1)
        return
    told = ring.observability.tells_regular
    for longer, shorter in _pairs(ring, views) if told else itertools.combinations(views, 2):
        fork = _fork(ring, longer, shorter)
        if fork is None:
            findings.met["RING-H1"] += 1
        elif ring.is_regular(longer) and ring.is_regular(shorter):
            one, other = longer.sequence[fork[0]].id, shorter.sequence[fork[1]].id
            text = f"in {ring.ring} {longer.name} delivers {one} where {shorter.name} delivers {other}"
            due_at = -1 if told or ring.quiescent_at is None else ring.quiescent_at
            findings.violated("RING-H1", text, longer.places[fork[0]], shorter.places[fork[1]], due_at=due_at)
        else:
            findings.not_seen("RING-H1", "deliveries differ, and may be transitional, which the source does not tell")


def _pairs(ring: RingHistory, all_: Sequence[T]) -> Iterator[tuple[T, T]]:
    if not ring.whole:
        return itertools.combinations(all_, 2)
    return ((all_[0], other) for other in all_[1:])


def _fork(ring: RingHistory, one: View, other: View) -> tuple[int, int] | None:
    """The first deliveries of both that should be the same, and are not."""
    if ring.whole:
        mine, theirs = one.sequence[: one.regular_count], other.sequence[: other.regular_count]
        same = common(mine, theirs)
        return (same, same) if same < min(len(mine), len(theirs)) else None
    mine, theirs = (
        [i for i in range(view.regular_count) if _both_hear(ring, one, other, view.sequence[i])]
        for view in (one, other)
    )
    both = zip(mine, theirs, strict=False)
    return next(((i, j) for i, j in both if one.sequence[i] is not other.sequence[j]), None)


def _both_hear(ring: RingHistory, one: View, other: View, message: Message) -> bool:
    return ring.hears(one, message) and ring.hears(other, message)


def moved_together(ring: RingHistory, findings: Findings) -> None:
    """EVS-4: who installs the same configuration next, or goes directly to the same ring, delivered the same here."""
    groups: dict[object, list[View]] = {}
    for view in ring.views:
        if view.follows and (ring.in_group or not view.attached):
            groups.setdefault(view.follows, []).append(view)
    for group in groups.values():
        _same(ring, [_regular(view) for view in group if view.transition], findings)
    for group in arrived(ring).values():
        told = all(view.transition for view in group) and len({view.follows for view in group}) == 1
        _same(ring, [_after(view, view.regular_count if told else 0) for view in group], findings)


def arrived(ring: RingHistory) -> dict[object, list[View]]:
    """Those that went directly to the same next ring, whatever they are told of each other."""
    found: dict[object, list[View]] = {}
    for view in ring.views:
        if view.next_ring and (ring.in_group or not view.attached):
            found.setdefault(view.next_ring, []).append(view)
    return found


@dataclass(frozen=True)
class Part:
    """Some of a view's deliveries, and where it is certain that there are no more."""

    view: View
    first: int
    last: int
    certain_at: int


def _regular(view: View) -> Part:
    assert view.transition
    return Part(view, 0, view.transition.index, view.transition.at)


def _after(view: View, first: int) -> Part:
    return Part(view, first, len(view.sequence), view.ended_at)


def _same(ring: RingHistory, parts: Sequence[Part], findings: Findings) -> None:
    for one, other in _pairs(ring, parts):
        findings.met["EVS-4"] += 1
        if not (ring.agreed and (one.first, one.last) == (other.first, other.last)):
            _only(ring, one, other, findings)
            _only(ring, other, one, findings)


def _only(ring: RingHistory, one: Part, other: Part, findings: Findings) -> None:
    """What is in one part, and should be in the other."""
    view, without = one.view, other.view
    there = set(without.sequence[other.first : other.last])
    for i in [i for i in range(one.first, one.last) if view.sequence[i] not in there]:
        message = view.sequence[i]
        if _both_hear(ring, view, without, message):
            text = (
                f"{view.name} and {without.name} leave {ring.ring} together, and only {view.name} delivers {message.id}"
            )
            findings.violated("EVS-4", text, view.places[i], one.certain_at, other.certain_at)


def no_gaps(ring: RingHistory, findings: Findings) -> None:
    """EVS-6.3: who delivers a message delivers all before it, but for those whose senders are gone."""
    lengths = sorted(len(view.sequence) for view in ring.views)
    if ring.agreed:
        findings.met["EVS-6.3"] += len(lengths) > 1 and lengths[-2] > 1
        return
    later = {message for view in ring.views for message in view.sequence[1:]}
    findings.met["EVS-6.3"] += any(
        sum(ring.index(view, message) is not None for view in ring.views) > 1 for message in later
    )
    precedence = precedence_in(ring)
    for view in ring.views:
        if ring.in_group or not view.attached:
            _gaps(ring, view, precedence, findings)


def _gaps(ring: RingHistory, view: View, precedence: Precedence, findings: Findings) -> None:
    (start, stop), regular_count = ring.line.bounds(view), view.regular_count
    regular = view.sequence[start : min(regular_count, stop + 1)]
    transitional = view.sequence[max(regular_count, start) : stop + 1]
    for part, members in ((regular, frozenset(view.members)), (transitional, _transition_members(view))):
        for message, behind in precedence.before(part).items():
            if ring.index(view, message) is None and ring.hears(view, message):
                _gap(ring, view, message, behind, members, findings)


def _transition_members(view: View) -> frozenset[str]:
    return frozenset(view.transition.members) if view.transition else frozenset()


def _gap(
    ring: RingHistory, view: View, message: Message, behind: Message, members: frozenset[str], findings: Findings
) -> None:
    sender = message.sends[0].by if message.sends else message.sender
    if sender is None or sender not in members:
        return
    if not ring.is_regular(view) and not _survives(view, sender):
        if ring.is_over(view):
            findings.not_seen("EVS-6.3", "a gap may be transitional, which the source does not tell")
        return
    if not ring.is_over(view):
        findings.pending["EVS-6.3"] += 1
        return
    by, at = ring.first_delivery(message)
    text = f"{view.name} delivers {behind.id} in {ring.ring} and never {message.id}, which {by.name} delivers before it"
    findings.violated("EVS-6.3", text, at, ring.at(view, behind), view.ended_at, due_at=ring.over_at(view))


def _survives(view: View, sender: str) -> bool:
    """Whether a sender is told to be with the process in its transitional configuration, too."""
    return view.survivors is not None and sender in view.survivors


def came_along(ring: RingHistory, findings: Findings) -> None:
    """CFG-S1: who is told to have come along from an old ring came from it, and who came from it is told to have."""
    for view, other in itertools.permutations(ring.views, 2):
        if view.previous is None or view.came is None or other.attached:
            continue
        told, same = other.name in view.came, other.previous == view.previous
        if told and not same and (other.previous or other.restarted):
            text = f"{view.name} is told that {other.name} came along to {ring.ring}, which came from elsewhere"
            findings.violated("CFG-S1", text, view.at, other.at)
        elif same and not told and other.name != view.name and other.name in ring.ring.members:
            text = f"{view.name} is not told that {other.name} came along to {ring.ring}, both from the ring before"
            findings.violated("CFG-S1", text, view.at, other.at)
