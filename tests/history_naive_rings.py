"""The clauses about rings and services once more, straight from their predicates."""

from __future__ import annotations

import itertools

from history_past import Past, Verdict, View, pairs

from properties.history.events import (
    Bit,
    Configuration,
    Deliver,
    Gate,
    Group,
    Lookup,
    Plug,
    Queue,
    Sync,
    Table,
)  # fmt: skip


def numbers_grow(past: Past, verdict: Verdict) -> None:
    for name in past.names:
        mine = [i for i, e in enumerate(past.events) if e.process == name and past.regular(i)]
        for a, b in itertools.pairwise(mine):
            old, new = past.conf(a).ring, past.conf(b)
            if not (new.attached and new.ring == old):
                verdict.met = True
                verdict.violated |= new.ring[1] <= old[1]


def one_formation(past: Past, verdict: Verdict) -> None:
    for p, q in itertools.combinations(past.views, 2):
        if past.ring(p) == past.ring(q):
            verdict.met |= p.name != q.name
            verdict.violated |= past.members(p) != past.members(q)
            later = max(p, q, key=lambda s: s.install)
            first = min(past.views_in(past.ring(p)), key=lambda s: (s.name != p.name, s.install))
            if p.name == q.name and later.life is not first.life and not past.conf(later.install).attached:
                verdict.violated = True


def configurations(past: Past, verdict: Verdict) -> None:
    for view in past.views:
        old = set(past.members(view))
        turns = [i for i in view.at[1:] if isinstance(past.events[i], Configuration)]
        for i in turns:
            t = past.conf(i)
            verdict.violated |= view.name not in t.members or not set(t.members) <= old
        verdict.violated |= len(turns) > 1
        if turns:
            t = past.conf(turns[0])
            verdict.violated |= t.left is not None and set(t.left) != old - set(t.members)
            verdict.violated |= bool(t.joined)
        if view.next is not None:
            verdict.met = True
            _next(past, view, old, turns, past.conf(view.next), verdict)
    for p, q in itertools.product(past.views, past.views):
        if past.ring(p) == past.ring(q) and q.name in (past.came(p) or ()) and not past.conf(q.install).attached:
            before = [[s for s in past.views if s.life is o.life and s.next == o.install] for o in (p, q)]
            if not before[1]:
                verdict.violated |= not q.life.first
            else:
                verdict.violated |= past.ring(before[0][0]) != past.ring(before[1][0])


def _next(past: Past, view: View, old: set[str], turns: list[int], new: Configuration, verdict: Verdict) -> None:
    left, joined = (None if one is None else set(one) for one in (new.left, new.joined))
    if "transitional" not in past.observes:
        if left is not None and joined is not None:
            same = old - left == set(new.members) - joined
            verdict.violated |= not (left <= old and joined <= set(new.members) and same and view.name in old - left)
        return
    came = set(past.conf(turns[0]).members) if turns else set(new.members)
    if turns:
        verdict.violated |= past.conf(turns[0]).ring != new.ring or not came <= set(new.members)
        verdict.violated |= bool(left) and left != old - came
    else:
        verdict.violated |= not set(new.members) <= old
        verdict.violated |= left is not None and left != old - came
    verdict.violated |= joined is not None and joined != set(new.members) - came


