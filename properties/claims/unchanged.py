"""What did not change between two states."""

from __future__ import annotations

from model.machine import State
from model.sets import Set, Truth, all_of, equal, every
from model.state import PlugState


def unchanged(now: State, then: State, *, of: type[State] = PlugState, but: str = "") -> Truth:
    """Every variable of a machine but the ghosts, and but this one, has the value it had."""
    kept = [name for name, declared in of.declared.items() if not declared.ghost and name != but]
    return all_of(_unchanged(now, then, name) for name in kept)


def _unchanged(now: State, then: State, name: str) -> Truth:
    before, after = now.families[name], then.families[name]
    match before.declared.sorts:
        case ():
            return equal(before[()], after[()])
        case (sort,):
            return every(sort, lambda i: equal(before[i], after[i]))
        case (first, second):
            return every(first, lambda i: every(second, lambda j: equal(before[i, j], after[i, j])))
        case _:
            raise TypeError(f"{name} has more than two indices")


def difference(before: Set, after: Set) -> Set:
    """The processors that are in one and not in the other."""
    return (before - after) | (after - before)
