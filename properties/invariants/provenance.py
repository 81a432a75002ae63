"""Who puts a processor into a set, and what is known of it there: read off the recorded actions.

An action that adds its p to `gate` has found p in `installed[r]`: so who is in both is looked at. And whom an action
asks after as a whole, as in `member[r] ⊆ bits[r]`, or gives as a whole to another set, is of whom all may be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model.language.machine import Action, Machine
from model.language.sets import Processor, Set, Truth
from model.language.sorts import Index
from model.language.terms import Both, Common, Union, Variable, When, Within, Without, all_within
from properties.invariants.contexts import Context

Pair = tuple[int, int]
"""Two sets of a context, by number."""


def put_together(machine: Machine, context: Context) -> set[Pair]:
    """Sets of which some action fills the first with a processor that it has found in the second."""
    found = set[Pair]()
    for action in machine.actions:
        for one in _filled(action):
            for other in _guarded(action):
                if one.name != other.name and _agree(one.at, other.at):
                    found |= {(i, j) for i in _numbers(one, context) for j in _numbers(other, context)}
    return {(i, j) for i, j in found if (j, i) not in found or i < j}


def of_which_all(machine: Machine, context: Context) -> set[int]:
    """Sets of which some action asks for all, or gives all to another."""
    named = {one.name for action in machine.actions for one in _wholes(action)}
    return {i for i, place in enumerate(context.places) if place.name in named and not place.is_joined}


def _filled(action: Action) -> Iterator[Variable]:
    """The sets to which an action may add one of its parameters."""
    for name, writes in action.writes.items():
        for write in writes:
            one = Variable(name, write.at)
            if _adds(write.value):
                yield one


def _adds(value: Set) -> bool:
    """Whether one of an action's processors may be in the value since it is a parameter."""
    match value:
        case Processor():
            return True
        case Union(left, right) | Common(left, right):
            return _adds(left) or _adds(right)
        case Without(left, _):
            return _adds(left)
        case When(_, then):
            return _adds(then)
        case _:
            return False


def _guarded(action: Action) -> Iterator[Variable]:
    """The sets in which its guard finds a processor."""
    for _, part in action.guard:
        for truth in _conjuncts(part):
            if isinstance(truth, Within) and isinstance(truth.inner, Processor):
                yield from _containing(truth.outer)


def _conjuncts(truth: Truth) -> Iterator[Truth]:
    if isinstance(truth, Both):
        yield from (*_conjuncts(truth.left), *_conjuncts(truth.right))
    else:
        yield truth


def _containing(term: Set) -> Iterator[Variable]:
    """The variables that contain all of a set."""
    match term:
        case Variable():
            yield term
        case Common(left, right):
            yield from (*_containing(left), *_containing(right))
        case Without(left, _):
            yield from _containing(left)
        case _:
            pass


def _wholes(action: Action) -> Iterator[Variable]:
    """The variables of which all are asked for, or given to another."""
    asked = [term for _, part in action.guard for term in all_within(part)]
    for name, writes in action.writes.items():
        for write in writes:
            asked += all_within(write.value)
            yield from (one for one in _given(write.value) if one.name != name)
    for term in asked:
        if isinstance(term, Within) and not any(isinstance(one, Processor) for one in all_within(term.inner)):
            yield from (one for one in all_within(term.inner) if isinstance(one, Variable))


def _given(value: Set) -> Iterator[Variable]:
    """What becomes part of a set as it is."""
    match value:
        case Variable():
            yield value
        case Union(left, right):
            yield from (*_given(left), *_given(right))
        case When(_, then):
            yield from _given(then)
        case _:
            pass


def _agree(one: Iterable[Index], other: Iterable[Index]) -> bool:
    """Indices of one sort are one index, or one of them is bound: then it stands for any."""
    mine = {index.sort: index for index in one if index.value is None}
    return all(mine.get(index.sort, index) is index or _is_bound(mine[index.sort]) for index in other)


def _is_bound(index: Index) -> bool:
    return index is type(index).bound(int(index.name.partition("_")[2])) if "_" in index.name else False


def _numbers(one: Variable, context: Context) -> Iterator[int]:
    """The sets of the context that this may be: with its elements, where it names some."""
    for number, place in enumerate(context.places):
        if place.name == one.name and not place.is_joined and all(map(_may_be, place.at, one.at)):
            yield number


def _may_be(at: int | Index | str, index: Index) -> bool:
    return not isinstance(at, Index) or index.value is None or at is index
