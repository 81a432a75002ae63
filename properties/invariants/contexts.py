"""What candidates speak of: one element of each sort, perhaps two of one, and the sets that a machine has of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from model.language.machine import Machine
from model.language.sets import Set, any_of
from model.language.sorts import Index, Recorded
from model.language.state import Declared, State, constant
from model.language.terms import AtMost, all_within

JOINED = "joined"


@dataclass(frozen=True)
class Place:
    """One set of a state: a variable, and for each of its sorts which index it takes.

    A number is a place among the indices of the context; an element stands for itself; `JOINED` joins all of the sort.
    """

    name: str
    at: tuple[int | Index | str, ...]

    @property
    def speaks_of(self) -> frozenset[int]:
        """The indices of the context that it depends on."""
        return frozenset(one for one in self.at if isinstance(one, int))

    @property
    def is_joined(self) -> bool:
        """Whether it is a union over a sort."""
        return any(isinstance(one, str) for one in self.at)

    def read(self, now: State, chosen: Mapping[int, Index]) -> Set:
        """The set in a state, with these indices for the context's."""
        return self._read(now, chosen, ())

    def _read(self, now: State, chosen: Mapping[int, Index], at: tuple[Index, ...]) -> Set:
        if len(at) == len(self.at):
            return now.families[self.name][at]
        one = self.at[len(at)]
        if isinstance(one, str):
            return any_of(now.declared[self.name].sorts[len(at)], lambda i: self._read(now, chosen, (*at, i)))
        return self._read(now, chosen, (*at, chosen[one] if isinstance(one, int) else one))


@dataclass(frozen=True)
class Context:
    """Indices, each of a sort, and the sets that are compared. If `apart`, the last index is another of the first's."""

    sorts: tuple[type[Index], ...]
    places: tuple[Place, ...]
    apart: bool = False
    is_ordered: bool = False
    """Of two that are apart the last is numbered no lower."""

    @property
    def unions(self) -> dict[int, int]:
        """By number of a set: the number of the union that it is part of."""
        joined = {place.name: number for number, place in enumerate(self.places) if place.is_joined}
        return {
            number: joined[place.name]
            for number, place in enumerate(self.places)
            if place.name in joined and not place.is_joined
        }

    def choices(self, sizes: dict[type[Index], int]) -> Iterator[tuple[int, ...]]:
        """In a scope with so many elements of each sort: every choice of the indices that is spoken of."""
        for at in product(*(range(sizes[sort.sort]) for sort in self.sorts)):
            if not self.apart or (at[0] < at[-1] if self.is_ordered else at[0] != at[-1]):
                yield at


def contexts(machine: Machine) -> Iterator[Context]:
    """One element of each sort; then two of a sort, with one of each other sort, for each that has several."""
    declared = {name: one for name, one in machine.state.declared.items() if name in _changing(machine)}
    sorts = tuple(dict.fromkeys(sort.sort for one in declared.values() for sort in one.sorts if not sort.names))
    yield Context(sorts, tuple(_places(declared, sorts)))
    ordered = _compared(machine)
    for sort in sorts:
        two = (sort, *(other for other in sorts if other is not sort), sort)
        yield Context(two, tuple(_places(declared, two)), apart=True, is_ordered=sort in ordered)


def _changing(machine: Machine) -> set[str]:
    """The variables that some action writes, and the tables of the machine."""
    written = {name for action in machine.actions for name in action.writes}
    tables = {name for name, one in machine.state.declared.items() if isinstance(one, constant)}
    return written | tables


def _places(declared: dict[str, Declared], sorts: Sequence[type[Index]]) -> Iterator[Place]:
    """The sets of which a context can speak: of each variable every way to take its indices, and its unions."""
    for name, one in declared.items():
        ways = [_ways(sort, sorts) for sort in one.sorts]
        for at in product(*ways):
            numbers = [each for each in at if isinstance(each, int)]
            if len(set(numbers)) == len(numbers):
                yield Place(name, at)
        if len(one.sorts) == 1 and not one.sorts[0].names:
            yield Place(name, (JOINED,))


def _ways(sort: type[Index], sorts: Sequence[type[Index]]) -> list[int | Index | str]:
    if sort.names:
        return [sort.element(value) for value in range(len(sort.names))]
    return [number for number, one in enumerate(sorts) if one is sort.sort]


def _compared(machine: Machine) -> set[type[Index]]:
    """The sorts whose elements some action compares by number."""
    terms: list[Recorded] = [part for action in machine.actions for _, part in action.guard]
    terms += [write.value for action in machine.actions for each in action.writes.values() for write in each]
    return {term.left.sort for term in all_within(*terms) if isinstance(term, AtMost)}
