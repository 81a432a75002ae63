"""Order: the deliveries of one message in a ring are one moment, the installs of one configuration are one moment.

There is a total order (EVS-6.2) if and only if nothing then comes before itself. Within a ring that is decided when the
ring is closed. A cycle through several rings needs a ring number that falls, or a message that is sent in a later ring
than it is delivered in. Only if there is such a thing, the whole history is put in order, with nothing forgotten.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from properties.history.findings import Findings
from properties.history.ring_history import RingHistory
from properties.history.views import Message, Sent, View

Moment = Hashable


class Edge(NamedTuple):
    """One moment comes before another: two events of one process show it."""

    first_at: int
    then_at: int


@dataclass
class Precedence:
    """Moments, and which come directly before which."""

    before_it: dict[Moment, dict[Moment, Edge]] = field(default_factory=dict[Moment, dict[Moment, Edge]])

    def add(self, first: Moment, then: Moment, edge: Edge) -> None:
        """One moment comes before another; of several witnesses the earliest is kept."""
        self.before_it.setdefault(first, {})
        known = self.before_it.setdefault(then, {})
        if first not in known or max(edge.first_at, edge.then_at) < max(known[first].first_at, known[first].then_at):
            known[first] = edge

    def before(self, these: Sequence[Message]) -> dict[Message, Message]:
        """All messages before any of these, each with the one of these that it was found behind."""
        found: dict[Moment, Message] = {}
        todo: list[tuple[Moment, Message]] = [(message, message) for message in these]
        while todo:
            moment, behind = todo.pop()
            for earlier in self.before_it.get(moment, ()):
                if earlier not in found:
                    found[earlier] = behind
                    todo.append((earlier, behind))
        return {moment: behind for moment, behind in found.items() if isinstance(moment, Message)}

    def circular(self) -> dict[Moment, int]:
        """The moments that cannot be put into an order, and what lies behind them: what each still waits for."""
        waits = {moment: len(earlier) for moment, earlier in self.before_it.items()}
        after: dict[Moment, list[Moment]] = {}
        for moment, earlier in self.before_it.items():
            for one in earlier:
                after.setdefault(one, []).append(moment)
        ready = [moment for moment, count in waits.items() if not count]
        while ready:
            moment = ready.pop()
            del waits[moment]
            for later in after.get(moment, ()):
                waits[later] -= 1
                if not waits[later]:
                    ready.append(later)
        return waits

    def cycle(self) -> list[Edge] | None:
        """A short cycle, if there is one, as the edges around it."""
        left = self.circular()
        found = [self._back_to(start, left) for start in self._starts(left)]
        return min(found, key=lambda edges: (len(edges), [edge.first_at for edge in edges])) if found else None

    def _starts(self, left: dict[Moment, int], most: int = 40) -> Iterator[Moment]:
        """Moments on cycles: going back from anywhere in `left` without end leads into one."""
        seen: set[Moment] = set()
        for moment in left:
            trail: list[Moment] = []
            on_trail: set[Moment] = set()
            while moment not in on_trail and moment not in seen:
                trail.append(moment)
                on_trail.add(moment)
                moment = next(one for one in self.before_it[moment] if one in left)
            if moment in on_trail:
                yield moment
                most -= 1
            seen |= on_trail
            if not most:
                return

    def _back_to(self, start: Moment, left: dict[Moment, int]) -> list[Edge]:
        """The shortest way back from a moment on a cycle to itself."""
        came: dict[Moment, Moment] = {}
        layer = [start]
        while start not in came:
            reached: list[Moment] = []
            for moment in layer:
                for earlier in self.before_it[moment]:
                    if earlier in left and earlier not in came:
                        came[earlier] = moment
                        reached.append(earlier)
            layer = reached
        edges: list[Edge] = []
        moment = start
        while not edges or moment != start:
            edges.append(self.before_it[came[moment]][moment])
            moment = came[moment]
        return edges


def _moments(view: View, start: int, stop: int) -> Iterator[tuple[Moment, int]]:
    """What happens in a view from a delivery to before another: deliveries and the transitional configuration."""
    leaves = view.transition.index if view.transition else -1
    for i in range(start, stop):
        if leaves == i and view.transition:
            yield view.departure, view.transition.at
        yield view.sequence[i], view.places[i]
    if leaves == stop == len(view.sequence) and view.transition:
        yield view.departure, view.transition.at


def precedence_in(ring: RingHistory) -> Precedence:
    """What comes before what by the deliveries in one ring, in its middle and to where all agree again."""
    precedence = Precedence()
    bounds = {id(view): ring.line.bounds(view) for view in ring.views}
    for view in ring.views:
        last: tuple[Moment, int] | None = None
        start, stop = bounds[id(view)]
        for moment, at in _moments(view, start, min(stop + 1, len(view.sequence))):
            if last:
                precedence.add(last[0], moment, Edge(last[1], at))
            else:
                precedence.before_it.setdefault(moment, {})
            last = moment, at
    for view in ring.views:
        start, stop = bounds[id(view)]
        for sent in view.sends:
            last = last_before(view, sent) if start <= sent.index <= stop else None
            if last and sent.message in precedence.before_it:
                precedence.add(last[0], sent.message, Edge(last[1], sent.at))
    return precedence


def last_before(view: View, sent: Sent) -> tuple[Moment, int] | None:
    """The last moment of its view before a send."""
    if view.transition and view.transition.index == sent.index and view.transition.at < sent.at:
        return view.departure, view.transition.at
    return (view.sequence[sent.index - 1], view.places[sent.index - 1]) if sent.index else None


def one_moment(ring: RingHistory, findings: Findings) -> None:
    """EVS-6.2, in one ring: what is delivered at several members is in one order."""
    findings.met["EVS-6.2"] += len({view.name for view in ring.views}) > 1
    if not ring.agreed and (cycle := precedence_in(ring).cycle()):
        _report(findings, ("EVS-6.2",), cycle, ring.views)


def sent_before_delivered(ring: RingHistory, findings: Findings) -> None:
    """EVS-1.1 and 6.1, in one ring; and how often a send is seen to precede a delivery."""
    if not ring.agreed:
        _precedes([(view, *ring.line.bounds(view)) for view in ring.views], findings)
    for message in ring.messages:
        if message.sends:
            findings.met["EVS-1.1"] += 1
            findings.met["EVS-6.1"] += 1
            return


def whole_order(lives: Sequence[Sequence[View]], findings: Findings) -> None:
    """EVS-6.2 over the whole history: `lives` are the views of each incarnation, in order."""
    precedence = Precedence()
    for life in lives:
        last: tuple[Moment, int] | None = None
        for view in life:
            for moment, at in itertools.chain([(view.ring.id, view.at)], _placed(view)):
                if last:
                    precedence.add(last[0], moment, Edge(last[1], at))
                last = moment, at
    delivered: dict[Message, set[Moment]] = {}
    for view in itertools.chain.from_iterable(lives):
        for message in view.sequence:
            delivered.setdefault(message, set()).add((message, view.ring.id))
    for view in itertools.chain.from_iterable(lives):
        for sent in view.sends:
            moment, at = last_before(view, sent) or (view.ring.id, view.at)
            first = (moment, view.ring.id) if isinstance(moment, Message) else moment
            for delivery in delivered.get(sent.message, ()):
                precedence.add(first, delivery, Edge(at, sent.at))
    if cycle := precedence.cycle():
        _report(findings, ("EVS-6.2",), cycle, itertools.chain.from_iterable(lives))


def _placed(view: View) -> Iterator[tuple[Moment, int]]:
    """Moments of a view, the delivery of a message being another moment in another ring."""
    for moment, at in _moments(view, 0, len(view.sequence)):
        yield ((moment, view.ring.id) if isinstance(moment, Message) else moment), at


def whole_precedence(lives: Sequence[Sequence[View]], findings: Findings) -> None:
    """EVS-1.1, and so 6.1, over the whole history: `lives` are the views of each incarnation, in order."""
    precedence = Precedence()
    for life in lives:
        sends = [sent for view in life for sent in view.sends]
        taken = [one for view in life for one in zip(view.places, view.sequence, strict=True)]
        _follow(precedence, sends, taken)
    _report_circle(precedence, findings, itertools.chain.from_iterable(lives))


def _precedes(parts: Sequence[tuple[View, int, int]], findings: Findings) -> None:
    """The same in parts of views, from a delivery to before another."""
    precedence = Precedence()
    for view, start, stop in parts:
        sends = [sent for sent in view.sends if start <= sent.index <= stop]
        taken = list(zip(view.places[start:stop], view.sequence[start:stop], strict=True))
        _follow(precedence, sends, taken)
    _report_circle(precedence, findings, [view for view, _, _ in parts])


def _follow(precedence: Precedence, sends: Sequence[Sent], taken: Sequence[tuple[int, Message]]) -> None:
    """No event precedes itself, by a process's own order and from sends to deliveries."""
    own = sorted(sends, key=lambda sent: sent.at)
    for one, then in itertools.pairwise(own):
        precedence.add(one, then, Edge(one.at, then.at))
    next_send = iter(own)
    then = next(next_send, None)
    for at, message in taken:
        while then and then.at < at:
            then = next(next_send, None)
        if then is None:
            break
        for sent in message.sends:
            precedence.add(sent, then, Edge(at, then.at))


