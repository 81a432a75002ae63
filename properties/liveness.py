"""Whether a goal can still be reached: AG EF, decided backwards over all reachable states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.machine import State
from model.sets import Truth
from model.sorts import Index, Ring
from properties.catalogue import Reach, Statement
from properties.columns import Mask
from properties.numbering import Ids
from properties.search import Search


def lost_states(search: Search, reach: Reach) -> Ids:
    """The states where the premise holds of a ring whose goal cannot be reached any more, first found first.

    Works on a finished search. A state stands for its symmetry class: premise and goal name no processor.
    """
    before, after = _edges(search, reach)
    lost = np.zeros(search.index.size, np.bool_)
    for (ring,) in search.ground.scope.places([Ring]):
        premise, goal = search.holds(about(reach.premise, ring)), search.holds(about(reach.goal, ring))
        reached = pull_back(goal, before, after)
        lost |= premise & ~reached
    return np.flatnonzero(lost).astype(np.uint32)


def about(statement: Statement, ring: Index) -> Callable[[State], Truth]:
    """A statement (now, r) about one ring."""

    def of_ring(now: State) -> Truth:
        return statement(now, ring)

    return of_ring


def pull_back(goal: Mask, before: Ids, after: Ids) -> Mask:
    """The states from which edges (before, after) lead into the goal, the goal included."""
    reached = goal.copy()
    while True:
        waiting = ~reached[before]
        before, after = before[waiting], after[waiting]
        gained = before[reached[after]]
        if not len(gained):
            return reached
        reached[gained] = True


def _edges(search: Search, reach: Reach) -> tuple[Ids, Ids]:
    """The transitions by the actions that are allowed to help."""
    steps = [step for step in search.ground.steps if step.action.name in reach.by]
    found = list(search.edges(steps))
    none = [np.zeros(0, np.uint32)]
    return np.concatenate(none + [before for _, before, _ in found]), np.concatenate(none + [a for _, _, a in found])
