"""What a page is told of a machine in a scope: its slots, and its actions with their words and anchors."""

from __future__ import annotations

import inspect

import msgspec

from model.language.ground import Bitmaps, GroundMachine
from model.language.machine import Action
from model.language.product import Product
from model.machines import MACHINES, PLUG, is_companion
from properties.traces.trace import sets_in, show_slot


class PageSlot(msgspec.Struct):
    """One set of a state: how it is written, of which variable at which indices, and its value at the start."""

    name: str
    variable: str
    at: list[int]
    initial: int
    means: str
    is_ghost: bool = False


class PageAction(msgspec.Struct):
    """An action: who takes it, its first sentence, where it comes from, its place in SPEC.md."""

    kind: str
    says: str
    source: str
    link: str


class PageMachine(msgspec.Struct):
    """A machine in a scope."""

    processors: int
    slots: list[PageSlot]
    actions: dict[str, PageAction]


def page_machine(ground: GroundMachine, machine: str) -> PageMachine:
    """The machine; its slots lie as `program.places` says."""
    declared = ground.machine.state.declared
    slots = [
        PageSlot(show_slot(ground, (name, at)), name, list(at), bitmap, declared[name].means, declared[name].ghost)
        for (name, at), bitmap in _in_order(ground, ground.initial)
    ]
    actions = {action.name: page_action(action, machine) for action in ground.machine.actions}
    return PageMachine(ground.scope.processors, slots, actions)


def page_state(ground: GroundMachine, state: Bitmaps) -> list[int]:
    """A state as the page has it: a bitmap a slot, constants too."""
    return [bitmap for _, bitmap in _in_order(ground, state)]


def _in_order(ground: GroundMachine, state: Bitmaps) -> list[tuple[tuple[str, tuple[int, ...]], int]]:
    """Every slot, variable by variable as they are declared, the last index fastest."""
    order = list(ground.machine.state.declared)
    return sorted(sets_in(ground, state).items(), key=lambda one: (order.index(one[0][0]), one[0][1]))


def page_action(action: Action, machine: str) -> PageAction:
    """What is said of an action."""
    says = " ".join((inspect.getdoc(action.rule.write) or "").partition("\n\n")[0].split())
    return PageAction(
        action.rule.kind.value, says, action.rule.source, f"SPEC.md#{anchor(action.name, machine)}".rstrip("#")
    )


def anchor(action: str, machine: str) -> str:
    """The anchor of an action in SPEC.md; empty if it has none, as what a variant adds or a decision given up.

    A companion has one of its own where it changes the machine's action; machines put together have one for all.
    """
    plug, text = MACHINES[PLUG], MACHINES[machine]
    if isinstance(text, Product):
        return f"machine-{machine}" if any(one.name == action for one in text.rules) else ""
    edits = [one for one in text.edits if one not in plug.edits and not _is_given_up(one.feature)]
    is_plugs = any(one.name == action for one in plug.rules)
    if is_plugs and is_companion(machine) and not any(one.action == action for one in edits):
        return f"action-{action}"
    is_ours = any(one.name == action and not _is_given_up(one.feature) for one in text.rules)
    return f"{machine}-action-{action}" if is_ours else ""


def _is_given_up(feature: str | None) -> bool:
    return feature is not None and feature.startswith("no-")
