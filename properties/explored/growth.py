"""How fast the states of a machine grow with the number of processors: small scopes, searched when it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from model.language.ground import GroundMachine
from model.machines import DELIVERY, MACHINES, PLUG
from properties.catalogue.scopes import CORE, NamedScope
from properties.explicit.compiled import begin
from properties.limits import TooManyStatesError

MEMBERS = range(1, 7)
MOST_STATES = 60_000
"""A scope with more ends its line."""
LINES = tuple(
    NamedScope(1, 1, rings, features, machine)
    for machine, rings, features in (
        (PLUG, 1, CORE), (PLUG, 1, frozenset({"recovery-queue"})), (PLUG, 2, CORE), ("ordered", 1, CORE),
        (DELIVERY, 1, CORE),
    )
)  # fmt: skip
"""What grows, with one member."""


@cache
def growth() -> dict[str, dict[int, int]]:
    """By scope without its members, such as `n/1/2`: how many states there are for each number of members."""
    return {_called(line): dict(_counted(line)) for line in LINES}


def _called(line: NamedScope) -> str:
    return ", ".join([line.name.replace("1/", "n/", 1), *sorted(line.features)])


def _counted(line: NamedScope) -> Iterator[tuple[int, int]]:
    """Members and states, up to the first scope that is too large."""
    for members in MEMBERS:
        count = _states(replace(line, members=members))
        if count is None:
            return
        yield members, count


def _states(scope: NamedScope) -> int | None:
    """The reachable states, up to renaming if nothing tells processors apart; None if there are too many."""
    ground = GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground)
    try:
        return begin(ground, symmetry=ground.is_symmetric, most_states=MOST_STATES).run().states
    except TooManyStatesError:
        return None
