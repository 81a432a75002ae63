"""EVS 1.1 to 7.2 once more, predicate by predicate, from the clauses. Each yields what its instances are."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable

import networkx as nx
from clauses_record import BROKEN, MET, PENDING, UNSEEN, Outcomes, Record, Ring, Stay

from properties.history.events import Configuration, Crash, Deliver, Group, Originate, Queue


def precedence(r: Record) -> Outcomes:
    """1.1, 6.1: each process's order, and sends before deliveries, go round in no circle."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    for life in r.lives:
        graph.add_edges_from(itertools.pairwise(at for at, _ in life.events))
    for stay in r.stays:
        for at, event in stay.deliveries:
            sends = r.sends(event.message)
            graph.add_edges_from((send, at) for send in sends)
            if sends:
                yield MET
    if not nx.is_directed_acyclic_graph(graph):
        yield BROKEN


def one_process(r: Record) -> Outcomes:
    """1.2: a count that grows, and nothing after a crash."""
    for life in r.lives:
        yield MET
        for (_, one), (_, then) in itertools.combinations(life.events, 2):
            if then.seq <= one.seq or isinstance(one, Crash):
                yield BROKEN


def delivered_if_sent(r: Record) -> Outcomes:
    """1.3: what is delivered in a ring was sent in it, by a member."""
    for ring in r.rings:
        for message in r.delivered_in(ring):
            yield from _origin(r, ring, message)


def _origin(r: Record, ring: Ring, message: str) -> Outcomes:
    said, sends, members = r.said_sender(message), r.sends(message), r.members(ring)
    senders = {r.events[at].process for at in sends}
    if said is not None and said not in members:
        yield BROKEN
    elif not sends:
        able = [said] if said is not None else list(members)
        if not any(r.is_hidden(ring, name) for name in able):
            yield BROKEN if all(r.is_silent(ring, name) for name in able) else PENDING
    elif said is not None and said not in senders:
        yield BROKEN
    elif r.basis is Originate:
        yield MET if r.sent_in(message, ring) else BROKEN
    elif any(_queued_for(r, ring, at) for at in sends):
        yield MET
    else:
        to_come = [name for name in senders & set(members) if not r.at_ring(ring, name)]
        yield BROKEN if all(r.gone_past(ring, name)[0] for name in to_come) else PENDING


def _queued_for(r: Record, ring: Ring, at: int) -> bool:
    """Whether a life queued it before it left the ring."""
    for stay in r.at_ring(ring):
        own = [i for i, _ in stay.life.events]
        inside = [i for i, _ in stay.events]
        if at in own and (at < stay.at or at in inside):
            return True
    return False


def in_one_ring_by_one_sender(r: Record) -> Outcomes:
    """What deliveries alone say of 1.3."""
    for message in r.messages:
        rings = {stay.ring for stay in r.stays if message in stay.delivered}
        if r.basis is not Originate and len(rings) > 1:
            yield BROKEN
        said = {e.sender for e in r.about(message) if isinstance(e, Deliver) and e.sender is not None}
        if len(said) > 1:
            yield BROKEN


def at_most_once(r: Record) -> Outcomes:
    """1.4: one origin, and no process delivers twice, in whatever life."""
    for message in r.messages:
        takers = [event.process for event in r.about(message) if isinstance(event, Deliver)]
        sends = r.sends(message)
        if takers or sends:
            yield MET
        if len(sends) > 1 or len(set(takers)) < len(takers):
            yield BROKEN


def no_stale_last_configuration(r: Record) -> Outcomes:
    """2.1."""
    last = {stay.name: stay for stay in r.stays if stay.life.is_last and not stay.life.crashed}
    where = {name: (stay.ring, stay.transition and _named(stay.transition[1])) for name, stay in last.items()}
    for name, stay in last.items():
        if not r.is_listed(name):
            continue
        members = stay.transition[1].members if stay.transition else stay.told.members
        yield MET if r.is_quiet else PENDING
        if r.is_quiet and any(where.get(other) != where[name] for other in members if other in r.names):
            yield BROKEN


def _named(told: Configuration) -> object:
    return told.ring if told.ring[0] else None, frozenset(told.members)


