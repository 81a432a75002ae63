"""Where a variant's edit bites: the first step that the protocol would refuse, or that it would take elsewhere.

Both machines take the same steps side by side. Up to that step a run of the variant is a run of the protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import msgspec

from model.language.ground import Bitmaps, GroundMachine, Step
from properties.explain.values import Said, Values, members_of
from properties.traces.trace import sets_in, show_slot, show_step

PROTOCOL, VARIANT = "the protocol", "the variant"


class Refusal(msgspec.Struct):
    """A guard part that refuses a step, and the comparisons that make it false."""

    part: str
    because: list[Said]


class Changed(msgspec.Struct):
    """A set that the variant makes another than the protocol does."""

    set: str
    protocol: list[str]
    variant: list[str]


class Difference(msgspec.Struct):
    """The first step at which the machines part."""

    step: int
    words: str
    refused_by: str | None = None
    refusals: list[Refusal] = []
    changed: list[Changed] = []


def refusals(ground: GroundMachine, step: Step, state: Bitmaps) -> list[Refusal]:
    """The guard parts that refuse a step, each with its reason."""
    values, parts = Values(ground, state, step), dict(step.action.guard)
    return [Refusal(label, values.because(parts[label])) for label in ground.refusals(step, state)]


@dataclass
class _Side:
    """One of the machines, and where it has arrived."""

    name: str
    ground: GroundMachine
    state: Bitmaps

    def refusals(self, step: Step) -> list[Refusal]:
        """What refuses the step here."""
        mine = self._own(step)
        return refusals(self.ground, mine, self.state) if mine else [Refusal("it has such an action", [])]

    def take(self, step: Step) -> None:
        """Go where the step leads here."""
        if mine := self._own(step):
            self.state = self.ground.after(mine, self.state)

    def _own(self, step: Step) -> Step | None:
        """The step as this machine has it; of parameters that only this one has, the first that are not refused."""
        for action in self.ground.machine.actions:
            if action.name == step.action.name:
                choices = (
                    (step.arguments[name],) if name in step.arguments else self.ground.choices(parameter)
                    for name, parameter in action.parameters.items()
                )  # fmt: skip
                every = (dict(zip(action.parameters, one, strict=True)) for one in product(*choices))
                mine = [self.ground.step(action, arguments) for arguments in every]
                return next((one for one in mine if not self.ground.refusals(one, self.state)), mine[0])
        return None


def first_difference(variant: GroundMachine, protocol: GroundMachine, steps: Sequence[Step]) -> Difference | None:
    """Where the machines part on these steps, from the initial state."""
    theirs, ours = _Side(VARIANT, variant, variant.initial), _Side(PROTOCOL, protocol, protocol.initial)
    for number, step in enumerate(steps, 1):
        for side in (ours, theirs):
            if refused := side.refusals(step):
                return Difference(number, show_step(step), side.name, refused)
        for side in (ours, theirs):
            side.take(step)
        if changed := _changed(theirs, ours):
            return Difference(number, show_step(step), changed=changed)
    return None


def _changed(theirs: _Side, ours: _Side) -> list[Changed]:
    after, before = sets_in(theirs.ground, theirs.state), sets_in(ours.ground, ours.state)
    return [
        Changed(show_slot(ours.ground, slot), members_of(before[slot]), members_of(after[slot]))
        for slot in before
        if slot in after and before[slot] != after[slot]
    ]
