"""Machines side by side: the product of recorded machines, some of whose actions are taken together.

A state of the product has every variable of each part, under the part's name: `delivery_member`. A joint action is a
list of steps of parts, made one after the other. A step *leads* if its guard is a guard of the joint action, and
*follows* if it is not: then its guard is an obligation, `follows`, which must hold wherever the joint action is
enabled. What no joint action names is taken by its part alone. Nothing is written again: a part's actions, ghosts and
features are those that its own text records.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar, cast

from model.language.interpretation import Rewriting
from model.language.machine import Action, Guard, Machine, Missed, Rule, Text, switched_on
from model.language.mistakes import mistake, nearest
from model.language.sets import Processor, Processors, Set, Truth, all_of, any_of, every
from model.language.signature import Parameter, call, guard_of, parameter, parameters_of
from model.language.sorts import Index
from model.language.state import PAST, Declared, Families, State, Write

S = TypeVar("S", bound=State)


@dataclass(frozen=True)
class Member:
    """A machine as a part of a product: features that are on there whatever is asked, and those that are off."""

    name: str
    text: Text
    always: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    is_fixed: bool = False
    """It is what the others are held against: a variant does not change it."""

    @property
    def features(self) -> frozenset[str]:
        """Those that can be switched in the product."""
        return self.text.features - self.always - self.never

    @property
    def rules(self) -> list[Rule]:
        """Those of the part that are there when all of the product's features are on."""
        return switched_on(self.text.rules, self.features | self.always)

    def record(self, on: frozenset[str]) -> Machine:
        """The part by itself."""
        return self.text.record((on & self.features) | self.always)

    def called(self, variable: str) -> str:
        """The name of its variable in the product."""
        return f"{self.name}_{variable}"


@dataclass(frozen=True)
class Step:
    """A step of one part within a joint action."""

    part: str
    action: str
    follows: bool = False
    given: Mapping[str, Callable[..., Set]] = field(default_factory=dict[str, Callable[..., Set]])
    """What stands for a parameter that is any set of processors: a function of (now, then, parameters…)."""
    feature: str | None = None
    """The step is left out while this is off."""


@dataclass(frozen=True)
class Joint:
    """An action of several parts: its name, its steps in order, and further guard parts."""

    name: str
    says: str
    steps: tuple[Step, ...]
    guard: Callable[..., Guard] | None = None


def part_of(state: State, name: str, of: type[S]) -> S:
    """The part's variables of a product's state, as a state of the part."""
    part = of()
    mine = {variable: state.families[f"{name}_{variable}"] for variable in of.declared}
    object.__setattr__(part, "families", Families(mine))
    return part


