"""A shortest run of a variant of delivery's machine beside a simulated run of the ring with the same fault.

Each processor's steps are found in their order, backwards from the step that violates the claim; steps of different
processors may have changed places. The model's processors are those of the script, in their order; its rings and its
message have to be the same ones in all steps. A message that the model says is lost must not have been received.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from properties.replay.delivery_steps import Happening, happenings
from properties.replay.delivery_variants import DeliveryVariant
from properties.replay.observed import number
from properties.replay.services import Line, texts
from properties.simulate.historian import Seen
from properties.traces.trace import Trace, TraceStep

Message = tuple[Any, int | None]
"""Its ring, and its number there."""
FREEING = "RING-S5"
"""The claim whose violating step frees the message."""


@dataclass(frozen=True)
class DeliveryRun:
    """A model's run and a simulated one, side by side."""

    variant: DeliveryVariant
    lines: list[Line]
    violated: list[str]
    without_fault: list[str]
    """The claims that the same script violates without the fault."""

    @property
    def repeated(self) -> int:
        """How many of the model's steps are found in their order."""
        return sum(line.in_order for line in self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether all steps are repeated, and the claim is violated because of the fault."""
        claim = self.variant.violates
        return self.repeated == len(self.lines) and claim in self.violated and claim not in self.without_fault


def delivery_run(variant: DeliveryVariant) -> DeliveryRun:
    """The run of the variant's script that comes nearest to the model's."""
    trace, done = variant.trace(), variant.run()
    lines = max(_attempts(variant, trace, done.seen), key=lambda lines: sum(line.in_order for line in lines))
    return DeliveryRun(variant, lines, done.violated, variant.run(with_fault=False).violated)


def _attempts(variant: DeliveryVariant, trace: Trace, seen: list[Seen]) -> Iterator[list[Line]]:
    """The lines for each last step and each message that may be the model's."""
    happened = happenings(seen)
    messages = {(one.ring, one.number): None for one in happened if one.action == "multicast"} or {(None, None): None}
    yield [Line(text) for text in texts(trace)]
    for message in messages:
        for end in range(1, len(happened) + 1):
            if happened[end - 1].action == trace.steps[-1].action:
                yield Finder(variant, seen, happened, end, message).lines(trace)


class Finder:
    """Finds the model's steps in what happened, the last first."""

    def __init__(
        self, variant: DeliveryVariant, seen: list[Seen], happened: list[Happening], end: int, message: Message
    ) -> None:
        self.variant, self.happened, self.end, self.message = variant, happened, end, message
        self.bounds: dict[int, int] = {}
        """By processor, before what its next step must be."""
        self.rings: dict[int, Any] = {}
        order = happened[end - 1].seen.order
        received = (one for one in seen if type(one.what).__name__ == "Receipt" and one.order <= order)
        self.received = {one.processor for one in received if (one.what.ring_id, one.what.seq) == message}

    def lines(self, trace: Trace) -> list[Line]:
        """A line for each step."""
        steps = [*zip(trace.steps, texts(trace), strict=True)]
        return [self._line(step, text, is_last=step is trace.steps[-1]) for step, text in reversed(steps)][::-1]

    def _line(self, step: TraceStep, text: str, *, is_last: bool) -> Line:
        who = _processor(step.arguments["p"]) if "p" in step.arguments else None
        for index in self._places(who, is_last=is_last):
            one = self.happened[index]
            if who in (None, one.seen.processor) and self._fits(step, one, is_last=is_last):
                if "r" in step.arguments:
                    self.rings[number(step.arguments["r"])] = one.ring
                if who is not None:
                    self.bounds[who] = index
                return Line(text, one.seen, str(one), in_order=True)
        return Line(text)

    def _places(self, who: int | None, *, is_last: bool) -> Iterable[int]:
        """Where a step may be, the likeliest first: the last step of a processor may also come after the very last."""
        if is_last:
            return (self.end - 1,)
        if who is None:
            return range(min(self.bounds.values(), default=self.end) - 1, -1, -1)
        if who in self.bounds:
            return range(self.bounds[who] - 1, -1, -1)
        return (*range(self.end - 1, -1, -1), *range(self.end, len(self.happened)))

    def _fits(self, step: TraceStep, one: Happening, *, is_last: bool) -> bool:
        given = step.arguments
        if one.action != step.action or ("r" in given and not self._is_ring(number(given["r"]), one.ring)):
            return False
        if "members" in given and one.members != _processors(given["members"]):
            return False
        if "n" in given and (one.ring, one.number) != self.message:
            return False
        if "lost" in given and self.received & {*_processors(given["lost"])}:
            return False
        return not (is_last and self.variant.claim == FREEING) or self._frees(one)

    def _is_ring(self, r: int, ring: Any) -> bool:
        others = (other for x, other in self.rings.items() if x != r)
        return self.rings.get(r, ring) == ring and ring not in others

    def _frees(self, one: Happening) -> bool:
        ring, message = self.message
        return one.ring == ring and message is not None and one.freed >= message


def _processor(argument: int | list[int]) -> int:
    return number(argument) + 1


def _processors(argument: int | list[int]) -> tuple[int, ...]:
    assert isinstance(argument, list), "not a set"
    return tuple(one + 1 for one in argument)
