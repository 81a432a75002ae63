"""The plug's and the services' clauses once more: PLUG-H, CLM, EVT."""

from __future__ import annotations

import itertools

from clauses_record import BROKEN, MET, PENDING, UNSEEN, Outcomes, Record, Ring, Stay
from clauses_views import has_unplugged

from properties.history.events import (
    Bit,
    Counted,
    Event,
    Gate,
    Group,
    Lookup,
    Queue,
    Sync,
    Table,
)  # fmt: skip

Tables = dict[str, tuple[frozenset[str], str, frozenset[tuple[str, int]]]]


def recovery_first(r: Record) -> Outcomes:
    """PLUG-H1: recovery queued before the sender's bit comes before all normal messages of the ring."""
    for ring in r.rings:
        early = {e.message for stay in r.at_ring(ring) for at, e in stay.of(Queue)
                 if r.is_recovery(e.message) and not any(bit < at for bit, _ in stay.of(Bit))}  # fmt: skip
        for stay in r.at_ring(ring):
            order = stay.delivered
            normal = [i for i, m in enumerate(order) if not r.is_recovery(m) and r.sent_in(m, ring)]
            for place, message in enumerate(order):
                if message in early and normal:
                    yield MET
                    if r.sent_in(message, ring) and normal[0] < place:
                        yield BROKEN


def recovered_first(r: Record) -> Outcomes:
    """PLUG-H2: a process has recovered before it delivers a normal message of the ring."""
    for stay in r.stays:
        for at, event in stay.deliveries:
            normal = not r.is_recovery(event.message) and r.sent_in(event.message, stay.ring)
            if not normal or stay.told.attached:
                continue
            if "plug" in r.observes:
                yield MET if has_unplugged(stay, at) else BROKEN
            else:
                yield _synchronized(stay, at)


def _synchronized(stay: Stay, at: int) -> str:
    """Recovered since the last abort; else too early, where no synchronization is under way."""
    phases = [(i, e) for i, e in stay.of(Sync) if e.phase != "commit"]
    before = [e for i, e in phases if i < at]
    aborts = [i for i, e in enumerate(before) if e.phase == "abort"]
    since = before[aborts[-1] + 1 :] if aborts else before
    if any(e.phase in ("barrier", "complete") and not e.service for e in since):
        return MET
    if any(e.phase == "start" for e in since):
        return UNSEEN
    if aborts:
        return BROKEN
    telling = [e.phase for _, e in phases if e.phase in ("start", "abort") or not e.service]
    return BROKEN if telling[:1] == ["start"] else UNSEEN


def found(r: Record, *, evt: bool) -> Outcomes:
    """CLM-S1 and EVT-S1: lookups at a delivery in the stay."""
    for stay in r.stays:
        for _, event in stay.of(Lookup):
            if event.message is None or event.message not in stay.delivered:
                continue
            normal = not r.is_recovery(event.message) and r.sent_in(event.message, stay.ring)
            if (event.service == "evt" and event.of == r.sender(event.message)) if evt else (
                normal and event.of in stay.members
            ):  # fmt: skip
                yield MET if event.found else BROKEN


def counted_where_queued(r: Record) -> Outcomes:
    """PLUG-H3."""
    for stay in r.stays:
        queued = {e.message for one in r.at_ring(stay.ring) for _, e in one.of(Queue)}
        members = r.members(stay.ring)
        for _, event in stay.of(Counted):
            if event.message in queued:
                yield MET
            elif any(r.is_hidden(stay.ring, name) for name in members):
                yield UNSEEN
            else:
                yield BROKEN if all(r.is_silent(stay.ring, name) for name in members) else PENDING


def members_known(r: Record) -> Outcomes:
    """CLM-S2: at each opening."""
    for stay in r.stays:
        for at, event in stay.of(Gate):
            tables = _tables(stay, at)
            if event.open and "clm" in tables:
                yield MET if stay.members <= tables["clm"][0] else BROKEN


