"""The EVS clauses once more, straight from their predicates: pairs of events, closures, no care for cost.

`naive` gives each claim its verdict; rings and services are in `history_naive_rings.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import networkx as nx
from history_naive_recovery import all_have_checked_in, counted_where_queued, members_are_known, one_leader
from history_naive_rings import (
    configurations,
    lookups,
    numbers_grow,
    one_formation,
    one_table,
    prefixes,
    recovered_first,
    recovery_first,
)  # fmt: skip
from history_past import Past, Verdict, View, pairs

from properties.history.catalogue import HISTORY_CLAIMS
from properties.history.events import (
    Configuration,
    Crash,
    Deliver,
    Event,
    Facet,
    Message,
    Originate,
    Queue,
)  # fmt: skip


def naive(events: Sequence[Event], observes: frozenset[Facet], names: Sequence[str]) -> dict[str, str]:
    """The verdict of each claim."""
    past = Past(events, observes, names)
    for id, decide in DECIDE.items():
        needs_all = id not in SOUND_WITHOUT
        if not needs_all or HISTORY_CLAIMS[id].missing(observes) is None:
            decide(past, past.verdicts[id])
    return {id: _verdict(id, found, observes) for id, found in past.verdicts.items()}


def _verdict(id: str, found: Verdict, observes: frozenset[Facet]) -> str:
    if found.violated:
        return "violated"
    if HISTORY_CLAIMS[id].missing(observes) or found.unseen:
        return "not observable"
    if found.pending:
        return "open"
    return "ok" if found.met else "open"


def graph(past: Past, node: dict[int, object]) -> nx.DiGraph:
    """Events or what they are contracted to: each process's order, and sends before deliveries."""
    found = nx.DiGraph()
    for life in past.lives:
        found.add_edges_from((node[a], node[b]) for a, b in itertools.pairwise(life.at))
    for i, event in enumerate(past.events):
        if past.basis and isinstance(event, past.basis):
            found.add_edges_from((node[i], node[j]) for j in past.all_deliveries(event.message) if past.view_of(j))
    return found


def precedence(past: Past, verdict: Verdict) -> None:
    plain = graph(past, {i: i for i in range(len(past.events))})
    verdict.met = any(past.all_sends(past.text(i)) for s in past.views for i in past.deliveries(s))
    verdict.violated = not nx.is_directed_acyclic_graph(plain)


def one_process(past: Past, verdict: Verdict) -> None:
    verdict.met = bool(past.lives)
    for life in past.lives:
        for a, b in itertools.combinations(life.at, 2):
            if past.events[b].seq <= past.events[a].seq or isinstance(past.events[a], Crash):
                verdict.violated = True


def delivered_if_sent(past: Past, verdict: Verdict) -> None:
    for view in past.views:
        ring = past.ring(view)
        for message in past.delivered(view):
            sends = past.all_sends(message)
            said = past.said(message)
            if not sends:
                _nobody_sent(past, ring, said, verdict)
                continue
            senders = {past.events[i].process for i in sends}
            members = past.conf(past.first_install(ring)).members
            elsewhere = past.basis is Originate and not any(past.ring_of(i) == ring for i in sends)
            strange = (said is not None and said not in senders) or (
                past.basis is Queue and senders.isdisjoint(members)
            )
            verdict.met |= not (elsewhere or strange)
            verdict.violated |= elsewhere or strange


def _nobody_sent(past: Past, ring: tuple[str, int], said: str | None, verdict: Verdict) -> None:
    members = past.conf(past.first_install(ring)).members
    senders = [said] if said is not None else list(members)
    if any(name not in past.names for name in senders):
        return
    for name in senders:
        mine = [s for s in past.views_in(ring) if s.name == name]
        if any(s.ending == "open" for s in mine) or (not mine and not past.past(ring, name)[0]):
            verdict.pending = True
            return
    verdict.violated = True


def one_ring_one_sender(past: Past, verdict: Verdict) -> None:
    """What of EVS-1.3 can be seen from deliveries alone."""
    for message in {past.text(i) for s in past.views for i in past.deliveries(s)}:
        rings = {past.ring_of(i) for i in past.all_deliveries(message)} - {None}
        verdict.violated |= past.basis is not Originate and len(rings) > 1
    for message in {e.message for e in past.events if isinstance(e, Deliver)}:
        events = [past.events[i] for i in past.all_deliveries(message)]
        said = {e.sender for e in events if isinstance(e, Deliver) and e.sender is not None}
        verdict.violated |= len(said) > 1


def at_most_once(past: Past, verdict: Verdict) -> None:
    for message in {e.message for e in past.events if isinstance(e, Message)}:
        takers = [past.events[i].process for i in past.all_deliveries(message)]
        verdict.met |= bool(takers or past.all_sends(message))
        verdict.violated |= len(past.all_sends(message)) > 1 or len(set(takers)) < len(takers)


