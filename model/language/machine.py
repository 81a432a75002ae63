"""How a machine is declared and recorded: variables, actions, ghosts, and what a recorded action holds.

An action is a generator function: it yields its named guard parts and assigns to `then`. It runs once, on recording
values (`model.language.sets`); what it leaves is an `Action`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from model.language.mistakes import mistake, nearest
from model.language.sets import NOBODY, TRUE, Set, Truth
from model.language.signature import Parameter, call, check_fresh, guard_of, parameter, parameters_of, sorts_of
from model.language.sorts import Index
from model.language.state import PAST, State, Write, constant
from model.language.terms import variables_of

Guard = Iterator[tuple[str, Truth]]
"""What an action yields: its guard parts, each with the words that name it."""


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
        return parameters_of(self.write)


@dataclass(frozen=True)
class Ghost:
    """A history variable's rule: it follows all actions that write what it watches, or the named ones.

    TypeError if it follows named actions and does not say which variables it is about.
    """

    write: Callable[..., None]
    after: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    """Of one that follows named actions: the variables of which it tells the history."""
    but: tuple[str, ...] = ()
    """The actions that write what it watches or is about, and that it rightly does not follow."""
    feature: str | None = None

    def __post_init__(self) -> None:
        if self.after and not self.about:
            raise TypeError(f"the ghost {self.name} follows named actions: say which variables it is about")

    @property
    def name(self) -> str:
        """The rule's name as words."""
        return self.write.__name__.replace("_", " ")

    def follows(self, action: str, then: State) -> bool:
        """Whether this rule applies to a step of that action."""
        return action in self.after or (action not in self.but and bool(_written_of(self.watches, then)))

    def misses(self, action: str, then: State) -> list[str]:
        """The variables that it is about and that an action writes though nobody said whether to follow that."""
        return [] if action in (*self.after, *self.but) else _written_of(self.about, then)


@dataclass(frozen=True)
class Missed:
    """An action that a ghost should follow or name, and does neither: what the ghost remembers may be wrong."""

    ghost: str
    """The rule's name."""
    action: str
    writes: tuple[str, ...]
    """The variables that the ghost is about."""
    remembers: frozenset[str]
    """The ghost variables that may be wrong."""

    def __str__(self) -> str:
        """In words."""
        return (
            f"the ghost \u201c{self.ghost}\u201d says nothing of {self.action}, which writes {', '.join(self.writes)}"
        )


