"""The shortest run to something that a search has found: from the classes of states back to named steps.

Of several shortest runs the plainest is shown. It has the fewest *faults* (steps of the environment that a feature
adds: a crash, a duplicated token); of those the fewest steps of other features (`destroy` where `unplug` does it); of
those the fewest steps of the environment; and then the actions that the machine lists first, all steps taken together
(`visit` where `sole_visit` does it). What is still equal stands in the order of the list. So what is shown depends on
nothing but machine and scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.language.ground import Bitmaps, GroundMachine, Integers, Step
from model.language.machine import Action, Kind, Machine
from properties.catalogue.probe import Probe
from properties.explicit.columns import Columns, Mask
from properties.explicit.numbering import Ids
from properties.explicit.search import Found, Search, everywhere

Leg = tuple[str, Bitmaps]
"""An action, and the class of states that it leads to."""
Costs = NDArray[np.int64]
Places = NDArray[np.intp]
NO_STEP = -1
FAULT, OPTIONAL, ENVIRONMENT = 1 << 45, 1 << 30, 1 << 15
"""What a step costs beside its place: no run has so many steps that those of one kind weigh as much as one before."""
OUT_OF_REACH = np.iinfo(np.int64).max


def costs(machine: Machine) -> dict[str, int]:
    """By action, how little a step of it is wanted where another does as well."""
    return {action.name: _kind_cost(action) + place for place, action in enumerate(machine.actions)}


def _kind_cost(action: Action) -> int:
    from_outside = action.rule.kind is Kind.ENVIRONMENT
    if action.rule.feature:
        return FAULT if from_outside else OPTIONAL
    return ENVIRONMENT if from_outside else 0


def shortest_run(search: Search, found: Found) -> list[Step]:
    """The steps from the initial state; the last is the step that was found, if it was a step.

    A state of the search stands for its symmetry class: the chain of classes is followed backwards, then the steps are
    chosen forwards on real states.
    """
    end, legs = _plainest(search, found)
    return run_along(search, legs, end)


def run_along(search: Search, legs: Sequence[Leg], found: Found, whole: GroundMachine | None = None) -> list[Step]:
    """Steps that follow a chain of classes to what was found.

    The step that was found is one of `whole`, if the search was of a part of that machine.
    """
    ground = search.ground
    state, run = ground.initial, list[Step]()
    for action, target in legs:
        step = next(
            step for step in ground.steps
            if step.action.name == action and not ground.refusals(step, state)
            and search.canonical(ground.after(step, state)) == target
        )  # fmt: skip
        run.append(step)
        state = ground.after(step, state)
    return run if found.step is None else [*run, _found_step(whole or ground, found, state)]


def _found_step(ground: GroundMachine, found: Found, state: Bitmaps) -> Step:
    """The step that the probe is about, as it is enabled in this member of the class."""
    integers = Integers(ground, state)
    for step in ground.steps:
        same_action = found.step is not None and step.action is found.step.action
        if same_action and not ground.refusals(step, state) and integers.truth(step.read(found.probe.statement)):
            return step
    raise AssertionError("the class has no such step: the search's symmetry is unsound for this probe")


@dataclass(frozen=True)
class _Level:
    """The states at one depth from which the end is as near as it can be, and the plainest way on from each."""

    states: Ids
    """Their numbers, which grow."""
    costs: Costs
    """Of all steps from there to the end."""
    steps: Places
    """The next step, by its place among the machine's; at the end the step that was found, or `NO_STEP`."""
    then: Places
    """The place of the state that it leads to, on the next level."""


def _plainest(search: Search, found: Found) -> tuple[Found, list[Leg]]:
    """The end of the plainest shortest run to the same, and the classes on the way, the initial one left out."""
    levels = [_ends(search, found)]
    for depth in reversed(range(found.depth)):
        levels.insert(0, _before(search, depth, levels[0]))
    place, legs = 0, list[Leg]()
    for level, after in pairwise(levels):
        step, place = search.ground.steps[int(level.steps[place])], int(level.then[place])
        legs.append((step.action.name, search.bitmaps(search.words(int(after.states[place])))))
    return _end(search, found, levels[-1], place), legs


