"""How a machine is declared and recorded: variables, actions, ghosts, and what a recorded action holds.

An action is a generator function: it yields its named guard parts and assigns to `then`. It runs once, on recording
values (`model.language.sets`); what it leaves is an `Action`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, TypeVar, cast, get_type_hints

from model.language.interpretation import Rewriting
from model.language.sets import FALSE, NOBODY, TRUE, Processor, Processors, Set, Truth, same, when
from model.language.sorts import Index
from model.language.terms import variable

R = TypeVar("R")
Guard = Iterator[tuple[str, Truth]]
"""What an action yields: its guard parts, each with the words that name it."""
Parameter = Index | Processor | Processors


@dataclass(frozen=True)
class Write:
    """A new value: at one place of a family (or of a single set), or for every index at once (`whole`)."""

    at: tuple[Index, ...]
    value: Set
    whole: bool = False

    def read(self, at: tuple[Index, ...], before: Set) -> Set:
        """The value at these indices after this write, if it was `before`."""
        if self.whole:
            return Rewriting(dict(zip(self.at, at, strict=True))).set(self.value)
        here = TRUE
        for mine, asked in zip(self.at, at, strict=True):
            here = here & same(mine, asked)
        if here is TRUE or here is FALSE:
            return self.value if here is TRUE else before
        return when(here, self.value) | when(~here, before)


class Family:
    """A variable that holds one set for each index, in one state: `bits[r]`."""

    def __init__(self, declared: Declared, name: str) -> None:
        self.declared, self.name = declared, name
        self.writes: list[Write] = []

    def __getitem__(self, at: Index | tuple[Index, ...]) -> Set:
        where = at if isinstance(at, tuple) else (at,)
        value = variable(self.name, where)
        for write in self.writes:
            value = write.read(where, value)
        return value

    def __setitem__(self, at: Index | tuple[Index, ...], value: Set) -> None:
        self.writes.append(Write(at if isinstance(at, tuple) else (at,), value))

    def each(self, body: Callable[[Any], Set] | Callable[[Any, Any], Set] | Callable[[Any, Any, Any], Set]) -> None:
        """Give every index the value `body(index, …)`."""
        sorts = self.declared.sorts
        body = cast("Callable[..., Set]", body)
        depth = body(*(sort("probe") for sort in sorts)).depth
        at = tuple(sort.bound(depth + 1 + sorts[:place].count(sort)) for place, sort in enumerate(sorts))
        self.writes.append(Write(at, body(*at), whole=True))

    def keep(self) -> None:
        """Leave the variable as it was."""
        self.writes.clear()


class Declared:
    """A variable of a machine: its name, the sorts that index it, and what it means."""

    def __init__(self, *sorts: type[Index], means: str, ghost: bool = False) -> None:
        self.sorts, self.means, self.ghost = sorts, means, ghost
        self.name = ""

    def __set_name__(self, owner: type[State], name: str) -> None:
        if name in owner.declared:
            raise TypeError(f"{owner.__name__}: the variable {name} is already declared")
        self.name = name
        owner.declared = {**owner.declared, name: self}


class family(Declared):
    """Declares a variable with one set for each index."""

    def __get__(self, state: State, owner: type[State]) -> Family:
        return state.families[self.name]


class single(Declared):
    """Declares a variable that is one set."""

    def __get__(self, state: State, owner: type[State]) -> Set:
        return state.families[self.name][()]

    def __set__(self, state: State, value: Set) -> None:
        state.families[self.name][()] = value


class constant(family):
    """Declares a family that never changes, given by a table from (scope, numbers of indices…) to a bitmap."""

    def __init__(self, *sorts: type[Index], means: str, table: Callable[..., int]) -> None:
        super().__init__(*sorts, means=means)
        self.table = table


class State:
    """The variables of a machine, before or after a step; a subclass declares them."""

    declared: ClassVar[dict[str, Declared]] = {}
    axioms: ClassVar[tuple[Callable[[Any], Truth], ...]] = ()
    """What proofs may take for granted of constants and of the order of sorts: true of the tables in every scope."""

    @classmethod
    def is_of_any_size(cls) -> bool:
        """Whether it has a meaning for any number of processors: a table of constants has, by its axioms only."""
        return bool(cls.axioms) or not any(isinstance(declared, constant) for declared in cls.declared.values())

    def __init__(self, called: Callable[[str], str] = str) -> None:
        """`called` gives variables other names: primed ones, or those of a machine that implements this one."""
        self.families = {name: Family(declared, called(name)) for name, declared in self.declared.items()}

    def written(self) -> dict[str, tuple[Write, ...]]:
        """The writes to each variable that has any."""
        return {name: tuple(one.writes) for name, one in self.families.items() if one.writes}


class Kind(Enum):
    """Who takes a step."""

    PROTOCOL = "protocol"
    SERVICE = "service"
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Rule:
    """An action as it is written: a function of (now, then, parameters…) with its docstring."""

    write: Callable[..., Guard]
    kind: Kind
    feature: str | None = None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.write.__name__

    @property
    def source(self) -> str:
        """What its docstring cites."""
        cited = re.search(r"Source:(.+?)(?=Differs:|\Z)", self.write.__doc__ or "", re.DOTALL)
        return " ".join(cited[1].split()).removesuffix(".") if cited else ""

    @property
    def parameters(self) -> dict[str, type[Parameter]]:
        """The parameters after `now` and `then`, and their sorts."""
        return _parameters(self.write)


@dataclass(frozen=True)
class Ghost:
    """A history variable's rule: it follows the named actions, or all that write what it watches."""

    write: Callable[..., None]
    after: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()
    feature: str | None = None

    def follows(self, action: str, then: State) -> bool:
        """Whether this rule applies to a step of that action."""
        return action in self.after or any(then.families[name].writes for name in self.watches)


