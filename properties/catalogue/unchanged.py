"""What did not change between two states."""

from __future__ import annotations

from model.language.sets import Set, Truth, all_of, equal, every
from model.language.sorts import Index
from model.language.state import Family, State
from model.plug.state import PlugState


def unchanged(now: State, then: State, *, of: type[State] = PlugState, but: str = "") -> Truth:
    """Every variable of a machine but the ghosts, and but this one, has the value it had."""
    kept = [name for name, declared in of.declared.items() if not declared.ghost and name != but]
    return all_of(has_the_value_of(now.families[name], then.families[name]) for name in kept)


def has_the_value_of(before: Family, after: Family, at: tuple[Index, ...] = ()) -> Truth:
    """One variable has the value of another, at these indices and any that follow."""
    sorts = before.declared.sorts
    if len(at) == len(sorts):
        return equal(before[at], after[at])
    return every(sorts[len(at)], lambda i: has_the_value_of(before, after, (*at, i)))


def difference(before: Set, after: Set) -> Set:
    """The processors that are in one and not in the other."""
    return (before - after) | (after - before)
