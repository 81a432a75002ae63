"""Fair runs that never reach a goal: a way to a state from which the run goes round for ever.

A claim that a goal is reached at last (`properties.catalogue.progress`) rests on fair actions. Without one of them a
ring may stay pending for ever though all others are fair; that is shown by a lasso. A step is treated fairly on a loop
if the loop takes it, or has a state where it is not enabled. A step that changes nothing counts as taken.

Works on a finished search without symmetry, since fairness is about each processor by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import networkx
import numpy as np

from model.language.ground import GroundMachine, Step, plug_scope
from model.language.sets import TRUE, Truth
from model.language.sorts import Ring
from model.language.state import State
from model.machines import MACHINES
from properties.catalogue.claim import Claim, Reach
from properties.catalogue.probe import Probe
from properties.catalogue.progress import Progress, said_of
from properties.explicit.columns import Columns, Mask
from properties.explicit.compiled import begin
from properties.explicit.liveness import about
from properties.explicit.search import Found, Search, everywhere
from properties.explicit.shortest import shortest_run
from properties.traces.trace import Trace, record_trace, replay

nx: Any = networkx
"""networkx, whose types are partial."""
Graph = Any
"""A directed graph of networkx, whose nodes are states by number; an edge has the steps that lead along it."""


@dataclass(frozen=True)
class Lasso:
    """A run that goes round for ever."""

    stem: tuple[Step, ...]
    """From the initial state to the loop."""
    loop: tuple[Step, ...]
    """From a state back to it; none if nothing happens any more."""


def lasso_without(claim: Claim, reach: Reach, progress: Progress, unfair: str) -> tuple[Trace, int]:
    """A run that is fair to all actions but one, and never reaches the goal; and how many steps lead to its loop.

    In the least scope that has one. KeyError: an action that need not be fair.
    """
    processors, handles, rings, feature = progress.lassos[unfair]
    machine = MACHINES[claim.machine].record(frozenset({feature} - {""}))
    search = begin(GroundMachine(machine, plug_scope(processors, handles, rings)), symmetry=False)
    search.run()
    lasso = fair_lasso(search, reach, progress, set(progress.helps) - {unfair})
    if lasso is None:
        raise AssertionError(f"{claim.id}: there is no lasso without fair {unfair}")
    steps = (*lasso.stem, *lasso.loop)
    trace = record_trace(steps, search.ground, machine=claim.machine, claim=claim.id, shows=f"{unfair} is not fair")
    states = [search.ground.initial, *(one.after for one in replay(search.ground, trace.steps))]
    if states[len(lasso.stem)] != states[-1]:
        raise AssertionError(f"{claim.id}: the loop does not come back to where it begins")
    return trace, len(lasso.stem)


@dataclass
class _Taken:
    """Where a fair step is enabled among the pending states, and where it changes nothing."""

    step: Step
    enabled: set[int] = field(default_factory=set[int])
    idle: set[int] = field(default_factory=set[int])


def fair_lasso(search: Search, reach: Reach, progress: Progress, fair: Collection[str]) -> Lasso | None:
    """On a finished search: a run on which some ring is pending for ever and the steps of `fair` actions are fair.

    ValueError: the search took states for each other that differ in processors' names.
    """
    if search.symmetry:
        raise ValueError("fairness is about each processor: search without symmetry")
    for (ring,) in search.ground.scope.places([Ring]):
        pending = search.holds(about(reach.premise, ring)) & ~search.holds(about(reach.goal, ring))
        if isinstance(ring, Ring) and (found := _Pending(search, progress, ring, pending, fair).lasso()):
            return found
    return None


def _anywhere(now: State) -> Truth:
    return TRUE


class _Pending:
    """The graph of the states where a ring is pending, by the steps that the claim speaks of."""

    def __init__(self, search: Search, progress: Progress, ring: Ring, pending: Mask, fair: Collection[str]) -> None:
        self.search, self.progress, self.ring, self.fair = search, progress, ring, fair
        self.states = set(np.flatnonzero(pending).tolist())
        self.graph: Graph = nx.DiGraph()
        self.graph.add_nodes_from(self.states)
        self.taken = {id(step): _Taken(step) for step in search.ground.steps if step.action.name in fair}
        for first, block in search.blocks() if self.states else ():
            self._look(first, block)

    def _look(self, first: int, block: list[Any]) -> None:
        """The steps from a block of states."""
        columns, count = Columns(self.search.ground, self.search.packing.unpack(block)), len(block[0])
        after = {id(step): (rows, self.search.index.numbers(words))
                 for step, rows, words in self.search.successors(block, self.search.ground.steps)}  # fmt: skip
        for step in self.search.ground.steps:
            spoken_of = everywhere(columns, [*step.search_guard, ~self._unless(step)], count)
            here = self.states & set((first + np.flatnonzero(spoken_of)).tolist())
            rows, numbers = after.get(id(step), ((), ()))
            moves = dict(zip((int(row) + first for row in rows), map(int, numbers), strict=True))
            for state in here & set(moves):
                if moves[state] in self.states:
                    self._edge(state, moves[state], step)
            if id(step) in self.taken:
                self.taken[id(step)].enabled |= here
                self.taken[id(step)].idle |= here - set(moves)

    def _edge(self, before: int, after: int, step: Step) -> None:
        self.graph.add_edge(before, after)
        self.graph.edges[before, after].setdefault("steps", []).append(step)

    def _unless(self, step: Step) -> Truth:
        """Of which states the claim does not speak of the step."""
        if step.action.name not in self.progress.unless:
            return ~TRUE
        action, statement = step.action, self.progress.unless[step.action.name]
        said = said_of(statement, action.now, self.ring, action.parameters)
        return self.search.ground.grounding(action, step.arguments).truth(said)

    def lasso(self) -> Lasso | None:
        """One that begins as near to the initial state as any."""
        for loop in sorted(map(set[int], nx.strongly_connected_components(self.graph)), key=min):
            wanted = [list(self._ways(one, loop)) for one in self.taken.values()]
            if all(wanted):
                return self._around(loop, wanted)
        return None

    def _ways(self, one: _Taken, loop: set[int]) -> Iterator[tuple[int, Step | None, int]]:
        """How a loop is fair to a step: where it is not enabled, or where it is taken, and leads."""
        yield from ((state, None, state) for state in sorted(loop - one.enabled)[:1])
        yield from ((state, one.step, state) for state in sorted(loop & one.idle)[:1])
        for before in sorted(loop):
            for after, edge in self.graph.adj[before].items():
                if after in loop and one.step in edge["steps"]:
                    yield before, one.step, after

    def _around(self, loop: set[int], wanted: Sequence[Sequence[tuple[int, Step | None, int]]]) -> Lasso:
        """From the nearest state of the loop past one way for each fair step, and back."""
        start = here = min(loop)
        inside, steps = self.graph.subgraph(loop), list[Step]()
        for ways in wanted:
            before, step, after = ways[0]
            if step and any(step is taken for taken in steps):
                continue
            steps += self._along(inside, here, before)
            steps += [step] if step else []
            here = after
        steps += self._along(inside, here, start)
        found = Found(Probe("", "the loop", _anywhere), start, self.search.depth(start))
        return Lasso(tuple(shortest_run(self.search, found)), tuple(steps))

    def _along(self, inside: Graph, start: int, end: int) -> list[Step]:
        """The steps of a shortest way."""
        return [inside.edges[edge]["steps"][0] for edge in pairwise(nx.shortest_path(inside, start, end))]
