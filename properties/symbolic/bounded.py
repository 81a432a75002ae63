"""The bounded engine: does any run of at most k steps reach what is looked for? Asked of z3, on words of N bits.

The machine is unrolled: a frame is a state, and between two frames stands the relation, a disjunction over actions in
which processors are open parameters. It is built once and renamed for each frame. Frames are added one at a time, so
the first run found is a shortest one. Every run is rebuilt on integers before anyone sees it. Steps that change nothing
are left out between frames: they only make runs longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import z3

from model.language.ground import Bitmaps, GroundMachine, Integers, Scope, Step
from model.language.machine import Machine
from model.language.sets import Processor
from model.language.sorts import Index
from properties.catalogue.check import check_claims
from properties.catalogue.claim import Claim
from properties.catalogue.probe import Aim, Probe, all_probes
from properties.symbolic.bitvectors import BitVectors, one_hot

TIMEOUT_MS = 300_000
"""For one query; the standard scopes need a few seconds each."""


@dataclass(frozen=True)
class Reached:
    """A shortest run to what a probe looks for; its last step is the one looked for, if that is a step."""

    probe: Probe
    run: tuple[Step, ...]

    @property
    def length(self) -> int:
        """The number of steps."""
        return len(self.run)


@dataclass
class Unrolled:
    """What was found within a number of steps."""

    ground: GroundMachine
    depth: int = -1
    """How many steps were decided."""
    reached: dict[Aim, Reached] = field(default_factory=dict[Aim, Reached])
    gave_up: str | None = None
    """The solver's reason, if it did not decide the next step."""

    def violation(self, claim: Claim) -> Reached | None:
        """A shortest violation of any part of the claim."""
        return self.reached.get(Aim(claim.id))

    def witness(self, claim: Claim) -> Reached | None:
        """A shortest run to the claim's premise."""
        return self.reached.get(Aim(claim.id, premise=True))


Progress = Callable[[str], None]


def unroll(
    machine: Machine, scope: Scope, claims: Sequence[Claim], depth: int, progress: Progress | None = None
) -> Unrolled:
    """Look for violations of the claims, and for their premises, in all runs of at most `depth` steps."""
    check_claims(claims)
    return reach(GroundMachine(machine, scope), all_probes(claims, machine), depth, progress)


def reach(ground: GroundMachine, probes: Sequence[Probe], depth: int, progress: Progress | None = None) -> Unrolled:
    """Of each aim of the probes, look for a shortest run of at most `depth` steps to any of its probes."""
    unrolling, found = _Unrolling(ground), Unrolled(ground)
    goals = [_Goal(probe, unrolling.formula(probe)) for probe in probes]
    for steps_count in range(depth + 1):
        if progress:
            progress(f"step {steps_count} of {depth}")
        if steps_count:
            unrolling.extend()
        due = [goal for goal in goals if steps_count + goal.is_step <= depth]
        if not unrolling.look(due, found):
            return found
        found.depth = steps_count
        goals = [goal for goal in goals if goal.probe.aim not in found.reached]
    return found


@dataclass(frozen=True)
class _Goal:
    """A probe, and its formula over the words of a state and of parameters."""

    probe: Probe
    formula: z3.BoolRef

    @property
    def is_step(self) -> bool:
        """Whether a step from a frame is looked for, not a frame."""
        return self.probe.at is not None and not self.probe.refused


