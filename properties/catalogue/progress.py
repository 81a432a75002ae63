"""Why a goal is reached at last: a rank that some fair step lowers and that no step raises.

*Fair* is an action each step of which is taken at last, or else is disabled now and then. A ring is *pending* while the
premise holds of it and the goal does not. While it is, and no step is taken of which the claim does not speak:

- some fair step helps;
- a step that helps is enabled, is one of which the claim speaks, and leaves the premise true or reaches the goal;
- a step that helps lowers the rank, and no step raises it;
- what helps goes on helping until the rank is lowered.

Processors and handles are as many as one likes, but finitely many. So a rank made of sets can only be lowered so often,
and at last the goal is reached or the premise does not hold any more. The first three alone say that the goal can be
reached by steps that help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model.language.sets import FALSE, TRUE, Set, Truth, all_of, every, implies, within
from model.language.signature import Parameter, names_of
from model.language.sorts import Handle, Ring
from model.language.state import State

IN_SOME_STATE = "some state"
"""Where a fair step is lacking: an obligation that is not about the steps of an action."""
Shrinks = Callable[..., Set]
"""A set of (now, ring), or one for each handle, of (now, ring, h)."""
Steps = Mapping[str, Callable[..., Truth]]
"""By action, of (now, ring, parameters…): which of its steps, for a ring."""


@dataclass(frozen=True, eq=False)
class Progress:
    """A rank, what lowers it, and what is taken for granted."""

    rank: tuple[tuple[Shrinks, ...], ...]
    """Levels of sets, the most important first: it is lowered if in one level a set loses somebody, none there gains
    anybody, and the levels before stay as they are."""
    helps: Steps
    """The fair actions, and when their steps help."""
    unless: Steps
    """The steps of which the claim does not speak."""
    lassos: Mapping[str, tuple[int, int, int, str]]
    """By fair action: the least scope where, if it is not fair, a ring can stay pending for ever; processors, handles,
    rings, and the feature that is needed."""

    def is_lowered(self, now: State, then: State, ring: Ring) -> Truth:
        """The rank of a ring is lower then than now."""
        lowered = FALSE
        for level in reversed(self.rank):
            kept = _within(level, then, now, ring)
            lowered = kept & (~_within(level, now, then, ring) | lowered)
        return lowered

    def is_kept(self, now: State, then: State, ring: Ring) -> Truth:
        """It is no higher."""
        kept = TRUE
        for level in reversed(self.rank):
            kept = _within(level, then, now, ring) & implies(_within(level, now, then, ring), kept)
        return kept


def _within(level: tuple[Shrinks, ...], first: State, second: State, ring: Ring) -> Truth:
    """Each set of a level is in the first state at most what it is in the second."""
    return all_of(_at_most(one, first, second, ring) for one in level)


def _at_most(one: Shrinks, first: State, second: State, ring: Ring) -> Truth:
    if is_of_each_handle(one):
        return every(Handle, lambda h: within(shrinking(one, first, ring, h), shrinking(one, second, ring, h)))
    return within(one(first, ring), one(second, ring))


def is_of_each_handle(one: Shrinks) -> bool:
    """Whether there is one such set for each handle."""
    return len(names_of(one)) > len(("now", "ring"))


def shrinking(one: Shrinks, now: State, ring: Ring, h: Handle) -> Set:
    """The set in a state; of this handle, if there is one for each."""
    return one(now, ring, h) if is_of_each_handle(one) else one(now, ring)


def parameters_of_steps(statement: Callable[..., Truth]) -> list[str]:
    """The action's parameters that a statement (now, ring, …) about its steps asks for."""
    return list(names_of(statement)[len(("now", "ring")) :])


def said_of(statement: Callable[..., Truth], now: State, ring: Ring, parameters: Mapping[str, Parameter]) -> Truth:
    """A statement (now, ring, some of an action's parameters…)."""
    return statement(now, ring, **{name: parameters[name] for name in parameters_of_steps(statement)})
