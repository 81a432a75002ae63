"""A run of the model beside a simulated run of the same variant that ends in the same lookup.

The steps are found by the matcher, backwards from the lookup that fails. A step that is found only out of its order is
marked, and one that is not found is left blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from properties.replay.matcher import Line, Matcher, Order, Track, count_in_order, number, texts
from properties.replay.observed import FITS, Names, functions_of, kind_of, said
from properties.replay.service_variants import ServiceVariant
from properties.simulate.historian import Seen, message_of
from properties.simulate.services import ServiceRun, run
from properties.traces.trace import Trace, TraceStep

FREE = ("unplug", "visit")
"""An unplug may come sooner, since what depends on it is the bit; several messages may go out at one visit."""
SENT, GIVEN = "sent", "given"
LINES = {
    "install": (SENT, GIVEN), "leave": (SENT, GIVEN),
    "deliver_nodejoin": (GIVEN,), "deliver_add_node": (GIVEN,), "deliver_normal": (GIVEN,),
}  # fmt: skip
"""What a processor sends and what it is given are two lines, which its configurations cut alike."""
SEEDS_MOST = 60
"""How many runs are tried."""
PLACES_MOST = 200
"""How many failing lookups of a run are tried."""


@dataclass(frozen=True)
class Place:
    """A lookup that fails: where in the run, at which processor, of whom, in which ring, at which message."""

    index: int
    at: int
    missing: int
    ring: Any
    message: Any

    def __str__(self) -> str:
        during = f"delivers {message_of(self.message)}" if self.message else "opens its gate"
        return f"processor {self.at} {during}, and has no record of {self.missing}"


@dataclass(frozen=True)
class Repetition:
    """A model's run and a simulated one, side by side."""

    variant: ServiceVariant
    seed: int
    lines: list[Line]
    place: str
    violated: list[str]
    """The claims that the simulated run violates."""

    @property
    def repeated(self) -> int:
        """How many of the model's steps are found in their order."""
        return count_in_order(self.lines)

    @property
    def found(self) -> int:
        """How many are found at all."""
        return sum(line.seen is not None for line in self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether every step of the model is repeated in its order, up to the lookup, and the claim is violated."""
        return self.repeated == len(self.lines) and self.variant.claim in self.violated


def repetition(variant: ServiceVariant, trace: Trace, say: Callable[[int], None] = lambda seed: None) -> Repetition:
    """The first simulated run with all steps of the model's; of all that are tried the nearest, if none has."""
    best = Repetition(variant, 0, [Line(text) for text in texts(trace)], "no lookup fails", [])
    for seed in range(1, SEEDS_MOST + 1):
        say(seed)
        with variant.plug():
            done = run(variant.script(seed), variant.kinds, keep=True)
        best = max([best, *_found(variant, seed, trace, done)], key=lambda one: (one.repeated, one.found))
        if best.is_whole:
            break
    return best


def _found(variant: ServiceVariant, seed: int, trace: Trace, done: ServiceRun) -> Iterator[Repetition]:
    functions = functions_of(done.seen)
    for place in islice(places(variant.claim, done), PLACES_MOST):
        reading = ServicesReading(done.seen, _names(trace, place, functions))
        lines = Matcher(reading, place.index + 1, out_of_order=True).lines(trace)
        yield Repetition(variant, seed, lines, str(place), done.violated)


def places(claim: str, done: ServiceRun) -> Iterator[Place]:
    """The lookups that break the claim."""
    if claim == "CLM-S2":
        index = {seen.order: index for index, seen in enumerate(done.seen)}
        for seen, missing in done.late:
            ring_id = seen.what.state.installed.configuration.ring_id
            yield Place(index[seen.order], seen.processor, missing, ring_id, None)
    else:
        yield from _at_deliveries("evt" if claim == "EVT-S1" else "program", done.seen)


def _at_deliveries(service: str, run: list[Seen]) -> Iterator[Place]:
    """Lookups by this service that fail while a message is delivered in a regular configuration.

    Those of programs while they are given a message of their own processor, as in the model's runs.
    """
    installed, delivered = dict[int, Any](), dict[int, int]()
    for index, seen in enumerate(run):
        what, me = seen.what, seen.processor
        match kind_of(seen):
            case "ConfigurationChange":
                installed[me] = what.ring_id if what.kind.value == "regular" else None
            case "Delivery":
                delivered[me] = index
            case "Lookup" if what.message and not what.found and what.service == service and installed.get(me):
                if service == "evt" or what.message.sender == me:
                    yield Place(delivered[me], me, what.of, installed[me], what.message)
            case _:
                pass


def _names(trace: Trace, place: Place, functions: dict[Any, str]) -> Names:
    """The model's last step names the processor and the ring of the place; the other processor is who is missing."""
    last = trace.steps[-1].arguments
    p = number(last["p"])
    return Names({p: place.at, 1 - p: place.missing}, {number(last["r"]): place.ring}, functions, place.message)


class ServicesReading:
    """What was observed, as steps of the services' machine."""

    def __init__(self, run: list[Seen], names: Names) -> None:
        self.run, self.names, self.count = run, names, len(run)

    def order(self, step: TraceStep, known: Iterable[Track]) -> Order:
        """After what its processor sends or is given, or both; a step of nobody may be anywhere."""
        who = self._who(step)
        tracks = () if who is None else tuple((who, line) for line in LINES.get(step.action, (SENT,)))
        return Order(tracks, () if step.action in FREE else tracks)

    def fits(self, step: TraceStep) -> Callable[[int], bool]:
        """Whether an observation of the step's processor may be the step."""
        fits, who, run, names = FITS[step.action], self._who(step), self.run, self.names
        return lambda index: who in (None, run[index].processor) and fits(names, step, run[index])

    def shown(self, index: int) -> tuple[Seen, str]:
        """An observation, and in words."""
        return self.run[index], said(self.names, self.run[index])

    def _who(self, step: TraceStep) -> int | None:
        return self.names.processors[number(step.arguments["p"])] if "p" in step.arguments else None