def inside_its_configuration(r: Record) -> Outcomes:
    """2.2."""
    for life in r.lives:
        mine = [stay for stay in r.stays if stay.life is life]
        if len({stay.ring for stay in mine}) < len(mine):
            yield BROKEN
        for at, event in life.events:
            if isinstance(event, Configuration):
                yield MET
                yield from _lists_it(r, event)
            elif isinstance(event, Originate | Deliver) and "regular" in r.observes:
                stay = r.stay_at(at)
                if stay is None or event.ring not in (None, stay.ring):
                    yield BROKEN
            elif isinstance(event, Crash) and (stay := r.stay_at(at)) and event.ring not in (None, stay.ring):
                yield BROKEN
    for stay in r.stays:
        told = stay.of(Configuration)
        if any(event.out_of not in (None, stay.ring) for _, event in told):
            yield BROKEN
        if stay.tells_transitional and any(_named(event) == _named(told[0][1]) for _, event in told[1:]):
            yield BROKEN


def _lists_it(r: Record, event: Configuration) -> Outcomes:
    if event.process not in event.members and r.is_listed(event.process):
        yield BROKEN
    if len(set(event.members)) < len(event.members):
        yield BROKEN


def self_delivery(r: Record) -> Outcomes:
    """3: by queueing, of what is delivered in the ring by anyone."""
    for stay in r.stays:
        for at, message in _sent(r, stay):
            if message in stay.delivered:
                yield MET
            elif stay.crashed or (r.grouped and not _stays_in_group(r, stay, at)):
                continue
            else:
                yield BROKEN if stay.over else PENDING


def _sent(r: Record, stay: Stay) -> list[tuple[int, str]]:
    if r.basis is Originate:
        return [(at, event.message) for at, event in stay.of(Originate)]
    here = r.delivered_in(stay.ring)
    inside = {at for at, _ in stay.events}
    own = [(at, e.message) for at, e in stay.life.events if isinstance(e, Queue) and (at < stay.at or at in inside)]
    return [(at, message) for at, message in own if message in here]


def _stays_in_group(r: Record, stay: Stay, at: int) -> bool:
    since = max(at, stay.at)
    told = [r.group(stay.life, since)]
    told += [frozenset(event.members) for i, event in stay.of(Group) if i > since]
    return all(stay.identity in group for group in told)


def failure_atomicity(r: Record) -> Outcomes:
    """4: whose next configuration is the same delivered the same, be it transitional or a ring that both go to."""
    for ring in r.rings:
        for p, q in r.pairs(ring):
            if p.transition and q.transition and p.departure and p.departure == q.departure:
                yield MET
                if _differ(r, p, q, p.regular, q.regular):
                    yield BROKEN
            if _direct(p) is not None and _direct(p) == _direct(q):
                yield MET
                if _differ(r, p, q, p.delivered, q.delivered):
                    yield BROKEN


def _direct(stay: Stay) -> Ring | None:
    return stay.next.ring if stay.left and stay.next and not stay.next.told.bootstrap else None


def _differ(r: Record, p: Stay, q: Stay, mine: Iterable[str], theirs: Iterable[str]) -> bool:
    return any(r.hears(p, m) and r.hears(q, m) for m in set(mine) ^ set(theirs))


def causal_delivery(r: Record) -> Outcomes:
    """5: within one ring."""
    for ring in r.rings:
        causes: nx.DiGraph[str] = nx.DiGraph()
        home = {m: next(stay.ring for stay in _takers(r, m)) for m in r.delivered_in(ring)}
        for stay in r.at_ring(ring):
            for at, sent in stay.of(r.basis) if r.basis else ():
                if r.basis is Queue and home.get(sent.message) != ring:
                    continue
                before: list[str] = [e.message for i, e in stay.deliveries if i < at]
                if r.basis is Originate:
                    before += [e.message for i, e in stay.of(Originate) if i < at]
                causes.add_edges_from((m, sent.message) for m in before if m != sent.message)
        closure = nx.transitive_closure(causes)
        for stay in r.at_ring(ring):
            yield from _caused(r, stay, closure)


def _takers(r: Record, message: str) -> list[Stay]:
    """The stays that deliver it, the first delivery first."""
    found = [(at, stay) for stay in r.stays for at, event in stay.deliveries if event.message == message]
    return [stay for _, stay in sorted(found, key=lambda one: one[0])]


def _caused(r: Record, stay: Stay, causes: nx.Graph[str]) -> Outcomes:
    order = stay.delivered
    for cause, effect in causes.edges:
        if cause == effect or effect not in order or (stay.told.attached and not r.grouped):
            continue
        if cause not in order and not r.hears(stay, cause):
            continue
        yield MET
        if cause not in order or order.index(cause) >= order.index(effect):
            yield BROKEN


