"""Recorded actions as Python functions: what a machine in a scope allows and does, compiled once for each action.

The graph of an action is written out as for a step, but its parameters stay open and become those of the functions, so
one compilation serves every choice of them. `Integers` reads the same graph term by term, and is what it must equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol, cast

from model.language import sets, terms
from model.language.ground import Bitmaps, Grounding, GroundMachine, numbers
from model.language.interpretation import Interpretation
from model.language.machine import Action
from model.language.sets import TRUE, Processor, Processors, Set, Truth
from model.language.sorts import Index, Recorded
from model.language.state import Write

STATE, AFTER = "now_", "then_"
"""What the functions call the state before a step and after it."""
MOST_BRACKETS = 40
"""So many brackets a line may have: Python reads no more than 200 within each other."""


class Chosen(Protocol):
    """An action with its parameters chosen."""

    @property
    def action(self) -> Action: ...
    @property
    def arguments(self) -> Mapping[str, int]: ...


class Choice(NamedTuple):
    """An action with its parameters chosen, not written out."""

    action: Action
    arguments: Mapping[str, int]


class OpenGrounding(Grounding):
    """Writes out a term in a scope and leaves open which elements the action's parameters are."""

    def variable(self, name: str, at: tuple[Index, ...]) -> Set:
        where = tuple(self.index(index) for index in at)
        return super().variable(name, at) if _are_known(where) else terms.variable(name, where)


def _are_known(at: Sequence[Index]) -> bool:
    return all(index.value is not None for index in at)


class Code(Interpretation[str, str]):
    """Reads a term as a Python expression; what is used more than once gets a line of its own before."""

    def __init__(self, ground: GroundMachine, roots: Sequence[Set | Truth]) -> None:
        super().__init__()
        self.ground, self.uses, self.named_count = ground, _uses(roots), 0
        self.lines: list[str] = []
        self.tables: dict[str, tuple[int, ...]] = {}
        """By name, the values of variables that never change."""

    def read_set(self, term: Set) -> str:
        return self._named(term, super().read_set(term))

    def read_truth(self, term: Truth) -> str:
        return self._named(term, super().read_truth(term))

    def _named(self, term: Recorded, text: str) -> str:
        if (self.uses[id(term)] < 2 and text.count("(") <= MOST_BRACKETS) or " " not in text:
            return text
        self.named_count += 1
        self.lines.append(f"t{self.named_count}_ = {text}")
        return f"t{self.named_count}_"

    def taken(self) -> list[str]:
        """The lines that were written since this was last asked."""
        lines, self.lines = self.lines, []
        return lines

    def place(self, name: str, at: tuple[Index, ...]) -> str:
        """The value of a variable at indices that may be open."""
        if _are_known(at):
            return f"[{self.ground.slots[name, numbers(at)]}]"
        scope, sorts = self.ground.scope, self.ground.machine.state.declared[name].sorts
        first = self.ground.slots.get((name, (0,) * len(at)), 0)
        words = [str(first)] if first else list[str]()
        for i, index in enumerate(at):
            apart = 1
            for sort in sorts[i + 1 :]:
                apart *= scope.sizes[sort.sort]
            words.append(f"{apart} * {_index(index)}" if apart > 1 else _index(index))
        return f"[{' + '.join(words)}]"

    def nobody(self) -> str:
        return "0"

    def everybody(self) -> str:
        return str(self.ground.scope.everybody)

    def those(self, bitmap: int) -> str:
        return str(bitmap)

    def variable(self, name: str, at: tuple[Index, ...]) -> str:
        if any(slot[0] == name for slot in self.ground.slots):
            return STATE + self.place(name, at)
        self.tables[name] = tuple(value for slot, value in self.ground.known.items() if slot[0] == name)
        return f"{name}_{self.place(name, at)}"

    def parameter(self, term: Processor | Processors) -> str:
        return term.name

    def union(self, left: str, right: str) -> str:
        return f"({left} | {right})"

    def common(self, left: str, right: str) -> str:
        return f"({left} & {right})"

    def without(self, left: str, right: str) -> str:
        return f"({left} & ~{right})"

    def when(self, condition: str, then: str) -> str:
        return f"({then} if {condition} else 0)"

    def any_of(self, index: Index, body: Set) -> str:
        raise ValueError("a term that is written out has no quantifier")

    def fact(self, known: bool) -> str:
        return str(known)

    def within(self, inner: str, outer: str) -> str:
        return f"({inner} & ~{outer} == 0)"

    def equal(self, left: str, right: str) -> str:
        return f"({left} == {right})"

    def several(self, of: str) -> str:
        return f"({of} & {of} - 1 != 0)"

    def same(self, left: Index, right: Index) -> str:
        return f"({_index(left)} == {_index(right)})"

    def at_most(self, left: Index, right: Index) -> str:
        return f"({_index(left)} <= {_index(right)})"

    def negation(self, of: str) -> str:
        return f"(not {of})"

    def both(self, left: str, right: str) -> str:
        return f"({left} and {right})"

    def every(self, index: Index, body: Truth) -> str:
        raise ValueError("a term that is written out has no quantifier")


def _index(index: Index) -> str:
    return index.name if index.value is None else str(index.value)


def _uses(roots: Sequence[Set | Truth]) -> Counter[int]:
    """How often each term is read by others."""
    uses, left = Counter[int](), list[Recorded](roots)
    while left:
        term = left.pop()
        uses[id(term)] += 1
        if uses[id(term)] == 1 and not isinstance(term, Index):
            parts = (getattr(term, field.name) for field in fields(cast(Any, term)))
            left += [part for part in parts if isinstance(part, Set | Truth)]
    return uses