@dataclass(frozen=True)
class Action:
    """A recorded action: its guard parts, and what it writes."""

    rule: Rule
    parameters: Mapping[str, Parameter]
    guard: tuple[tuple[str, Truth], ...]
    now: State
    then: State

    @property
    def name(self) -> str:
        """The action's name in traces and reports."""
        return self.rule.name

    @property
    def writes(self) -> dict[str, tuple[Write, ...]]:
        """The writes to each changed variable, in order."""
        return self.then.written()

    def read(self, statement: Callable[..., Truth], then: State | None = None) -> Truth:
        """What a two-state statement (now, then, some of the parameters…) says of this action."""
        return _call(statement, self.now, then or self.then, self.parameters)


@dataclass(frozen=True)
class Edit:
    """One change of one action: guard parts dropped, and a function that runs after the action's own text.

    The function may yield further guard parts and name further parameters; what it assigns replaces what the action
    assigned. With a feature, the change is made only while that is on.
    """

    action: str
    without: tuple[str, ...] = ()
    write: Callable[..., Guard | None] | None = None
    feature: str | None = None


W = TypeVar("W", Rule, Ghost, Edit)


@dataclass(frozen=True)
class Machine:
    """A recorded machine: initial state, actions, and the features that are switched on."""

    state: type[State]
    initial: State
    actions: tuple[Action, ...]
    features: frozenset[str]

    def action(self, name: str) -> Action:
        """The action of this name."""
        return next(action for action in self.actions if action.name == name)


@dataclass(frozen=True)
class Text:
    """A machine as it is written: its variables, initial state, rules and ghosts."""

    state: type[State]
    initial: Callable[..., None]
    rules: tuple[Rule, ...]
    ghosts: tuple[Ghost, ...] = ()
    edits: tuple[Edit, ...] = field(default=())

    @property
    def features(self) -> frozenset[str]:
        """The names of what can be switched off."""
        return frozenset(one.feature for one in (*self.rules, *self.edits) if one.feature)

    def record(self, features: frozenset[str] | None = None) -> Machine:
        """Run every action once on recording values; without `features`, all of them are on."""
        on = self.features if features is None else features
        initial = self.state()
        for family in initial.families.values():
            family.each(_nobody)
        self.initial(initial)
        edits, ghosts = _switched_on(self.edits, on), _switched_on(self.ghosts, on)
        actions = tuple(self._record(rule, edits, ghosts) for rule in _switched_on(self.rules, on))
        return Machine(self.state, initial, actions, on)

    def _record(self, rule: Rule, edits: Sequence[Edit], ghosts: Sequence[Ghost]) -> Action:
        now, then = self.state(), self.state()
        mine = [edit for edit in edits if edit.action == rule.name]
        writes = [rule.write, *(edit.write for edit in mine if edit.write)]
        sorts = {name: sort for write in writes for name, sort in _parameters(write).items()}
        parameters = {name: _parameter(sort, name) for name, sort in sorts.items()}
        guard = tuple(_call(rule.write, now, then, parameters))
        for edit in mine:
            guard = tuple(part for part in guard if part[0] not in edit.without)
            if edit.write:
                guard += tuple(_call(edit.write, now, then, parameters) or ())
        for ghost in ghosts:
            if ghost.follows(rule.name, then):
                _call(ghost.write, now, then, parameters)
        return Action(rule, parameters, guard, now, then)


def _switched_on(written: Sequence[W], features: frozenset[str]) -> list[W]:
    """What belongs to no feature, or to one that is on."""
    return [one for one in written if one.feature is None or one.feature in features]


def _parameters(write: Callable[..., object]) -> dict[str, type[Parameter]]:
    """The parameters of a rule or an edit after `now` and `then`, and their sorts."""
    hints = get_type_hints(write)
    return {name: hints[name] for name in list(inspect.signature(write).parameters)[2:]}


def _nobody(*_at: Index) -> Set:
    return NOBODY


def _parameter(sort: type[Parameter], name: str) -> Parameter:
    if issubclass(sort, Index):
        return sort(name)
    return cast("Parameter", sort.named(name))


def _call(write: Callable[..., R], now: State, then: State, parameters: Mapping[str, Parameter]) -> R:
    """Call with those parameters that the function names."""
    asked = list(inspect.signature(write).parameters)[2:]
    return write(now, then, **{name: parameters[name] for name in asked})
