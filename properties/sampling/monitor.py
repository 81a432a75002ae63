"""Watching one run, step by step on integers, for what probes look for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.language.ground import GroundMachine, Integers, Step
from model.language.sets import FALSE, Truth
from properties.catalogue.probe import Probe


@dataclass(frozen=True)
class Sighting:
    """A run, and what its last state or step shows."""

    name: str
    probe: Probe
    run: tuple[Step, ...]

    @property
    def clause(self) -> str:
        """The words of the part that the probe is about."""
        return self.probe.name.partition(": ")[2]


Shown = tuple[str, Probe]
"""What is shown, and by which probe."""


class Watch:
    """What is looked for in a run: under each name, probes any of which will do."""

    def __init__(self, ground: GroundMachine, probes: Mapping[str, Sequence[Probe]], steps: Sequence[Step]) -> None:
        """`steps` are those that a probe about a refused action is held against."""
        self.ground = ground
        named = [(name, probe) for name, alike in probes.items() for probe in alike]
        now = ground.machine.state()
        self.states = [(one, ground.truth(one[1].statement(now))) for one in named if one[1].at is None]
        self.of_steps = [one for one in named if one[1].at and not one[1].refused]
        self.refused = [
            (one, step, step.read(one[1].statement))
            for one in named if one[1].refused
            for step in steps if step.action.name == one[1].at
        ]  # fmt: skip
        self._steps: dict[int, tuple[Step, list[tuple[Shown, Truth]]]] = {}

    def at_state(self, here: Integers) -> Iterator[Shown]:
        """What a state shows."""
        yield from (one for one, truth in self.states if here.truth(truth))
        for one, step, truth in self.refused:
            if here.truth(truth) and not step.is_enabled(here):
                yield one

    def at_step(self, step: Step, here: Integers) -> Iterator[Shown]:
        """What a step from a state shows."""
        yield from (one for one, truth in self._about(step) if here.truth(truth))

    def until(self, steps: Sequence[Step], name: str) -> Sighting | None:
        """Of these steps those that can be taken, one after the other, up to the moment that shows what is named."""
        here, taken = Integers(self.ground, self.ground.initial), list[Step]()
        for step in [*steps, None]:
            for shown, probe in self.at_state(here):
                if shown == name:
                    return Sighting(name, probe, tuple(taken))
            if step and step.is_enabled(here):
                taken.append(step)
                for shown, probe in self.at_step(step, here):
                    if shown == name:
                        return Sighting(name, probe, tuple(taken))
                here = Integers(self.ground, self.ground.after(step, here.state))
        return None

    def shortened(self, steps: Sequence[Step], name: str) -> Sighting:
        """A run to the same, from which no step can be deleted, even with those that then cannot be taken."""
        best = self.until(steps, name)
        if best is None:
            raise ValueError(f"the run does not show: {name}")
        width = max(len(best.run) // 2, 1)
        while width:
            before = len(best.run)
            for start in reversed(range(0, before, width)):
                shorter = self.until(best.run[:start] + best.run[start + width :], name)
                if shorter and len(shorter.run) < len(best.run):
                    best = shorter
            if width > 1 or len(best.run) == before:
                width //= 2
        return best

    def _about(self, step: Step) -> list[tuple[Shown, Truth]]:
        if id(step) not in self._steps:
            read = [(one, step.read(one[1].statement)) for one in self.of_steps if one[1].at == step.action.name]
            self._steps[id(step)] = (step, [(one, truth) for one, truth in read if truth is not FALSE])
        return self._steps[id(step)][1]
