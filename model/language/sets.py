"""The set language in which the machine and its claims are written.

A state is a handful of sets of processors; a guard and an effect are set algebra. The values here are not computed:
they are recorded, as small graphs of terms that every engine interprets in its own way (`model.language.interpretation`). Equal
graphs are one object, so `a is b` means "the same expression".

Left out on purpose: numbers, functions and order. What needs them is not a set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from model.language.sorts import Index, Recorded, intern

_C = TypeVar("_C")
_T = TypeVar("_T", bound=Recorded)
_I = TypeVar("_I", bound=Index)


@dataclass_transform(eq_default=False)
def node(cls: type[_C]) -> type[_C]:
    """A class of terms: a dataclass whose instances are compared by identity."""
    return dataclass(eq=False, repr=False, slots=True)(cls)


class Set(Recorded):
    """A set of processors."""

    __slots__ = ()

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


class Truth(Recorded):
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


def when(condition: Truth, then: Set) -> Set:
    """`then` if the condition holds, else nobody: the language's only conditional."""
    match condition:
        case Fact(known):
            return then if known else NOBODY
        case _:
            return NOBODY if then is NOBODY else intern(When, condition, then)


def within(inner: Set, outer: Set) -> Truth:
    """Every processor of `inner` is in `outer`; for a single processor: it is a member."""
    match inner, outer:
        case (Nobody(), _) | (_, Everybody()):
            return TRUE
        case Those(a), Those(b):
            return TRUE if a & ~b == 0 else FALSE
        case Those(_), Nobody():
            return FALSE
        case _:
            return TRUE if inner is outer else intern(Within, inner, outer)


def equal(left: Set, right: Set) -> Truth:
    """The same processors."""
    match left, right:
        case (Those(_), Those(_)) | (Those(_), Nobody()) | (Nobody(), Those(_)):
            return TRUE if left is right else FALSE
        case _:
            return TRUE if left is right else intern(Equal, left, right)


def empty(a: Set) -> Truth:
    """Nobody is in it."""
    return equal(a, NOBODY)


def some(a: Set) -> Truth:
    """Somebody is in it."""
    return ~empty(a)


def several(a: Set) -> Truth:
    """At least two processors are in it."""
    match a:
        case Nobody() | Processor():
            return FALSE
        case Those(bitmap):
            return TRUE if bitmap & (bitmap - 1) else FALSE
        case _:
            return intern(Several, a)


def same(left: Index, right: Index) -> Truth:
    """The same element of their sort."""
    if left is right:
        return TRUE
    if left.value is not None and right.value is not None:
        return TRUE if left.value == right.value else FALSE
    return intern(Same, left, right)


def at_most(left: Index, right: Index) -> Truth:
    """The first element is numbered no higher than the second."""
    if left is right:
        return TRUE
    if left.value is not None and right.value is not None:
        return TRUE if left.value <= right.value else FALSE
    return intern(AtMost, left, right)


def all_of(statements: Iterable[Truth]) -> Truth:
    """All of them hold."""
    together = TRUE
    for statement in statements:
        together = together & statement
    return together


def implies(premise: Truth, conclusion: Truth) -> Truth:
    """If the premise holds, the conclusion does."""
    return ~(premise & ~conclusion)


def any_of(sort: type[_I], body: Callable[[_I], Set]) -> Set:
    """The union of `body(i)` over every element i of the sort."""
    index = _bind(sort, body)
    inner = body(index)
    return inner if inner is NOBODY else _quantified(AnyOf, index, inner)


def every(sort: type[_I], body: Callable[[_I], Truth]) -> Truth:
    """`body(i)` holds for every element i of the sort."""
    index = _bind(sort, body)
    inner = body(index)
    return inner if isinstance(inner, Fact) else _quantified(Every, index, inner)


def exists(sort: type[_I], body: Callable[[_I], Truth]) -> Truth:
    """`body(i)` holds for at least one element i of the sort."""
    return ~every(sort, lambda i: ~body(i))


def _bind(sort: type[_I], body: Callable[[_I], Recorded]) -> _I:
    """A bound index whose name depends only on what stands inside the body."""
    probe = sort("probe")
    return sort.bound(body(probe).depth + 1)


def _quantified(make: type[_T], index: Index, inner: Recorded) -> _T:
    term = intern(make, index, inner)
    term.depth = inner.depth + 1
    return term
