"""A machine in a finite scope: every index a number, every quantifier written out, every parameter chosen.

A state is then a tuple of bitmaps, one for each slot (a variable at given indices); bit i stands for processor i.
`Integers` computes on such a state; the same ground terms are read by the exhaustive search as columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product
from typing import Any

from model.language import sets, terms
from model.language.interpretation import Interpretation, Rewriting
from model.language.machine import Action, Machine, Parameter
from model.language.sets import TRUE, Processor, Processors, Set, Truth
from model.language.sorts import Copy, Handle, Index, Message, Number, Ring, Seat, Token
from model.language.state import Write, constant

Slot = tuple[str, tuple[int, ...]]
"""A variable's name and the numbers of its indices."""
Bitmaps = tuple[int, ...]
"""A state: one bitmap for each slot."""


@dataclass(frozen=True)
class Scope:
    """How many processors there are, and how many elements of each other sort."""

    processors: int
    sizes: Mapping[type[Index], int]

    @property
    def everybody(self) -> int:
        """The bitmap of all processors."""
        return (1 << self.processors) - 1

    def places(self, sorts: Sequence[type[Index]]) -> Iterator[tuple[Index, ...]]:
        """Every choice of elements of these sorts, in order."""
        return product(*([sort.sort.element(i) for i in range(self.sizes[sort.sort])] for sort in sorts))


TOKENS = 6
"""Tokens sent in a run of the companion that numbers them, where nothing else is said."""


def plug_scope(processors: int, handles: int, rings: int, copies: int = 1, tokens: int = TOKENS) -> Scope:
    """A scope of the plug machine: processors, handles at each, rings formed, places for late tokens of each ring.

    `tokens` is the number of tokens sent where these are numbered. Of the machine of delivery, which has no handles,
    `handles` is the number of messages.
    """
    sizes: dict[type[Index], int] = {
        Handle: handles, Number: handles, Ring: rings, Copy: copies, Token: tokens, Seat: processors, Message: 2,
    }  # fmt: skip
    return Scope(processors, sizes)


Memory = dict[tuple[object, ...], Any]
"""What terms are, written out: by the term and what stands for all that is free in it."""


MEMORIES = 32
"""Of so many scopes what was written out is kept."""


class Grounding(Rewriting):
    """Writes out a term in a scope, with these indices and parameters chosen and these slots known.

    A parameter that is not chosen stays as it is. Groundings with the same scope and known slots share a memory: of two
    steps, a part that speaks of only one parameter is written out once for each choice of that one.
    """

    def __init__(
        self, scope: Scope, known: Mapping[Slot, int], indices: Mapping[Index, Index], chosen: Mapping[str, int],
        memory: Memory,
    ) -> None:  # fmt: skip
        super().__init__(indices)
        self.scope, self.known, self.chosen, self.memory = scope, known, chosen, memory
        self._stands: dict[Index | str, Index | int] = {**indices, **chosen}

    def at(self, indices: Mapping[Index, Index]) -> Grounding:
        """The same with these indices chosen too."""
        return type(self)(self.scope, self.known, {**self.indices, **indices}, self.chosen, self.memory)

    def set(self, term: Set) -> Set:
        key = (term, *map(self._stands.get, terms.free_in(term)))
        found = self.memory.get(key)
        if found is None:
            found = self.memory[key] = self.read_set(term)
        return found

    def truth(self, term: Truth) -> Truth:
        key = (term, *map(self._stands.get, terms.free_in(term)))
        found = self.memory.get(key)
        if found is None:
            found = self.memory[key] = self.read_truth(term)
        return found

    def everybody(self) -> Set:
        return terms.those(self.scope.everybody)

    def variable(self, name: str, at: tuple[Index, ...]) -> Set:
        where = tuple(self.index(index) for index in at)
        slot = (name, numbers(where))
        return terms.those(self.known[slot]) if slot in self.known else terms.variable(name, where)

    def parameter(self, term: Processor | Processors) -> Set:
        return terms.those(self.chosen[term.name]) if term.name in self.chosen else term

    def any_of(self, index: Index, body: Set) -> Set:
        found = sets.NOBODY
        for (element,) in self.scope.places([index.sort]):
            found = found | self.at({index: element}).set(body)
        return found

    def every(self, index: Index, body: Truth) -> Truth:
        holds = TRUE
        for (element,) in self.scope.places([index.sort]):
            holds = holds & self.at({index: element}).truth(body)
        return holds


@lru_cache(MEMORIES)
def _memory(processors: int, sizes: frozenset[object], known: frozenset[object]) -> Memory:
    """The memory of this scope where this is known: a machine and its variants have most of their terms in common."""
    return {}


