"""What processes are told of rings and groups, and what is so at a quiet end: RING, CFG, LIVE, once more."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from clauses_record import BROKEN, MET, PENDING, UNSEEN, Life, Outcomes, Record, Stay

from properties.history.events import Configuration, Gate, Group, Message, Originate, Plug, Queue, Sync


def numbers_grow(r: Record) -> Outcomes:
    """RING-S2: over all lives of a process; another cluster has numbers of its own."""
    for name in r.names:
        mine = [stay for stay in r.stays if stay.name == name]
        for before, after in itertools.pairwise(mine):
            told = after.told
            if not told.bootstrap and not (told.attached and after.ring == before.ring):
                yield MET
                if after.ring[1] <= before.ring[1]:
                    yield BROKEN


def one_formation(r: Record) -> Outcomes:
    """RING-S3."""
    if any(stay.told.ring[0] == "" for stay in r.stays):
        yield UNSEEN
    for ring in r.rings:
        stays = r.at_ring(ring)
        for index, stay in enumerate(stays):
            earlier = [other for other in stays[:index] if other.name == stay.name]
            if any(other.name != stay.name for other in stays[:index]):
                yield MET
            if stay.told.members != stays[0].told.members:
                yield BROKEN
            if earlier and earlier[0].life is not stay.life and not stay.told.attached:
                yield BROKEN


def configurations(r: Record) -> Outcomes:
    """CFG-S1."""
    for at, event in enumerate(r.events):
        if isinstance(event, Configuration) and event.kind == "transitional":
            stay = r.stay_at(at)
            lists_it = event.process in event.members or not r.is_listed(event.process)
            if stay is None and "regular" in r.observes:
                yield BROKEN
            if stay and not (lists_it and set(event.members) <= stay.members):
                yield BROKEN
    for stay in r.stays:
        if stay.tells_transitional:
            yield from _transitional(stay)
        if stay.before and not stay.told.bootstrap:
            yield MET
            yield from _next(r, stay.before, stay.told)
    for ring in r.rings:
        for p, q in itertools.permutations(r.at_ring(ring), 2):
            yield from _came_along(p, q)


def _is(told: Sequence[str] | None, names: frozenset[str]) -> bool:
    """Whether a list, if there is one, has just these, each once."""
    return told is None or (set(told) == names and len(told) == len(names))


def _transitional(stay: Stay) -> Outcomes:
    told = [event for _, event in stay.of(Configuration)]
    if len(told) > 1:
        yield BROKEN
    if told and not (_is(told[0].left, stay.members - set(told[0].members)) and _is(told[0].joined, frozenset())):
        yield BROKEN


def _next(r: Record, old: Stay, new: Configuration) -> Outcomes:
    members = frozenset(new.members)
    if "transitional" not in r.observes:
        yield from _by_lists(old, new, members)
        return
    if old.transition is None:
        came = members
        fits = members <= old.members and _is(new.left, old.members - came)
    else:
        between = old.transition[1]
        came = frozenset(between.members)
        leads = between.ring == new.ring or between.ring[0] == ""
        fits = leads and came <= members and (not new.left or _is(new.left, old.members - came))
    if not fits or not _is(new.joined, members - came):
        yield BROKEN


def _by_lists(old: Stay, new: Configuration, members: frozenset[str]) -> Outcomes:
    if new.left is None or new.joined is None:
        yield UNSEEN
        return
    left, joined = set(new.left), set(new.joined)
    stays = {old.name} & (old.members | members) <= (old.members - left) & (members - joined)
    if not (left <= old.members and joined <= members and old.members - left == members - joined and stays):
        yield BROKEN


def came(stay: Stay) -> frozenset[str] | None:
    """Who it is told came along with it to this ring."""
    if stay.before is None or stay.told.bootstrap:
        return None
    if stay.tells_transitional:
        between = stay.before.transition
        return frozenset(between[1].members) if between else stay.members
    if stay.told.left is None or stay.told.joined is None:
        return None
    return stay.before.members - set(stay.told.left)


def _from(stay: Stay) -> object:
    return stay.before.ring if stay.before and not stay.told.bootstrap else None


def _came_along(p: Stay, q: Stay) -> Outcomes:
    along = came(p)
    if along is None or q.told.attached:
        return
    if q.name in along and _from(q) != _from(p) and (_from(q) is not None or not q.life.is_first):
        yield BROKEN
    if q.name != p.name and q.name not in along and _from(q) == _from(p) and q.name in p.told.members:
        yield BROKEN


def prefixes(r: Record) -> Outcomes:
    """RING-H1."""
    for ring in r.rings:
        for p, q in r.pairs(ring):
            both = [[m for m in stay.regular if not r.grouped or (r.hears(p, m) and r.hears(q, m))] for stay in (p, q)]
            if all(a == b for a, b in zip(*both, strict=False)):
                yield MET
            else:
                yield BROKEN if r.knows_regular(p) and r.knows_regular(q) else UNSEEN


# Groups.


def groups_fit(r: Record) -> Outcomes:
    """CFG-S3: lists lead from one group to the next."""
    for life in r.lives:
        told = [event for _, event in life.events if isinstance(event, Group)]
        for index, event in enumerate(told):
            if index:
                yield MET
            if event.left is None or event.joined is None:
                yield UNSEEN
                continue
            members, left, joined = set(event.members), set(event.left), set(event.joined)
            if any(len(set(one)) < len(one) for one in (event.members, event.left, event.joined)):
                yield BROKEN
            if not joined <= members or members & left - joined:
                yield BROKEN
            if index:
                old = set(told[index - 1].members)
                if not (left <= old and old - left == members - joined):
                    yield BROKEN


def parted_have_left(r: Record) -> Outcomes:
    """CFG-S3: who did not come along is told to have left, before a normal message, and by a quiet end."""
    for stay in r.stays:
        for name, since in _absent(r, stay):
            gone = _told_gone(stay, name, since)
            heard = [at for at, e in stay.deliveries if not r.is_recovery(e.message) and stay.is_regular(at)]
            if any(gone is None or at < gone for at in heard) or (
                gone is None and stay.quiet and stay.transition is None
            ):
                yield BROKEN
            elif gone is None and not stay.over:
                yield PENDING


def _absent(r: Record, stay: Stay) -> list[tuple[tuple[str, int], int]]:
    """Of its group those who did not come along, to this ring or one before, and are not told gone when it begins."""
    found: list[tuple[tuple[str, int], int]] = []
    one: Stay | None = stay
    while one and one.before:
        parted, along = _parting(one.before, one), came(one)
        absent = [m for m in r.group(one.life, parted) if along is not None and m[0] not in {*along, one.name}]
        found += [(member, parted) for member in absent if _gone_before(stay, member, parted) is None]
        one = one.before
    return found


def _parting(old: Stay, new: Stay) -> int:
    return old.transition[0] if old.transition else new.at


def _gone_before(stay: Stay, member: tuple[str, int], since: int) -> int | None:
    return next((at for at, e in _groups(stay.life) if since < at < stay.at and _is_gone(e, member)), None)


def _told_gone(stay: Stay, member: tuple[str, int], since: int) -> int | None:
    """Where in this stay it is told that a member left."""
    return next((at for at, event in stay.of(Group) if at > since and _is_gone(event, member)), None)


def _groups(life: Life) -> list[tuple[int, Group]]:
    return [(at, event) for at, event in life.events if isinstance(event, Group)]


def _is_gone(event: Group, member: tuple[str, int]) -> bool:
    """Without lists it cannot be told from one who left and came again."""
    unsaid = event.left is None or event.joined is None
    return unsaid or member in (event.left or ()) or member not in event.members


def groups(r: Record) -> Outcomes:
    """CFG-S3."""
    yield from groups_fit(r)
    yield from parted_have_left(r)


class GroupPlace(NamedTuple):
    """A group that is told after so many of the common messages."""

    after: int
    members: frozenset[tuple[str, int]]


def same_groups(r: Record) -> Outcomes:
    """CFG-S4: who moves together, or stays, is told the same groups in the same places."""
    for ring in r.rings:
        for p, q in itertools.combinations(r.at_ring(ring), 2):
            onward = [stay.next.ring if stay.left and stay.next and not stay.next.told.bootstrap else None
                      for stay in (p, q)]  # fmt: skip
            stay = p.quiet and q.quiet and not (p.crashed or q.crashed)
            if stay or (onward[0] is not None and onward[0] == onward[1]):
                yield from _same_places(r, p, q, to_the_end=stay)


def _same_places(r: Record, p: Stay, q: Stay, *, to_the_end: bool) -> Outcomes:
    common = [m for m in p.delivered if m in q.delivered]
    ends = to_the_end and all(one.identity in _final(r, one) for one in (p, q))
    if common != [m for m in q.delivered if m in p.delivered] or not (common or ends):
        return
    yield MET
    if _places(r, p, common, to_the_end=ends) != _places(r, q, common, to_the_end=ends):
        yield BROKEN


def _final(r: Record, stay: Stay) -> frozenset[tuple[str, int]]:
    return r.group(stay.life, stay.last_moment + 1)


def _places(r: Record, stay: Stay, common: Sequence[str], *, to_the_end: bool) -> list[GroupPlace]:
    if not common:
        return [GroupPlace(0, _final(r, stay))]
    at = [next(i for i, e in stay.deliveries if e.message == message) for message in common]
    found = [GroupPlace(0, r.group(stay.life, at[0]))]
    for i, event in stay.of(Group):
        place = GroupPlace(sum(one < i for one in at), frozenset(event.members))
        if i > at[0] and (i < at[-1] or to_the_end) and place.members != found[-1].members:
            found.append(place)
    return found


# A quiet end.


def all_open(r: Record) -> Outcomes:
    """LIVE-2."""
    last = {stay.name: stay for stay in r.stays if stay.life.is_last and not stay.life.crashed}
    for name, stay in last.items():
        if not r.is_listed(name):
            continue
        if not r.is_quiet:
            yield PENDING
        elif stay.transition or stay.told.attached:
            continue
        elif _is_open(stay):
            yield MET
        elif all((o := last.get(q)) and o.ring == stay.ring and not o.transition
                 for q in stay.told.members if q in r.names):  # fmt: skip
            yield BROKEN if stay.members <= set(r.names) else UNSEEN


def _is_open(stay: Stay) -> bool:
    """By the last thing that is told of its gate, or of the whole synchronization."""
    is_open = False
    for _, event in stay.events:
        if isinstance(event, Gate):
            is_open = event.open
        elif isinstance(event, Sync) and event.phase == "abort":
            is_open = False
        elif isinstance(event, Sync) and event.phase == "complete" and not event.service:
            is_open = True
    return is_open


def all_delivered(r: Record) -> Outcomes:
    """LIVE-3."""
    for life in r.lives:
        sent = [(at, e) for at, e in life.events if isinstance(e, Queue) or (r.basis and isinstance(e, r.basis))]
        if not life.is_last or life.crashed or not sent:
            continue
        yield MET if r.is_quiet else PENDING
        for at, event in sent if r.is_quiet else ():
            if isinstance(event, Message) and _is_lost(r, life, at, event.message):
                yield BROKEN
    for ring in r.rings:
        staying = [stay for stay in r.at_ring(ring) if stay.quiet and not stay.crashed and not stay.transition]
        for p, q in itertools.permutations(staying, 2):
            if any(m not in q.delivered and r.hears(q, m) for m in p.delivered):
                yield BROKEN


def _is_lost(r: Record, life: Life, at: int, message: str) -> bool:
    """Nobody delivers it, though its sender owes it to its last ring."""
    last = next((stay for stay in reversed(r.stays) if stay.life is life), None)
    queued = [i for i, e in enumerate(r.events) if isinstance(e, Queue) and e.message == message]
    if last is None or any(message in stay.delivered for stay in r.stays) or _delivered_outside(r, message):
        return False
    if at != (queued or r.sends(message))[0]:
        return False
    if r.basis is Originate and any(r.stay_at(i) is not last for i in r.sends(message)):
        return False
    if r.is_recovery(message) and r.stay_at(at) is not last:
        return False
    groups_then = [r.group(life, at), *(frozenset(e.members) for i, e in _groups(life) if i > at)]
    return not r.grouped or all((life.name, life.number) in group for group in groups_then)


def _delivered_outside(r: Record, message: str) -> bool:
    return any(type(event).__name__ == "Deliver" for event in r.about(message))


def gates_wait(r: Record) -> Outcomes:
    """PLUG-S1: a gate opens only where all members unplug."""
    for stay in r.stays:
        if not any(event.open for _, event in stay.of(Gate)):
            continue
        found = [_unplugs(r, stay, name) for name in stay.told.members]
        yield from found if set(found) - {MET} else [MET]


def _unplugs(r: Record, stay: Stay, name: str) -> str:
    if any(has_unplugged(one, one.last_moment + 1) for one in r.at_ring(stay.ring, name)):
        return MET
    if r.is_hidden(stay.ring, name):
        return UNSEEN
    return BROKEN if r.is_silent(stay.ring, name) else PENDING


def has_unplugged(stay: Stay, before: int) -> bool:
    """Whether no handle that was there at the install is plugged any more, at some moment before a place."""
    handles: set[str] = set()
    for at, event in stay.life.events:
        if at < stay.at and isinstance(event, Plug):
            if event.call == "create":
                handles.add(event.handle)
            elif event.call == "destroy":
                handles.discard(event.handle)
    out = {event.handle for at, event in stay.of(Plug) if at < before and event.call != "create"}
    return handles <= out
