"""The clauses once more, straight from their predicates: pairs of events, closures, no care for cost.

It shares the event types with the judge and nothing else. `naive` gives each claim its verdict.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import networkx as nx

from properties.history.catalogue import HISTORY_CLAIMS
from properties.history.events import (
    Bit, Configuration, Crash, Deliver, End, Event, Facet, Gate, Group, Lookup, Message, Originate, Plug, Queue, Start,
    Sync, Table,
)  # fmt: skip


@dataclass(eq=False)
class Life:
    """An incarnation: its events by their places."""

    name: str
    number: int
    first: bool
    at: list[int] = field(default_factory=list[int])
    ended: str = "open"


@dataclass(eq=False)
class Stay:
    """From one regular configuration to the next."""

    life: Life
    install: int
    at: list[int]
    ending: str
    next: int | None

    @property
    def name(self) -> str:
        return self.life.name

    @property
    def who(self) -> tuple[str, int]:
        return self.life.name, self.life.number


class Past:
    """A history, looked at from all sides."""

    def __init__(self, events: Sequence[Event], observes: frozenset[Facet], names: Sequence[str]) -> None:
        self.events, self.observes, self.names = events, observes, names
        self.basis = Originate if "originate" in observes else Queue if "queue" in observes else None
        self.lives = list(self._lives())
        self.quiet = all(self._last_life(name) and self._last_life(name).ended in ("crash", "quiet") for name in names)  # pyright: ignore
        self.stays = [stay for life in self.lives for stay in self._stays(life)]
        self.verdicts = {id: Verdict() for id in HISTORY_CLAIMS}

    def _lives(self) -> Iterator[Life]:
        for name in self.names:
            life: Life | None = None
            for at, event in enumerate(self.events):
                if event.process != name:
                    continue
                if isinstance(event, Start):
                    if life:
                        yield life
                    life = Life(name, event.incarnation, life is None)
                assert life
                life.at.append(at)
                if isinstance(event, Crash):
                    life.ended = "crash"
                if isinstance(event, End) and life.ended != "crash":
                    life.ended = "quiet" if event.quiescent else "open"
            if life:
                yield life

    def _last_life(self, name: str) -> Life | None:
        return next((life for life in reversed(self.lives) if life.name == name), None)

    def _stays(self, life: Life) -> Iterator[Stay]:
        starts = [at for at in life.at if self.regular(at)]
        for at, after in itertools.zip_longest(starts, starts[1:]):
            inside = [i for i in life.at if i >= at and (after is None or i < after)]
            ending = "next" if after is not None else "open"
            if after is None and life.ended == "quiet" and self.quiet and life is self._last_life(life.name):
                ending = "quiet"
            if any(isinstance(self.events[i], Crash) for i in inside):
                ending = "crash"
            yield Stay(life, at, inside, ending, after)

    def conf(self, at: int) -> Configuration:
        event = self.events[at]
        assert isinstance(event, Configuration)
        return event

    def regular(self, at: int) -> bool:
        event = self.events[at]
        return isinstance(event, Configuration) and event.kind == "regular"

    def text(self, at: int) -> str:
        event = self.events[at]
        assert isinstance(event, Message)
        return event.message

    # Of a stay.

    def ring(self, stay: Stay):
        return self.conf(stay.install).ring

    def members(self, stay: Stay) -> tuple[str, ...]:
        return self.conf(stay.install).members

    def turn(self, stay: Stay) -> int | None:
        return next((i for i in stay.at if isinstance(self.events[i], Configuration) and not self.regular(i)), None)

    def deliveries(self, stay: Stay) -> list[int]:
        return [i for i in stay.at if isinstance(self.events[i], Deliver)]

    def regular_part(self, stay: Stay) -> list[int]:
        turn = self.turn(stay)
        return [i for i in self.deliveries(stay) if turn is None or i < turn]

    def delivered(self, stay: Stay) -> list[str]:
        return [self.text(i) for i in self.deliveries(stay)]

    def sends(self, stay: Stay) -> list[int]:
        return [i for i in stay.at if self.basis and isinstance(self.events[i], self.basis)]

    def follows(self, stay: Stay):
        """Ring and members of the transitional configuration after it."""
        turn = self.turn(stay)
        if turn is not None:
            return self.conf(turn).ring, frozenset(self.conf(turn).members)
        if stay.ending != "next" or stay.next is None:
            return None
        new = self.conf(stay.next)
        if "transitional" in self.observes:
            return new.ring, frozenset(new.members)
        if new.left is None or new.joined is None:
            return None
        return new.ring, frozenset(self.members(stay)) - set(new.left)

    def came(self, stay: Stay) -> frozenset[str] | None:
        before = next((s for s in self.stays if s.life is stay.life and s.next == stay.install), None)
        if before is None:
            return None
        new = self.conf(stay.install)
        turn = self.turn(before)
        if "transitional" in self.observes:
            return frozenset(self.conf(turn).members if turn is not None else new.members)
        if new.left is None or new.joined is None:
            return None
        return frozenset(self.members(before)) - set(new.left)

    # Of the whole.

    @cached_property
    def rings(self):
        return sorted({self.ring(stay) for stay in self.stays})

    def stays_in(self, ring: object) -> list[Stay]:
        return [stay for stay in self.stays if self.ring(stay) == ring]

    def first_install(self, ring: object) -> int:
        return min(stay.install for stay in self.stays_in(ring))

    def all_sends(self, message: str) -> list[int]:
        return [i for i, event in enumerate(self.events)
                if self.basis and isinstance(event, self.basis) and event.message == message]  # fmt: skip

    def all_deliveries(self, message: str) -> list[int]:
        return [i for i, e in enumerate(self.events) if isinstance(e, Deliver) and e.message == message]

    def stay_of(self, at: int) -> Stay | None:
        return next((stay for stay in self.stays if at in stay.at), None)

    def ring_of(self, at: int):
        stay = self.stay_of(at)
        return self.ring(stay) if stay else None

    def home(self, message: str):
        return next((self.ring_of(i) for i in self.all_deliveries(message) if self.ring_of(i)), None)

    def said(self, message: str) -> str | None:
        for i in self.all_deliveries(message):
            event = self.events[i]
            assert isinstance(event, Deliver)
            if event.sender is not None:
                return event.sender
        return None

    def sender(self, message: str) -> str | None:
        sends = self.all_sends(message)
        return self.events[sends[0]].process if sends else self.said(message)

    def is_recovery(self, message: str) -> bool:
        return any(isinstance(e, Message) and e.message == message and e.priority == "recovery" for e in self.events)

    def is_safe(self, message: str) -> bool:
        return any(isinstance(e, Message) and e.message == message and e.level == "safe" for e in self.events)

    def sent_in(self, message: str, ring: object) -> bool:
        sends = self.all_sends(message)
        return not sends or self.basis is not Originate or any(self.ring_of(i) == ring for i in sends)

    def view(self, stay: Stay, at: int) -> frozenset[tuple[str, int]]:
        told = [self.events[i] for i in stay.life.at if i < at and isinstance(self.events[i], Group)]
        last = told[-1] if told else None
        return frozenset(last.members) if isinstance(last, Group) else frozenset()

    def audience(self, ring: object, message: str) -> frozenset[tuple[str, int]] | None:
        views = [self.view(s, i) for s in self.stays_in(ring) for i in self.deliveries(s) if self.text(i) == message]
        return frozenset.intersection(*views) if views else None

    def hears(self, stay: Stay, message: str) -> bool:
        if "group" not in self.observes:
            return not self.conf(stay.install).attached
        audience = self.audience(self.ring(stay), message)
        return audience is not None and stay.who in audience

    def past(self, ring: tuple[str, int], name: str) -> tuple[bool, bool]:
        """Whether a process that has no stay in the ring will never have one; and whether it crashed on the way."""
        mine = [i for i, e in enumerate(self.events) if e.process == name]
        beyond = next((i for i in mine if self.regular(i) and self.conf(i).ring[1] >= ring[1]), None)
        if beyond is None:
            life = self._last_life(name)
            return self.quiet, life is not None and life.ended == "crash"
        since = max((i for i in mine if self.regular(i) and i < beyond), default=-1)
        restarts = {life.at[0] for life in self.lives if life.name == name and not life.first}
        return True, any(since < i < beyond and (i in restarts or isinstance(self.events[i], Crash)) for i in mine)


@dataclass
class Verdict:
    """What was found of a claim."""

    met: bool = False
    pending: bool = False
    unseen: bool = False
    violated: bool = False


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
            found.add_edges_from((node[i], node[j]) for j in past.all_deliveries(event.message) if past.stay_of(j))
    return found


def precedence(past: Past, verdict: Verdict) -> None:
    plain = graph(past, {i: i for i in range(len(past.events))})
    verdict.met = any(past.all_sends(past.text(i)) for s in past.stays for i in past.deliveries(s))
    verdict.violated = not nx.is_directed_acyclic_graph(plain)


def one_process(past: Past, verdict: Verdict) -> None:
    verdict.met = bool(past.lives)
    for life in past.lives:
        for a, b in itertools.combinations(life.at, 2):
            if past.events[b].seq <= past.events[a].seq or isinstance(past.events[a], Crash):
                verdict.violated = True


def delivered_if_sent(past: Past, verdict: Verdict) -> None:
    for stay in past.stays:
        ring = past.ring(stay)
        for message in past.delivered(stay):
            sends = past.all_sends(message)
            said = past.said(message)
            if not sends:
                _nobody_sent(past, ring, past.members(past.stays_in(ring)[0]), said, verdict)
            elif past.basis is Originate and not any(past.ring_of(i) == ring for i in sends):
                verdict.violated = True
            elif said is not None and all(past.events[i].process != said for i in sends):
                verdict.violated = True
            elif past.basis is Queue and all(
                past.events[i].process not in past.conf(past.first_install(ring)).members for i in sends
            ):
                verdict.violated = True
            else:
                verdict.met = True


def _nobody_sent(
    past: Past, ring: tuple[str, int], members: tuple[str, ...], said: str | None, verdict: Verdict
) -> None:
    members = past.conf(past.first_install(ring)).members
    senders = [said] if said is not None else list(members)
    if any(name not in past.names for name in senders):
        return
    for name in senders:
        mine = [s for s in past.stays_in(ring) if s.name == name]
        if any(s.ending == "open" for s in mine) or (not mine and not past.past(ring, name)[0]):
            verdict.pending = True
            return
    verdict.violated = True


def one_ring_one_sender(past: Past, verdict: Verdict) -> None:
    """What of EVS-1.3 can be seen from deliveries alone."""
    for message in {past.text(i) for s in past.stays for i in past.deliveries(s)}:
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
        stays = [stay for stay in past.stays if stay.life is life]
        if life and life.ended != "crash" and stays:
            turn = past.turn(stays[-1])
            last[name] = (past.ring(stays[-1]), past.follows(stays[-1]) if turn is not None else None)
            at[name] = past.conf(turn).members if turn is not None else past.members(stays[-1])
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
            stay = past.stay_of(i)
            if isinstance(event, Configuration):
                if event.kind == "regular":
                    verdict.violated |= event.ring in installed
                    installed.append(event.ring)
                    turned = []
                elif stay:
                    verdict.violated |= bool(turned) and turned[0] == (event.ring, set(event.members))
                    turned.append((event.ring, set(event.members)))
                verdict.met = True
                verdict.violated |= event.process not in event.members
            elif isinstance(event, Originate | Deliver) and "regular" in past.observes:
                verdict.met = True
                verdict.violated |= stay is None or event.ring not in (None, past.ring(stay))
            elif isinstance(event, Crash) and stay:
                verdict.met = True
                verdict.violated |= event.ring not in (None, past.ring(stay))


def self_delivery(past: Past, verdict: Verdict) -> None:
    for send in (i for i, e in enumerate(past.events) if past.basis and isinstance(e, past.basis)):
        message, own = past.text(send), past.stay_of(send)
        stays = [own] if past.basis is Originate else [
            s for s in past.stays if send in s.life.at and message in
            {m for o in past.stays_in(past.ring(s)) for m in past.delivered(o)} and (s is own or s.install > send)
        ]  # fmt: skip
        for stay in stays:
            if stay is None:
                continue
            if message in past.delivered(stay):
                verdict.met = True
            elif stay.ending == "crash" or ("group" in past.observes and not _stays_in_group(past, stay, send)):
                continue
            elif stay.ending == "open":
                verdict.pending = True
            else:
                verdict.violated = True


def _stays_in_group(past: Past, stay: Stay, send: int) -> bool:
    since = max(send, stay.install)
    views = [past.view(stay, since)] + [past.view(stay, i + 1) for i in stay.at if i > since]
    return all(stay.who in view for view in views)


def pairs(past: Past, ring: object) -> Iterable[tuple[Stay, Stay]]:
    stays = [s for s in past.stays_in(ring) if "group" in past.observes or not past.conf(s.install).attached]
    return itertools.combinations(stays, 2)


def moved_together(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        for p, q in pairs(past, ring):
            if past.follows(p) is None or past.follows(p) != past.follows(q):
                continue
            arrived = all(s.ending == "next" and past.conf(s.next).ring == past.follows(s)[0] for s in (p, q))  # pyright: ignore
            if past.turn(p) is not None and past.turn(q) is not None:
                _equal(past, p, q, past.regular_part(p), past.regular_part(q), verdict)
                if arrived:
                    rest = [[i for i in past.deliveries(s) if i not in past.regular_part(s)] for s in (p, q)]
                    _equal(past, p, q, *rest, verdict)
            elif arrived:
                _equal(past, p, q, past.deliveries(p), past.deliveries(q), verdict)
        for stay in past.stays_in(ring):
            if "transitional" not in past.observes and stay.ending == "next" and past.follows(stay) is None:
                verdict.unseen = True


def _equal(past: Past, p: Stay, q: Stay, mine: list[int], theirs: list[int], verdict: Verdict) -> None:
    verdict.met = True
    different = {past.text(i) for i in mine} ^ {past.text(i) for i in theirs}
    verdict.violated |= any(past.hears(p, m) and past.hears(q, m) for m in different)


def causal(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        causes = nx.DiGraph()
        for stay in past.stays_in(ring):
            for send in past.sends(stay):
                message = past.text(send)
                if past.basis is Queue and past.home(message) != ring:
                    continue
                before = [i for i in stay.at if i < send and isinstance(past.events[i], Deliver)]
                if past.basis is Originate:
                    before += [i for i in past.sends(stay) if i < send]
                causes.add_edges_from((past.text(i), message) for i in before if past.text(i) != message)
        closure = nx.transitive_closure(causes)
        for stay in past.stays_in(ring):
            order = past.delivered(stay)
            for m, then in closure.edges:
                if m == then or then not in order or ("group" not in past.observes and not past.hears(stay, m)):
                    continue
                if m not in order and not past.hears(stay, m):
                    continue
                verdict.met = True
                verdict.violated |= m not in order or order.index(m) >= order.index(then)


def total_order(past: Past, verdict: Verdict) -> None:
    node: dict[int, object] = {i: i for i in range(len(past.events))}
    for stay in past.stays:
        ring = past.ring(stay)
        node[stay.install] = ring
        node |= {i: (past.text(i), ring) for i in past.deliveries(stay)}
        turn = past.turn(stay)
        if turn is not None:
            node[turn] = (ring, past.follows(stay))
        if len({s.name for s in past.stays_in(ring)}) > 1:
            verdict.met = True
    found = graph(past, node)
    verdict.violated = not nx.is_directed_acyclic_graph(found) or any(a == b for a, b in found.edges)


def no_gaps(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        stays = past.stays_in(ring)
        node = {i: past.text(i) for s in stays for i in past.deliveries(s)}
        forced = nx.DiGraph()
        for stay in stays:
            turn = past.turn(stay)
            mine = [i for i in stay.at[1:]]
            name = {i: node.get(i, ("t", past.follows(stay)) if i == turn else i) for i in mine}
            forced.add_edges_from((name[a], name[b]) for a, b in itertools.pairwise(mine))
            forced.add_edges_from((i, past.text(i)) for i in past.sends(stay) if past.text(i) in node.values())
            later = past.delivered(stay)[1:]
            verdict.met |= any(m in past.delivered(o) for m in later for o in stays if o is not stay)
        for stay in stays:
            _gaps(past, stay, set(node.values()), forced, verdict)


def _gaps(past: Past, stay: Stay, messages: set[str], forced: nx.DiGraph, verdict: Verdict) -> None:
    have = past.delivered(stay)
    turn = past.turn(stay)
    follows = past.follows(stay)
    for at in past.deliveries(stay):
        transitional = turn is not None and at > turn
        members = past.conf(turn).members if transitional and turn is not None else past.members(stay)
        for m in messages - set(have):
            sender = past.sender(m)
            if sender not in members or not past.hears(stay, m) or not nx.has_path(forced, m, past.text(at)):
                continue
            hidden = "transitional" not in past.observes and stay.ending != "quiet"
            if hidden and not (follows and sender in follows[1]):
                verdict.unseen |= stay.ending != "open"
            elif stay.ending == "open":
                verdict.pending = True
            else:
                verdict.violated = True


def safe_reaches_all(past: Past, verdict: Verdict) -> None:
    for stay in past.stays:
        for i in past.deliveries(stay):
            message = past.text(i)
            if past.is_safe(message):
                verdict.met = True
                turn = past.turn(stay)
                members = past.conf(turn).members if turn is not None and i > turn else past.members(stay)
                for q in members:
                    _reaches(past, past.ring(stay), message, q, verdict)


def _reaches(past: Past, ring: tuple[str, int], message: str, q: str, verdict: Verdict) -> None:
    stays = [s for s in past.stays_in(ring) if s.name == q]
    if q not in past.names or any(message in past.delivered(s) or s.ending == "crash" for s in stays):
        return
    if any(not past.hears(s, message) for s in stays):
        return
    over, crashed = past.past(ring, q)
    if stays:
        verdict.pending |= any(s.ending == "open" for s in stays)
        verdict.violated |= all(s.ending != "open" for s in stays)
    elif not over:
        verdict.pending = True
    elif not crashed:
        audience = past.audience(ring, message) or frozenset()
        verdict.violated |= "group" not in past.observes or q in {name for name, _ in audience}


def safe_means_installed(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        stays = past.stays_in(ring)
        if not any(past.is_safe(past.text(i)) for s in stays for i in past.regular_part(s)):
            continue
        for q in past.conf(past.first_install(ring)).members:
            if q in past.names:
                over, _ = past.past(ring, q)
                has = any(s.name == q for s in stays)
                verdict.met |= has
                verdict.pending |= not has and not over
                verdict.violated |= not has and over


def numbers_grow(past: Past, verdict: Verdict) -> None:
    for name in past.names:
        mine = [i for i, e in enumerate(past.events) if e.process == name and past.regular(i)]
        for a, b in itertools.pairwise(mine):
            old, new = past.conf(a).ring, past.conf(b)
            if not (new.attached and new.ring == old):
                verdict.met = True
                verdict.violated |= new.ring[1] <= old[1]


def one_formation(past: Past, verdict: Verdict) -> None:
    for p, q in itertools.combinations(past.stays, 2):
        if past.ring(p) == past.ring(q):
            verdict.met |= p.name != q.name
            verdict.violated |= past.members(p) != past.members(q)
            later = max(p, q, key=lambda s: s.install)
            first = min(past.stays_in(past.ring(p)), key=lambda s: (s.name != p.name, s.install))
            if p.name == q.name and later.life is not first.life and not past.conf(later.install).attached:
                verdict.violated = True


def configurations(past: Past, verdict: Verdict) -> None:
    for stay in past.stays:
        old = set(past.members(stay))
        turns = [i for i in stay.at[1:] if isinstance(past.events[i], Configuration)]
        for i in turns:
            t = past.conf(i)
            verdict.violated |= stay.name not in t.members or not set(t.members) <= old
        verdict.violated |= len(turns) > 1
        if turns:
            t = past.conf(turns[0])
            verdict.violated |= t.left is not None and set(t.left) != old - set(t.members)
            verdict.violated |= bool(t.joined)
        if stay.next is not None:
            verdict.met = True
            _next(past, stay, old, turns, past.conf(stay.next), verdict)
    for p, q in itertools.product(past.stays, past.stays):
        if past.ring(p) == past.ring(q) and q.name in (past.came(p) or ()) and not past.conf(q.install).attached:
            before = [[s for s in past.stays if s.life is o.life and s.next == o.install] for o in (p, q)]
            if not before[1]:
                verdict.violated |= not q.life.first
            else:
                verdict.violated |= past.ring(before[0][0]) != past.ring(before[1][0])


def _next(past: Past, stay: Stay, old: set[str], turns: list[int], new: Configuration, verdict: Verdict) -> None:
    left, joined = (None if one is None else set(one) for one in (new.left, new.joined))
    if "transitional" not in past.observes:
        if left is not None and joined is not None:
            same = old - left == set(new.members) - joined
            verdict.violated |= not (left <= old and joined <= set(new.members) and same and stay.name in old - left)
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
    for stay in past.stays:
        ring = past.ring(stay)
        early = {past.text(i) for s in past.stays_in(ring) for i in s.at if isinstance(past.events[i], Queue)
                 and past.is_recovery(past.text(i)) and not any(isinstance(past.events[j], Bit) for j in s.at if j < i)}  # fmt: skip
        order = past.delivered(stay)
        for a, b in itertools.permutations(range(len(order)), 2):
            x, y = order[a], order[b]
            if x in early and not past.is_recovery(y) and past.sent_in(y, ring):
                verdict.met = True
                verdict.violated |= b < a and past.sent_in(x, ring)


def recovered_first(past: Past, verdict: Verdict) -> None:
    for stay in past.stays:
        ring = past.ring(stay)
        for at in past.deliveries(stay):
            message = past.text(at)
            if past.is_recovery(message) or not past.sent_in(message, ring) or past.conf(stay.install).attached:
                continue
            if "plug" in past.observes:
                verdict.met |= _unplugged(past, stay, at)
                verdict.violated |= not _unplugged(past, stay, at)
                continue
            phases = [past.events[i] for i in stay.at if i < at and isinstance(past.events[i], Sync)]
            over = [s for s in phases if isinstance(s, Sync) and s.phase in ("barrier", "complete") and not s.service]
            later = [e for i in stay.at if i > at and isinstance(e := past.events[i], Sync)]
            if over:
                verdict.met = True
            elif not any(s.phase == "start" for s in phases if isinstance(s, Sync)) and any(
                s.phase == "start" for s in later
            ):
                verdict.violated = True
            else:
                verdict.unseen = True
            break


def _unplugged(past: Past, stay: Stay, at: int) -> bool:
    """Whether at some moment between the install and `at` no handle registered at the install was plugged."""
    handles: set[str] = set()
    for i in stay.life.at:
        event = past.events[i]
        if i < stay.install and isinstance(event, Plug) and event.call != "unplug":
            (handles.add if event.call == "create" else handles.discard)(event.handle)
    out = {e.handle for i in stay.at if i < at and isinstance(e := past.events[i], Plug) and e.call != "create"}
    return handles <= out


def lookups(past: Past, verdict: Verdict, *, evt: bool) -> None:
    for stay in past.stays:
        for i in stay.at:
            event = past.events[i]
            if not isinstance(event, Lookup) or event.message not in past.delivered(stay):
                continue
            m = event.message
            normal = not past.is_recovery(m) and event.of in past.members(stay) and past.sent_in(m, past.ring(stay))
            if event.service == "evt" and event.of == past.sender(m) if evt else normal:
                verdict.met |= event.found
                verdict.violated |= not event.found


def one_table(past: Past, verdict: Verdict) -> None:
    for ring in past.rings:
        told: dict[tuple[str | None, str], list[object]] = {}
        for stay in past.stays_in(ring):
            quiet = [stay.at[-1]] if stay.ending == "quiet" and past.turn(stay) is None else []
            for at in [*past.regular_part(stay), *quiet]:
                if not _opened(past, stay, at):
                    continue
                event = past.events[at]
                for service, (keys, content) in _tables(past, stay, at).items():
                    verdict.met = True
                    verdict.violated |= not keys <= set(past.members(stay))
                    position = event.message if isinstance(event, Deliver) else None
                    told.setdefault((position, service), []).append((keys, content))
        verdict.violated |= any(one != other for told_ in told.values() for one in told_ for other in told_)


def _opened(past: Past, stay: Stay, at: int) -> bool:
    is_open = False
    for i in stay.at:
        event = past.events[i]
        if isinstance(event, Gate):
            is_open = event.open and (is_open or i < at)
        elif isinstance(event, Sync) and event.phase == "complete":
            is_open = is_open or i < at
        elif isinstance(event, Sync) and event.phase == "abort":
            is_open = False
    return is_open


def _tables(past: Past, stay: Stay, at: int) -> dict[str, tuple[set[str], object]]:
    found: dict[str, tuple[set[str], object]] = {}
    for i in stay.life.at:
        event = past.events[i]
        if i < at and isinstance(event, Table):
            found[event.service] = (set(event.keys), event.digest)
        elif i < at and isinstance(event, Group):
            found["group"] = ({name for name, _ in event.members}, frozenset(event.members))
    return found


def both(*decide):  # noqa: ANN002, ANN201
    def all_(past: Past, verdict: Verdict) -> None:
        for one in decide:
            one(past, verdict)

    return all_


def _if_observable(id: str, decide):  # noqa: ANN001, ANN202
    def maybe(past: Past, verdict: Verdict) -> None:
        if HISTORY_CLAIMS[id].missing(past.observes) is None:
            decide(past, verdict)

    return maybe


SOUND_WITHOUT = {"EVS-1.2", "EVS-1.3", "EVS-1.4", "EVS-2.2", "RING-S2", "RING-S3", "CFG-S1"}
"""Clauses that are violated as soon as it is seen, also by sources that could not decide them."""
DECIDE = {
    "EVS-1.1": precedence, "EVS-1.2": one_process,
    "EVS-1.3": both(_if_observable("EVS-1.3", delivered_if_sent), one_ring_one_sender), "EVS-1.4": at_most_once,
    "EVS-2.1": last_configuration, "EVS-2.2": inside, "EVS-3": self_delivery, "EVS-4": moved_together,
    "EVS-5": causal, "EVS-6.1": precedence, "EVS-6.2": total_order, "EVS-6.3": no_gaps, "EVS-7.1": safe_reaches_all,
    "EVS-7.2": safe_means_installed, "RING-S2": numbers_grow, "RING-S3": one_formation, "CFG-S1": configurations,
    "RING-H1": prefixes, "PLUG-H1": recovery_first, "PLUG-H2": recovered_first,
    "CLM-S1": lambda past, verdict: lookups(past, verdict, evt=False), "CLM-S3": one_table,
    "EVT-S1": lambda past, verdict: lookups(past, verdict, evt=True),
}  # fmt: skip