@dataclass(frozen=True)
class CompiledAction:
    """An action's functions of (state before, the arguments by their names)."""

    source: str
    labels: tuple[str, ...]
    is_enabled: Callable[..., bool]
    parts: Callable[..., tuple[bool, ...]]
    """Of each guard part, whether it holds."""
    after: Callable[..., Bitmaps]
    """The state after it, enabled or not."""
    is_first_unused: Callable[..., bool]
    """Whether every lower element of a fresh parameter's sort is in use."""


class CompiledMachine:
    """The actions of a ground machine as functions, each compiled when it is first asked for."""

    def __init__(self, ground: GroundMachine) -> None:
        self.ground = ground
        self._actions: dict[int, CompiledAction] = {}

    def action(self, action: Action) -> CompiledAction:
        """The functions of an action."""
        found = self._actions.get(id(action))
        if found is None:
            found = self._actions[id(action)] = compiled(self.ground, action)
        return found

    def is_enabled(self, step: Chosen, state: Bitmaps) -> bool:
        """Whether its guard holds in a state."""
        return self.action(step.action).is_enabled(state, **step.arguments)

    def is_searched(self, step: Chosen, state: Bitmaps) -> bool:
        """Whether a search takes it in a state."""
        action = self.action(step.action)
        return action.is_enabled(state, **step.arguments) and action.is_first_unused(state, **step.arguments)

    def refusals(self, step: Chosen, state: Bitmaps) -> list[str]:
        """The guard parts that refuse the step in a state; none if it is enabled."""
        action = self.action(step.action)
        if action.is_enabled(state, **step.arguments):
            return []
        parts = action.parts(state, **step.arguments)
        return [label for label, holds in zip(action.labels, parts, strict=True) if not holds]

    def after(self, step: Chosen, state: Bitmaps) -> Bitmaps:
        """The state after this step, enabled or not."""
        return self.action(step.action).after(state, **step.arguments)


def compiled(ground: GroundMachine, action: Action) -> CompiledAction:
    """The functions of an action in a scope."""
    open_ = OpenGrounding(ground.scope, ground.known, {}, {}, {})
    guard = [open_.truth(part) for _, part in action.guard]
    effect = list(_effect(ground, action, open_))
    lower = _lower_are_used(ground, action, open_)
    space: dict[str, Any] = {}
    source = "\n".join(
        [
            *_function("is_enabled", ground, action, guard, _is_enabled(guard), space),
            *_function("parts", ground, action, guard, _parts(guard), space),
            *_function("after", ground, action, [value for _, _, value in effect], _after(effect), space),
            *_function("is_first_unused", ground, action, [lower], _is_enabled([lower]), space),
        ]
    )
    exec(compile(source, f"<{action.name}>", "exec"), space)
    made = (space[name] for name in ("is_enabled", "parts", "after", "is_first_unused"))
    return CompiledAction(source, tuple(label for label, _ in action.guard), *made)


Body = Callable[[Code], Iterator[str]]
Assigned = tuple[str, tuple[Index, ...], Set]
"""A variable, its indices and its new value."""


def _function(
    name: str, ground: GroundMachine, action: Action, roots: Sequence[Set | Truth], body: Body, space: dict[str, Any]
) -> list[str]:
    """The lines of a function; what it reads of constants is put into its name space."""
    code = Code(ground, roots)
    ones = [f"{one} = 1 << {one}" for one, sort in action.parameters.items() if isinstance(sort, Processor)]
    lines = [*ones, *body(code)]
    space.update({f"{table}_": values for table, values in code.tables.items()})
    return [f"def {name}({', '.join((STATE, *action.parameters))}):", *(f"    {line}" for line in lines)]


def _is_enabled(guard: Sequence[Truth]) -> Body:
    def body(code: Code) -> Iterator[str]:
        for part in guard:
            text = code.truth(part)
            yield from code.taken()
            yield f"if not {text}: return False"
        yield "return True"

    return body


def _parts(guard: Sequence[Truth]) -> Body:
    def body(code: Code) -> Iterator[str]:
        texts = [code.truth(part) for part in guard]
        yield from code.taken()
        yield f"return ({''.join(f'{text}, ' for text in texts)})"

    return body


def _after(effect: Sequence[Assigned]) -> Body:
    def body(code: Code) -> Iterator[str]:
        yield f"{AFTER} = list({STATE})"
        for name, at, value in effect:
            text = code.set(value)
            yield from code.taken()
            yield f"{AFTER}{code.place(name, at)} = {text}"
        yield f"return tuple({AFTER})"

    return body


def _effect(ground: GroundMachine, action: Action, open_: OpenGrounding) -> Iterator[Assigned]:
    """What is assigned, in order: each value is of the state before, and the last one at a place counts."""
    for name, writes in action.writes.items():
        for write in writes:
            if write.whole:
                yield from _everywhere(ground, name, write, open_)
            else:
                yield name, write.at, open_.set(write.value)


def _everywhere(ground: GroundMachine, name: str, write: Write, open_: OpenGrounding) -> Iterator[Assigned]:
    for at in ground.scope.places(ground.machine.state.declared[name].sorts):
        yield name, at, open_.at(dict(zip(write.at, at, strict=True))).set(write.value)


def _lower_are_used(ground: GroundMachine, action: Action, open_: OpenGrounding) -> Truth:
    """Of an action with a fresh parameter x: each element is used, or is not lower than x."""
    lower_used = TRUE
    for name, parameter in action.parameters.items():
        if isinstance(parameter, Index) and parameter.fresh:
            unused = dict(action.guard)[f"{name} is unused"]
            for (element,) in ground.scope.places([parameter.sort]):
                here = open_.at({parameter: element}).truth(unused)
                lower_used = lower_used & (sets.at_most(parameter, element) | ~here)
    return lower_used
