"""A run of the model found in what was observed of a run: each processor's steps on their own, the last first.

Steps of different processors that do not depend on each other may come in any order, so only the order of each
processor's own steps has to be the model's. What was observed and is no step of the model is passed over. What an
observation is, and which step it may be, a `Reading` says: `services.py` and `delivery_runs.py` have one each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from properties.simulate.historian import Seen
from properties.traces.trace import Trace, TraceStep

Track = Hashable
"""Steps whose order counts: those of one processor, or some of them."""


@dataclass(frozen=True)
class Line:
    """A step of the model, and what was seen of it."""

    step: str
    seen: Seen | None = None
    says: str = ""
    in_order: bool = False


def count_in_order(lines: Sequence[Line]) -> int:
    """How many of the model's steps are found in their order."""
    return sum(line.in_order for line in lines)


@dataclass(frozen=True)
class Order:
    """Where a step belongs: before what was found last of `before`; what is found then is the last of `on`."""

    before: tuple[Track, ...]
    on: tuple[Track, ...]


class Reading(Protocol):
    """What was observed, read as steps of the model."""

    count: int
    """How many observations there are."""

    def order(self, step: TraceStep, known: Iterable[Track]) -> Order:
        """Where the step belongs; of the tracks in `known` something was found."""
        ...

    def fits(self, step: TraceStep) -> Callable[[int], bool]:
        """Whether an observation, by its index, may be the step. The first that fits is taken."""
        ...

    def shown(self, index: int) -> tuple[Seen, str]:
        """An observation, and in words."""
        ...


@dataclass
class Matcher:
    """Looks for the steps before `end`, the last first."""

    reading: Reading
    end: int
    beyond: bool = False
    """The last step of a track may also come after the end."""
    out_of_order: bool = False
    """A step that is not found in its order is looked for anywhere before the end, and marked."""
    found: dict[Track, int] = field(default_factory=dict[Track, int])
    """By track, the earliest of its steps so far."""

    def lines(self, trace: Trace) -> list[Line]:
        """A line for each step of the model's run."""
        steps = [*zip(trace.steps, texts(trace), strict=True)]
        return [self._line(step, text) for step, text in reversed(steps)][::-1]

    def _line(self, step: TraceStep, text: str) -> Line:
        order, fits = self.reading.order(step, self.found), self.reading.fits(step)
        index = next(filter(fits, self._places(order)), None)
        if index is not None:
            self.found.update(dict.fromkeys(order.on, index))
            return Line(text, *self.reading.shown(index), in_order=True)
        if self.out_of_order:
            index = next(filter(fits, range(self.end - 1, -1, -1)), None)
        return Line(text) if index is None else Line(text, *self.reading.shown(index))

    def _places(self, order: Order) -> Iterable[int]:
        """Where a step may be, the likeliest first."""
        bound = min((self.found[track] for track in order.before if track in self.found), default=self.end)
        yield from range(bound - 1, -1, -1)
        if self.beyond and order.on and self.found.keys().isdisjoint(order.on):
            yield from range(self.end, self.reading.count)


def texts(trace: Trace) -> list[str]:
    """The steps of the model, as their actions with their parameters."""
    return [
        " ".join([step.action, *(_text(name, value) for name, value in step.arguments.items())]) for step in trace.steps
    ]


def _text(name: str, value: int | list[int]) -> str:
    letter = {"i": "s", "x": "r"}.get(name, name)
    return f"{letter}{value}" if isinstance(value, int) else "{" + " ".join(f"p{one}" for one in value) + "}"


def number(argument: int | list[int]) -> int:
    """An element's number; ValueError for a set."""
    if not isinstance(argument, int):
        raise ValueError(f"{argument} is a set, not an element")
    return argument
