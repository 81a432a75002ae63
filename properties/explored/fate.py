"""Whether a violation can still be avoided, and how far off it is: decided backwards over all reachable states.

A violation is *lost to* in a state if every way on meets it: no run by steps that change something goes on for ever, or
to where nothing changes any more, without it. Its distance is the fewest steps to it. Both are of the scope that was
searched, in which everything may happen that its machine allows: what the adversary and the services do, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.language.ground import Bitmaps, Step
from model.language.machine import Kind
from properties.catalogue.claim import Reach
from properties.catalogue.probe import Probe
from properties.explicit.columns import Columns, Mask
from properties.explicit.liveness import lost_states
from properties.explicit.numbering import Ids
from properties.explicit.search import Search, everywhere

NEVER = -1
"""The distance to what cannot be reached."""
_FAR = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Fates:
    """By the number of a state: the distance to a violation, and whether every way on meets one."""

    search: Search
    distance: NDArray[np.int32]
    lost: Mask

    def of(self, state: Bitmaps) -> tuple[int, bool]:
        """The distance from a state of the scope, and whether it is lost."""
        number = self.search.number_of(state)
        return int(self.distance[number]), bool(self.lost[number])


@dataclass(frozen=True)
class _Graph:
    """The steps that change something, by the states before and after, and which of them violate."""

    before: Ids
    after: Ids
    violates: Mask


def fates(search: Search, probes: Sequence[Probe], reach: Reach | None = None) -> Fates:
    """On a finished search: the fate of every state, where a violation is what these probes look for.

    With `reach`, a state from which its goal is out of reach is a violation, too.
    """
    graph = _graph(search, probes)
    bad, by_a_step = _violating(search, probes)
    if reach:
        bad[lost_states(search, reach)] = True
    return Fates(search, _distances(graph, bad, by_a_step), _lost(graph, bad))


def _of_steps(probes: Sequence[Probe], step: Step) -> list[Probe]:
    """The probes that a step of this action may show."""
    return [one for one in probes if one.at == step.action.name and not one.refused]


def _graph(search: Search, probes: Sequence[Probe]) -> _Graph:
    before, after, violates = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)], [np.zeros(0, np.bool_)]
    for first, block in search.blocks():
        columns = Columns(search.ground, search.packing.unpack(block))
        for step, rows, words in search.successors(block, search.ground.steps):
            shown = _shown(columns, probes, step, len(block[0]))
            before.append((rows + first).astype(np.uint32))
            after.append(search.index.numbers(words))
            violates.append(shown[rows])
    return _Graph(np.concatenate(before), np.concatenate(after), np.concatenate(violates))


def _shown(columns: Columns, probes: Sequence[Probe], step: Step, count: int) -> Mask:
    """Where the step, if it is taken, is what a probe looks for."""
    shown = np.zeros(count, np.bool_)
    for probe in _of_steps(probes, step):
        shown |= columns.truth(step.read(probe.statement))
    return shown


def _violating(search: Search, probes: Sequence[Probe]) -> tuple[Mask, Mask]:
    """The states that violate, and those in which a step does, also one that changes nothing."""
    bad, by_a_step = np.zeros(search.index.size, np.bool_), np.zeros(search.index.size, np.bool_)
    for first, block in search.blocks():
        columns, count = Columns(search.ground, search.packing.unpack(block)), len(block[0])
        here = slice(first, first + count)
        stuck = np.ones(count, np.bool_)
        for step, rows, _ in search.successors(block, search.ground.steps):
            if step.action.rule.kind is not Kind.ENVIRONMENT:
                stuck[rows] = False
        for step in search.ground.steps:
            enabled = everywhere(columns, step.search_guard, count)
            by_a_step[here] |= enabled & _shown(columns, probes, step, count)
            for probe in probes:
                if probe.refused and probe.at == step.action.name:
                    bad[here] |= ~enabled & columns.truth(step.read(probe.statement))
        for probe in probes:
            if not probe.at:
                truth = search.ground.truth(probe.statement(search.ground.machine.state()))
                bad[here] |= everywhere(columns, [truth], count) & (stuck if probe.stuck else True)
    return bad, by_a_step


def _distances(graph: _Graph, bad: Mask, by_a_step: Mask) -> NDArray[np.int32]:
    """The fewest steps to a violation, level by level backwards."""
    distance = np.where(bad, 0, np.where(by_a_step, 1, _FAR)).astype(np.int32)
    away = 0
    while (distance == away).any() or away == 0:
        nearer = graph.before[(distance[graph.after] == away) & (distance[graph.before] > away + 1)]
        distance[nearer] = away + 1
        away += 1
    return np.where(distance == _FAR, NEVER, distance).astype(np.int32)


def _lost(graph: _Graph, bad: Mask) -> Mask:
    """The states from which every way on meets a violation: those that violate, and what is left with no other step."""
    goes_on = np.zeros(len(bad), np.bool_)
    goes_on[graph.before] = True
    lost = bad.copy()
    while True:
        spared = np.zeros(len(bad), np.bool_)
        spared[graph.before[~graph.violates & ~lost[graph.after]]] = True
        now = bad | (goes_on & ~spared)
        if (now == lost).all():
            return lost
        lost = now
