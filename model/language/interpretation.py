"""How recorded terms are read: one walk over the graph, one small class for each meaning.

An interpretation says what a set and a truth are and how the dozen operations act on them. Each term is read once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, TypeVar

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
        if id(term) not in self._sets:
            self._sets[id(term)] = self.read_set(term)
        return self._sets[id(term)]

    def truth(self, term: Truth) -> T:
        """What this truth is."""
        if id(term) not in self._truths:
            self._truths[id(term)] = self.read_truth(term)
        return self._truths[id(term)]

    def read_set(self, term: Set) -> S:
        """Read a set for the first time."""
        match term:
            case terms.Nobody():
                return self.nobody()
            case terms.Everybody():
                return self.everybody()
            case terms.Those(bitmap):
                return self.those(bitmap)
            case terms.Variable(name, at):
                return self.variable(name, at)
            case terms.Processor() | terms.Processors():
                return self.parameter(term)
            case terms.Union(left, right):
                return self.union(self.set(left), self.set(right))
            case terms.Common(left, right):
                return self.common(self.set(left), self.set(right))
            case terms.Without(left, right):
                return self.without(self.set(left), self.set(right))
            case terms.When(condition, then):
                return self.when(self.truth(condition), self.set(then))
            case terms.AnyOf(index, body):
                return self.any_of(index, body)
            case _:
                raise TypeError(f"no set: {term!r}")

    def read_truth(self, term: Truth) -> T:
        """Read a truth for the first time."""
        match term:
            case terms.Fact(known):
                return self.fact(known)
            case terms.Within(inner, outer):
                return self.within(self.set(inner), self.set(outer))
            case terms.Equal(left, right):
                return self.equal(self.set(left), self.set(right))
            case terms.Several(of):
                return self.several(self.set(of))
            case terms.Same(left, right):
                return self.same(left, right)
            case terms.AtMost(left, right):
                return self.at_most(left, right)
            case terms.Not(of):
                return self.negation(self.truth(of))
            case terms.Both(left, right):
                return self.both(self.truth(left), self.truth(right))
            case terms.Every(index, body):
                return self.every(index, body)
            case _:
                raise TypeError(f"no truth: {term!r}")

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
