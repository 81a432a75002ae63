"""Several distinct runs that show the same of a claim, shortest first.

Two runs are the same if their actions have the same names in the same order, whatever the processors are called and
after steps that can change places have been put into one order. Every run is one from which no step can be deleted. The
search goes no further where a clause is violated (or the premise is reached), so each run shows it first at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.language.ground import GroundMachine, Scope, Step
from model.language.machine import Action, Machine
from properties.catalogue.claim import Claim
from properties.catalogue.probe import Probe, claim_probes
from properties.explain.endings import endings
from properties.explain.shrink import needed, replayed
from properties.explicit.columns import Columns, Mask
from properties.explicit.compiled import begin
from properties.explicit.liveness import lost_states, most_visits
from properties.explicit.numbering import Ids
from properties.explicit.search import Found, Progress, Report, Search
from properties.explicit.shortest import Choice, Leg, costs, run_along
from properties.traces.trace import Played
from properties.words import counted

MOST_CANDIDATES = 400
"""Shortest runs to so many states and steps are looked at; more seldom show anything new."""
Names = tuple[str, ...]
"""The names of the actions of a run."""


@dataclass(frozen=True)
class Run:
    """A run, and what its end shows."""

    ground: GroundMachine
    steps: list[Step]
    label: str


def distinct_runs(
    machine: Machine, scope: Scope, claim: Claim, most: int, *, witness: bool, symmetry: bool = True,
    memory_gib: float = 4.0, say: Callable[[str], None] | None = None,
) -> tuple[list[Run], Report]:  # fmt: skip
    """Up to `most` distinct runs to violations of a claim, or to its premise; and how far the search went for them.

    It goes on level by level until there are as many.
    """
    whole = GroundMachine(machine, scope)
    probes = [one for one in claim_probes(claim, machine) if one.premise is witness]
    ahead = not witness and not claim.parts
    ground = whole if ahead else GroundMachine(stopping(machine, probes), scope)
    search = begin(ground, symmetry=symmetry and whole.is_symmetric, memory_gib=memory_gib)
    paths, found, seen = _Paths(search), list[Run](), set[Names]()
    levels = paths.levels((lambda report: say(report.words)) if say else None)
    candidates = _states_ahead(levels, search, claim) if ahead else _hits(levels, search, whole, probes)
    for _, candidate in zip(range(MOST_CANDIDATES), candidates, strict=False):
        legs = paths.legs(candidate)
        names = (*(action for action, _ in legs), *((candidate.step.action.name,) if candidate.step else ()))
        if names in seen:
            continue
        if say:
            say(f"{len(found)} found; looking at a run of {counted(len(names), 'step')}")
        run = _minimal(whole, claim, run_along(search, legs, candidate, whole), witness)
        its = {tuple(step.action.name for step in run.steps), signature(whole, run.steps)}
        if not its & seen:
            found.append(run)
        seen |= {names, *its}
        if len(found) == most:
            break
    return sorted(found, key=lambda run: len(run.steps)), search.report


class _Paths:
    """The plainest shortest path to every state of a search, level by level."""

    def __init__(self, search: Search) -> None:
        self.search, self.cost = search, costs(search.ground.machine)
        self.ways = [Choice(0, 1)]
        """By depth: the last step to each state there, and where it comes from."""

    def levels(self, progress: Progress | None) -> Iterator[int]:
        """Each depth of the search, when the paths to it are known."""
        for depth in self.search.levels(progress):
            if depth:
                self.ways.append(self._ways_to(depth))
            else:
                self.ways[0].offer(np.zeros(1, np.intp), np.zeros(1, np.int64), 0, np.zeros(1, np.intp))
            yield depth

    def _ways_to(self, depth: int) -> Choice:
        """From the level before."""
        search, before = self.search, self.ways[-1]
        chosen = Choice(search.starts[depth], search.starts[depth + 1])
        number_of = {id(step): number for number, step in enumerate(search.ground.steps)}
        for _, step, sources, states in search.edges(search.ground.steps, depth - 1):
            deeper = states >= search.starts[depth]
            source = sources[deeper].astype(np.intp)
            so_far = before.costs[source - before.first]
            to = states[deeper].astype(np.intp)
            chosen.offer(to, self.cost[step.action.name] + so_far, number_of[id(step)], source)
        return chosen

    def legs(self, found: Found) -> list[Leg]:
        """The actions from the initial state, and the classes that they lead to."""
        legs, state = list[Leg](), found.state
        for ways in self.ways[found.depth : 0 : -1]:
            at = state - ways.first
            action = self.search.ground.steps[int(ways.steps[at])].action.name
            legs.append((action, self.search.bitmaps(self.search.words(state))))
            state = int(ways.then[at])
        return legs[::-1]


def stopping(machine: Machine, probes: Sequence[Probe]) -> Machine:
    """The machine that takes no step from a state, and no step, of which one of these holds."""

    def stop(action: Action) -> Action:
        parts = [~one.statement(action.now) for one in probes if one.at is None and not one.stuck]
        parts += [~action.read(one.statement) for one in probes if one.at == action.name and not one.refused]
        return replace(action, guard=(*action.guard, *(("nothing is found yet", part) for part in parts)))

    return replace(machine, actions=tuple(stop(action) for action in machine.actions))


def signature(ground: GroundMachine, steps: Sequence[Step]) -> Names:
    """The names of the actions; steps that can change places stand in the order of their names."""
    ordered, at = list(steps), 0
    while at < len(ordered) - 1:
        first, second = ordered[at : at + 2]
        swapped = [*ordered[:at], second, first, *ordered[at + 2 :]]
        if second.action.name < first.action.name and _ends_alike(ground, ordered, swapped, at + 2):
            ordered, at = swapped, max(at - 1, 0)
        else:
            at += 1
    return tuple(step.action.name for step in ordered)


def _ends_alike(ground: GroundMachine, left: list[Step], right: list[Step], length: int) -> bool:
    """Whether both replay as far as this, and arrive in the same state."""
    theirs = replayed(ground, right[:length])
    return not theirs.refused and theirs.played[-1].after == replayed(ground, left[:length]).played[-1].after


def _minimal(ground: GroundMachine, claim: Claim, steps: Sequence[Step], witness: bool) -> Run:
    """The run without steps that can be deleted, as long as its end shows the same."""
    label = next(
        one.label for one in endings(claim, ground, replayed(ground, steps).played) if one.violates is not witness
    )

    def ends(played: list[Played]) -> bool:
        return any(one.violates is not witness for one in endings(claim, ground, played, label))

    return Run(ground, [steps[at] for at in needed(ground, steps, ends)], label)


def _hits(levels: Iterator[int], search: Search, whole: GroundMachine, probes: Sequence[Probe]) -> Iterator[Found]:
    """Where the probes hold, in the order of their distance from the initial state."""
    states = [one for one in probes if one.at is None and not one.stuck]
    about = [(step, probe) for step in whole.steps for probe in probes if probe.at == step.action.name]
    for depth in levels:
        for first, block in search.blocks(depth):
            columns = Columns(search.ground, search.packing.unpack(block))
            for probe in states:
                holds = columns.truth(whole.truth(probe.statement(whole.machine.state())))
                yield from (Found(probe, first + row, depth) for row in _rows(holds, len(block[0])))
        for first, block in search.blocks(depth):
            columns = Columns(search.ground, search.packing.unpack(block))
            for step, probe in about:
                rows = _rows(_at_step(columns, step, probe), len(block[0]))
                yield from (Found(probe, first + row, depth, None if probe.refused else step) for row in rows)


def _at_step(columns: Columns, step: Step, probe: Probe) -> Mask:
    """Where a probe about a step holds."""
    enabled = columns.truth(step.first_unused)
    for _, part in step.guard:
        enabled = enabled & columns.truth(part)
    return columns.truth(step.read(probe.statement)) & (~enabled if probe.refused else enabled)


def _rows(holds: Mask, rows_count: int) -> list[int]:
    return np.flatnonzero(np.broadcast_to(holds, rows_count)).tolist()


def _states_ahead(levels: Iterator[int], search: Search, claim: Claim) -> Iterator[Found]:
    """The states from which the goal is out of reach, or too far, that can be entered from others.

    All of the scope is visited first.
    """
    for _ in levels:
        pass
    if claim.reach:
        probe = Probe(claim.id, claim.reach.lost, claim.reach.premise)
        lost = np.zeros(search.index.size, np.bool_)
        lost[lost_states(search, claim.reach)] = True
        entered = np.zeros(search.index.size, np.bool_)
        for _, _, before, after in search.edges(search.ground.steps):
            entered[after[~lost[before]]] = True
        states: Ids = np.flatnonzero(lost & entered).astype(np.uint32)
    elif claim.bound:
        probe = Probe(claim.id, claim.bound.beyond, claim.bound.premise)
        states = np.array(sorted(most_visits(search, claim.bound).beyond), np.uint32)
    else:
        return
    for state in states.tolist():
        yield Found(probe, state, search.depth(state))
