"""What was reached: which kinds of processors there are, and which kinds are there together.

A processor's kind in a context is which of the context's sets it is in, one bit a set. A scope has millions of states
and some hundred kinds: what holds of every processor is read off these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.language import terms
from model.language.ground import GroundMachine
from model.language.machine import Text
from model.language.sorts import Index
from properties.catalogue.scopes import NamedScope
from properties.explicit.compiled import begin
from properties.explicit.search import Search
from properties.invariants.contexts import JOINED, Context, Place
from properties.limits import TooManyStatesError

Codes = NDArray[np.uint64]
"""Bitmaps of the context's sets, one an entry."""


@dataclass(frozen=True)
class Kinds:
    """Of one context, what there is in some scopes."""

    single: Codes
    """Every kind of a processor."""
    pairs: NDArray[np.uint64]
    """Every two kinds, of shape (pairs, 2), that two processors or one have in one state."""
    some: Codes
    """Every collection of sets that somebody is in, all others empty."""
    several: np.uint64
    """The sets that ever have several in them."""


class Reached:
    """The reachable states of a machine in some scopes, without those with too many, one context after the other."""

    def __init__(self, text: Text, scopes: Iterable[NamedScope], most_states: int) -> None:
        found = ((scope, _searched(text, scope, most_states)) for scope in scopes)
        self.searches = {scope: search for scope, search in found if search}

    @property
    def states(self) -> int:
        """How many states that are."""
        return sum(search.report.states for search in self.searches.values())

    def kinds(self, context: Context) -> Kinds:
        """What there is of a context."""
        found = [kinds for search in self.searches.values() for kinds in _Looked(search, context).kinds()]
        return Kinds(
            _distinct([one.single for one in found]),
            np.unique(np.concatenate([np.zeros((0, 2), np.uint64), *(one.pairs for one in found)]), axis=0),
            _distinct([one.some for one in found]),
            _all_bits([one.several for one in found]),
        )


def _searched(text: Text, scope: NamedScope, most_states: int) -> Search | None:
    """The search when it has ended, or nothing if there are more states."""
    ground = GroundMachine(text.record(scope.features & text.features), scope.ground)
    search = begin(ground, symmetry=ground.is_symmetric, most_states=most_states)
    try:
        search.run()
    except TooManyStatesError:
        return None
    return search


class _Looked:
    """The states of one search, as kinds of processors in a context."""

    def __init__(self, search: Search, context: Context) -> None:
        self.search, self.context, self.scope = search, context, search.ground.scope

    def kinds(self) -> Iterator[Kinds]:
        """What there is, for each choice of the context's indices."""
        for chosen in self.context.choices(dict(self.scope.sizes)):
            columns = [self._column(place, chosen) for place in self.context.places]
            codes = [self._codes(columns, p) for p in range(self.scope.processors)]
            yield Kinds(_distinct(codes), _pairs(codes), _somebody(codes), _several(codes))

    def _codes(self, columns: list[NDArray[np.uint8]], p: int) -> Codes:
        """The kind of processor p in each state."""
        codes = np.zeros(self.search.report.states, np.uint64)
        for bit, column in enumerate(columns):
            codes |= ((column >> np.uint8(p)) & np.uint8(1)).astype(np.uint64) << np.uint64(bit)
        return codes

    def _column(self, place: Place, chosen: tuple[int, ...]) -> NDArray[np.uint8]:
        """The set in each state."""
        sorts = self.search.ground.machine.state.declared[place.name].sorts
        if place.is_joined:
            places = list(self.scope.places(sorts))
        else:
            places = [tuple(_element(sort, one, chosen) for sort, one in zip(sorts, place.at, strict=True))]
        found = [self.search.values(terms.variable(place.name, at)) for at in places]
        return np.bitwise_or.reduce(found, axis=0)


def _element(sort: type[Index], at: int | Index | str, chosen: tuple[int, ...]) -> Index:
    if isinstance(at, str):
        raise ValueError(f"{JOINED} is no element")
    return sort.sort.element(chosen[at]) if isinstance(at, int) else at


def _distinct(codes: list[Codes]) -> Codes:
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *codes]))


def _pairs(codes: list[Codes]) -> NDArray[np.uint64]:
    """Every two kinds that are there in one state."""
    known = _distinct(codes)
    numbers = [np.searchsorted(known, one) for one in codes]
    both = np.unique(np.concatenate([p * len(known) + q for p in numbers for q in numbers]))
    return np.stack([known[both // len(known)], known[both % len(known)]], axis=1)


def _somebody(codes: list[Codes]) -> Codes:
    return np.unique(np.bitwise_or.reduce(codes))


def _several(codes: list[Codes]) -> np.uint64:
    """The sets of which two processors are members in one state."""
    found = [np.bitwise_or.reduce(p & q) for i, p in enumerate(codes) for q in codes[:i]]
    return _all_bits(found)


def _all_bits(codes: list[np.uint64]) -> np.uint64:
    return np.bitwise_or.reduce(np.array([0, *codes], np.uint64))
