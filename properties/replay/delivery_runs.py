"""A shortest run of a variant of delivery's machine beside a simulated run of the ring with the same fault.

The steps are found by the matcher, backwards from the step that violates the claim. The model's processors are those of
the script, in their order; its rings and its message have to be the same ones in all steps. A message that the model
says is lost must not have been received.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from properties.replay.delivery_steps import ObservedStep, observed_steps
from properties.replay.delivery_variants import DeliveryVariant
from properties.replay.matcher import Line, Matcher, Order, Track, count_in_order, number, texts
from properties.simulate.historian import Seen
from properties.traces.trace import Trace, TraceStep

Message = tuple[Any, int | None]
"""Its ring, and its number there."""
FREES = "RING-S5"
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
        return count_in_order(self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether all steps are repeated, and the claim is violated because of the fault."""
        claim = self.variant.violates
        return self.repeated == len(self.lines) and claim in self.violated and claim not in self.without_fault


def delivery_run(variant: DeliveryVariant) -> DeliveryRun:
    """The run of the variant's script that comes nearest to the model's."""
    trace, done = variant.trace(), variant.run()
    lines = max(_attempts(variant, trace, done.seen), key=count_in_order)
    return DeliveryRun(variant, lines, done.violated, variant.run(with_fault=False).violated)


def _attempts(variant: DeliveryVariant, trace: Trace, seen: list[Seen]) -> Iterator[list[Line]]:
    """The lines for each last step and each message that may be the model's."""
    steps = observed_steps(seen)
    messages = {(one.ring, one.number): None for one in steps if one.action == "multicast"} or {(None, None): None}
    yield [Line(text) for text in texts(trace)]
    for message in messages:
        for end in range(1, len(steps) + 1):
            if steps[end - 1].action == trace.steps[-1].action:
                reading = DeliveryReading(variant.claim, trace, seen, steps, end, message)
                yield Matcher(reading, end, beyond=True).lines(trace)


class DeliveryReading:
    """What was observed, as steps of delivery's machine: up to one that may be the model's last, with its message."""

    def __init__(
        self, claim: str, trace: Trace, seen: list[Seen], steps: list[ObservedStep], end: int, message: Message
    ) -> None:
        self.claim, self.last, self.steps, self.end, self.message = claim, trace.steps[-1], steps, end, message
        self.count = len(steps)
        self.rings: dict[int, Any] = {}
        order = steps[end - 1].seen.order
        received = (one for one in seen if type(one.what).__name__ == "Receipt" and one.order <= order)
        self.received = {one.processor for one in received if (one.what.ring_id, one.what.seq) == message}

    def order(self, step: TraceStep, known: Iterable[Track]) -> Order:
        """Before the next step of its processor; a step of all, before the next of anybody."""
        who = _who(step)
        return Order(tuple(known), ()) if who is None else Order((who,), (who,))

    def fits(self, step: TraceStep) -> Callable[[int], bool]:
        """Whether an observed step may be the step; its ring is then the model's."""

        def is_it(index: int) -> bool:
            one = self.steps[index]
            if step is self.last and index != self.end - 1:
                return False
            if _who(step) not in (None, one.seen.processor) or not self._agrees(step, one):
                return False
            if "r" in step.arguments:
                self.rings[number(step.arguments["r"])] = one.ring
            return True

        return is_it

    def shown(self, index: int) -> tuple[Seen, str]:
        """An observed step, and in words."""
        return self.steps[index].seen, str(self.steps[index])

    def _agrees(self, step: TraceStep, one: ObservedStep) -> bool:
        given = step.arguments
        if one.action != step.action or ("r" in given and not self._is_ring(number(given["r"]), one.ring)):
            return False
        if "members" in given and one.members != _processors(given["members"]):
            return False
        if "n" in given and (one.ring, one.number) != self.message:
            return False
        if "lost" in given and self.received & {*_processors(given["lost"])}:
            return False
        return not (step is self.last and self.claim == FREES) or self._frees(one)

    def _is_ring(self, r: int, ring: Any) -> bool:
        others = (other for x, other in self.rings.items() if x != r)
        return self.rings.get(r, ring) == ring and ring not in others

    def _frees(self, one: ObservedStep) -> bool:
        ring, message = self.message
        return one.ring == ring and message is not None and one.freed >= message


def _who(step: TraceStep) -> int | None:
    return number(step.arguments["p"]) + 1 if "p" in step.arguments else None


def _processors(argument: int | list[int]) -> tuple[int, ...]:
    if not isinstance(argument, list):
        raise ValueError(f"{argument} is an element, not a set")
    return tuple(one + 1 for one in argument)
