"""Which steps of a run matter: those without which it no longer replays, or no longer ends the same way.

A run from which no single step can be deleted may still have shorter relatives: two steps that only undo each other
matter one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.language.ground import GroundMachine, Step
from properties.shrink import shrink
from properties.traces.trace import Played

Ends = Callable[[list[Played]], bool]
"""Whether a run ends as it is meant to."""


@dataclass(frozen=True)
class Replayed:
    """Steps as far as they could be replayed, and the guard parts that refused the next one."""

    played: list[Played]
    refused: list[str]


def replayed(ground: GroundMachine, steps: Sequence[Step]) -> Replayed:
    """The steps on integers from the initial state, up to the first that is refused."""
    state, played = ground.initial, list[Played]()
    for step in steps:
        if refused := ground.refusals(step, state):
            return Replayed(played, refused)
        played.append(Played(step, state, ground.after(step, state)))
        state = played[-1].after
    return Replayed(played, [])


def still_ends(ground: GroundMachine, steps: Sequence[Step], ends: Ends) -> bool:
    """Whether the steps replay and end as they are meant to."""
    found = replayed(ground, steps)
    return not found.refused and ends(found.played)


def needed(ground: GroundMachine, steps: Sequence[Step], ends: Ends) -> list[int]:
    """The positions of steps that remain when those that can be deleted are, one by one, the last first.

    None of those that remain can be deleted alone. Stretches of steps are not tried: which of several small runs is
    found would then depend on how long the run is.
    """
    return shrink(range(len(steps)), lambda kept: still_ends(ground, [steps[i] for i in kept], ends), at_once=1)


def without(ground: GroundMachine, steps: Sequence[Step], at: int) -> Replayed:
    """What becomes of a run without the step at this position."""
    return replayed(ground, [*steps[:at], *steps[at + 1 :]])
