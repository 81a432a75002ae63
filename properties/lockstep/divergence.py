"""A divergence: where an implementation and the machine part, and how to see it again."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from model.language.ground import GroundMachine, Slot
from properties.traces.trace import Trace, show_set, show_slot
from properties.words import counted


class Difference(msgspec.Struct, frozen=True):
    """A variable that is not the same."""

    variable: str
    implementation: str
    machine: str


class Divergence(msgspec.Struct, omit_defaults=True):
    """What happened, what the machine would do, and what does not fit."""

    event: str
    action: str
    """The step of the machine, or that there is none."""
    reason: str
    trace: Trace
    """The steps of the machine before; the last one is the diverging one if the machine allows it."""
    differences: list[Difference] = []
    refusing: list[str] = []
    """The guard parts that refuse the step."""
    source: str = ""
    """What the steps of the machine cite: clauses, decisions, papers."""
    case: str = ""
    """Of a directed case: its name."""
    about: str = ""
    """Of a directed case: the decisions and clauses that it is about."""
    step: int = 0
    """How many events came before it in the whole run, itself counted. Steps of the machine are counted apart."""
    episode: int = 0
    command: str = ""
    time_us: int | None = None
    """Of a recorded run: when it was."""
    names: dict[str, str] = {}
    """Of a recorded run: what the processors and rings are called there."""

    def lines(self) -> Iterator[str]:
        """For a reader."""
        where = f"in episode {self.episode}" if self.time_us is None else f"at {self.time_us / 1e6:.6f} s"
        where = f"of the case {self.case} ({self.about})" if self.case else where
        yield f"diverged at event {self.step:,}, {where}"
        yield f"  event    {self.event}"
        yield f"  machine  {self.action}"
        yield f"  run      {counted(len(self.trace.steps), 'step')} of the machine: an event is one, several or none"
        yield f"  because  {self.reason}"
        if self.source:
            yield f"  source   {self.source}"
        for part in self.refusing:
            yield f"  refuses  {part}"
        for one in self.differences:
            yield f"  differs  {one.variable}: implementation {one.implementation}, machine {one.machine}"
        if self.names:
            yield f"  where    {', '.join(f'{ours} is {theirs}' for ours, theirs in self.names.items())}"
        if self.command:
            yield f"  again    {self.command}"


class DivergedError(Exception):
    """The implementation and the machine have parted."""

    def __init__(self, divergence: Divergence) -> None:
        super().__init__("\n".join(divergence.lines()))
        self.divergence = divergence


def difference(ground: GroundMachine, slot: Slot, theirs: int, ours: int) -> Difference:
    """A slot that is not the same, in words."""
    return Difference(show_slot(ground, slot), show_set(theirs), show_set(ours))