def _tables(stay: Stay, at: int) -> Tables:
    """The tables of a life as they were last told before a place."""
    found: Tables = {}
    for i, event in stay.life.events:
        if i < at and isinstance(event, Table):
            found[event.service] = frozenset(event.keys), event.digest, frozenset()
        elif i < at and isinstance(event, Group):
            found["group"] = frozenset(name for name, _ in event.members), "", frozenset(event.members)
    return found


def _opens(event: Event) -> bool:
    return (isinstance(event, Gate) and event.open) or (
        isinstance(event, Sync) and event.phase == "complete" and not event.service
    )


def _has_opened(stay: Stay, at: int) -> bool:
    """Whether it opened before a place, and that was not aborted since. A gate that closes is no abort."""
    before = [event for i, event in stay.events if i < at]
    aborts = [i for i, e in enumerate(before) if isinstance(e, Sync) and e.phase == "abort"]
    return any(map(_opens, before[aborts[-1] + 1 :] if aborts else before))


def one_table(r: Record) -> Outcomes:
    """CLM-S3: only members, and equal in one place of the order, from the opening on."""
    if "ids" in r.without and r.rings:
        yield UNSEEN
    for ring in r.rings:
        seen: list[tuple[object, str, object]] = []
        for stay in r.at_ring(ring):
            for at, place in _looked_at(stay):
                for service, content in _tables(stay, at).items():
                    yield BROKEN if _ghosts(r, stay, content) else MET
                    if place is not None:
                        seen.append((place, service, content))
        for one, other in itertools.combinations(seen, 2):
            if one[:2] == other[:2] and one[2] != other[2]:
                yield BROKEN


def _looked_at(stay: Stay) -> list[tuple[int, object]]:
    """Where tables are looked at, just before a place; with what others have in common with it, if anything."""
    found: list[tuple[int, object]] = []
    for at, event in stay.events:
        if not stay.is_regular(at) or (stay.transition and at == stay.transition[0]):
            continue
        if _opens(event) or (isinstance(event, Table | Group) and _has_opened(stay, at)):
            found.append((at + 1, None))
    found += [(at, e.message) for at, e in stay.deliveries if stay.is_regular(at) and _has_opened(stay, at)]
    end = stay.last_moment + 1
    if stay.transition and _has_opened(stay, stay.transition[0]):
        found.append((stay.transition[0], (stay.departure or stay.identity, "leaves")))
    elif stay.quiet and not stay.transition and _has_opened(stay, end):
        found.append((end, ("quiet",)))
    return found


def _ghosts(r: Record, stay: Stay, content: tuple[frozenset[str], str, frozenset[tuple[str, int]]]) -> bool:
    """A key that is no member, or a life of a member that is not the one in the ring."""
    first = {one.name: one.life.number for one in reversed(r.at_ring(stay.ring))}
    dead = any(name in first and first[name] != number for name, number in content[2])
    return dead or not content[0] <= stay.members


def one_leader(r: Record) -> Outcomes:
    """EVT-S2."""
    for ring in r.rings:
        leaders = {stay.name for stay in r.at_ring(ring) for _, e in _steps(stay, "done")}
        if leaders:
            yield BROKEN if len(leaders) > 1 else MET


def _steps(stay: Stay, step: str) -> list[tuple[int, Queue]]:
    return [(at, event) for at, event in stay.of(Queue) if event.service == "evt" and event.step == step]


def all_checked_in(r: Record) -> Outcomes:
    """EVT-S3: who ends the recovery has delivered, before that, a check-in of each member made in this ring."""
    for stay in r.stays:
        for at, _ in _steps(stay, "done") if not stay.told.attached else ():
            have = {e.message for i, e in stay.deliveries if i < at}
            outcomes = [_checked_in(r, stay.ring, name, have) for name in r.members(stay.ring)]
            yield from [one for one in outcomes if one != MET] or [MET]


def _checked_in(r: Record, ring: Ring, name: str, have: set[str]) -> str:
    made = {e.message for stay in r.at_ring(ring, name) for _, e in _steps(stay, "check-in")}
    if made & have:
        return MET
    if r.is_hidden(ring, name):
        return UNSEEN
    return BROKEN if r.is_silent(ring, name) else PENDING