def _end(search: Search, found: Found, last: _Level, place: int) -> Found:
    """What the probes of the clause show at this place."""
    number = int(last.steps[place])
    step = None if number == NO_STEP else search.ground.steps[number]
    probe = next((one for one in _alike(search, found) if step and one.at == step.action.name), found.probe)
    return Found(probe, int(last.states[place]), found.depth, step)


def _alike(search: Search, found: Found) -> list[Probe]:
    """The probes of the clause that was found; none if it was no clause of every state or step."""
    return [one for one in search.probes if one.clause == found.probe.clause and not (one.stuck or one.refused)]


def _ends(search: Search, found: Found) -> _Level:
    """Where, as near as where it was found, the clause shows."""
    chosen = Choice(*search.starts[found.depth : found.depth + 2])
    if not (probes := _alike(search, found)):
        chosen.offer(np.array([found.state]), np.zeros(1, np.int64), NO_STEP, np.zeros(1, np.intp))
    for first, block in search.blocks(found.depth) if probes else ():
        columns = Columns(search.ground, search.packing.unpack(block))
        for number, weight, shown in _shown(search, probes, columns, len(block[0]), found.step is not None):
            rows = np.flatnonzero(shown)
            chosen.offer(first + rows, np.full(len(rows), weight), number, np.zeros(len(rows), np.intp))
    return chosen.level()


def _shown(
    search: Search, probes: Sequence[Probe], columns: Columns, count: int, of_steps: bool
) -> Iterator[tuple[int, int, Mask]]:
    """Of a block the states in which a probe holds, or the step taken there that one is about, and its cost."""
    if not of_steps:
        for probe in probes:
            truth = search.ground.truth(probe.statement(search.ground.machine.state()))
            yield NO_STEP, 0, everywhere(columns, [truth], count)
        return
    cost = costs(search.ground.machine)
    for number, step in enumerate(search.ground.steps):
        for probe in probes:
            if probe.at == step.action.name:
                shown = everywhere(columns, [*step.search_guard, step.read(probe.statement)], count)
                yield number, cost[step.action.name], shown


def _before(search: Search, depth: int, after: _Level) -> _Level:
    """The states at this depth with a step into the next level."""
    chosen = Choice(*search.starts[depth : depth + 2])
    number_of = {id(step): number for number, step in enumerate(search.ground.steps)}
    cost = costs(search.ground.machine)
    for _, step, states, targets in search.edges(search.ground.steps, depth):
        then = np.minimum(np.searchsorted(after.states, targets), len(after.states) - 1)
        known = after.states[then] == targets
        states, then = states[known].astype(np.intp), then[known]
        chosen.offer(states, cost[step.action.name] + after.costs[then], number_of[id(step)], then)
    return chosen.level()


class Choice:
    """For each state of a level, the cheapest of the steps that were offered; of equal ones the first."""

    def __init__(self, first: int, end: int) -> None:
        """The level has the states with numbers from `first` to before `end`."""
        self.first = first
        self.costs = np.full(end - first, OUT_OF_REACH, np.int64)
        self.steps, self.then = np.zeros(end - first, np.intp), np.zeros(end - first, np.intp)

    def offer(self, states: Places, costs: Costs, step: int, then: Places) -> None:
        """At these states, which may repeat, there is this step, at these costs, from or to these places."""
        at = states - self.first
        better = np.flatnonzero(costs < self.costs[at])
        cheapest_last = better[np.argsort(costs[better], kind="stable")[::-1]]
        at = at[cheapest_last]
        self.costs[at], self.steps[at], self.then[at] = costs[cheapest_last], step, then[cheapest_last]

    def level(self) -> _Level:
        """The states to which a step was offered."""
        kept = np.flatnonzero(self.costs != OUT_OF_REACH)
        if not len(kept):
            raise AssertionError("a state that was found has no predecessor")
        return _Level((self.first + kept).astype(np.uint32), self.costs[kept], self.steps[kept], self.then[kept])