def prefixes(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        for p, q in pairs(past, ring):
            mine, theirs = (
                [past.text(i) for i in past.regular_part(s)
                 if "group" not in past.observes or all(past.hears(o, past.text(i)) for o in (p, q))] for s in (p, q)
            )  # fmt: skip
            if all(a == b for a, b in zip(mine, theirs, strict=False)):
                verdict.met = True
            elif "transitional" in past.observes:
                verdict.violated = True
            else:
                verdict.unseen = True


def recovery_first(past: Past, verdict: Verdict) -> None:
    for view in past.views:
        ring = past.ring(view)
        queued = [(s, i) for s in past.views_in(ring) for i in s.at if isinstance(past.events[i], Queue)]
        before = [i for s, i in queued if not any(isinstance(past.events[j], Bit) for j in s.at if j < i)]
        early = {past.text(i) for i in before if past.is_recovery(past.text(i))}
        order = past.delivered(view)
        for a, b in itertools.permutations(range(len(order)), 2):
            x, y = order[a], order[b]
            if x in early and not past.is_recovery(y) and past.sent_in(y, ring):
                verdict.met = True
                verdict.violated |= b < a and past.sent_in(x, ring)


def recovered_first(past: Past, verdict: Verdict) -> None:
    for view in past.views:
        ring = past.ring(view)
        for at in past.deliveries(view):
            message = past.text(at)
            if past.is_recovery(message) or not past.sent_in(message, ring) or past.conf(view.install).attached:
                continue
            if "plug" in past.observes:
                verdict.met |= _unplugged(past, view, at)
                verdict.violated |= not _unplugged(past, view, at)
                continue
            phases = [past.events[i] for i in view.at if i < at and isinstance(past.events[i], Sync)]
            over = [s for s in phases if isinstance(s, Sync) and s.phase in ("barrier", "complete") and not s.service]
            later = [e for i in view.at if i > at and isinstance(e := past.events[i], Sync)]
            if over:
                verdict.met = True
            elif not any(s.phase == "start" for s in phases if isinstance(s, Sync)) and any(
                s.phase == "start" for s in later
            ):
                verdict.violated = True
            else:
                verdict.unseen = True
            break


def _unplugged(past: Past, view: View, at: int) -> bool:
    """Whether at some moment between the install and `at` no handle registered at the install was plugged."""
    handles: set[str] = set()
    for i in view.life.at:
        event = past.events[i]
        if i < view.install and isinstance(event, Plug) and event.call != "unplug":
            (handles.add if event.call == "create" else handles.discard)(event.handle)
    out = {e.handle for i in view.at if i < at and isinstance(e := past.events[i], Plug) and e.call != "create"}
    return handles <= out


def lookups(past: Past, verdict: Verdict, *, evt: bool) -> None:
    for view in past.views:
        for i in view.at:
            event = past.events[i]
            if not isinstance(event, Lookup) or event.message not in past.delivered(view):
                continue
            m = event.message
            normal = not past.is_recovery(m) and event.of in past.members(view) and past.sent_in(m, past.ring(view))
            if event.service == "evt" and event.of == past.sender(m) if evt else normal:
                verdict.met |= event.found
                verdict.violated |= not event.found


def one_table(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        told: dict[tuple[str | None, str], list[object]] = {}
        for view in past.views_in(ring):
            quiet = [view.at[-1]] if view.ending == "quiet" and past.transition(view) is None else []
            for at in [*past.regular_part(view), *quiet]:
                if not _opened(past, view, at):
                    continue
                event = past.events[at]
                for service, (keys, content) in _tables(past, view, at).items():
                    verdict.met = True
                    verdict.violated |= not keys <= set(past.members(view))
                    position = event.message if isinstance(event, Deliver) else None
                    told.setdefault((position, service), []).append((keys, content))
        verdict.violated |= any(one != other for told_ in told.values() for one in told_ for other in told_)


def _opened(past: Past, view: View, at: int) -> bool:
    is_open = False
    for i in view.at:
        event = past.events[i]
        if isinstance(event, Gate):
            is_open = event.open and (is_open or i < at)
        elif isinstance(event, Sync) and event.phase == "complete":
            is_open = is_open or i < at
        elif isinstance(event, Sync) and event.phase == "abort":
            is_open = False
    return is_open


def _tables(past: Past, view: View, at: int) -> dict[str, tuple[set[str], object]]:
    found: dict[str, tuple[set[str], object]] = {}
    for i in view.life.at:
        event = past.events[i]
        if i < at and isinstance(event, Table):
            found[event.service] = (set(event.keys), event.digest)
        elif i < at and isinstance(event, Group):
            found["group"] = ({name for name, _ in event.members}, frozenset(event.members))
    return found
