"""Sorts: what a recorded value is, and the names of handles, rings and copies.

Processors are not here: they only ever appear in sets (`model.language.sets`).
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, NoReturn, Self, TypeVar


class Recorded:
    """What all recorded values share: they are not asked in Python, only recorded."""

    __slots__ = ("depth",)

    depth: int
    """How deeply quantifiers nest inside this value; it names bound indices, so that equal graphs are one object."""

    @classmethod
    def check(cls, parts: tuple[object, ...]) -> None:
        """Refuse parts of which no such value is made."""

    def __bool__(self) -> NoReturn:
        raise TypeError("a recorded value is not computed here: use when(), implies() or a guard part instead of 'if'")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("recorded values are compared with equal() or same(); objects with 'is'")

    __hash__ = object.__hash__


class Index(Recorded):
    """Names one element of a sort other than processors: a handle, a ring, a copy. Each subclass is a sort.

    `value` is None while the element is symbolic (a parameter or a bound index), else its number in a finite scope.
    """

    __slots__ = ("name", "value")

    sort: ClassVar[type[Index]]
    names: ClassVar[tuple[str, ...]] = ()
    """Of a sort whose elements are known: what they are called."""
    fresh: ClassVar[bool] = False
    """A parameter of this class names an element not used before: any is as good as another."""

    def __init_subclass__(cls, of: type[Index] | None = None) -> None:
        cls.sort, cls.fresh = (of, True) if of else (cls, False)

    def __init__(self, name: str, value: int | None = None) -> None:
        self.name, self.value, self.depth = name, value, 0

    @classmethod
    @cache
    def element(cls, value: int) -> Index:
        """The element of the sort with this number."""
        name = cls.names[value] if cls.names else f"{cls.sort.__name__.lower()} {value}"
        return intern(cls.sort, name, value)

    @classmethod
    def bound(cls, depth: int) -> Self:
        """The index that a quantifier of this nesting depth binds."""
        return intern(cls, f"{cls.sort.__name__.lower()[0]}_{depth}")


class Handle(Index):
    """A plug handle (mail M2): a name that every processor uses for one of its own."""


class Ring(Index):
    """A ring, by its ring id."""


class NewRing(Ring, of=Ring):
    """A ring that was never formed."""


class Copy(Index):
    """A place for late or duplicated tokens: one copy of each ring's."""


class Token(Index):
    """A token that was sent: one hop of it. Tokens are numbered; in a finite scope the number is the element's own."""


class NewToken(Token, of=Token):
    """A token that was never sent."""


class Seat(Index):
    """A processor's place in the fixed order of processors."""


class Number(Index):
    """The number of a message. A run gives each to one message, in one of its rings."""


class Message(Index):
    """A kind of recovery message that a service sends: clm's nodejoin, evt's add-node."""

    names = ("nodejoin", "add-node")


_interned: dict[tuple[object, ...], Any] = {}
"""By class and parts. Recorded parts are found by identity: a dictionary asks for it before it asks for equality."""
_T = TypeVar("_T", bound=Recorded)


def intern(make: type[_T], *parts: object) -> _T:
    """The one object of this class with these parts."""
    key = (make, *parts)
    term = _interned.get(key)
    if term is None:
        term = _interned[key] = _made(make, parts)
    return term


def _made(make: type[_T], parts: tuple[object, ...]) -> _T:
    make.check(parts)
    term = make(*parts)
    if not isinstance(term, Index):
        term.depth = max((part.depth for part in parts if isinstance(part, Recorded)), default=0)
    return term