def numbers(at: tuple[Index, ...]) -> tuple[int, ...]:
    """The numbers of ground indices."""
    return tuple(map(_number, at))


def _number(index: Index) -> int:
    if index.value is None:
        raise ValueError(f"index {index.name} has no number")
    return index.value


class Integers(Interpretation[int, bool]):
    """Computes ground terms on one state."""

    def __init__(self, ground: GroundMachine, state: Bitmaps) -> None:
        super().__init__()
        self.everyone, self.slots, self.state = ground.scope.everybody, ground.slots, state

    def nobody(self) -> int:
        return 0

    def everybody(self) -> int:
        return self.everyone

    def those(self, bitmap: int) -> int:
        return bitmap

    def variable(self, name: str, at: tuple[Index, ...]) -> int:
        return self.state[self.slots[name, numbers(at)]]

    def parameter(self, term: Processor | Processors) -> int:
        raise ValueError(f"parameter {term.name} was not chosen")

    def union(self, left: int, right: int) -> int:
        return left | right

    def common(self, left: int, right: int) -> int:
        return left & right

    def without(self, left: int, right: int) -> int:
        return left & ~right

    def when(self, condition: bool, then: int) -> int:
        return then if condition else 0

    def any_of(self, index: Index, body: Set) -> int:
        raise ValueError("a ground term has no quantifier")

    def fact(self, known: bool) -> bool:
        return known

    def within(self, inner: int, outer: int) -> bool:
        return inner & ~outer == 0

    def equal(self, left: int, right: int) -> bool:
        return left == right

    def several(self, of: int) -> bool:
        return of & (of - 1) != 0

    def same(self, left: Index, right: Index) -> bool:
        raise ValueError("a ground term compares no indices")

    def at_most(self, left: Index, right: Index) -> bool:
        raise ValueError("a ground term compares no indices")

    def negation(self, of: bool) -> bool:
        return not of

    def both(self, left: bool, right: bool) -> bool:
        return left and right

    def every(self, index: Index, body: Truth) -> bool:
        raise ValueError("a ground term has no quantifier")


@dataclass(frozen=True)
class Step:
    """An action with its parameters chosen: ground guard parts, and the new value of each slot it writes."""

    ground: GroundMachine = field(repr=False)
    action: Action
    arguments: Mapping[str, int]
    """By parameter: a processor's or an element's number; a bitmap for a set of processors. They may stay open."""
    guard: tuple[tuple[str, Truth], ...]
    effect: tuple[tuple[int, Set], ...]
    first_unused: Truth
    """Every lower element of a fresh parameter's sort is in use: a search need not try the others."""

    def read(self, claim: Callable[..., Truth]) -> Truth:
        """A two-state statement (now, then, parameters…) about this step, as a ground truth on the state before."""
        return self._grounding.truth(self.action.read(claim))

    @cached_property
    def _grounding(self) -> Grounding:
        return self.ground.grounding(self.action, self.arguments)

    @cached_property
    def search_guard(self) -> tuple[Truth, ...]:
        """What must hold for a search to take the step: its guard, and that a fresh element is the first unused one."""
        return (*(part for _, part in self.guard), self.first_unused)

    def refusals(self, here: Integers) -> list[str]:
        """The guard parts that refuse the step in a state; none if it is enabled."""
        return [label for label, part in self.guard if not here.truth(part)]

    def is_enabled(self, here: Integers) -> bool:
        """Whether its guard holds in a state."""
        return all(here.truth(part) for _, part in self.guard)

    def is_searched(self, here: Integers) -> bool:
        """Whether a search takes it in a state."""
        return here.truth(self.first_unused) and self.is_enabled(here)


