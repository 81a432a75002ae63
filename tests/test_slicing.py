"""Slicing keeps all that a probe depends on, however it depends on it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from model.language.ground import GroundMachine
from model.language.machine import Guard, Text
from model.language.sets import (
    EVERYBODY,
    NOBODY,
    Processor,
    Set,
    Truth,
    any_of,
    empty,
    equal,
    every,
    several,
    some,
    when,
    within,
)
from model.language.sorts import Handle, Ring
from properties.catalogue.probe import Probe
from properties.explicit.search import Search
from properties.explicit.slicing import SlicedMachine
from tests.tiny import Tiny, machine, scope


def enter(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "somebody is there", some(p)
    then.a = now.a | p


def come(now: Tiny, then: Tiny, p: Processor, r: Ring) -> Guard:
    """Nothing depends on it."""
    yield "r is empty", empty(now.of_ring[r])
    then.of_ring[r] = now.of_ring[r] | p


def somebody_is_in_b(now: Tiny) -> Truth:
    return some(now.b)


PROBE = Probe("TINY-1", "somebody is in b", somebody_is_in_b)


def guarded(guard: Callable[[Tiny, Processor], Truth]) -> Text:
    """B grows where a guard about a holds, and nothing else depends on a."""

    def follow(now: Tiny, then: Tiny, p: Processor) -> Guard:
        yield "it may", guard(now, p)
        then.b = now.b | p

    return machine(enter, follow, come)


def valued(value: Callable[[Tiny, Processor], Set]) -> Text:
    """B becomes what a makes it."""

    def follow(now: Tiny, then: Tiny, p: Processor) -> Guard:
        yield "somebody is there", some(p)
        then.b = value(now, p)

    return machine(enter, follow, come)


def sliced(text: Text, *probes: Probe) -> SlicedMachine:
    whole = GroundMachine(text.record(), scope(2, 2, 2).ground)
    return SlicedMachine(whole, probes)


def needed(cut: SlicedMachine) -> set[str]:
    """The variables that are kept."""
    return {name for (name, _), slot in cut.slots.items() if slot in cut.needed}


def check(text: Text, *probes: Probe, needs: set[str], steps: set[str]) -> None:
    """What is needed is kept, with the steps that write it; and is found as soon as in the whole machine."""
    cut = sliced(text, *probes)
    assert needed(cut) == needs
    assert {step.action.name for step in cut.steps} == steps
    whole = GroundMachine(text.record(), scope(2, 2, 2).ground)
    found = [Search(one, symmetry=False).run(probes).found for one in (whole, cut)]
    lengths = [{clause: one.length for clause, one in each.items()} for each in found]
    assert lengths[0] == lengths[1]
    assert lengths[0]


GUARDS: list[Callable[[Tiny, Processor], Truth]] = [
    lambda now, p: within(p, now.a), lambda now, p: ~within(now.a, p), lambda now, p: ~empty(now.a),
    lambda now, p: equal(now.a, EVERYBODY), lambda now, p: several(now.a), lambda now, p: some(p) & some(now.a),
    lambda now, p: some(p & now.a), lambda now, p: empty(EVERYBODY - now.a), lambda now, p: several(now.a | p),
    lambda now, p: ~every(Handle, lambda h: empty(now.of_handle[h] | now.a)),
    lambda now, p: some(when(some(now.a), p)),
]  # fmt: skip
VALUES: list[Callable[[Tiny, Processor], Set]] = [
    lambda now, p: now.a, lambda now, p: now.b | now.a, lambda now, p: p & now.a, lambda now, p: EVERYBODY - now.a,
    lambda now, p: when(some(now.a), p), lambda now, p: when(~within(now.a, p), EVERYBODY),
    lambda now, p: any_of(Handle, lambda h: now.of_handle[h] | now.a), lambda now, p: now.a - p,
]  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS)
def test_what_a_guard_reads_is_kept(guard: Callable[[Tiny, Processor], Truth]) -> None:
    check(guarded(guard), PROBE, needs={"a", "b"}, steps={"enter", "follow"})


@pytest.mark.parametrize("value", VALUES)
def test_what_an_effect_reads_is_kept(value: Callable[[Tiny, Processor], Set]) -> None:
    check(valued(value), PROBE, needs={"a", "b"}, steps={"enter", "follow"})


def take(now: Tiny, then: Tiny, p: Processor, h: Handle) -> Guard:
    yield "p is in a", within(p, now.a)
    then.of_handle[h] = now.of_handle[h] | p
    then.of_ring.each(lambda r: p)


def hold(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p has every handle", every(Handle, lambda h: within(p, now.of_handle[h]))
    then.b = now.b | p


def test_what_is_needed_by_what_is_needed_is_kept_and_other_effects_are_not() -> None:
    text = machine(hold, take, enter, come)
    check(text, PROBE, needs={"a", "b", "of_handle"}, steps={"enter", "take", "hold"})
    cut = sliced(text, PROBE)
    names = {slot: name for (name, _), slot in cut.slots.items()}
    assert {names[slot] for step in cut.steps for slot, _ in step.effect} == {"a", "b", "of_handle"}


def happens(now: Tiny, then: Tiny) -> Truth:
    return equal(NOBODY, NOBODY)


def somebody_has_just_come(now: Tiny, then: Tiny, r: Ring) -> Truth:
    return some(then.of_ring[r] - now.of_ring[r])


def test_an_action_that_is_asked_about_is_kept_with_its_guard() -> None:
    text = machine(hold, take, enter, come)
    check(text, Probe("TINY-1", "it holds", happens, "hold"), needs={"a", "of_handle"}, steps={"enter", "take", "hold"})
    both = Probe("TINY-1", "somebody came", somebody_has_just_come, "come")
    check(text, both, needs={"a", "of_ring"}, steps={"enter", "come", "take"})


def test_the_statement_itself_is_kept() -> None:
    def says(now: Any) -> Truth:
        return some(now.of_ring[Ring.element(1)])

    check(machine(hold, come), Probe("TINY-1", "says", says), needs={"of_ring"}, steps={"come"})