@dataclass(frozen=True)
class Action:
    """A recorded action: its guard parts, and what it writes."""

    rule: Rule
    parameters: Mapping[str, Parameter]
    guard: tuple[tuple[str, Truth], ...]
    now: State
    then: State
    follows: Truth = TRUE
    """Of a joint action (`product.py`): the guards of the parts that follow, which must hold wherever it is enabled."""
    _read: dict[Callable[..., Truth], Truth] = field(
        default_factory=dict[Callable[..., Truth], Truth], init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """The action's name in traces and reports."""
        return self.rule.name

    @property
    def writes(self) -> dict[str, tuple[Write, ...]]:
        """The writes to each changed variable, in order."""
        return self.then.written()

    def read(self, statement: Callable[..., Truth], then: State | None = None) -> Truth:
        """What a two-state statement (now, then, some of the parameters…, perhaps `follows`) says of this action."""
        given = {**self.parameters, "follows": self.follows}
        if then is not None:
            return call(statement, self.now, then, given)
        if statement not in self._read:
            self._read[statement] = call(statement, self.now, self.then, given)
        return self._read[statement]


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


RECORDINGS = 4096
"""So many recorded actions are kept: a variant changes one or two of its machine's."""

W = TypeVar("W", Rule, Ghost, Edit)


@dataclass(frozen=True)
class Machine:
    """A recorded machine: initial state, actions, and the features that are switched on."""

    state: type[State]
    initial: State
    actions: tuple[Action, ...]
    features: frozenset[str]
    missed: tuple[Missed, ...] = ()
    """Where a ghost may be wrong, because of an action that was not thought of when it was stated."""

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
        for feature in sorted(on - self.features):
            raise mistake(f"the machine has no feature {feature!r}{nearest(feature, self.features)}")
        initial = self.state()
        for one in initial.families.values():
            if not isinstance(one.declared, constant):
                one.each(_nobody)
        self.initial(initial)
        initial.close()
        edits, ghosts = switched_on(self.edits, on), switched_on(self.ghosts, on)
        actions = tuple(self._record(rule, edits, ghosts) for rule in switched_on(self.rules, on))
        return Machine(self.state, initial, actions, on, tuple(self._missed(actions, ghosts)))

    def _record(self, rule: Rule, edits: Sequence[Edit], ghosts: Sequence[Ghost]) -> Action:
        mine = tuple(edit for edit in edits if edit.action == rule.name)
        return recorded(self.state, rule, mine, tuple(ghosts))

    def _missed(self, actions: Sequence[Action], ghosts: Sequence[Ghost]) -> Iterator[Missed]:
        """The actions that ghosts miss, with the ghost variables that may be wrong by it, through others too."""
        for ghost in ghosts:
            for action in actions:
                if writes := ghost.misses(action.name, action.then):
                    wrong = frozenset(_written_by(ghost.write, self.state).written())
                    yield Missed(ghost.name, action.name, tuple(writes), _spread(wrong, ghosts, self.state))

    def sorts(self, action: str) -> dict[str, type[Parameter]]:
        """The parameters of an action with all features on, and their sorts."""
        return sorts_of([one.write for one in self.rules if one.name == action] + _writes(self.edits, action))


@lru_cache(RECORDINGS)
def recorded(state: type[State], rule: Rule, edits: tuple[Edit, ...], ghosts: tuple[Ghost, ...]) -> Action:
    """An action of a machine with this state, run once: with these edits of it, and the ghosts that may follow it."""
    now, then = state(), state()
    now.close(PAST)
    sorts = sorts_of([rule.write, *_writes(edits, rule.name)])
    parameters = {name: parameter(sort, name) for name, sort in sorts.items()}
    guard = guard_of(rule.write, call(rule.write, now, then, parameters))
    for edit in edits:
        guard = tuple(part for part in guard if part[0] not in edit.without)
        if edit.write and (yielded := call(edit.write, now, then, parameters)) is not None:
            guard += guard_of(edit.write, yielded)
    for ghost in ghosts:
        if ghost.follows(rule.name, then):
            call(ghost.write, now, then, parameters)
    then.close()
    check_fresh(rule.write, parameters, guard)
    return Action(rule, parameters, guard, now, then)


def switched_on(written: Sequence[W], features: frozenset[str]) -> list[W]:
    """What belongs to no feature, or to one that is on."""
    return [one for one in written if one.feature is None or one.feature in features]


def _writes(edits: Sequence[Edit], action: str) -> list[Callable[..., object]]:
    """The functions that edit an action."""
    return [edit.write for edit in edits if edit.action == action and edit.write]


def _written_of(names: Sequence[str], then: State) -> list[str]:
    """Those of these variables that are written."""
    return [name for name in names if then.families[name].writes]


def _written_by(write: Callable[..., object], state: type[State]) -> State:
    """What a rule that yields nothing leaves, run by itself."""
    then = state()
    call(write, state(), then, {name: parameter(sort, name) for name, sort in parameters_of(write).items()})
    return then


def _spread(wrong: frozenset[str], ghosts: Sequence[Ghost], state: type[State]) -> frozenset[str]:
    """These variables, and those that rules of ghosts make from them."""
    more = wrong
    for ghost in ghosts:
        for name, writes in _written_by(ghost.write, state).written().items():
            if more & variables_of(*(write.value for write in writes)):
                more |= {name}
    return more if more == wrong else _spread(more, ghosts, state)


def _nobody(*_at: Index) -> Set:
    return NOBODY