def last_configuration(past: Past, verdict: Verdict) -> None:
    last: dict[str, object] = {}
    at: dict[str, tuple[str, ...]] = {}
    for name in past.names:
        life = next((life for life in reversed(past.lives) if life.name == name), None)
        views = [view for view in past.views if view.life is life]
        if life and life.ended != "crash" and views:
            transition = past.transition(views[-1])
            last[name] = (past.ring(views[-1]), past.follows(views[-1]) if transition is not None else None)
            at[name] = past.conf(transition).members if transition is not None else past.members(views[-1])
    for name, members in at.items():
        if not past.quiet:
            verdict.pending = True
            continue
        verdict.met = True
        verdict.violated |= any(q in past.names and last.get(q) != last[name] for q in members)


def inside(past: Past, verdict: Verdict) -> None:
    for life in past.lives:
        installed: list[object] = []
        turned: list[object] = []
        for i in life.at:
            event = past.events[i]
            view = past.view_of(i)
            if isinstance(event, Configuration):
                if event.kind == "regular":
                    verdict.violated |= event.ring in installed
                    installed.append(event.ring)
                    turned = []
                elif view:
                    verdict.violated |= bool(turned) and turned[0] == (event.ring, set(event.members))
                    turned.append((event.ring, set(event.members)))
                verdict.met = True
                verdict.violated |= event.process not in event.members
            elif isinstance(event, Originate | Deliver) and "regular" in past.observes:
                verdict.met = True
                verdict.violated |= view is None or event.ring not in (None, past.ring(view))
            elif isinstance(event, Crash) and view:
                verdict.met = True
                verdict.violated |= event.ring not in (None, past.ring(view))


def self_delivery(past: Past, verdict: Verdict) -> None:
    for send in (i for i, e in enumerate(past.events) if past.basis and isinstance(e, past.basis)):
        message, own = past.text(send), past.view_of(send)
        views = [own] if past.basis is Originate else [
            s for s in past.views if send in s.life.at and message in
            {m for o in past.views_in(past.ring(s)) for m in past.delivered(o)} and (s is own or s.install > send)
        ]  # fmt: skip
        for view in views:
            if view is None:
                continue
            if message in past.delivered(view):
                verdict.met = True
            elif view.ending == "crash" or ("group" in past.observes and not _stays_in_group(past, view, send)):
                continue
            elif view.ending == "open":
                verdict.pending = True
            else:
                verdict.violated = True


def _stays_in_group(past: Past, view: View, send: int) -> bool:
    since = max(send, view.install)
    groups = [past.group(view, since)] + [past.group(view, i + 1) for i in view.at if i > since]
    return all(view.who in group for group in groups)