class _Unrolling:
    """The frames so far, and the solver that knows how each follows from the one before."""

    def __init__(self, ground: GroundMachine) -> None:
        self.ground = ground
        self.now, self.next = self._frame("now"), self._frame("next")
        self.read = BitVectors(ground, self.now)
        self.steps = open_steps(ground)
        self.single = {
            name: isinstance(parameter, Processor)
            for action in ground.machine.actions
            for name, parameter in action.parameters.items()
            if not isinstance(parameter, Index)
        }
        """The parameters that stay open: whether each is one processor."""
        self.well_formed = z3.And(*(one_hot(self._word(name)) for name, single in self.single.items() if single))
        self.relation = z3.And(z3.Or(*map(self._takes, self.steps)), self.well_formed)
        self.solver = z3.SolverFor("QF_BV")
        self.solver.set("timeout", TIMEOUT_MS)
        self.solver.set("ctrl_c", False)
        self.frames = [self._frame("0")]
        for word, bitmap in zip(self.frames[0], ground.initial, strict=True):
            self.solver.add(word == bitmap)

    def _word(self, name: str) -> z3.BitVecRef:
        return z3.BitVec(name, self.ground.scope.processors)

    def _frame(self, name: str) -> list[z3.BitVecRef]:
        return [self._word(f"slot {i} in {name}") for i in range(len(self.ground.slots))]

    def _enabled(self, step: Step) -> z3.BoolRef:
        return z3.And(*map(self.read.truth, step.search_guard))

    def _takes(self, step: Step) -> z3.BoolRef:
        """The step leads from the words of now to those of next."""
        if not step.effect:
            return z3.BoolVal(False)
        after = dict(enumerate(self.now)) | {slot: self.read.set(value) for slot, value in step.effect}
        return z3.And(self._enabled(step), *(word == after[slot] for slot, word in enumerate(self.next)))

    def formula(self, probe: Probe) -> z3.BoolRef:
        """What the probe looks for, over the words of now and of open parameters."""
        if probe.stuck:
            raise ValueError(f"{probe.claim}: that no step is left is not for bounded runs to say")
        if probe.at is None:
            return self.read.truth(self.ground.truth(probe.statement(self.ground.machine.state())))
        cases: list[z3.BoolRef] = []
        for step in self.steps:
            if step.action.name == probe.at:
                enabled = self._enabled(step)
                says = self.read.truth(step.read(probe.statement))
                cases.append(z3.And(says, z3.Not(enabled) if probe.refused else enabled))
        return z3.Or(*cases)

    def extend(self) -> None:
        """One frame more."""
        number = len(self.frames)
        frame = self._frame(str(number))
        words = [(self._word(name), self._word(f"{name} in {number}")) for name in self.single]
        old = zip([*self.now, *self.next], [*self.frames[-1], *frame], strict=True)
        self.solver.add(z3.substitute(self.relation, *old, *words))
        self.frames.append(frame)

    def look(self, goals: Sequence[_Goal], found: Unrolled) -> bool:
        """Note which goals the last frame allows; False if the solver gave up."""
        here = list(zip(self.now, self.frames[-1], strict=True))
        waiting = [(goal, z3.substitute(goal.formula, *here)) for goal in goals]
        while waiting:
            self.solver.push()
            self.solver.add(self.well_formed, z3.Or(*(formula for _, formula in waiting)))
            answer = self.solver.check()
            if answer == z3.sat:
                waiting = list(self._left(self.solver.model(), waiting, found))
            elif answer != z3.unsat:
                found.gave_up = self.solver.reason_unknown()
            self.solver.pop()
            if answer == z3.unsat:
                self.solver.add(*(z3.Not(formula) for goal, formula in waiting if not goal.probe.at))
            if answer != z3.sat:
                break
        return found.gave_up is None

    def _left(
        self, model: z3.ModelRef, waiting: Sequence[tuple[_Goal, z3.BoolRef]], found: Unrolled
    ) -> Iterator[tuple[_Goal, z3.BoolRef]]:
        """Note the goals that the model shows; those that it does not show are left."""
        for goal, formula in waiting:
            if not z3.is_true(model.eval(formula, model_completion=True)):
                yield goal, formula
                continue
            shown = Reached(goal.probe, tuple(self._run(model, goal.probe)))
            aim = goal.probe.aim
            if aim not in found.reached or shown.length < found.reached[aim].length:
                found.reached[aim] = shown

    def _run(self, model: z3.ModelRef, probe: Probe) -> list[Step]:
        """The run in a model, rebuilt on integers from the initial state."""
        states = [tuple(_value(model, word) for word in frame) for frame in self.frames]
        if states[0] != self.ground.initial:
            raise AssertionError("the model does not begin in the initial state")
        run = [
            self._step_between(states[i - 1], states[i], self._chosen(model, f"{{}} in {i}"))
            for i in range(1, len(states))
        ]
        integers, chosen = Integers(self.ground, states[-1]), self._chosen(model, "{}")
        if probe.at is None:
            if not integers.truth(self.ground.truth(probe.statement(self.ground.machine.state()))):
                raise AssertionError(f"{probe.claim}: the model's last state does not show it on integers")
            return run
        for step in self._concrete(chosen, probe.at):
            refused = bool(self.ground.refusals(step, states[-1]))
            if refused == probe.refused and integers.truth(step.read(probe.statement)):
                return run if probe.refused else [*run, step]
        raise AssertionError(f"{probe.claim}: the model shows no such step on integers")

    def _step_between(self, before: Bitmaps, after: Bitmaps, chosen: Mapping[str, int]) -> Step:
        for step in self._concrete(chosen):
            if not self.ground.refusals(step, before) and self.ground.after(step, before) == after:
                return step
        raise AssertionError("the model has a step that does not replay on integers")

    def _concrete(self, chosen: Mapping[str, int], action: str | None = None) -> list[Step]:
        """The steps with these processors, of one action or of all."""
        return [
            self.ground.step(step.action, _arguments(step, chosen, self.single))
            for step in self.steps
            if action in (None, step.action.name)
        ]

    def _chosen(self, model: z3.ModelRef, called: str) -> dict[str, int]:
        return {name: _value(model, self._word(called.format(name))) for name in self.single}


def open_steps(ground: GroundMachine) -> list[Step]:
    """Every action with every choice of handles, rings, copies, tokens and seats; processors are left open."""
    steps: list[Step] = []
    for action in ground.machine.actions:
        indices = {name: one for name, one in action.parameters.items() if isinstance(one, Index)}
        for choice in product(*(ground.choices(one) for one in indices.values())):
            steps.append(ground.step(action, dict(zip(indices, choice, strict=True))))
    return steps


def _arguments(step: Step, chosen: Mapping[str, int], single: Mapping[str, bool]) -> dict[str, int]:
    """All arguments of a step: a word stands for its bit's number if it is one processor, else for the bitmap."""
    words = {name: word.bit_length() - 1 if single[name] else word for name, word in chosen.items()}
    return {name: step.arguments[name] if name in step.arguments else words[name] for name in step.action.parameters}


def _value(model: z3.ModelRef, word: z3.BitVecRef) -> int:
    return model.eval(word, model_completion=True).as_long()
