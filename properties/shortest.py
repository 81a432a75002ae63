"""The shortest run to something that a search has found: from the classes of states back to named steps."""

from __future__ import annotations

import numpy as np

from model.ground import Bitmaps, Integers, Step
from properties.columns import Word
from properties.search import Found, Search


def shortest_run(search: Search, found: Found) -> list[Step]:
    """The steps from the initial state; the last is the step that was found, if it was a step.

    A state of the search stands for its symmetry class: the chain of classes is followed backwards, then the steps are
    chosen forwards on real states.
    """
    ground = search.ground
    state, run = ground.initial, list[Step]()
    for target in _classes(search, found.state):
        step = next(
            step for step in ground.steps
            if not ground.refusals(step, state) and search.canonical(ground.after(step, state)) == target
        )  # fmt: skip
        run.append(step)
        state = ground.after(step, state)
    return run if found.step is None else [*run, _found_step(search, found, state)]


def _found_step(search: Search, found: Found, state: Bitmaps) -> Step:
    """The step that the probe is about, as it is enabled in this member of the class."""
    integers = Integers(search.ground, state)
    for step in search.ground.steps:
        same_action = found.step is not None and step.action is found.step.action
        if same_action and not search.ground.refusals(step, state) and integers.truth(step.read(found.probe.statement)):
            return step
    raise AssertionError("the class has no such step: the search's symmetry is unsound for this probe")


def _classes(search: Search, number: int) -> list[Bitmaps]:
    """The representatives on a shortest path from the initial state to a state, the initial one left out."""
    target = search.words(number)
    path: list[Bitmaps] = []
    for depth in reversed(range(search.depth(number))):
        path.append(search.bitmaps(target))
        target = _predecessor(search, depth, target)
    return path[::-1]


def _predecessor(search: Search, depth: int, target: list[Word]) -> list[Word]:
    """A state at this depth with a step to the target."""
    for _, block in search.blocks(depth):
        for _, rows, after in search.successors(block, search.ground.steps):
            hits = np.flatnonzero(np.all([mine == theirs for mine, theirs in zip(after, target, strict=True)], axis=0))
            if len(hits):
                return [word[rows[hits[:1]]] for word in block]
    raise AssertionError("a state that was found has no predecessor")
