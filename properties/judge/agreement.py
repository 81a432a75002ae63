"""Clauses that compare members of one ring: RING-H1, EVS-4, EVS-6.3, and CFG-S1 as far as it is about others.

Stays are compared with one of them, which is as good as all pairs. Only if one hears less than the others, as a late
member of a group does, each pair is compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from properties.history.findings import Findings
from properties.history.finished import Settled
from properties.history.views import Ending, Message, Stay
from properties.judge.order import Forced, forced_order

T = TypeVar("T")


def prefixes(ring: Settled, findings: Findings) -> None:
    """RING-H1: of two members' deliveries in the regular configuration, one is the beginning of the other."""
    stays = [stay for stay in ring.stays if ring.in_group or not stay.attached]
    stays.sort(key=lambda stay: -stay.regular_count)
    if ring.agreed:
        findings.met["RING-H1"] += max(0, len(stays) - 1)
        return
    for longer, shorter in _pairs(ring, stays):
        fork = _fork(ring, longer, shorter)
        if fork is None:
            findings.met["RING-H1"] += 1
        elif "transitional" in ring.eyes:
            one, other = longer.sequence[fork[0]].id, shorter.sequence[fork[1]].id
            text = f"in {ring.ring} {longer.name} delivers {one} where {shorter.name} delivers {other}"
            findings.violated("RING-H1", text, longer.places[fork[0]], shorter.places[fork[1]])
        else:
            findings.not_seen("RING-H1", "deliveries differ, and may be transitional, which the source does not tell")


def _pairs(ring: Settled, all_: Sequence[T]) -> Iterator[tuple[T, T]]:
    if not ring.whole:
        return itertools.combinations(all_, 2)
    return ((all_[0], other) for other in all_[1:])


def _fork(ring: Settled, one: Stay, other: Stay) -> tuple[int, int] | None:
    """The first deliveries of both that should be the same, and are not."""
    mine, theirs = (
        [i for i in range(stay.regular_count) if ring.whole or _both_hear(ring, one, other, stay.sequence[i])]
        for stay in (one, other)
    )
    both = zip(mine, theirs, strict=False)
    return next(((i, j) for i, j in both if one.sequence[i] is not other.sequence[j]), None)


def _both_hear(ring: Settled, one: Stay, other: Stay, message: Message) -> bool:
    return ring.hears(one, message) and ring.hears(other, message)


def moved_together(ring: Settled, findings: Findings) -> None:
    """EVS-4: who installs the same configuration next delivered the same messages in this one."""
    groups: dict[object, list[Stay]] = {}
    for stay in ring.stays:
        if stay.follows and (ring.in_group or not stay.attached):
            groups.setdefault(stay.follows, []).append(stay)
    for group in groups.values():
        _same(ring, [_regular(stay) for stay in group if stay.turn], findings)
        arrived = [stay for stay in group if stay.next_ring and stay.follows and stay.follows[0] == stay.next_ring]
        turned = all(stay.turn for stay in arrived)
        _same(ring, [_after(stay, stay.regular_count if turned else 0) for stay in arrived], findings)
    if "transitional" not in ring.eyes and any(stay.next_ring and not stay.follows for stay in ring.stays):
        findings.not_seen("EVS-4", "the source does not tell who left")


@dataclass(frozen=True)
class Part:
    """Some of a stay's deliveries, and where it is certain that there are no more."""

    stay: Stay
    first: int
    last: int
    certain_at: int


def _regular(stay: Stay) -> Part:
    assert stay.turn
    return Part(stay, 0, stay.turn.index, stay.turn.at)


def _after(stay: Stay, first: int) -> Part:
    return Part(stay, first, len(stay.sequence), stay.ended_at)


def _same(ring: Settled, parts: Sequence[Part], findings: Findings) -> None:
    for one, other in _pairs(ring, parts):
        findings.met["EVS-4"] += 1
        if not (ring.agreed and (one.first, one.last) == (other.first, other.last)):
            _only(ring, one, other, findings)
            _only(ring, other, one, findings)


def _only(ring: Settled, one: Part, other: Part, findings: Findings) -> None:
    """What is in one part, and should be in the other."""
    stay, without = one.stay, other.stay
    there = set(without.sequence[other.first : other.last])
    for i in range(one.first, one.last):
        message = stay.sequence[i]
        if message not in there and _both_hear(ring, stay, without, message):
            text = (
                f"{stay.name} and {without.name} leave {ring.ring} together, and only {stay.name} delivers {message.id}"
            )
            findings.violated("EVS-4", text, stay.places[i], one.certain_at, other.certain_at)


def no_gaps(ring: Settled, findings: Findings) -> None:
    """EVS-6.3: who delivers a message delivers all before it, but for those whose senders are gone."""
    lengths = sorted(len(stay.sequence) for stay in ring.stays)
    if ring.agreed:
        findings.met["EVS-6.3"] += len(lengths) > 1 and lengths[-2] > 1
        return
    later = {message for stay in ring.stays for message in stay.sequence[1:]}
    findings.met["EVS-6.3"] += any(
        sum(ring.index(stay, message) is not None for stay in ring.stays) > 1 for message in later
    )
    forced = forced_order(ring)
    for stay in ring.stays:
        if ring.in_group or not stay.attached:
            _gaps(ring, stay, forced, findings)


def _gaps(ring: Settled, stay: Stay, forced: Forced, findings: Findings) -> None:
    regular, transitional = stay.sequence[: stay.regular_count], stay.sequence[stay.regular_count :]
    for part, members in ((regular, frozenset(stay.members)), (transitional, _turn_members(stay))):
        for message, behind in forced.before(part).items():
            if ring.index(stay, message) is None and ring.hears(stay, message):
                _gap(ring, stay, message, behind, members, findings)


def _turn_members(stay: Stay) -> frozenset[str]:
    return frozenset(stay.turn.members) if stay.turn else frozenset()


def _gap(
    ring: Settled, stay: Stay, message: Message, behind: Message, members: frozenset[str], findings: Findings
) -> None:
    sender = message.sends[0].by if message.sends else message.sender
    if sender is None or sender not in members:
        return
    if "transitional" not in ring.eyes and stay.ending is not Ending.QUIET and not _survives(stay, sender):
        if ring.is_over(stay):
            findings.not_seen("EVS-6.3", "a gap may be transitional, which the source does not tell")
        return
    if not ring.is_over(stay):
        findings.pending["EVS-6.3"] += 1
        return
    by, at = ring.first_delivery(message)
    text = f"{stay.name} delivers {behind.id} in {ring.ring} and never {message.id}, which {by.name} delivers before it"
    findings.violated("EVS-6.3", text, at, ring.at(stay, behind), stay.ended_at, due_at=ring.over_at(stay))


def _survives(stay: Stay, sender: str) -> bool:
    """Whether a sender is told to be with the process in its transitional configuration, too."""
    return stay.survivors is not None and sender in stay.survivors


def came_along(ring: Settled, findings: Findings) -> None:
    """CFG-S1: who is told to have come along from an old ring did come from it."""
    for stay in ring.stays:
        for other in ring.stays:
            told = stay.previous and stay.came is not None and other.name in stay.came and not other.attached
            if told and other.previous != stay.previous and (other.previous or other.restarted):
                text = f"{stay.name} is told that {other.name} came along to {ring.ring}, which came from elsewhere"
                findings.violated("CFG-S1", text, stay.at, other.at)