def _report_circle(precedence: Precedence, findings: Findings, views: Iterable[View]) -> None:
    if cycle := precedence.cycle():
        _report(findings, ("EVS-1.1", "EVS-6.1"), cycle, views)


MOST_TOLD = 3
"""So many steps of a circle are in the sentence; all are among its events."""


def _report(findings: Findings, claims: Sequence[str], cycle: Sequence[Edge], views: Iterable[View]) -> None:
    events = [at for edge in cycle for at in (edge.first_at, edge.then_at)]
    told = _told(views, frozenset(events))
    steps = [f"{told[edge.first_at]} before {told[edge.then_at]}" for edge in cycle]
    more = f", and {len(steps) - MOST_TOLD:,} more" if len(steps) > MOST_TOLD else ""
    for claim in claims:
        findings.violated(claim, f"in a circle {', and '.join(steps[:MOST_TOLD])}{more}", *events)


def _told(views: Iterable[View], wanted: frozenset[int]) -> dict[int, str]:
    """Events of views in words, by their places."""
    found: dict[int, str] = {}
    for view in views:
        if view.at in wanted:
            found[view.at] = f"{view.name} installs {view.ring}"
        if view.transition and view.transition.at in wanted:
            found[view.transition.at] = f"{view.name} leaves {view.ring}"
        at_deliveries = (pair for pair in zip(view.places, view.sequence, strict=True) if pair[0] in wanted)
        found |= {at: f"{view.name} delivers {message.id}" for at, message in at_deliveries}
        found |= {sent.at: f"{view.name} sends {sent.message.id}" for sent in view.sends if sent.at in wanted}
    return found
