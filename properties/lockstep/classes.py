"""Classes of transitions: what a tour has to cover when it cannot take every transition.

A class is an action, its guard context, and the set of variables that it changes. The guard context says, of each
variable that some guard reads, or an effect on another variable, whether the processor that the step concerns is in
it; of a step that concerns several (`form_ring`), whether none, some or all of them are. It is not enough to look at
what the step itself reads: what it should not depend on has to be tried both ways. Variables at indices other than the
step's own are taken together. Ghosts are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.language.compiled import Chosen
from model.language.ground import Bitmaps, GroundMachine, Step
from model.language.sets import Processor, Processors
from model.language.sorts import Index
from model.language.terms import variables_of
from properties.explicit.columns import Column

Numbers = NDArray[np.signedinteger[Any]]
NONE, SOME, ALL = range(3)
Code = tuple[str, int]
"""Stands for a class where many transitions are told apart: the action, and the rest in one number."""


class Class(NamedTuple):
    """A class of transitions."""

    action: str
    context: tuple[tuple[str, int], ...]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class _Reading:
    """What is looked at to classify a step."""

    action: str
    subject: int
    """The processors that the step concerns, as a bitmap."""
    read: tuple[tuple[str, tuple[int, ...]], ...]
    """By label, the slots."""
    written: tuple[tuple[str, tuple[int, ...]], ...]
    """By variable, its slots, one after the other."""

    def named(self, standing: tuple[int, ...], moved: tuple[bool, ...]) -> Class:
        """The class with these standings and these variables changed."""
        context = tuple((label, how) for (label, _), how in zip(self.read, standing, strict=True))
        return Class(self.action, context, tuple(n for (n, _), m in zip(self.written, moved, strict=True) if m))


class Classes:
    """Classifies the transitions of a ground machine."""

    def __init__(self, ground: GroundMachine) -> None:
        self.ground = ground
        self._slots = dict[str, list[int]]()
        for (name, _), i in ground.slots.items():
            self._slots.setdefault(name, []).append(i)
        names, declared = _names_read(ground), ground.machine.state.declared
        self._looked_at = [
            (name, tuple(one.sort for one in declared[name].sorts), at, i)
            for (name, at), i in ground.slots.items() if name in names
        ]  # fmt: skip
        """The slots that a guard or an effect reads: the variable, its sorts, the numbers of its indices, the place."""
        self._readings: dict[int, tuple[Chosen, _Reading]] = {}

    def code(self, step: Chosen, before: Bitmaps, after: Bitmaps) -> Code:
        """What is equal of two transitions if their classes are."""
        reading = self._reading(step)
        subject, code = reading.subject, 0
        for _, slots in reading.read:
            union = 0
            for i in slots:
                union |= before[i] & subject
            code = code * 3 + (ALL if union == subject else SOME if union else NONE)
        for _, slots in reading.written:
            first, last = slots[0], slots[-1] + 1
            code = code * 2 + (before[first:last] != after[first:last])
        return reading.action, code

    def of_block(
        self, step: Step, fields: Column, before: Numbers, after: Numbers
    ) -> tuple[NDArray[np.intp], list[Class]]:
        """For transitions between states by number: for each its class, as an index into a list."""
        reading = self._reading(step)
        digits = [_standings([fields[i][before] for i in slots], reading.subject) for _, slots in reading.read]
        digits += [_moved(fields, slots, before, after) for _, slots in reading.written]
        code = np.zeros(len(before), np.int64)
        for digit in digits:
            code = code * 3 + digit
        _, first, which = np.unique(code, return_index=True, return_inverse=True)
        split = len(reading.read)
        rows = [[int(digit[i]) for digit in digits] for i in first]
        return which, [reading.named(tuple(row[:split]), tuple(map(bool, row[split:]))) for row in rows]

    def _reading(self, step: Chosen) -> _Reading:
        found = self._readings.get(id(step))
        if found is None:
            found = self._readings[id(step)] = step, self._read(step)
        return found[1]

    def _read(self, step: Chosen) -> _Reading:
        own = {
            parameter.sort: step.arguments[called]
            for called, parameter in step.action.parameters.items() if isinstance(parameter, Index)
        }  # fmt: skip
        read = dict[str, list[int]]()
        for name, sorts, at, i in self._looked_at:
            is_own = all(own.get(sort) == number for sort, number in zip(sorts, at, strict=True))
            label = name if is_own else f"{name} elsewhere"
            read.setdefault(label, []).append(i)
        written = {name: self._slots[name] for name in step.action.writes}
        return _Reading(step.action.name, _subject(step), _frozen(read), _frozen(written))


def _frozen(slots: dict[str, list[int]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, tuple(slots[name])) for name in sorted(slots))


def _names_read(ground: GroundMachine) -> set[str]:
    """The variables that a guard reads, or an effect on another variable."""
    found = set[str]()
    for action in ground.machine.actions:
        found |= variables_of(*(part for _, part in action.guard))
        for name, writes in action.writes.items():
            found |= variables_of(*(write.value for write in writes)) - {name}
    return found


def _subject(step: Chosen) -> int:
    for name, parameter in step.action.parameters.items():
        if isinstance(parameter, Processor | Processors):
            value = step.arguments[name]
            return 1 << value if isinstance(parameter, Processor) else value
    return 0


def _standings(values: Sequence[Column], subject: int) -> Column:
    union = np.bitwise_or.reduce(values) & np.uint8(subject)
    return (union == subject).astype(np.uint8) + (union != 0)


def _moved(fields: Column, slots: tuple[int, ...], before: Numbers, after: Numbers) -> Column:
    return np.bitwise_or.reduce([fields[i][before] != fields[i][after] for i in slots]).astype(np.uint8)
