"""The set language in which the machine and its claims are written.

Who has its bit set in the token, whose gate is open, who has installed a ring: each is a set of processors, and a state
is a handful of them. A guard and an effect are set algebra, and so is a claim. Nothing in them depends on how many
processors there are, which is why one text can be proved for any number and searched for a few.

The values here are not computed but recorded. An action runs once, on terms (`terms.py`) that remember what was done to
them, and leaves a small graph. Integers, the columns of a search, bit-vectors, the predicates of a proof and the
notation of SPEC.md are five readings of that graph (`interpretation.py`): engines cannot disagree about what an action
says, only about what they make of it.

**A set of one.** There are no elements beside sets: a parameter `p: Processor` is the set of just that processor. So
`within(p, s)` says that p is in s, `s | p` and `s - p` put it in and take it out, `p & s` is p if it is in s and else
nobody, `p - s` is p if it is not. A family such as `now.bits` has one set for each element of a sort; `any_of` joins
them, `every` and `exists` speak of them, over one sort or several: `every(Ring, Handle, lambda r, h: ...)`.

What can be relied on:

- Equal graphs are one object, so `a is b` means "the same expression". What a quantifier binds is therefore named by
  how deep its body is, and not in the order of writing.
- Nobody asks a term in Python: `if`, `==` and `in` raise a TypeError. A condition is `when`, `implies` or a guard part.
- What is known folds away. In a scope, with parameters chosen and constants known, what is left of a guard speaks of
  the state, or is TRUE or FALSE.
- `when(condition, s)` is the only conditional: s, or nobody. Two cases are a union of two of them.

Left out on purpose: numbers, functions, and counting beyond `several`, which says "at least two". What needs them is
not a set; a queue of two is two sets. Elements of a sort may be compared (`same`, `at_most`), processors may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar, cast, overload

from model.language.mistakes import kind_of, mistake
from model.language.sorts import Index, Recorded, intern
from model.language.terms import (
    EVERYBODY,
    FALSE,
    NOBODY,
    TRUE,
    AnyOf,
    AtMost,
    Equal,
    Every,
    Everybody,
    Fact,
    Nobody,
    Processor,
    Processors,
    Same,
    Set,
    Several,
    Those,
    Truth,
    When,
    Within,
)

__all__ = [
    "EVERYBODY", "FALSE", "NOBODY", "TRUE", "Processor", "Processors", "Set", "Truth",
    "all_of", "any_of", "at_most", "empty", "equal", "every", "exists", "implies", "same", "several", "some", "when",
    "within",
]  # fmt: skip

_T = TypeVar("_T", bound=Recorded)
_I = TypeVar("_I", bound=Index)
_J = TypeVar("_J", bound=Index)
_K = TypeVar("_K", bound=Index)


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


# Over every element of a sort -----------------------------------------------------------------------------------------


@overload
def any_of(i: type[_I], body: Callable[[_I], Set], /) -> Set: ...
@overload
def any_of(i: type[_I], j: type[_J], body: Callable[[_I, _J], Set], /) -> Set: ...
def any_of(*over: Any) -> Set:
    """The union of `body(i, …)` over all elements i, … of the sorts: `any_of(Handle, lambda h: now.plugged[h])`."""
    *sorts, body = over
    return _nested(_any_of_one, sorts, body)


@overload
def every(i: type[_I], body: Callable[[_I], Truth], /) -> Truth: ...
@overload
def every(i: type[_I], j: type[_J], body: Callable[[_I, _J], Truth], /) -> Truth: ...
@overload
def every(i: type[_I], j: type[_J], k: type[_K], body: Callable[[_I, _J, _K], Truth], /) -> Truth: ...
def every(*over: Any) -> Truth:
    """`body(i, …)` holds for all elements i, … of the sorts."""
    *sorts, body = over
    return _nested(_every_one, sorts, body)


@overload
def exists(i: type[_I], body: Callable[[_I], Truth], /) -> Truth: ...
@overload
def exists(i: type[_I], j: type[_J], body: Callable[[_I, _J], Truth], /) -> Truth: ...
def exists(*over: Any) -> Truth:
    """`body(i, …)` holds for at least one choice of elements i, … of the sorts."""
    *sorts, body = over
    return ~_nested(_every_one, sorts, lambda *at: ~body(*at))


def _nested(
    quantify: Callable[[type[Index], Callable[[Index], _T]], _T],
    sorts: Sequence[type[Index]],
    body: Callable[..., _T],
) -> _T:
    """One quantifier within the other, the first sort outermost."""
    first, *rest = sorts
    if not rest:
        return quantify(first, body)
    return quantify(first, lambda i: _nested(quantify, rest, partial(body, i)))


def _any_of_one(sort: type[Index], body: Callable[[Index], Set]) -> Set:
    index = _bind(sort, body)
    inner = body(index)
    return inner if inner is NOBODY else _quantified(AnyOf, index, inner)


def _every_one(sort: type[Index], body: Callable[[Index], Truth]) -> Truth:
    index = _bind(sort, body)
    inner = body(index)
    return inner if isinstance(inner, Fact) else _quantified(Every, index, inner)


def _bind(sort: type[_I], body: Callable[[_I], Recorded]) -> _I:
    """A bound index whose name depends only on what stands inside the body."""
    inner = cast(object, body(sort("probe")))
    if not isinstance(inner, Recorded):
        raise mistake(f"the body of a quantifier is {kind_of(inner)}, and should be a Set or a Truth")
    return sort.bound(inner.depth + 1)


def _quantified(make: type[_T], index: Index, inner: Recorded) -> _T:
    term = intern(make, index, inner)
    term.depth = inner.depth + 1
    return term
