"""A run of the model beside a simulated run of the same variant that ends in the same lookup.

Steps of different processors that do not depend on each other may come in any order, so each processor's steps are
found on their own, backwards from the lookup that fails. What the simulator does and the model does not is passed over.
A step that is found only out of its order is marked, and one that is not found is left blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from properties.replay.observed import FITS, Names, functions_of, kind_of, number, said
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
class Line:
    """A step of the model, and what was seen of it."""

    step: str
    seen: Seen | None = None
    says: str = ""
    in_order: bool = False


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
        return sum(line.in_order for line in self.lines)

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
        lines = _lines(trace, done.seen, place, _names(trace, place, functions))
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


def _lines(trace: Trace, run: list[Seen], place: Place, names: Names) -> list[Line]:
    finder = Finder(run, names, place)
    steps = zip(reversed(trace.steps), reversed(texts(trace)), strict=True)
    return [finder.line(step, text) for step, text in steps][::-1]


class Finder:
    """Finds steps in a run, the last first; `bounds` has before what the next of a processor must be, in each line."""

    def __init__(self, run: list[Seen], names: Names, place: Place) -> None:
        self.run, self.names, self.end = run, names, place.index + 1
        self.bounds = {(who, line): self.end for who in (place.at, place.missing) for line in (SENT, GIVEN)}

    def line(self, step: TraceStep, text: str) -> Line:
        """What is seen of a step."""
        who = self.names.processors[number(step.arguments["p"])] if "p" in step.arguments else None
        lines = [] if who is None else [(who, line) for line in LINES.get(step.action, (SENT,))]
        index = self._before(min((self.bounds[line] for line in lines), default=self.end), step, who)
        in_order = index is not None
        if index is None:
            index = self._before(self.end, step, who)
        elif step.action not in FREE:
            self.bounds.update(dict.fromkeys(lines, index))
        return Line(text) if index is None else Line(text, self.run[index], said(self.names, self.run[index]), in_order)

    def _before(self, bound: int, step: TraceStep, who: int | None) -> int | None:
        """The last observation before this one that is such a step of this processor."""
        fits = FITS[step.action]
        for index in range(bound - 1, -1, -1):
            if who in (None, self.run[index].processor) and fits(self.names, step, self.run[index]):
                return index
        return None


def texts(trace: Trace) -> list[str]:
    """The steps of the model, as their actions with their parameters."""
    return [
        " ".join([step.action, *(_text(name, value) for name, value in step.arguments.items())]) for step in trace.steps
    ]


def _text(name: str, value: int | list[int]) -> str:
    letter = {"i": "s", "x": "r"}.get(name, name)
    return f"{letter}{value}" if isinstance(value, int) else "{" + " ".join(f"p{one}" for one in value) + "}"