def moved_together(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        for p, q in pairs(past, ring):
            if past.follows(p) is None or past.follows(p) != past.follows(q):
                continue
            arrived = all(s.ending == "next" and past.conf(s.next).ring == past.follows(s)[0] for s in (p, q))  # pyright: ignore
            if past.transition(p) is not None and past.transition(q) is not None:
                _equal(past, p, q, past.regular_part(p), past.regular_part(q), verdict)
                if arrived:
                    mine, theirs = (past.deliveries(s)[len(past.regular_part(s)) :] for s in (p, q))
                    _equal(past, p, q, mine, theirs, verdict)
            elif arrived:
                _equal(past, p, q, past.deliveries(p), past.deliveries(q), verdict)
        for view in past.views_in(ring):
            if "transitional" not in past.observes and view.ending == "next" and past.follows(view) is None:
                verdict.unseen = True


def _equal(past: Past, p: View, q: View, mine: list[int], theirs: list[int], verdict: Verdict) -> None:
    verdict.met = True
    different = {past.text(i) for i in mine} ^ {past.text(i) for i in theirs}
    verdict.violated |= any(past.hears(p, m) and past.hears(q, m) for m in different)


def causal(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        causes = nx.DiGraph()
        for view in past.views_in(ring):
            for send in past.sends(view):
                message = past.text(send)
                if past.basis is Queue and past.home(message) != ring:
                    continue
                before = [i for i in view.at if i < send and isinstance(past.events[i], Deliver)]
                if past.basis is Originate:
                    before += [i for i in past.sends(view) if i < send]
                causes.add_edges_from((past.text(i), message) for i in before if past.text(i) != message)
        closure = nx.transitive_closure(causes)
        for view in past.views_in(ring):
            order = past.delivered(view)
            for m, then in closure.edges:
                if m == then or then not in order or ("group" not in past.observes and not past.hears(view, m)):
                    continue
                if m not in order and not past.hears(view, m):
                    continue
                verdict.met = True
                verdict.violated |= m not in order or order.index(m) >= order.index(then)


def total_order(past: Past, verdict: Verdict) -> None:
    node: dict[int, object] = {i: i for i in range(len(past.events))}
    for view in past.views:
        ring = past.ring(view)
        node[view.install] = ring
        node |= {i: (past.text(i), ring) for i in past.deliveries(view)}
        transition = past.transition(view)
        if transition is not None:
            node[transition] = (ring, past.follows(view))
        if len({s.name for s in past.views_in(ring)}) > 1:
            verdict.met = True
    found = graph(past, node)
    verdict.violated = not nx.is_directed_acyclic_graph(found) or any(a == b for a, b in found.edges)


def no_gaps(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        views = past.views_in(ring)
        node = {i: past.text(i) for s in views for i in past.deliveries(s)}
        forced = nx.DiGraph()
        forced.add_nodes_from(node.values())
        for view in views:
            transition = past.transition(view)
            mine = view.at[1:]
            name = {i: node.get(i, ("t", past.follows(view)) if i == transition else i) for i in mine}
            forced.add_edges_from((name[a], name[b]) for a, b in itertools.pairwise(mine))
            forced.add_edges_from((i, past.text(i)) for i in past.sends(view) if past.text(i) in node.values())
            later = past.delivered(view)[1:]
            verdict.met |= any(m in past.delivered(o) for m in later for o in views if o is not view)
        for view in views:
            _gaps(past, view, set(node.values()), forced, verdict)


def _gaps(past: Past, view: View, messages: set[str], forced: nx.DiGraph, verdict: Verdict) -> None:
    have = past.delivered(view)
    transition = past.transition(view)
    follows = past.follows(view)
    for at in past.deliveries(view):
        transitional = transition is not None and at > transition
        members = past.conf(transition).members if transitional and transition is not None else past.members(view)
        for m in messages - set(have):
            sender = past.sender(m)
            if sender not in members or not past.hears(view, m) or not nx.has_path(forced, m, past.text(at)):
                continue
            hidden = "transitional" not in past.observes and view.ending != "quiet"
            if hidden and not (follows and sender in follows[1]):
                verdict.unseen |= view.ending != "open"
            elif view.ending == "open":
                verdict.pending = True
            else:
                verdict.violated = True


def safe_reaches_all(past: Past, verdict: Verdict) -> None:
    for view in past.views:
        for i in past.deliveries(view):
            message = past.text(i)
            if past.is_safe(message):
                verdict.met = True
                transition = past.transition(view)
                members = (
                    past.conf(transition).members if transition is not None and i > transition else past.members(view)
                )
                for q in members:
                    _reaches(past, past.ring(view), message, q, verdict)


def _reaches(past: Past, ring: tuple[str, int], message: str, q: str, verdict: Verdict) -> None:
    views = [s for s in past.views_in(ring) if s.name == q]
    if q not in past.names or any(message in past.delivered(s) or s.ending == "crash" for s in views):
        return
    if any(not past.hears(s, message) for s in views):
        return
    over, crashed = past.past(ring, q)
    if views:
        verdict.pending |= any(s.ending == "open" for s in views)
        verdict.violated |= all(s.ending != "open" for s in views)
    elif not over:
        verdict.pending = True
    elif not crashed:
        audience = past.audience(ring, message) or frozenset()
        verdict.violated |= "group" not in past.observes or q in {name for name, _ in audience}


def safe_means_installed(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        views = past.views_in(ring)
        if not any(past.is_safe(past.text(i)) for s in views for i in past.regular_part(s)):
            continue
        for q in past.conf(past.first_install(ring)).members:
            if q in past.names:
                over, _ = past.past(ring, q)
                has = any(s.name == q for s in views)
                verdict.met |= has
                verdict.pending |= not has and not over
                verdict.violated |= not has and over


Decide = Callable[[Past, Verdict], None]


def sent_and_in_one_ring(past: Past, verdict: Verdict) -> None:
    if HISTORY_CLAIMS["EVS-1.3"].missing(past.observes) is None:
        delivered_if_sent(past, verdict)
    one_ring_one_sender(past, verdict)


SOUND_WITHOUT = {"EVS-1.2", "EVS-1.3", "EVS-1.4", "EVS-2.2", "RING-S2", "RING-S3", "CFG-S1"}
"""Clauses that are violated as soon as it is seen, also by sources that could not decide them."""
DECIDE: dict[str, Decide] = {
    "EVS-1.1": precedence, "EVS-1.2": one_process,
    "EVS-1.3": sent_and_in_one_ring, "EVS-1.4": at_most_once,
    "EVS-2.1": last_configuration, "EVS-2.2": inside, "EVS-3": self_delivery, "EVS-4": moved_together,
    "EVS-5": causal, "EVS-6.1": precedence, "EVS-6.2": total_order, "EVS-6.3": no_gaps, "EVS-7.1": safe_reaches_all,
    "EVS-7.2": safe_means_installed, "RING-S2": numbers_grow, "RING-S3": one_formation, "CFG-S1": configurations,
    "RING-H1": prefixes, "PLUG-H1": recovery_first, "PLUG-H2": recovered_first,
    "PLUG-H3": counted_where_queued,
    "CLM-S1": lambda past, verdict: lookups(past, verdict, evt=False), "CLM-S2": members_are_known,
    "CLM-S3": one_table,
    "EVT-S1": lambda past, verdict: lookups(past, verdict, evt=True), "EVT-S2": one_leader,
    "EVT-S3": all_have_checked_in,
}  # fmt: skip
