"""What a variant does when it is recorded: it must change something, and drop guard parts that there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from model.language.machine import Edit, Machine, Text
from model.language.mistakes import TextError, nearest, place_of
from model.language.notation import Notation, equations
from model.language.product import Product
from model.language.signature import hints_of
from model.machines import MACHINES
from model.variants.variant import Variant


@cache
def checked(variant: Variant) -> Variant:
    """The variant, if it does what it says; TextError if not, or if it changes nothing and does not say why."""
    texts = [_without_rest(variant, machine) for machine in MACHINES.values() if _is_for(variant, machine)]
    known = [_guards(variant, text) for text in texts]
    for edit in variant.edits:
        _check_guards(variant, edit, set[str]().union(*(guards.get(edit.action, ()) for guards in known)))
    if not (any(_changes(variant, text) for text in texts) or variant.argument):
        says = f"variant {variant.id} changes no machine; one that is meant to change none has an `argument`"
        raise TextError(_place(variant), says)
    return variant


def _is_for(variant: Variant, machine: Text) -> bool:
    """Whether it suits the machine, and is written for its state or for one that its state has; a product has parts."""
    if isinstance(machine, Product):
        return False
    names = {rule.name for rule in machine.rules}
    writes = [edit.write for edit in variant.edits if edit.write and edit.action in names]
    states = [next(iter(hints_of(write, ("now", "then")).values())) for write in writes]
    fits = (not isinstance(state, type) or issubclass(machine.state, state) for state in states)
    return variant.suits(machine) and all(fits)


def _without_rest(variant: Variant, machine: Text) -> Text:
    """The machine with only those actions that the variant edits."""
    edited = {edit.action for edit in variant.edits}
    return replace(machine, rules=tuple(rule for rule in machine.rules if rule.name in edited))


def _recorded(text: Text, features: frozenset[str]) -> Iterator[Machine]:
    """The machine with all of these features, with none, and with each alone."""
    for on in dict.fromkeys([features, frozenset[str](), *(frozenset({one}) for one in sorted(features))]):
        yield text.record(on)


def _guards(variant: Variant, text: Text) -> dict[str, set[str]]:
    """By action, its guard parts with the variant's, before any is dropped."""
    edits = tuple(replace(edit, without=()) for edit in variant.edits)
    guards: dict[str, set[str]] = {}
    for machine in _recorded(replace(variant, edits=edits).edit(text), text.features):
        for action in machine.actions:
            guards.setdefault(action.name, set()).update(name for name, _ in action.guard)
    return guards


def _check_guards(variant: Variant, edit: Edit, known: set[str]) -> None:
    for name in edit.without:
        if name not in known:
            where = place_of(edit.write) if edit.write else variant.id
            raise TextError(where, f"{edit.action} has no guard part {name!r}{nearest(name, known)}")


def _changes(variant: Variant, text: Text) -> bool:
    """Whether an action is another one with the variant, with some features."""
    edited = variant.edit(text)
    pairs = zip(_recorded(text, text.features), _recorded(edited, text.features), strict=True)
    return any(_said(plain) != _said(other) for plain, other in pairs)


def _said(machine: Machine) -> list[str]:
    """All that the actions say."""
    return [line for action in machine.actions for line in (
        action.name,
        *(f"{name}: {Notation().truth(part)}" for name, part in action.guard),
        *equations(action, ghosts=True),
    )]  # fmt: skip


def _place(variant: Variant) -> str:
    """Where it is stated."""
    writes = [edit.write for edit in variant.edits if edit.write] + [rule.write for rule in variant.adds]
    return place_of(writes[0]) if writes else variant.id