class GroundMachine:
    """A machine in a scope."""

    def __init__(self, machine: Machine, scope: Scope) -> None:
        self.machine, self.scope = machine, scope
        start = self._start()
        changing = {name for action in machine.actions for name in action.writes}
        self.known = {slot: bitmap for slot, bitmap in start.items() if slot[0] not in changing}
        self.slots = {slot: i for i, slot in enumerate(slot for slot in start if slot[0] in changing)}
        self._written = _memory(scope.processors, frozenset(scope.sizes.items()), frozenset(self.known.items()))
        self.initial: Bitmaps = tuple(start[slot] for slot in self.slots)

    @property
    def is_symmetric(self) -> bool:
        """Whether nothing tells processors apart at the start; then renaming them changes no run but in names."""
        return all(bitmap in (0, self.scope.everybody) for bitmap in (*self.known.values(), *self.initial))

    def _start(self) -> dict[Slot, int]:
        """The initial value of every slot."""
        start: dict[Slot, int] = {}
        nothing_known = Grounding(self.scope, {}, {}, {}, {})
        for name, declared in self.machine.state.declared.items():
            for at in self.scope.places(declared.sorts):
                if isinstance(declared, constant):
                    start[name, numbers(at)] = declared.table(self.scope, *numbers(at))
                else:
                    value = self.machine.initial.families[name][at]
                    start[name, numbers(at)] = bitmap_of(nothing_known.set(value))
        return start

    def grounding(self, action: Action, arguments: Mapping[str, int]) -> Grounding:
        """Writes out terms over this action's parameters."""
        indices = {
            parameter: parameter.sort.element(arguments[name])
            for name, parameter in action.parameters.items()
            if isinstance(parameter, Index)
        }
        chosen = {
            name: 1 << arguments[name] if isinstance(parameter, Processor) else arguments[name]
            for name, parameter in action.parameters.items()
            if not isinstance(parameter, Index) and name in arguments
        }
        return Grounding(self.scope, self.known, indices, chosen, self._written)

    def truth(self, term: Truth) -> Truth:
        """A statement about one state, written out."""
        return Grounding(self.scope, self.known, {}, {}, self._written).truth(term)

    def set(self, term: Set) -> Set:
        """A set in one state, written out."""
        return Grounding(self.scope, self.known, {}, {}, self._written).set(term)

    def choices(self, parameter: Parameter) -> range:
        """The values that a parameter ranges over."""
        match parameter:
            case Processor():
                return range(self.scope.processors)
            case Processors():
                return range(1 << self.scope.processors)
            case Index():
                return range(self.scope.sizes[parameter.sort])

    def step(self, action: Action, arguments: Mapping[str, int]) -> Step:
        """The action with these arguments."""
        grounding = self.grounding(action, arguments)
        guard = tuple((label, grounding.truth(part)) for label, part in action.guard)
        effect = {slot: value for name in action.writes for slot, value in self._effect(name, action, grounding)}
        return Step(self, action, arguments, guard, tuple(effect.items()), self._first_unused(action, arguments))

    def _effect(self, name: str, action: Action, grounding: Grounding) -> Iterator[tuple[int, Set]]:
        """The slots of a variable whose value the action may change, each with its new value."""
        after: dict[tuple[Index, ...], Set] = {}
        for write in action.then.families[name].writes:
            for here in self._places(write, name, grounding):
                after[tuple(map(here.index, write.at))] = here.set(write.value)
        for at in sorted(after, key=numbers):
            if after[at] is not terms.variable(name, at):
                yield self.slots[name, numbers(at)], after[at]

    def _places(self, write: Write, name: str, grounding: Grounding) -> Iterator[Grounding]:
        """The grounding for each place that is written."""
        if not write.whole:
            yield grounding
            return
        for at in self.scope.places(self.machine.state.declared[name].sorts):
            yield grounding.at(dict(zip(write.at, at, strict=True)))

    def _first_unused(self, action: Action, arguments: Mapping[str, int]) -> Truth:
        """Of an action with a fresh parameter x, the guard part "x is unused" says that the element is unused."""
        lower_used = TRUE
        for name, parameter in action.parameters.items():
            if isinstance(parameter, Index) and parameter.fresh:
                unused = dict(action.guard)[f"{name} is unused"]
                for value in range(arguments[name]):
                    lower = self.grounding(action, {**arguments, name: value})
                    lower_used = lower_used & ~lower.truth(unused)
        return lower_used

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every action with every choice of its parameters."""
        return tuple(step for action in self.machine.actions for step in self.steps_of(action))

    def steps_of(self, action: Action) -> Iterator[Step]:
        """One action with every choice of its parameters."""
        for chosen in product(*(self.choices(parameter) for parameter in action.parameters.values())):
            yield self.step(action, dict(zip(action.parameters, chosen, strict=True)))

    def refusals(self, step: Step, state: Bitmaps) -> list[str]:
        """The guard parts that refuse this step in this state; none if it is enabled."""
        return step.refusals(Integers(self, state))

    def after(self, step: Step, state: Bitmaps) -> Bitmaps:
        """The state after this step, enabled or not."""
        integers = Integers(self, state)
        changed = list(state)
        for slot, value in step.effect:
            changed[slot] = integers.set(value)
        return tuple(changed)


def bitmap_of(term: Set) -> int:
    """The bitmap that a term without variables is."""
    match term:
        case terms.Those(bitmap):
            return bitmap
        case terms.Nobody():
            return 0
        case _:
            raise ValueError("the term is not constant")
