"""What a variant is, and how one is written: functions that run after an action's own text, under a name.

A variant is never a copy of the machine. Its edits are made last, in order, so variants can be put together.
Names of actions and variants are looked up when a variant is stated; `check.py` looks at what it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar, cast

from model.language.machine import Edit, Guard, Kind, Rule, Text
from model.language.mistakes import mistake, mistake_in, nearest
from model.language.product import Product
from model.language.signature import hints_of, parameters_of
from model.language.state import State
from model.machines import MACHINES

F = TypeVar("F", bound=Callable[..., Guard | None])
A = TypeVar("A", bound=Callable[..., Guard])


class Harmless(Enum):
    """Why a variant breaks nothing."""

    EQUIVALENT = "equivalent"
    """Each of its runs is one of the protocol, as far as claims can see."""
    SOUND = "sound"
    """Another protocol, and as good."""
    OUTSIDE = "outside the abstraction"
    """It harms what the machine forgets."""


@dataclass(frozen=True)
class Argument:
    """Why a variant breaks nothing, in a line."""

    kind: Harmless
    says: str

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.says}"


@dataclass(frozen=True)
class Variant:
    """Named edits of the protocol."""

    id: str
    says: str
    source: str | None = None
    """Where somebody built or mended it, or which clause it denies."""
    argument: Argument | None = None
    """Of a variant that breaks nothing: why."""
    edits: tuple[Edit, ...] = ()
    adds: tuple[Rule, ...] = ()
    """Actions of its own."""
    parts: tuple[str, ...] = ()
    """The variants of which it is put together."""
    leaves_out: tuple[str, ...] = ()
    """Of a protocol that was built: what the machine cannot say of it."""

    def edit(self, machine: Text) -> Text:
        """The machine with these edits made last; as it is, if they are edits of another machine."""
        if isinstance(machine, Product):
            return machine.edited(self.edit)
        if not self.suits(machine):
            return machine
        return replace(machine, rules=(*machine.rules, *self.adds), edits=(*machine.edits, *self.edits))

    def suits(self, machine: Text) -> bool:
        """Whether the machine, or a part of it, has an action that it edits, or the variables of one that it adds."""
        if isinstance(machine, Product):
            return any(self.suits(member.text) for member in machine.members if not member.is_fixed)
        names = {rule.name for rule in machine.rules}
        added = (issubclass(machine.state, state_of(rule.write)) for rule in self.adds)
        return any(edit.action in names for edit in self.edits) or any(added)


VARIANTS: dict[str, Variant] = {}
"""By name, as they are stated."""


def edits(
    *actions: str, without: tuple[str, ...] = (), of: str | None = None, argument: Argument | None = None
) -> Callable[[F], F]:
    """State an edit of these actions: the function runs after an action's own text, `without` these guard parts.

    Its name is the variant's, unless the edit is one more `of` a variant that is already stated.
    """
    _check_edit(actions, without, of)

    def state(write: F) -> F:
        parameters_of(write)
        mine = tuple(Edit(action, without, write) for action in actions)
        variant = VARIANTS[of] if of else _stated(write, argument)
        VARIANTS[variant.id] = replace(variant, edits=(*variant.edits, *mine))
        return write

    return state


def adds(kind: Kind, *, argument: Argument | None = None) -> Callable[[A], A]:
    """State a variant that adds an action, of the function's name."""

    def state(write: A) -> A:
        if write.__name__ in actions_of(MACHINES.values()):
            raise mistake_in(write, "there is an action of this name; @edits changes it")
        parameters_of(write)
        state_of(write)
        variant = _stated(write, argument)
        VARIANTS[variant.id] = replace(variant, adds=(Rule(write, kind),))
        return write

    return state


def together(empty: Variant, parts: Sequence[Variant]) -> Variant:
    """A variant with the edits and the actions of these; where two edit one action, in this order."""
    return replace(
        empty,
        edits=tuple(edit for one in parts for edit in one.edits),
        adds=tuple(rule for one in parts for rule in one.adds),
        parts=tuple(one.id for one in parts),
    )


def actions_of(machines: Iterable[Text]) -> set[str]:
    """The names of the actions of these machines, and of those that variants add."""
    added = (rule.name for variant in VARIANTS.values() for rule in variant.adds)
    return {rule.name for machine in machines for rule in machine.rules}.union(added)


def state_of(write: Callable[..., object]) -> type[State]:
    """The state that a function is written for: the annotation of its first parameter."""
    first = next(iter(hints_of(write, ("now", "then")).values()))
    if not (isinstance(first, type) and issubclass(first, State)):
        raise mistake_in(write, "the first parameter is a state, annotated as one: `now: PlugState`")
    return first


def name_of(write: Callable[..., object]) -> str:
    """The name of the variant that a function states."""
    return write.__name__.replace("_", "-")


def _check_edit(actions: Sequence[object], without: object, of: str | None) -> None:
    """Refuse names that nothing has, where they stand."""
    known = actions_of(MACHINES.values())
    if not actions or not all(isinstance(action, str) for action in actions):
        raise mistake('an edit names the actions that it changes: @edits("visit")', __name__)
    for action in actions:
        if action not in known:
            raise mistake(f"no machine has an action {action!r}{nearest(action, known)}", __name__)
    if not isinstance(without, tuple) or not all(isinstance(name, str) for name in cast("tuple[object]", without)):
        raise mistake('`without` is a tuple of guard parts: without=("p has installed r",)', __name__)
    if of is not None and of not in VARIANTS:
        raise mistake(f"there is no variant {of!r}{nearest(of, VARIANTS)}", __name__)


def _stated(write: Callable[..., object], argument: Argument | None) -> Variant:
    """A new variant from a function's name and docstring."""
    id = name_of(write)
    if id in VARIANTS:
        raise mistake_in(write, f"variant {id} is already stated")
    says, _, source = (write.__doc__ or "").partition("Source:")
    return Variant(id, _line(says), _line(source).removesuffix(".") or None, argument)


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
