"""Why one step can be taken in a state or not, and what it changes: guard part by guard part, set by set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from math import prod

import msgspec

from model.language.ground import Bitmaps, GroundMachine, Slot, Step, numbers
from model.language.machine import Action, Parameter
from model.language.sets import Processors, Set
from model.language.terms import variable
from properties.explain.diff import Difference
from properties.explain.values import Said, Values, members_of
from properties.traces.trace import TraceError, letter, no_action, sets_in, show_slot, show_step

MOST_CHOICES = 200
"""More choices of parameters than this are not gone through."""


class GuardPart(msgspec.Struct):
    """A part of a guard in one state: whether it is true, and the comparisons that decide it."""

    part: str
    holds: bool
    because: list[Said]


class Change(msgspec.Struct):
    """A set that a step changes, and the term that is its new value."""

    set: str
    before: list[str]
    after: list[str]
    term: str


class StepAccount(msgspec.Struct):
    """A step in a state."""

    words: str
    enabled: bool
    guard: list[GuardPart]
    changes: list[Change] = []
    """What it changes, if it is enabled."""
    differs: Difference | None = None
    """In a variant: what the protocol does otherwise in this step."""


def explain_step(ground: GroundMachine, step: Step, state: Bitmaps) -> StepAccount:
    """A step in a state: its guard, and what it changes if it is enabled."""
    values = Values(ground, state, step)
    guard = [GuardPart(label, values.holds(part), values.because(part)) for label, part in step.action.guard]
    enabled = all(part.holds for part in guard)
    return StepAccount(show_step(step), enabled, guard, list(_changes(ground, step, state)) if enabled else [])


def _changes(ground: GroundMachine, step: Step, state: Bitmaps) -> Iterator[Change]:
    before, after = sets_in(ground, state), sets_in(ground, ground.after(step, state))
    values = Values(ground, state, step)
    for slot in before:
        if before[slot] != after[slot]:
            term = str(values.notation.set(new_value(ground, step, slot, values)))
            yield Change(show_slot(ground, slot), members_of(before[slot]), members_of(after[slot]), term)


def new_value(ground: GroundMachine, step: Step, slot: Slot, values: Values) -> Set:
    """The term that a slot has after the step."""
    name, at = slot
    sorts = ground.machine.state.declared[name].sorts
    elements = tuple(sort.sort.element(number) for sort, number in zip(sorts, at, strict=True))
    value = variable(name, elements)
    for write in step.action.then.families[name].writes:
        if write.whole:
            value = values.filled_set(write.read(elements, value))
        elif numbers(tuple(values.indices.get(index, index) for index in write.at)) == at:
            value = values.filled_set(write.value)
    return value


def steps_in_words(ground: GroundMachine, words: str) -> list[Step]:
    """The steps that these words begin: an action, and the first of its parameters; TraceError if there are none."""
    name, *given = re.findall(r"\{[^{}]*\}|\S+", words) or [""]
    action = next((one for one in ground.machine.actions if one.name == name), None)
    if action is None:
        raise TraceError(no_action(ground, name))
    if len(given) > len(action.parameters):
        raise TraceError(f"{name} takes {', '.join(action.parameters)}; given {' '.join(given)}")
    choices = _choices(ground, action, given)
    if prod(map(len, choices)) > MOST_CHOICES:
        raise TraceError(f"{name} has more than {MOST_CHOICES} choices of {', '.join(action.parameters)}: name some")
    return [ground.step(action, dict(zip(action.parameters, one, strict=True))) for one in product(*choices)]


def _choices(ground: GroundMachine, action: Action, given: list[str]) -> list[range]:
    """For each parameter its values: the one given, or all."""
    words = dict(zip(action.parameters, given, strict=False))
    return [
        _given(ground, name, parameter, words[name]) if name in words else ground.choices(parameter)
        for name, parameter in action.parameters.items()
    ]


def _given(ground: GroundMachine, name: str, parameter: Parameter, word: str) -> range:
    first = letter(parameter)
    if isinstance(parameter, Processors):
        members = word.strip("{}").replace(",", " ").split() if word[0] + word[-1] == "{}" else [word]
        value = sum(1 << _number(name, first, one) for one in set(members))
    else:
        value = _number(name, first, word)
    if value not in ground.choices(parameter):
        raise TraceError(f"{name} is {word}, which this scope does not have")
    return range(value, value + 1)


def _number(name: str, first: str, word: str) -> int:
    if not re.fullmatch(rf"{first}[0-9]{{1,2}}", word):
        raise TraceError(f"{name} is {word!r}, not an element such as {first}0")
    return int(word[1:])
