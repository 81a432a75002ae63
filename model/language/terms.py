"""The terms of the set language: one class for each operation, and the four operators.

An operator gives a simpler term where it can: what is already known folds away, so that the graph of an action in a
scope holds only what depends on the state. The words of the language are in `sets.py`; these are their values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast, dataclass_transform

from model.language.mistakes import kind_of, mistake
from model.language.sorts import Index, Recorded, intern

_C = TypeVar("_C")


@dataclass_transform(eq_default=False)
def node(cls: type[_C]) -> type[_C]:
    """A class of terms: a dataclass whose instances are compared by identity."""
    return dataclass(eq=False, repr=False, slots=True)(cls)


class Term(Recorded):
    """A set or a statement."""

    __slots__ = ()

    @classmethod
    def check(cls, parts: tuple[object, ...]) -> None:
        """Refuse, say, a family without its index, or a set where a statement belongs."""
        for kind, part in zip(_kinds(cls), parts, strict=True):
            if kind and not isinstance(part, kind):
                raise mistake(f"{cls.__name__.lower()} takes a {kind.__name__}, and is given {kind_of(part)}")


@cache
def _kinds(cls: type[Term]) -> tuple[type[Recorded] | None, ...]:
    """What each part of such a term must be; None if anything."""
    kinds: dict[object, type[Recorded]] = {"Set": Set, "Truth": Truth, "Index": Index}
    return tuple(kinds.get(field.type) for field in fields(cast(Any, cls)))


class Set(Term):
    """A set of processors."""

    __slots__ = ()

    if not TYPE_CHECKING:
        __iter__ = __contains__ = None

        def __getitem__(self, at: object) -> NoReturn:
            raise mistake(f"{self.called} is one set: it takes no index")

        def __setitem__(self, at: object, value: object) -> NoReturn:
            raise mistake(f"{self.called} is one set: it takes no index")

    @property
    def called(self) -> str:
        """What an error calls it: a variable by its name."""
        return self.name if isinstance(self, Variable) else "this"

    def __or__(self, other: Set) -> Set:
        match self, other:
            case (Nobody(), x) | (x, Nobody()):
                return x
            case Everybody(), _:
                return self
            case Those(a), Those(b):
                return those(a | b)
            case _:
                return self if self is other else intern(Union, self, other)

    def __and__(self, other: Set) -> Set:
        match self, other:
            case (Nobody(), _) | (_, Nobody()):
                return NOBODY
            case (Everybody(), x) | (x, Everybody()):
                return x
            case Those(a), Those(b):
                return those(a & b)
            case _:
                return self if self is other else intern(Common, self, other)

    def __sub__(self, other: Set) -> Set:
        match self, other:
            case (Nobody(), _) | (_, Nobody()):
                return self
            case _, Everybody():
                return NOBODY
            case Those(a), Those(b):
                return those(a & ~b)
            case _:
                return NOBODY if self is other else intern(Without, self, other)

    def __invert__(self) -> Set:
        return EVERYBODY - self


class Truth(Term):
    """A statement about sets."""

    __slots__ = ()

    def __and__(self, other: Truth) -> Truth:
        match self, other:
            case (Fact(known), x) | (x, Fact(known)):
                return x if known else FALSE
            case _:
                return self if self is other else intern(Both, self, other)

    def __or__(self, other: Truth) -> Truth:
        return ~(~self & ~other)

    def __invert__(self) -> Truth:
        match self:
            case Fact(known):
                return FALSE if known else TRUE
            case Not(inner):
                return inner
            case _:
                return intern(Not, self)


# Sets -----------------------------------------------------------------------------------------------------------------


@node
class Nobody(Set):
    """The empty set."""


@node
class Everybody(Set):
    """All processors."""


@node
class Those(Set):
    """A known set in a finite scope: bit i stands for processor i."""

    bitmap: int


@node
class Variable(Set):
    """A variable of the state; a family of sets has one for each index."""

    name: str
    at: tuple[Index, ...]


@node
class Processors(Set):
    """A parameter: any set of processors."""

    name: str

    @classmethod
    def named(cls, name: str) -> Processors:
        """The parameter of this name."""
        return intern(cls, name)


@node
class Processor(Set):
    """A parameter: one processor, as the set that contains just it."""

    name: str

    @classmethod
    def named(cls, name: str) -> Processor:
        """The parameter of this name."""
        return intern(cls, name)


@node
class Union(Set):
    """In either."""

    left: Set
    right: Set


@node
class Common(Set):
    """In both."""

    left: Set
    right: Set


@node
class Without(Set):
    """In the first and not in the second."""

    left: Set
    right: Set


@node
class When(Set):
    """The set if the condition holds, else nobody."""

    condition: Truth
    then: Set


@node
class AnyOf(Set):
    """In the body for at least one element of the index's sort."""

    index: Index
    body: Set


# Truths ---------------------------------------------------------------------------------------------------------------


@node
class Fact(Truth):
    """True or false, already known."""

    known: bool


@node
class Within(Truth):
    """Every processor of the first set is in the second."""

    inner: Set
    outer: Set


@node
class Equal(Truth):
    """The same processors."""

    left: Set
    right: Set


@node
class Several(Truth):
    """At least two processors."""

    of: Set


@node
class Same(Truth):
    """The same element of a sort."""

    left: Index
    right: Index


@node
class AtMost(Truth):
    """The first element is numbered no higher than the second: a total preorder."""

    left: Index
    right: Index


@node
class Not(Truth):
    """The opposite."""

    of: Truth


@node
class Both(Truth):
    """Both hold."""

    left: Truth
    right: Truth


@node
class Every(Truth):
    """The body holds for every element of the index's sort."""

    index: Index
    body: Truth


NOBODY = intern(Nobody)
EVERYBODY = intern(Everybody)
TRUE = intern(Fact, True)
FALSE = intern(Fact, False)


def those(bitmap: int) -> Set:
    """The processors whose bits are set."""
    return intern(Those, bitmap) if bitmap else NOBODY


def variable(name: str, at: tuple[Index, ...]) -> Set:
    """The value of a variable, at these indices if it is a family."""
    return intern(Variable, name, at)


def parts_of(term: Recorded) -> list[Recorded]:
    """What a term is made of, in order: terms and indices."""
    if isinstance(term, Index):
        return []
    parts = [getattr(term, field.name) for field in fields(cast("Any", term))]
    return [part for part in parts if isinstance(part, Recorded)]


def all_within(*terms: Recorded) -> Iterator[Recorded]:
    """These terms and all that they are made of, each once."""
    waiting, seen = list(terms), set[int]()
    while waiting:
        term = waiting.pop()
        if id(term) not in seen:
            seen.add(id(term))
            yield term
            waiting += parts_of(term)


@cache
def free_in(term: Recorded) -> tuple[Index | str, ...]:
    """What must be chosen to write this out: its indices that nothing in it binds, and the names of its parameters."""
    match term:
        case Index():
            return () if term.value is not None else (term,)
        case Processor(name) | Processors(name):
            return (name,)
        case Variable(_, at):
            parts: Sequence[Recorded] = at
        case _:
            parts = parts_of(term)
    bound = term.index if isinstance(term, AnyOf | Every) else None
    return tuple(dict.fromkeys(one for part in parts for one in free_in(part) if one is not bound))


def variables_of(*terms: Recorded) -> frozenset[str]:
    """The names of the variables in these terms, whatever the indices."""
    return frozenset(term.name for term in all_within(*terms) if isinstance(term, Variable))
