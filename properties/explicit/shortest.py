"""The shortest run to something that a search has found: from the classes of states back to named steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.language.ground import Bitmaps, GroundMachine, Integers, Step
from properties.explicit.columns import Word
from properties.explicit.search import Found, Search

Leg = tuple[str, Bitmaps]
"""An action, and the class of states that it leads to."""


def shortest_run(search: Search, found: Found) -> list[Step]:
    """The steps from the initial state; the last is the step that was found, if it was a step.

    A state of the search stands for its symmetry class: the chain of classes is followed backwards, then the steps are
    chosen forwards on real states.
    """
    return run_along(search, _legs(search, found.state), found)


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


def _legs(search: Search, number: int) -> list[Leg]:
    """A shortest path of classes from the initial state to a state, the initial one left out."""
    target = search.words(number)
    legs: list[Leg] = []
    for depth in reversed(range(search.depth(number))):
        action, before = _predecessor(search, depth, target)
        legs.append((action, search.bitmaps(target)))
        target = before
    return legs[::-1]


def _predecessor(search: Search, depth: int, target: list[Word]) -> tuple[str, list[Word]]:
    """A state at this depth with a step to the target, and the step's action."""
    for _, block in search.blocks(depth):
        for step, rows, after in search.successors(block, search.ground.steps):
            hits = np.flatnonzero(np.all([mine == theirs for mine, theirs in zip(after, target, strict=True)], axis=0))
            if len(hits):
                return step.action.name, [word[rows[hits[:1]]] for word in block]
    raise AssertionError("a state that was found has no predecessor")
