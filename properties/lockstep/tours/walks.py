"""Walks that take every class of transitions, for an implementation that is only called: it cannot be copied.

A walk begins at the initial state, and goes to the nearest transition of a class that no walk has taken yet, again and
again, until there is none. A visit is one call with what is originated in it, so what is sent later in a turn has no
walk; nor has what concerns nobody. Only scopes of one ring are walked: a second one takes minutes, and directed cases
and random episodes have changes of the ring.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from model.language.ground import Step
from properties.catalogue.scopes import NamedScope
from properties.lockstep.abstraction import SENDS, TURNS, event_of, message_before
from properties.lockstep.divergence import DivergedError, Divergence
from properties.lockstep.follower import Follower
from properties.lockstep.implementation import Starts
from properties.lockstep.tours.transitions import Transitions

SCOPE = NamedScope(2, 1, 1)
LONGEST = 120
"""A walk of so many calls ends."""


@dataclass(frozen=True)
class Leg:
    """One call: a step of the machine, and what is sent in it; the classes that it takes, and where it leads."""

    step: Step
    sends: str | None
    classes: tuple[int, ...]
    target: int


@dataclass(frozen=True)
class Walk:
    """Legs from the initial state on."""

    graph: Transitions
    legs: tuple[Leg, ...]

    def take(self, start: Starts) -> Divergence | None:
        """Take it with an implementation; where the two part, if they do."""
        try:
            follower = Follower(self.graph.machine, start, _handles(self.graph))
            for leg in self.legs:
                for event in message_before(leg.step.arguments.get("p", -1), leg.sends):
                    follower.take(event)
                event = event_of(follower.cluster, leg.step, leg.sends)
                follower.take(event, leg.sends or leg.step.action.name)
                if follower.state != self.graph.state(leg.target):
                    raise follower.execution.diverged(event, leg.step.action.name, "the machine goes elsewhere")
        except DivergedError as error:
            return error.divergence
        return None


@dataclass
class Walks:
    """The walks of a graph, and which classes they take."""

    graph: Transitions
    taken: set[int] = field(default_factory=set[int])
    legs_of: dict[int, list[Leg]] = field(default_factory=dict[int, list[Leg]])
    """From the states that were looked at."""

    def __iter__(self) -> Iterator[Walk]:
        """Each takes a class that those before it have not."""
        while legs := self._walk():
            yield Walk(self.graph, tuple(legs))

    def _walk(self) -> list[Leg]:
        state, legs = 0, list[Leg]()
        while len(legs) < LONGEST and (way := self._way(state)):
            legs += way
            state = way[-1].target
            self.taken.update(number for leg in way for number in leg.classes)
        return legs

    def _way(self, state: int) -> list[Leg]:
        """The shortest way to a class that is not taken, with the leg that takes it; empty if there is none."""
        came: dict[int, tuple[int, Leg]] = {}
        waiting, seen = deque([state]), {state}
        while waiting:
            here = waiting.popleft()
            for leg in self._legs(here):
                if not self.taken.issuperset(leg.classes):
                    return [*_back(came, here), leg]
                if leg.target not in seen:
                    seen.add(leg.target)
                    came[leg.target] = here, leg
                    waiting.append(leg.target)
        return []

    def _legs(self, state: int) -> list[Leg]:
        if state not in self.legs_of:
            self.legs_of[state] = list(self._from(state))
        return self.legs_of[state]

    def _from(self, state: int) -> Iterator[Leg]:
        for edge in self._edges(state):
            step = self._step(edge)
            if step.action.name in SENDS or self._is_for_nobody(state, step):
                continue
            target, number = int(self.graph.target[edge]), int(self.graph.class_of[edge])
            yield Leg(step, None, (number,), target)
            if step.action.name in TURNS:
                yield from self._turns(step, number, target)

    def _turns(self, step: Step, number: int, state: int) -> Iterator[Leg]:
        """The visit with each thing that may be sent in it."""
        for edge in self._edges(state):
            send = self._step(edge)
            if send.action.name in SENDS and send.arguments.get("p") == step.arguments["p"]:
                classes = number, int(self.graph.class_of[edge])
                yield Leg(step, send.action.name, classes, int(self.graph.target[edge]))

    def _edges(self, state: int) -> range:
        return range(int(self.graph.first[state]), int(self.graph.first[state + 1]))

    def _step(self, edge: int) -> Step:
        return self.graph.steps[int(self.graph.step[edge])]

    def _is_for_nobody(self, state: int, step: Step) -> bool:
        """Whether it is a call or a token at a processor that is down."""
        down = int(self.graph.fields[self.graph.ground.slots["down", ()], state])
        return step.action.name in ("unplug", "destroy", "reject") and bool(down >> step.arguments["p"] & 1)


def _back(came: dict[int, tuple[int, Leg]], state: int) -> list[Leg]:
    legs = list[Leg]()
    while state in came:
        state, leg = came[state]
        legs.append(leg)
    return legs[::-1]


def _handles(graph: Transitions) -> int:
    return 1 + max(step.arguments.get("h", 0) for step in graph.steps)
