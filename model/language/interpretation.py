"""How recorded terms are read: one walk over the graph, one small class for each meaning.

An interpretation says what a set and a truth are and how the dozen operations act on them. Each term is read once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from model.language import sets, terms
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index

S = TypeVar("S")
T = TypeVar("T")


class Interpretation(ABC, Generic[S, T]):
    """Reads sets as `S` and truths as `T`."""

    def __init__(self) -> None:
        self._sets: dict[int, S] = {}
        self._truths: dict[int, T] = {}

    def set(self, term: Set) -> S:
        """What this set is."""
        found = self._sets.get(id(term))
        if found is None:
            found = self._sets[id(term)] = self.read_set(term)
        return found

    def truth(self, term: Truth) -> T:
        """What this truth is."""
        found = self._truths.get(id(term))
        if found is None:
            found = self._truths[id(term)] = self.read_truth(term)
        return found

    def read_set(self, term: Set) -> S:
        """Read a set for the first time."""
        return _SETS[type(term)](self, term)

    def read_truth(self, term: Truth) -> T:
        """Read a truth for the first time."""
        return _TRUTHS[type(term)](self, term)

    @abstractmethod
    def nobody(self) -> S: ...
    @abstractmethod
    def everybody(self) -> S: ...
    @abstractmethod
    def those(self, bitmap: int) -> S: ...
    @abstractmethod
    def variable(self, name: str, at: tuple[Index, ...]) -> S: ...
    @abstractmethod
    def parameter(self, term: Processor | Processors) -> S: ...
    @abstractmethod
    def union(self, left: S, right: S) -> S: ...
    @abstractmethod
    def common(self, left: S, right: S) -> S: ...
    @abstractmethod
    def without(self, left: S, right: S) -> S: ...
    @abstractmethod
    def when(self, condition: T, then: S) -> S: ...
    @abstractmethod
    def any_of(self, index: Index, body: Set) -> S: ...
    @abstractmethod
    def fact(self, known: bool) -> T: ...
    @abstractmethod
    def within(self, inner: S, outer: S) -> T: ...
    @abstractmethod
    def equal(self, left: S, right: S) -> T: ...
    @abstractmethod
    def several(self, of: S) -> T: ...
    @abstractmethod
    def same(self, left: Index, right: Index) -> T: ...
    @abstractmethod
    def at_most(self, left: Index, right: Index) -> T: ...
    @abstractmethod
    def negation(self, of: T) -> T: ...
    @abstractmethod
    def both(self, left: T, right: T) -> T: ...
    @abstractmethod
    def every(self, index: Index, body: Truth) -> T: ...


_Read = Callable[[Interpretation[Any, Any], Any], Any]

_SETS: dict[type[Set], _Read] = {
    terms.Nobody: lambda by, _: by.nobody(),
    terms.Everybody: lambda by, _: by.everybody(),
    terms.Those: lambda by, term: by.those(term.bitmap),
    terms.Variable: lambda by, term: by.variable(term.name, term.at),
    terms.Processor: lambda by, term: by.parameter(term),
    terms.Processors: lambda by, term: by.parameter(term),
    terms.Union: lambda by, term: by.union(by.set(term.left), by.set(term.right)),
    terms.Common: lambda by, term: by.common(by.set(term.left), by.set(term.right)),
    terms.Without: lambda by, term: by.without(by.set(term.left), by.set(term.right)),
    terms.When: lambda by, term: by.when(by.truth(term.condition), by.set(term.then)),
    terms.AnyOf: lambda by, term: by.any_of(term.index, term.body),
}
_TRUTHS: dict[type[Truth], _Read] = {
    terms.Fact: lambda by, term: by.fact(term.known),
    terms.Within: lambda by, term: by.within(by.set(term.inner), by.set(term.outer)),
    terms.Equal: lambda by, term: by.equal(by.set(term.left), by.set(term.right)),
    terms.Several: lambda by, term: by.several(by.set(term.of)),
    terms.Same: lambda by, term: by.same(term.left, term.right),
    terms.AtMost: lambda by, term: by.at_most(term.left, term.right),
    terms.Not: lambda by, term: by.negation(by.truth(term.of)),
    terms.Both: lambda by, term: by.both(by.truth(term.left), by.truth(term.right)),
    terms.Every: lambda by, term: by.every(term.index, term.body),
}
"""What each kind of term asks of who reads it. A table by class: a match tries the classes one after the other."""


class Rewriting(Interpretation[Set, Truth]):
    """Replaces indices by indices, and leaves everything else as it stands."""

    def __init__(self, indices: Mapping[Index, Index]) -> None:
        super().__init__()
        self.indices = dict(indices)

    def index(self, index: Index) -> Index:
        """What stands for this index."""
        return self.indices.get(index, index)

    def nobody(self) -> Set:
        return sets.NOBODY

    def everybody(self) -> Set:
        return sets.EVERYBODY

    def those(self, bitmap: int) -> Set:
        return terms.those(bitmap)

    def variable(self, name: str, at: tuple[Index, ...]) -> Set:
        return terms.variable(name, tuple(self.index(index) for index in at))

    def parameter(self, term: Processor | Processors) -> Set:
        return term

    def union(self, left: Set, right: Set) -> Set:
        return left | right

    def common(self, left: Set, right: Set) -> Set:
        return left & right

    def without(self, left: Set, right: Set) -> Set:
        return left - right

    def when(self, condition: Truth, then: Set) -> Set:
        return sets.when(condition, then)

    def any_of(self, index: Index, body: Set) -> Set:
        return sets.any_of(index.sort, lambda i: Rewriting({**self.indices, index: i}).set(body))

    def fact(self, known: bool) -> Truth:
        return sets.TRUE if known else sets.FALSE

    def within(self, inner: Set, outer: Set) -> Truth:
        return sets.within(inner, outer)

    def equal(self, left: Set, right: Set) -> Truth:
        return sets.equal(left, right)

    def several(self, of: Set) -> Truth:
        return sets.several(of)

    def same(self, left: Index, right: Index) -> Truth:
        return sets.same(self.index(left), self.index(right))

    def at_most(self, left: Index, right: Index) -> Truth:
        return sets.at_most(self.index(left), self.index(right))

    def negation(self, of: Truth) -> Truth:
        return ~of

    def both(self, left: Truth, right: Truth) -> Truth:
        return left & right

    def every(self, index: Index, body: Truth) -> Truth:
        return sets.every(index.sort, lambda i: Rewriting({**self.indices, index: i}).truth(body))
