"""Random small machines of the set language, and the same once more in plain Python.

What Hypothesis draws is a tree of words. It is written in the set language for the engines; and it is computed here, on
frozen sets of numbers, without terms, scopes, columns or solvers. So engines are held to a search of a few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Any

from hypothesis import strategies as st

from model.language.machine import Guard, Text
from model.language.sets import (
    EVERYBODY,
    NOBODY,
    Processor,
    Set,
    Truth,
    any_of,
    at_most,
    empty,
    equal,
    every,
    same,
    several,
    when,
    within,
)
from model.language.sorts import Handle
from properties.catalogue.claim import Part
from tests.tiny import Tiny, machine

Tree = tuple[Any, ...]
"""A word, and what it is about: other trees."""
Group = frozenset[int]
Where = Mapping[str, Group]
"""A state: each set by its name; those of a family by name and number."""


@dataclass(frozen=True)
class Act:
    """An action of p and h: its guard, and the new values of some sets."""

    guard: Tree
    values: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True)
class Drawn:
    """A machine: which sets everybody is in at first, and its actions. The sets are a, b, and h at each handle."""

    full: tuple[str, ...]
    acts: tuple[Act, ...]


# Drawing. -----------------------------------------------------------------------------------------------------------

SIMPLE = [("a",), ("b",), ("h", "h"), ("p",)]
OF_STATE = [("a",), ("b",)]


def sets(leaves: list[Tree], indices: tuple[str, ...], depth: int = 2) -> st.SearchStrategy[Tree]:
    """Trees that are sets, over these leaves."""
    leaf = st.sampled_from(leaves)
    if not depth:
        return leaf
    inner, bound = sets(leaves, indices, depth - 1), sets([*leaves, ("h", "i")], (*indices, "i"), depth - 1)
    return st.one_of(
        leaf, leaf,
        st.tuples(st.sampled_from(["or", "and", "minus"]), inner, inner),
        st.tuples(st.just("when"), truths(leaves, indices, depth - 1), inner),
        st.tuples(st.just("any"), bound),
    )  # fmt: skip


def truths(leaves: list[Tree], indices: tuple[str, ...], depth: int = 2) -> st.SearchStrategy[Tree]:
    """Trees that are true or false."""
    inner = sets(leaves, indices, max(0, depth - 1))
    simple = st.one_of(
        st.tuples(st.sampled_from(["within", "equal"]), inner, inner),
        st.tuples(st.sampled_from(["empty", "several"]), inner),
    )
    if not depth:
        return simple
    deeper = truths(leaves, indices, depth - 1)
    bound = truths([*leaves, ("h", "i")], (*indices, "i"), depth - 1)
    compared = [st.tuples(st.sampled_from(["same", "at most"]), *map(st.just, indices[-2:]))] if indices[1:] else []
    return st.one_of(
        simple, st.tuples(st.just("not"), deeper), st.tuples(st.just("both"), deeper, deeper),
        st.tuples(st.just("every"), bound), *compared,
    )  # fmt: skip


def values_of(name: str) -> st.SearchStrategy[Tree]:
    """What may become of a set: often p comes in or goes out, so that there is more than one state."""
    itself: Tree = ("h", "h") if name == "h" else (name,)
    in_or_out = st.tuples(st.sampled_from(["or", "or", "minus"]), st.just(itself), st.just(("p",)))
    return st.one_of(in_or_out, in_or_out, sets(SIMPLE, ("h",)))


@st.composite
def machines(draw: st.DrawFn) -> Drawn:
    """A machine of one to three actions."""
    acts: list[Act] = []
    for _ in range(draw(st.integers(1, 3))):
        written = draw(st.lists(st.sampled_from(["a", "b", "h"]), min_size=1, max_size=2, unique=True))
        values = tuple((name, draw(values_of(name))) for name in sorted(written))
        acts.append(Act(draw(truths(SIMPLE, ("h",), 1)), values))
    full = draw(st.lists(st.sampled_from(["a", "b", "h"]), max_size=2, unique=True))
    drawn = Drawn(tuple(sorted(full)), tuple(acts))
    return drawn if moves(drawn) else replace(drawn, acts=tuple(replace(act, guard=("not", act.guard)) for act in acts))


def moves(drawn: Drawn) -> bool:
    """Whether anything happens at first; if nothing does, something may with the opposite guards."""
    plain = Plain(drawn, 2, 2)
    return any(after != plain.start for *_, after in plain.steps(plain.start))


def states_said() -> st.SearchStrategy[Tree]:
    """Statements of a state: of any sets, or of one or none beside what is at handles."""
    one = [truths([leaf], (), 2) for leaf in OF_STATE]
    return st.one_of(truths(OF_STATE, (), 2), *one, st.tuples(st.just("every"), truths([("h", "i")], ("i",), 1)))


def steps_said() -> st.SearchStrategy[Tree]:
    """Statements of a step of p and h."""
    after: list[Tree] = [("a'",), ("b'",), ("h'", "h")]
    return truths([*SIMPLE, *after], ("h",), 1)


# In the set language. -----------------------------------------------------------------------------------------------


def text_of(drawn: Drawn) -> Text:
    """The machine in the set language."""

    def initial(now: Tiny) -> None:
        for name in drawn.full:
            if name == "h":
                now.of_handle.each(lambda h: EVERYBODY)
            else:
                setattr(now, name, EVERYBODY)

    return machine(*(_action(act, f"act{number}") for number, act in enumerate(drawn.acts)), initial=initial)


def _action(act: Act, name: str) -> Callable[..., Guard]:
    def write(now: Tiny, then: Tiny, p: Processor, h: Handle) -> Guard:
        yield "it may", _truth(act.guard, now, now, p, {"h": h})
        values = [(name, _set(value, now, now, p, {"h": h})) for name, value in act.values]
        for name, value in values:
            if name == "h":
                then.of_handle[h] = value
            else:
                setattr(then, name, value)

    write.__name__ = name
    return write


def state_part(tree: Tree) -> Part:
    """A statement of every state."""

    def says(now: Tiny) -> Truth:
        return _truth(tree, now, now, NOBODY, {})

    return Part("it says so", says)


def step_part(tree: Tree, action: str) -> Part:
    """A statement of every step of an action."""

    def says(now: Tiny, then: Tiny, p: Processor, h: Handle) -> Truth:
        return _truth(tree, now, then, p, {"h": h})

    return Part("it says so", says, of_steps=True, at=action)


def _set(tree: Tree, now: Tiny, then: Tiny, p: Set, at: Mapping[str, Handle]) -> Set:
    word, *rest = tree
    match word:
        case "a" | "b":
            return getattr(now, word)
        case "a'" | "b'":
            return getattr(then, word[0])
        case "h":
            return now.of_handle[at[rest[0]]]
        case "h'":
            return then.of_handle[at[rest[0]]]
        case "p":
            return p
        case "any":
            return any_of(Handle, lambda i: _set(rest[0], now, then, p, {**at, "i": i}))
        case "when":
            return when(_truth(rest[0], now, then, p, at), _set(rest[1], now, then, p, at))
        case _:
            left, right = (_set(one, now, then, p, at) for one in rest)
            return {"or": left | right, "and": left & right, "minus": left - right}[word]


def _truth(tree: Tree, now: Tiny, then: Tiny, p: Set, at: Mapping[str, Handle]) -> Truth:
    word, *rest = tree
    match word:
        case "not":
            return ~_truth(rest[0], now, then, p, at)
        case "both":
            return _truth(rest[0], now, then, p, at) & _truth(rest[1], now, then, p, at)
        case "every":
            return every(Handle, lambda i: _truth(rest[0], now, then, p, {**at, "i": i}))
        case "same" | "at most":
            compare = {"same": same, "at most": at_most}[word]
            return compare(at[rest[0]], at[rest[1]])
        case _:
            said = [_set(one, now, then, p, at) for one in rest]
            return {"within": within, "equal": equal, "empty": empty, "several": several}[word](*said)


# In plain Python. ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plain:
    """The machine with so many processors and handles, computed."""

    drawn: Drawn
    processors: int
    handles: int

    @property
    def start(self) -> tuple[Group, ...]:
        """The initial state: a, b, and h at each handle."""
        everybody = frozenset(range(self.processors))
        names = ["a", "b", *(["h"] * self.handles)]
        return tuple(everybody if name in self.drawn.full else frozenset[int]() for name in names)

    def steps(self, state: tuple[Group, ...]) -> Iterator[tuple[int, int, int, tuple[Group, ...]]]:
        """What is possible: an action's number, p, h, and the state after it."""
        for number, act in enumerate(self.drawn.acts):
            for p, h in product(range(self.processors), range(self.handles)):
                if self.holds(act.guard, state, state, p, {"h": h}):
                    after = list(state)
                    for name, value in act.values:
                        place = 2 + h if name == "h" else "ab".index(name)
                        after[place] = self.group(value, state, state, p, {"h": h})
                    yield number, p, h, tuple(after)

    def levels(self) -> Iterator[list[tuple[Group, ...]]]:
        """All states that can be reached, by how many steps it takes."""
        seen, level = {self.start}, [self.start]
        while level:
            yield level
            found = dict.fromkeys(after for state in level for *_, after in self.steps(state))
            level = [state for state in found if state not in seen]
            seen.update(level)

    def group(
        self, tree: Tree, now: tuple[Group, ...], then: tuple[Group, ...], p: int, at: Mapping[str, int]
    ) -> Group:
        """The set that a tree is."""
        word, *rest = tree
        match word:
            case "a" | "b":
                return now["ab".index(word)]
            case "a'" | "b'":
                return then["ab".index(word[0])]
            case "h":
                return now[2 + at[rest[0]]]
            case "h'":
                return then[2 + at[rest[0]]]
            case "p":
                return frozenset({p})
            case "any":
                each = [self.group(rest[0], now, then, p, {**at, "i": i}) for i in range(self.handles)]
                return reduce(frozenset.union, each)
            case "when":
                return self.group(rest[1], now, then, p, at) if self.holds(rest[0], now, then, p, at) else frozenset()
            case _:
                left, right = (self.group(one, now, then, p, at) for one in rest)
                return {"or": left | right, "and": left & right, "minus": left - right}[word]

    def holds(self, tree: Tree, now: tuple[Group, ...], then: tuple[Group, ...], p: int, at: Mapping[str, int]) -> bool:
        """Whether a tree is true."""
        word, *rest = tree
        match word:
            case "not":
                return not self.holds(rest[0], now, then, p, at)
            case "both":
                return self.holds(rest[0], now, then, p, at) and self.holds(rest[1], now, then, p, at)
            case "every":
                return all(self.holds(rest[0], now, then, p, {**at, "i": i}) for i in range(self.handles))
            case "same":
                return at[rest[0]] == at[rest[1]]
            case "at most":
                return at[rest[0]] <= at[rest[1]]
            case _:
                said = [self.group(one, now, then, p, at) for one in rest]
                tests: dict[str, Callable[[], bool]] = {
                    "within": lambda: said[0] <= said[1], "equal": lambda: said[0] == said[1],
                    "empty": lambda: not said[0], "several": lambda: len(said[0]) > 1,
                }  # fmt: skip
                return tests[word]()
