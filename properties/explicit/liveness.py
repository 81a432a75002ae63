"""Whether a goal can still be reached, and in how many visits: decided backwards over all reachable states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.language.sets import Truth
from model.language.sorts import Index, Ring
from model.language.state import State
from properties.catalogue.claim import Bound, Reach, Statement
from properties.explicit.columns import Mask
from properties.explicit.numbering import Ids
from properties.explicit.search import Edges, Search


def lost_states(search: Search, reach: Reach) -> Ids:
    """The states where the premise holds of a ring whose goal cannot be reached any more, first found first.

    Works on a finished search. A state stands for its symmetry class: premise and goal name no processor.
    """
    edges = list(search.transitions([step for step in search.ground.steps if step.action.name in reach.by]))
    lost = np.zeros(search.index.size, np.bool_)
    for (ring,) in search.ground.scope.places([Ring]):
        premise, goal = search.holds(about(reach.premise, ring)), search.holds(about(reach.goal, ring))
        reached = pull_back(search, goal, edges)
        lost |= premise & ~reached
    return np.flatnonzero(lost).astype(np.uint32)


def about(statement: Statement, ring: Index) -> Callable[[State], Truth]:
    """A statement (now, r) about one ring."""

    def of_ring(now: State) -> Truth:
        return statement(now, ring)

    return of_ring


def pull_back(search: Search, goal: Mask, edges: Sequence[Edges]) -> Mask:
    """The states from which edges lead into the goal, the goal included.

    Edges mostly lead to states found later, so a sweep over the blocks from the last to the first goes far.
    """
    reached, gained = goal.copy(), True
    while gained:
        gained = False
        for block in reversed(edges):
            gained |= search.sweep(reached, block)
    return reached


@dataclass
class Visits:
    """How many visits a ring still needs at the most."""

    worst: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    """By the ring's size n and the visits k that drain its longest queue: the largest number found."""
    beyond: list[int] = field(default_factory=list[int])
    """States from which it may take more visits than the bound allows."""

    @property
    def words(self) -> str:
        """The largest numbers, for a reader."""
        return ", ".join(f"n={n} k={k}: {worst}" for (n, k), worst in sorted(self.worst.items()))

    def attain(self, bound: Bound) -> bool:
        """Whether the bound is needed, wherever n and k occur."""
        return all(worst >= bound.limit(n, k) for (n, k), worst in self.worst.items())


def most_visits(search: Search, bound: Bound) -> Visits:
    """On a finished search: from every state where the premise holds of a ring, the longest way to the goal."""
    visits = Visits()
    for (ring,) in search.ground.scope.places([Ring]):
        premise = search.holds(about(bound.premise, ring))
        goal = search.holds(about(bound.goal, ring))
        n = np.bitwise_count(search.values(bound.members(search.ground.machine.state(), ring)))
        k = np.sum([search.holds(about(needs, ring)) for needs in bound.needs], axis=0)
        most = bound.limit(int(n.max()), int(k.max())) + 1
        worst = _longest(search, bound, ring, premise & ~goal, most)
        for size, queue in {*zip(n[premise].tolist(), k[premise].tolist(), strict=True)}:
            here = premise & (n == size) & (k == queue)
            visits.worst[size, queue] = max(visits.worst.get((size, queue), 0), int(worst[here].max()))
            visits.beyond += np.flatnonzero(here & (worst > bound.limit(size, queue)))[:1].tolist()
    return visits


def _longest(search: Search, bound: Bound, ring: Index, waiting: Mask, most: int) -> NDArray[np.int64]:
    """For each state the largest number of visits until it no longer waits; `most` if that is not less."""
    before, after, costs = _ring_edges(search, bound, ring, waiting)
    worst = np.zeros(search.index.size, np.int64)
    stuck = waiting.copy()
    stuck[before] = False
    worst[stuck] = most
    while True:
        longer = np.minimum(worst[after] + costs, most)
        gained = longer > worst[before]
        if not gained.any():
            return worst
        np.maximum.at(worst, before[gained], longer[gained])


def _ring_edges(search: Search, bound: Bound, ring: Index, waiting: Mask) -> tuple[Ids, Ids, NDArray[np.int64]]:
    """The ring's own visits, which cost one, and sendings, which cost nothing, from states that wait."""
    names = {*bound.visits, *bound.sends}
    steps = [s for s in search.ground.steps if s.action.name in names and s.arguments["r"] == ring.value]
    found = [
        (before[waiting[before]], after[waiting[before]], int(step.action.name in bound.visits))
        for _, step, before, after in search.edges(steps)
    ]
    none = np.zeros(0, np.uint32)
    costs = [np.full(len(before), cost, np.int64) for before, _, cost in found]
    return (
        np.concatenate([none, *(before for before, _, _ in found)]),
        np.concatenate([none, *(after for _, after, _ in found)]),
        np.concatenate([np.zeros(0, np.int64), *costs]),
    )
