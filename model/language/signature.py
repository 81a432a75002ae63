"""What the functions take and yield in which actions, edits and statements are written: parameters and guard parts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import GeneratorType
from typing import TypeVar, cast, get_type_hints

from model.language.mistakes import TextError, kind_of, mistake_in, nearest, place, place_of
from model.language.sets import Processor, Processors, Truth
from model.language.sorts import Index

R = TypeVar("R")
Parameter = Index | Processor | Processors


@cache
def names_of(write: Callable[..., object]) -> tuple[str, ...]:
    """The names of a function's parameters."""
    return tuple(inspect.signature(write).parameters)


def sorts_of(writes: Sequence[Callable[..., object]]) -> dict[str, type[Parameter]]:
    """The parameters of the functions that make one action together: a name has one sort."""
    sorts: dict[str, type[Parameter]] = {}
    for write in writes:
        for name, sort in parameters_of(write).items():
            check_sort(write, name, sort, sorts.get(name, sort))
            sorts[name] = sort
    return sorts


def check_sort(write: Callable[..., object], name: str, sort: type[Parameter], wanted: type[Parameter]) -> None:
    """Refuse a parameter of another sort than the action's."""
    if getattr(sort, "sort", sort) is not getattr(wanted, "sort", wanted):
        raise mistake_in(write, f"{name} is a {sort.__name__}, and in the action a {wanted.__name__}")


def hints_of(write: Callable[..., object], states: Sequence[str]) -> dict[str, object]:
    """A function's parameters and their annotations; TextError if it does not begin with these states."""
    try:
        hints = get_type_hints(write)
    except NameError as error:
        raise mistake_in(write, f"an annotation is not known: {error}") from error
    names = names_of(write)
    if len(names) < len(states):
        raise mistake_in(write, f"takes ({', '.join(names)}), and should take ({', '.join(states)}, …)")
    return {name: hints.get(name) for name in names}


def parameters_of(write: Callable[..., object], states: Sequence[str] = ("now", "then")) -> dict[str, type[Parameter]]:
    """The parameters of a rule, an edit or a statement after the states, and their sorts."""
    named = list(hints_of(write, states).items())[len(states) :]
    return {name: _sort(write, name, hint) for name, hint in named}


def _sort(write: Callable[..., object], name: str, hint: object) -> type[Parameter]:
    """What a parameter is annotated with, if it is a sort."""
    if isinstance(hint, type):
        sort = cast("type[object]", hint)
        if issubclass(sort, Index | Processor | Processors) and sort is not Index:
            return sort
    said = "no annotation" if hint is None else f"the annotation {getattr(hint, '__name__', hint)!s}"
    raise mistake_in(write, f"{name} has {said}, which is no sort; sorts are Processor, Processors, Ring, Handle, …")


def guard_of(write: Callable[..., object], yielded: object) -> tuple[tuple[str, Truth], ...]:
    """The guard parts that a function yields, each a name and a Truth."""
    if not isinstance(yielded, Iterable):
        raise mistake_in(write, f"returns {kind_of(yielded)}; it should assign, and yield guard parts")
    parts = cast("Iterable[object]", yielded)
    return tuple(_part(part, _line_of(write, parts)) for part in parts)


def _line_of(write: Callable[..., object], parts: Iterable[object]) -> str:
    """The place of the guard part that was just yielded."""
    if isinstance(parts, GeneratorType) and parts.gi_frame:
        return place(write.__code__.co_filename, parts.gi_frame.f_lineno)
    return place_of(write)


def _part(part: object, where: str) -> tuple[str, Truth]:
    """The guard part, if it is one."""
    if not isinstance(part, tuple) or len(pair := cast("tuple[object, ...]", part)) != 2:
        raise TextError(
            where, f"a guard part is {kind_of(cast(object, part))}: yield the words that name it, and a Truth"
        )
    name, says = pair
    if not (isinstance(name, str) and name.strip()):
        raise TextError(where, "a guard part has no name: yield the words that name it, and a Truth")
    if not isinstance(says, Truth):
        raise TextError(where, f"the guard part {name!r} is {kind_of(says)}, and should be a Truth")
    return name, says


def check_fresh(
    write: Callable[..., object], parameters: Mapping[str, Parameter], guard: Sequence[tuple[str, Truth]]
) -> None:
    """Refuse a parameter that names an element never used before without the guard part that says so."""
    for name, one in parameters.items():
        if isinstance(one, Index) and one.fresh and f"{name} is unused" not in dict(guard):
            raise mistake_in(write, f"{name} is new: there must be a guard part '{name} is unused'")


def parameter(sort: type[Parameter], name: str) -> Parameter:
    """The parameter of this name."""
    if issubclass(sort, Index):
        return sort(name)
    return cast("Parameter", sort.named(name))


def call(write: Callable[..., R], now: object, then: object, parameters: Mapping[str, Parameter | Truth]) -> R:
    """Call with those parameters that the function names."""
    asked = names_of(write)[2:]
    for name in asked:
        if name not in parameters:
            raise mistake_in(write, f"the action has no parameter {name!r}{nearest(name, parameters)}")
    return write(now, then, **{name: parameters[name] for name in asked})
