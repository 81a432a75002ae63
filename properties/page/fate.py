"""The fate of a run, step by step: whether its violation could be avoided, by what, and how far off it was."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from model.language.ground import Bitmaps, GroundMachine, Integers, Step
from properties.catalogue.claim import Claim, Reach
from properties.catalogue.probe import Probe, claim_probes
from properties.explicit.compiled import begin
from properties.explicit.shortest import costs
from properties.explored.fate import NEVER, Fates, fates
from properties.limits import ScopeTooLargeError, TooManyStatesError
from properties.traces.trace import show_step

MOST_STATES = 200_000
"""Of a scope with more, no fate is computed."""
MOST_ROWS = 500
"""Of a longer run neither: each of its states has all its choices in the page."""


class Fate(msgspec.Struct, omit_defaults=True):
    """Of a state: the fewest steps to a violation, if one can be reached, and whether every way on meets one."""

    distance: int | None
    lost: bool = False
    violates: bool = False
    """Of a choice: the step itself does."""


class FateRow(msgspec.Struct):
    """A state of the run, each step that can be taken there, and one that avoids the violation."""

    here: Fate
    choices: dict[str, Fate]
    avoid: str | None


class RunFate(msgspec.Struct):
    """The fate of a run, or why there is none."""

    rows: list[FateRow] = []
    states: int = 0
    """How many states were visited, up to renaming of processors if that was used."""
    reason: str = ""


def run_fate(ground: GroundMachine, claim: Claim, label: str | None, states: Sequence[Bitmaps]) -> RunFate:
    """The fate of each of these states: whether it still must come to this clause of the claim, or to any."""
    probes = [
        one for one in claim_probes(claim, ground.machine) if not one.premise and label in (None, one.label)
    ]  # fmt: skip
    reach = claim.reach if claim.reach and label in (None, claim.reach.lost) else None
    if not probes and not reach:
        return RunFate(reason="What is shown is no violation that one state or one step has.")
    if len(states) > MOST_ROWS:
        return RunFate(reason=f"The run has more than {MOST_ROWS} states.")
    try:
        found = _searched(ground, probes, reach)
    except (ScopeTooLargeError, TooManyStatesError) as error:
        return RunFate(reason=f"The scope is too large to follow every way on: {error}.")
    return RunFate([_row(found, probes, state) for state in states], found.search.index.size)


def _searched(ground: GroundMachine, probes: Sequence[Probe], reach: Reach | None) -> Fates:
    search = begin(ground, symmetry=ground.is_symmetric, most_states=MOST_STATES)
    search.run()
    return fates(search, probes, reach)


def _row(found: Fates, probes: Sequence[Probe], state: Bitmaps) -> FateRow:
    ground, here = found.search.ground, Integers(found.search.ground, state)
    cost = costs(ground.machine)
    taken = [(step, _of_step(found, probes, step, state)) for step in ground.steps if step.is_searched(here)]
    ways_out = [(step, fate) for step, fate in taken if not (fate.violates or fate.lost)]
    ways_out = [(step, fate) for step, fate in ways_out if ground.after(step, state) != state]
    best = min(ways_out, key=lambda one: (-_far(one[1]), cost[one[0].action.name]), default=None)
    distance, lost = found.of(state)
    return FateRow(
        Fate(_known(distance), lost),
        {show_step(step): fate for step, fate in taken},
        show_step(best[0]) if best and distance else None,
    )


def _of_step(found: Fates, probes: Sequence[Probe], step: Step, state: Bitmaps) -> Fate:
    ground = found.search.ground
    distance, lost = found.of(ground.after(step, state))
    here = Integers(ground, state)
    violates = any(
        here.truth(step.read(one.statement)) for one in probes if one.at == step.action.name and not one.refused
    )
    return Fate(_known(distance), lost, violates)


def _known(distance: int) -> int | None:
    return None if distance == NEVER else distance


def _far(fate: Fate) -> int:
    """How far off the violation is; farthest if it is out of reach."""
    return 1 << 30 if fate.distance is None else fate.distance