@dataclass(frozen=True)
class Product(Text):
    """A product as it is written; `rules` are only its own list of names, and what is added to it as it is."""

    members: tuple[Member, ...] = ()
    joint: tuple[Joint, ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    """Actions, each with its part, that nobody takes in the product."""
    own: int = 0
    """How many of the rules are its own."""

    @property
    def features(self) -> frozenset[str]:
        """What can be switched off in any part."""
        return frozenset[str]().union(*(member.features for member in self.members))

    def record(self, features: frozenset[str] | None = None) -> Machine:
        """Record the parts, and put their actions together."""
        on = self.features if features is None else features
        for feature in sorted(on - self.features):
            raise mistake(f"the machine has no feature {feature!r}{nearest(feature, self.features)}")
        parts = {member.name: member.record(on) for member in self.members}
        put = _Composition(self, parts, on)
        added = tuple(self._record(rule, self.edits, ()) for rule in self.rules[self.own :])
        return Machine(self.state, put.initial(), (*put.actions(), *added), on, tuple(put.missed()))

    def sorts(self, action: str) -> dict[str, type[Parameter]]:
        """The parameters of an action with all features on, and their sorts."""
        return self._sorts.get(action, {})

    @cached_property
    def _sorts(self) -> dict[str, dict[str, type[Parameter]]]:
        actions = self.record().actions
        return {action.name: {name: type(one) for name, one in action.parameters.items()} for action in actions}

    @property
    def follow(self) -> tuple[str, ...]:
        """The joint actions in which a part follows."""
        return tuple(one.name for one in self.joint if any(step.follows for step in one.steps))

    def edited(self, edit: Callable[[Text], Text]) -> Product:
        """The product of the parts as they are edited; itself, if none is."""
        members = tuple(one if one.is_fixed else replace(one, text=edit(one.text)) for one in self.members)
        same = all(new.text is old.text for new, old in zip(members, self.members, strict=True))
        return self if same else replace(self, members=members)


def product(
    name: str, members: Sequence[Member], joint: Sequence[Joint], without: Sequence[tuple[str, str]] = ()
) -> Product:
    """The product of these parts. TextError if it names a part or an action that there is not."""
    for part, action in (*((step.part, step.action) for one in joint for step in one.steps), *without):
        _check(members, part, action)
    bare = Product(
        _state(name, members), _nothing, (), members=tuple(members), joint=tuple(joint), without=tuple(without)
    )
    by_name = {(member.name, rule.name): rule for member in members for rule in member.rules}
    rules = tuple(_rule(bare, by_name, *taken) for taken in _taken(bare, by_name, bare.features))
    return replace(bare, rules=rules, own=len(rules))


def _check(members: Sequence[Member], part: str, action: str) -> None:
    known = {member.name: {rule.name for rule in member.text.rules} for member in members}
    if part not in known:
        raise mistake(f"there is no part {part!r}{nearest(part, known)}")
    if action not in known[part]:
        raise mistake(f"the part {part} has no action {action!r}{nearest(action, known[part])}")


def _nothing(then: State) -> None:
    """Each part begins as it does alone."""


Rules = Mapping[tuple[str, str], Rule]
"""The rules of all parts, by part and name."""


def _taken(text: Product, rules: Rules, on: frozenset[str]) -> Iterator[tuple[Joint, list[Step]]]:
    """The joint actions whose steps are all there, then those of one part alone, in the order of their parts."""
    for one in text.joint:
        steps = [step for step in one.steps if step.feature is None or step.feature in on]
        if all((step.part, step.action) in rules for step in steps):
            yield one, steps
    named = {(step.part, step.action) for one in text.joint for step in one.steps}
    for (part, action), rule in rules.items():
        if (part, action) not in named and (part, action) not in text.without:
            step = Step(part, action)
            yield Joint(action, rule.write.__doc__ or "", (step,)), [step]


def _rule(text: Product, rules: Rules, joint: Joint, steps: Sequence[Step]) -> Rule:
    """The rule of a joint action: of the kind of its first step, with the feature that this step needs."""
    part = next(member for member in text.members if member.name == steps[0].part)
    first = rules[part.name, steps[0].action]
    return Rule(_titled(joint), first.kind, first.feature if first.feature in part.features else None)


def _state(name: str, members: Sequence[Member]) -> type[State]:
    """A state with the variables of all parts, under their parts' names, and the axioms of all."""
    declared: dict[str, Declared] = {}
    for member in members:
        for variable, one in member.text.state.declared.items():
            declared[member.called(variable)] = copy.copy(one)
    axioms = tuple(_axiom(member, axiom) for member in members for axiom in member.text.state.axioms)
    return type(name, (State,), {**declared, "axioms": axioms, "__doc__": f"The variables of {name}."})


def _axiom(member: Member, axiom: Callable[..., Truth]) -> Callable[[State], Truth]:
    def of_the_part(now: State) -> Truth:
        return axiom(part_of(now, member.name, member.text.state))

    of_the_part.__name__ = axiom.__name__
    of_the_part.__doc__ = axiom.__doc__
    return of_the_part


class _Placed(Rewriting):
    """Reads what a part recorded in a state of the product, with the product's parameters."""

    def __init__(self, state: State, member: Member, indices: Mapping[Index, Index], chosen: Mapping[str, Set]) -> None:
        super().__init__(indices)
        self.state, self.member, self.chosen = state, member, chosen

    def with_indices(self, more: Mapping[Index, Index]) -> _Placed:
        """The same, with more indices replaced."""
        return _Placed(self.state, self.member, {**self.indices, **more}, self.chosen)

    def variable(self, name: str, at: tuple[Index, ...]) -> Set:
        return self.state.families[self.member.called(name)][tuple(self.index(index) for index in at)]

    def parameter(self, term: Processor | Processors) -> Set:
        return self.chosen.get(term.name, term)

    def any_of(self, index: Index, body: Set) -> Set:
        return any_of(index.sort, lambda i: self.with_indices({index: i}).set(body))

    def every(self, index: Index, body: Truth) -> Truth:
        return every(index.sort, lambda i: self.with_indices({index: i}).truth(body))


class _Composition:
    """The actions of a product, with some features on."""

    def __init__(self, text: Product, parts: Mapping[str, Machine], on: frozenset[str]) -> None:
        self.text, self.parts, self.on = text, parts, on
        self.member = {member.name: member for member in text.members}
        self.recorded = {(part, one.name): one for part, machine in parts.items() for one in machine.actions}
        self.rules = {key: one.rule for key, one in self.recorded.items()}

    def initial(self) -> State:
        """Each part's initial state."""
        initial = self.text.state()
        for name, machine in self.parts.items():
            self._write(initial, initial, name, machine.initial.written(), {}, {})
        initial.close()
        return initial

    def actions(self) -> Iterator[Action]:
        """Each put together of what its steps recorded."""
        for joint, steps in _taken(self.text, self.rules, self.on):
            yield self._action(joint, steps)

    def missed(self) -> Iterator[Missed]:
        """What the ghosts of the parts miss."""
        for name, machine in self.parts.items():
            called = self.member[name].called
            for one in machine.missed:
                writes, remembers = tuple(map(called, one.writes)), frozenset(map(called, one.remembers))
                yield replace(one, writes=writes, remembers=remembers)

    def _action(self, joint: Joint, steps: Sequence[Step]) -> Action:
        now, then = self.text.state(), self.text.state()
        now.close(PAST)
        parameters = self._parameters(joint, steps)
        guard = list[tuple[str, Truth]]()
        if joint.guard:
            guard += guard_of(joint.guard, call(joint.guard, now, then, parameters))
        obliged = list[Truth]()
        for step in steps:
            parts = self._take(step, now, then, parameters)
            if step.follows:
                obliged += [part for _, part in parts]
            else:
                guard += parts
        then.close()
        rule = _rule(self.text, self.rules, joint, steps)
        return Action(rule, parameters, tuple(guard), now, then, all_of(obliged))

    def _parameters(self, joint: Joint, steps: Sequence[Step]) -> dict[str, Parameter]:
        """Those of the steps, each of the sort that the first gives it, and those of the further guard parts."""
        sorts: dict[str, type[Parameter]] = {}
        for step in steps:
            for name, one in self.recorded[step.part, step.action].parameters.items():
                if name not in step.given:
                    sorts.setdefault(name, type(one))
        for name, sort in parameters_of(joint.guard).items() if joint.guard else ():
            sorts.setdefault(name, sort)
        return {name: parameter(sort, name) for name, sort in sorts.items()}

    def _take(
        self, step: Step, now: State, then: State, parameters: Mapping[str, Parameter]
    ) -> list[tuple[str, Truth]]:
        """Make a step from where those before it have led; its guard, read there."""
        action, member, here = self.recorded[step.part, step.action], self.member[step.part], _copied(then)
        indices = {
            one: cast(Index, parameters[name]) for name, one in action.parameters.items() if isinstance(one, Index)
        }
        chosen = {name: call(write, now, then, parameters) for name, write in step.given.items()}
        placed = _Placed(here, member, indices, chosen)
        guard = [(label, placed.truth(part)) for label, part in action.guard]
        self._write(here, then, step.part, action.writes, indices, chosen)
        return guard

    def _write(
        self, here: State, then: State, part: str, writes: Mapping[str, Sequence[Write]],
        indices: Mapping[Index, Index], chosen: Mapping[str, Set],
    ) -> None:  # fmt: skip
        member = self.member[part]
        placed = _Placed(here, member, indices, chosen)
        for name, several in writes.items():
            family = then.families[member.called(name)]
            for write in several:
                if write.whole and write.at:
                    family.each(_everywhere(placed, write))
                else:
                    family[tuple(placed.index(index) for index in write.at)] = placed.set(write.value)


def _everywhere(placed: _Placed, write: Write) -> Callable[..., Set]:
    return lambda *at: placed.with_indices(dict(zip(write.at, at, strict=True))).set(write.value)


def _copied(state: State) -> State:
    """A state with what was assigned so far, to be read while more is assigned to the other."""
    here = type(state)()
    for name, family in state.families.items():
        here.families[name].writes = list(family.writes)
    here.close(PAST)
    return here


def _titled(joint: Joint) -> Callable[..., Guard]:
    """What stands for the function of a rule: the name and the sentence."""

    def write(now: State, then: State) -> Guard:
        raise TypeError("a joint action is put together of recorded ones")

    write.__name__, write.__doc__ = joint.name, joint.says
    return write
