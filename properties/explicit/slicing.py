"""A ground machine cut down to what some probes depend on: the cone of influence.

A set that no probe reads, nor any guard or effect on the way to what a probe reads, keeps its initial value; a step
that writes only such sets is left out. The shortest runs to the probes are the same, and are runs of the whole machine.

Guard parts that read named variables may be dropped besides. Then there are more runs, so what no run reaches, no run
of the whole machine does; what is reached says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from model.language.ground import GroundMachine, Step, numbers
from model.language.interpretation import Interpretation
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index
from properties.catalogue.probe import Probe

Slots = frozenset[int]
NOTHING: Slots = frozenset()


class Reads(Interpretation[Slots, Slots]):
    """Reads a ground term as the slots that its value depends on."""

    def __init__(self, ground: GroundMachine) -> None:
        super().__init__()
        self.slots = ground.slots

    def nobody(self) -> Slots:
        return NOTHING

    def everybody(self) -> Slots:
        return NOTHING

    def those(self, bitmap: int) -> Slots:
        return NOTHING

    def variable(self, name: str, at: tuple[Index, ...]) -> Slots:
        return frozenset({self.slots[name, numbers(at)]})

    def parameter(self, term: Processor | Processors) -> Slots:
        raise ValueError(f"parameter {term.name} was not chosen")

    def union(self, left: Slots, right: Slots) -> Slots:
        return left | right

    def common(self, left: Slots, right: Slots) -> Slots:
        return left | right

    def without(self, left: Slots, right: Slots) -> Slots:
        return left | right

    def when(self, condition: Slots, then: Slots) -> Slots:
        return condition | then

    def within(self, inner: Slots, outer: Slots) -> Slots:
        return inner | outer

    def equal(self, left: Slots, right: Slots) -> Slots:
        return left | right

    def both(self, left: Slots, right: Slots) -> Slots:
        return left | right

    def any_of(self, index: Index, body: Set) -> Slots:
        raise ValueError("a ground term has no quantifier")

    def fact(self, known: bool) -> Slots:
        return NOTHING

    def several(self, of: Slots) -> Slots:
        return of

    def negation(self, of: Slots) -> Slots:
        return of

    def same(self, left: Index, right: Index) -> Slots:
        raise ValueError("a ground term compares no indices")

    def at_most(self, left: Index, right: Index) -> Slots:
        raise ValueError("a ground term compares no indices")

    def every(self, index: Index, body: Truth) -> Slots:
        raise ValueError("a ground term has no quantifier")


class SlicedMachine(GroundMachine):
    """The steps that these probes depend on, each with the part of its effect that they depend on."""

    def __init__(
        self, whole: GroundMachine, probes: Sequence[Probe], *, unguarded_by: Collection[str] = frozenset()
    ) -> None:
        """`unguarded_by`: the variables whose guard parts are dropped."""
        super().__init__(whole.machine, whole.scope)
        read, asked = Reads(self), {probe.at for probe in probes}
        dropped = frozenset(slot for (name, _), slot in self.slots.items() if name in unguarded_by)
        all_steps = [_without_guards(read, step, dropped) for step in super().steps]
        wanted = set[int]().union(*(read.truth(term) for term in _probed(self, all_steps, probes)))
        while True:
            here = [step for step in all_steps if step.action.name in asked or any(s in wanted for s, _ in step.effect)]
            more = set[int]().union(*(_needs(read, step, wanted) for step in here))
            if more <= wanted:
                break
            wanted |= more
        self.needed = frozenset(wanted)
        self._kept = tuple(
            replace(step, effect=tuple((slot, value) for slot, value in step.effect if slot in wanted)) for step in here
        )

    @property
    def steps(self) -> tuple[Step, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._kept


def _without_guards(read: Reads, step: Step, slots: Slots) -> Step:
    """The step without the guard parts that read any of these slots."""
    return replace(step, guard=tuple((label, part) for label, part in step.guard if not read.truth(part) & slots))


def _probed(ground: GroundMachine, steps: Sequence[Step], probes: Sequence[Probe]) -> list[Truth]:
    states = [ground.truth(probe.statement(ground.machine.state())) for probe in probes if not probe.at]
    return states + [step.read(probe.statement) for probe in probes for step in steps if probe.at == step.action.name]


def _needs(read: Reads, step: Step, wanted: set[int]) -> Slots:
    """What the step's guard depends on, and what it writes to the slots that are wanted."""
    guard = NOTHING.union(*map(read.truth, step.search_guard))
    return guard.union(*(read.set(value) for slot, value in step.effect if slot in wanted))
