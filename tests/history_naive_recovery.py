"""The clauses about the recovery of services once more, straight from their predicates."""

from __future__ import annotations

from history_past import Past, Verdict, View

from properties.history.events import Counted, Gate, Queue, Table


def queued_in(past: Past, ring: object, name: str | None = None) -> list[tuple[View, int, Queue]]:
    """What was queued in a ring, by whom and where."""
    found: list[tuple[View, int, Queue]] = []
    for view in past.views_in(ring):
        if name in (None, view.name):
            found += [(view, i, e) for i in view.at if isinstance(e := past.events[i], Queue)]
    return found


def silent(past: Past, ring: tuple[str, int], name: str) -> bool:
    """Whether a process does nothing more in a ring."""
    mine = [view for view in past.views_in(ring) if view.name == name]
    return all(view.ending != "open" for view in mine) if mine else past.past(ring, name)[0]


def unseen(past: Past, ring: object, name: str) -> bool:
    """Whether what a process did in a ring may have been missed."""
    mine = [view for view in past.views_in(ring) if view.name == name]
    return name not in past.names or any(past.conf(view.install).attached for view in mine)


def counted_where_queued(past: Past, verdict: Verdict) -> None:
    for view in past.views:
        ring = past.ring(view)
        for i in view.at:
            event = past.events[i]
            if not isinstance(event, Counted):
                continue
            if any(queued.message == event.message for _, _, queued in queued_in(past, ring)):
                verdict.met = True
                continue
            members = past.conf(past.first_install(ring)).members
            if any(unseen(past, ring, name) for name in members):
                verdict.unseen = True
            elif all(silent(past, ring, name) for name in members):
                verdict.violated = True
            else:
                verdict.pending = True


def members_are_known(past: Past, verdict: Verdict) -> None:
    for view in past.views:
        for i in view.at:
            event = past.events[i]
            if isinstance(event, Gate) and event.open:
                told = [e for j in view.life.at if j < i and isinstance(e := past.events[j], Table)]
                tables = [table for table in told if table.service == "clm"]
                if tables:
                    verdict.met = True
                    verdict.violated |= not set(past.members(view)) <= set(tables[-1].keys)


def one_leader(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        leaders = {
            view.name for view, _, queued in queued_in(past, ring)
            if queued.service == "evt" and queued.step == "done"
        }  # fmt: skip
        verdict.met |= bool(leaders)
        verdict.violated |= len(leaders) > 1


def all_have_checked_in(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        for view, at, done in queued_in(past, ring):
            if done.service == "evt" and done.step == "done" and not past.conf(view.install).attached:
                have = {past.text(i) for i in past.deliveries(view) if i < at}
                found = [
                    _checked_in(past, ring, name, have, verdict) for name in past.conf(past.first_install(ring)).members
                ]
                verdict.met |= all(found)


def _checked_in(past: Past, ring: tuple[str, int], name: str, have: set[str], verdict: Verdict) -> bool:
    for _, _, queued in queued_in(past, ring, name):
        if queued.service == "evt" and queued.step == "check-in" and queued.message in have:
            return True
    if unseen(past, ring, name):
        verdict.unseen = True
    elif silent(past, ring, name):
        verdict.violated = True
    else:
        verdict.pending = True
    return False