def one_moment(r: Record) -> Outcomes:
    """6.2: with the deliveries of a message in a ring as one node, and the installs of a configuration, no circle."""
    node: dict[int, Hashable] = {at: at for at in range(len(r.events))}
    for stay in r.stays:
        node[stay.at] = stay.ring
        node |= {at: (event.message, stay.ring) for at, event in stay.deliveries}
        if stay.transition:
            node[stay.transition[0]] = (stay.ring, stay.departure or stay.identity)
        if len({other.name for other in r.at_ring(stay.ring)}) > 1:
            yield MET
    graph: nx.DiGraph[Hashable] = nx.DiGraph()
    for life in r.lives:
        graph.add_edges_from((node[a], node[b]) for (a, _), (b, _) in itertools.pairwise(life.events))
    for stay in r.stays:
        for at, event in stay.deliveries:
            graph.add_edges_from((send, node[at]) for send in r.sends(event.message))
    if not nx.is_directed_acyclic_graph(graph):
        yield BROKEN


def no_gaps(r: Record) -> Outcomes:
    """6.3: a message before another is delivered, too, unless its sender is gone."""
    for ring in r.rings:
        stays = r.at_ring(ring)
        for stay in stays:
            if any(m in other.delivered for m in stay.delivered[1:] for other in stays if other is not stay):
                yield MET
        before = nx.transitive_closure(_order_in(r, ring))
        for stay in stays:
            if r.grouped or not stay.told.attached:
                yield from _gaps(r, stay, before)


def _order_in(r: Record, ring: Ring) -> nx.DiGraph[Hashable]:
    """What comes before what in a ring: by what members do one after the other."""
    graph: nx.DiGraph[Hashable] = nx.DiGraph()
    for stay in r.at_ring(ring):
        moments: list[Hashable] = []
        for at, event in stay.events:
            if isinstance(event, Deliver):
                moments.append(event.message)
            elif stay.transition and at == stay.transition[0]:
                moments.append(("transitional", stay.departure or stay.identity))
            elif r.basis and isinstance(event, r.basis):
                moments.append(("sending", at))
                graph.add_edge(("sending", at), event.message)
        graph.add_nodes_from(moments)
        graph.add_edges_from(itertools.pairwise(moments))
    return graph


def _gaps(r: Record, stay: Stay, before: nx.Graph[Hashable]) -> Outcomes:
    for at, event in stay.deliveries:
        transition = None if stay.is_regular(at) else stay.transition
        present = frozenset(transition[1].members) if transition else stay.members
        for missing in set(r.delivered_in(stay.ring)) - set(stay.delivered):
            sender = r.sender(missing)
            if sender not in present or not before.has_edge(missing, event.message) or not r.hears(stay, missing):
                continue
            if r.knows_regular(stay) or sender in (stay.survivors or ()):
                yield BROKEN if stay.over else PENDING
            elif stay.over:
                yield UNSEEN


def safe_reaches_all(r: Record) -> Outcomes:
    """7.1."""
    for stay in r.stays:
        for at, event in stay.deliveries:
            if r.is_safe(event.message):
                yield MET
                transition = None if stay.is_regular(at) else stay.transition
                for name in transition[1].members if transition else stay.told.members:
                    if name in r.names:
                        yield from _reaches(r, stay.ring, event.message, name)


def _reaches(r: Record, ring: Ring, message: str, name: str) -> Outcomes:
    stays = r.at_ring(ring, name)
    if any(message in stay.delivered or stay.crashed or not r.hears(stay, message) for stay in stays):
        return
    past, crashed = r.gone_past(ring, name)
    if stays:
        yield BROKEN if all(stay.over for stay in stays) else PENDING
    elif not past:
        yield PENDING
    elif not crashed and (not r.grouped or name in _audience(r, ring, message)):
        yield BROKEN


def _audience(r: Record, ring: Ring, message: str) -> set[str]:
    told = [r.group(stay.life, at) for stay in r.at_ring(ring) for at, e in stay.deliveries if e.message == message]
    return {name for name, _ in frozenset.intersection(*told)}


def safe_means_installed(r: Record) -> Outcomes:
    """7.2."""
    for ring in r.rings:
        if not any(r.is_safe(message) for stay in r.at_ring(ring) for message in stay.regular):
            continue
        for name in r.members(ring):
            if name in r.names:
                past = r.gone_past(ring, name)[0]
                yield MET if r.at_ring(ring, name) else BROKEN if past else PENDING
