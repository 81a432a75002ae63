"""Watching one run, step by step on integers, for what probes look for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.language.ground import GroundMachine, Integers, Step
from model.language.sets import FALSE, Truth
from properties.catalogue.probe import Aim, Probe
from properties.shrink import shrink


@dataclass(frozen=True)
class Sighting:
    """A run, and what its last state or step shows."""

    probe: Probe
    run: tuple[Step, ...]


class Watch:
    """What is looked for in a run."""

    def __init__(self, ground: GroundMachine, probes: Sequence[Probe], steps: Sequence[Step]) -> None:
        """`steps` are those that a probe about a refused action is held against."""
        self.ground = ground
        if stuck := [one for one in probes if one.stuck]:
            raise ValueError(f"{stuck[0].claim}: that no step is left is not for one run to say")
        now = ground.machine.state()
        self.states = [(one, ground.truth(one.statement(now))) for one in probes if one.at is None]
        self.of_steps = [one for one in probes if one.at and not one.refused]
        self.refused = [
            (one, step, step.read(one.statement))
            for one in probes if one.refused
            for step in steps if step.action.name == one.at
        ]  # fmt: skip
        self._steps: dict[int, tuple[Step, list[tuple[Probe, Truth]]]] = {}

    def at_state(self, here: Integers) -> Iterator[Probe]:
        """The probes of which a state is what they look for."""
        yield from (one for one, truth in self.states if here.truth(truth))
        for one, step, truth in self.refused:
            if here.truth(truth) and not step.is_enabled(here):
                yield one

    def at_step(self, step: Step, here: Integers) -> Iterator[Probe]:
        """The probes of which a step from a state is what they look for."""
        yield from (one for one, truth in self._about(step) if here.truth(truth))

    def until(self, steps: Sequence[Step], aim: Aim) -> Sighting | None:
        """Of these steps those that can be taken, one after the other, up to the moment that shows what is aimed at."""
        here, taken = Integers(self.ground, self.ground.initial), list[Step]()
        for step in [*steps, None]:
            for probe in self.at_state(here):
                if probe.aim == aim:
                    return Sighting(probe, tuple(taken))
            if step and step.is_enabled(here):
                taken.append(step)
                for probe in self.at_step(step, here):
                    if probe.aim == aim:
                        return Sighting(probe, tuple(taken))
                here = Integers(self.ground, self.ground.after(step, here.state))
        return None

    def shortened(self, steps: Sequence[Step], aim: Aim) -> Sighting:
        """A run to the same, from which no step can be deleted, even with those that then cannot be taken."""
        best = self.until(steps, aim)
        if best is None:
            raise ValueError(f"the run does not show: {aim}")
        left = shrink(best.run, lambda fewer: self.until(fewer, aim) is not None)
        return self.until(left, aim) or best

    def _about(self, step: Step) -> list[tuple[Probe, Truth]]:
        if id(step) not in self._steps:
            read = [(one, step.read(one.statement)) for one in self.of_steps if one.at == step.action.name]
            self._steps[id(step)] = (step, [(one, truth) for one, truth in read if truth is not FALSE])
        return self._steps[id(step)][1]
