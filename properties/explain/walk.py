"""A walk: the machine one step at a time, each step chosen by hand.

Decides which steps a state enables, and which guard parts refuse the others. Leaves out how one asks for a step
(`prompt.py`), and the claims: nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

import msgspec

from model.language.compiled import CompiledMachine
from model.language.ground import Bitmaps, GroundMachine, Slot, Step
from properties.traces.trace import Played, Trace, TraceError, replay, show_step, trace_machine, trace_step
from properties.words import counted

MOST_STEPS = 10_000
"""With more choices of actions and parameters than this, nobody reads the list."""


class WalkError(Exception):
    """What was asked for cannot be done, and why. Nothing has changed."""


@dataclass(frozen=True)
class Refusal:
    """An action that is not enabled with any parameters: of so many choices, how many each guard part refuses."""

    action: str
    choices: int
    parts: Mapping[str, int]

    @property
    def words(self) -> list[str]:
        """Each guard part, with the counts if it refuses only some of the choices."""
        some = f" ({{}} of {self.choices})"
        return [label + (some.format(count) if count < self.choices else "") for label, count in self.parts.items()]


@dataclass(frozen=True)
class Walk:
    """The steps taken since the initial state. Taking or undoing a step gives another walk."""

    origin: Trace
    """The trace without a step: it names the machine and its scope."""
    ground: GroundMachine
    compiled: CompiledMachine
    played: tuple[Played, ...] = ()

    @property
    def state(self) -> Bitmaps:
        """Where the walk has arrived."""
        return self.played[-1].after if self.played else self.ground.initial

    def enabled(self) -> list[Step]:
        """The steps that can be taken; where a parameter is fresh, only those with the lowest unused element."""
        return [step for step in self.ground.steps if self.compiled.is_searched(step, self.state)]

    def moves(self) -> tuple[list[Step], list[Step]]:
        """The steps that can be taken: those that change the state, and those that do not."""
        changing, idle = list[Step](), list[Step]()
        for step in self.enabled():
            (idle if self.compiled.after(step, self.state) == self.state else changing).append(step)
        return changing, idle

    def refusals(self, step: Step) -> list[str]:
        """The guard parts that refuse this step here; none if it is enabled."""
        return self.compiled.refusals(step, self.state)

    def refused(self) -> Iterator[Refusal]:
        """The actions that are not enabled with any parameters."""
        for action in self.ground.machine.actions:
            reasons = [self.refusals(step) for step in self.ground.steps if step.action is action]
            if all(reasons):
                parts = {label: sum(label in one for one in reasons) for label, _ in action.guard}
                yield Refusal(action.name, len(reasons), {label: count for label, count in parts.items() if count})

    def take(self, step: Step) -> Walk:
        """The walk with this step at its end."""
        if refused := self.refusals(step):
            raise WalkError(not_enabled(step, refused))
        played = Played(step, self.state, self.compiled.after(step, self.state))
        return replace(self, played=(*self.played, played))

    def undo(self, count: int = 1) -> Walk:
        """The walk without its last steps."""
        if not 1 <= count <= len(self.played):
            raise WalkError(f"cannot undo {counted(count, 'step')} of {len(self.played)}")
        return replace(self, played=self.played[:-count])

    def trace(self) -> Trace:
        """The walk as a trace."""
        return msgspec.structs.replace(self.origin, steps=[trace_step(one.step) for one in self.played])

    def sets(self) -> dict[Slot, int]:
        """Every set that is not empty here, in the order of declaration; those that never change come last."""
        order = list(self.ground.machine.state.declared)
        changing = {slot: self.state[i] for slot, i in self.ground.slots.items()}
        return {
            slot: here[slot]
            for here in (changing, self.ground.known)
            for slot in sorted(here, key=lambda slot: order.index(slot[0]))
            if here[slot]
        }


def resume(trace: Trace) -> Walk:
    """The walk that takes the steps of a trace, in the machine that it names; TraceError if it cannot.

    What the trace shows of a claim is forgotten: the walk goes elsewhere.
    """
    ground = trace_machine(trace)
    sizes = ([ground.choices(one).stop for one in action.parameters.values()] for action in ground.machine.actions)
    if sum(map(prod, sizes)) > MOST_STEPS:
        raise TraceError(f"scope: more than {MOST_STEPS:,} choices of actions and parameters are too many to walk")
    origin = msgspec.structs.replace(trace, steps=[], claim=None, shows=None)
    return Walk(origin, ground, CompiledMachine(ground), tuple(replay(ground, trace.steps)))


def not_enabled(step: Step, refused: list[str]) -> str:
    """A step that is refused, and the guard parts that refuse it."""
    return f"{show_step(step)} is not enabled: not true that {'; '.join(refused)}"
