"""What came of following a log: it conforms, or where it parts from the machine, and what else was tried there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from properties.follow.logged import LoggedStep, steps_of
from properties.follow.messages import PACKET, LogError, Logged
from properties.follow.received import first_wrong
from properties.lockstep.abstraction import arguments
from properties.lockstep.cluster import MisstepError, Outcome
from properties.lockstep.divergence import Difference, DivergedError, Divergence, difference
from properties.lockstep.events import NEVER, OTHERS, QUEUES, STUTTER, TOKENS, Event, Kind
from properties.lockstep.implementation import TokenReading
from properties.lockstep.recorded.follower import RecordedFollower
from properties.traces.trace import show_step
from properties.words import counted

CONFORMS, DIVERGED = "conforms", "diverged"
SAY_EVERY = 500
OTHERWISE = "the variables fit, but no such call does that"


class Alternative(msgspec.Struct):
    """A step of the machine, or none, that the call could have been, and why it is not."""

    step: str
    refuses: list[str] = []
    differs: list[Difference] = []

    def line(self) -> str:
        """For a reader."""
        if self.refuses:
            return f"{self.step}: refused, {'; '.join(self.refuses)}"
        wrong = (f"{one.variable} is {one.implementation}, and {one.machine} in the machine" for one in self.differs)
        return f"{self.step}: {'; '.join(wrong) or OTHERWISE}"


class Followed(msgspec.Struct):
    """What came of a run."""

    verdict: str
    name: str
    """What the run is called."""
    calls: int
    matched: int
    """So many lines are followed, from the first on."""
    processors: int
    last: str = ""
    """The last line that was followed."""
    at: str = ""
    """The line that was not."""
    divergence: Divergence | None = None
    tried: list[Alternative] = []
    packets: int = 0
    """So many of the lines are packets that arrive."""
    received: str = ""
    """What is wrong with a packet that arrives, if that is what diverged."""

    def lines(self) -> Iterator[str]:
        """For a reader."""
        if self.verdict == CONFORMS:
            ran = f"{counted(self.calls, 'line')} of {counted(self.processors, 'processor')}"
            yield f"{self.name}: conforms: {ran} are followed"
            if not self.packets:
                yield "  receiving is not looked at: no line tells of a packet that arrives"
            return
        yield f"{self.name}: diverged at {self.at}"
        yield f"  matches  {self.matched:,} of {self.calls:,} lines, the last one {self.last or 'before the first'}"
        yield from list(self.divergence.lines())[1:] if self.divergence else [f"  receives {self.received}"]
        for one in self.tried:
            yield f"  tried    {one.line()}"


def follow_calls(logged: Sequence[Logged], name: str, say: Callable[[int], None] = lambda done: None) -> Followed:
    """Follow the lines of a run, in their order; LogError: they are no run."""
    wrong = first_wrong(logged)
    found = _follow(logged[: wrong[0]] if wrong else logged, len(logged), name, say)
    found.packets = sum(one.call.call == PACKET for one in logged)
    if wrong and found.verdict == CONFORMS:
        number, reason = wrong
        found.verdict, found.received, found.at, found.matched = DIVERGED, reason, logged[number].place, number
        found.last = logged[number - 1].place if number else ""
    return found


def _follow(logged: Sequence[Logged], calls: int, name: str, say: Callable[[int], None]) -> Followed:
    """The same of what is no packet that arrives: each a step of the machine, or none."""
    places = {one.place: number for number, one in enumerate(logged)}
    steps = steps_of([one for one in logged if one.call.call != PACKET])
    _all_logged(steps)
    follower = RecordedFollower(steps, _reader(steps))
    try:
        for number, step in enumerate(steps):
            follower.follow(number, step)
            if not number % SAY_EVERY:
                say(number)
    except DivergedError as error:
        found = _diverged(error.divergence, follower, steps, name)
        found.calls, found.matched = calls, places[found.at]
        return found
    return Followed(CONFORMS, name, calls, len(logged), len(follower.processors))


def _all_logged(steps: Sequence[LoggedStep]) -> None:
    """Each member of a ring has lines of its own: a token that comes from elsewhere cannot be followed."""
    known = {step.processor for step in steps}
    for step in steps:
        for member in step.logged.call.members or ():
            if member not in known:
                where = step.logged
                raise LogError(where.file, where.line, f"processor {member} is a member, and no file has its calls")


def _reader(steps: Sequence[LoggedStep]) -> Callable[[bytes], TokenReading]:
    readings = steps[0].readings

    def read(token: bytes) -> TokenReading:
        try:
            return readings[token.decode()]
        except KeyError:
            raise MisstepError("a token that no line says how to read") from None

    return read


def _diverged(divergence: Divergence, follower: RecordedFollower, steps: Sequence[LoggedStep], name: str) -> Followed:
    number = divergence.step - 1
    places = list(dict.fromkeys(step.logged.place for step in steps[:number]))
    last = places[-1] if places else ""
    calls = len({step.logged.place for step in steps})
    at = steps[number].logged.place
    matched = len([place for place in places if place != at])
    divergence.time_us = None
    tried = list(_tried(follower)) if follower.event else []
    return Followed(DIVERGED, name, calls, matched, len(follower.processors), last, at, divergence, tried)


def _tried(follower: RecordedFollower) -> Iterator[Alternative]:
    """Each step that the event could be, from the state before it, against what is observed after it."""
    event, execution = follower.event, follower.execution
    if event is None:
        return
    for action in _actions(event):
        if action == STUTTER:
            yield Alternative("no step", differs=list(_differences(follower, follower.before)))
            continue
        given = arguments(Outcome(event))
        parameters = execution.machine.actions[action].parameters
        if any(given[one] < 0 for one in parameters):
            continue
        step = execution.machine.step(action, given)
        shown = follower.renumbered(show_step(step))
        refusing = execution.machine.compiled.refusals(step, follower.before)
        if refusing:
            yield Alternative(shown, refuses=refusing)
        else:
            after = execution.machine.compiled.after(step, follower.before)
            yield Alternative(shown, differs=list(_differences(follower, after)))


def _actions(event: Event) -> list[str]:
    """What an event of this kind may be."""
    if event.kind in (Kind.TOKEN, Kind.BETWEEN, Kind.LOSE):
        return [one for one in dict.fromkeys(TOKENS.values()) if one != NEVER]
    if event.kind is Kind.QUEUE:
        return list(dict.fromkeys(QUEUES.values()))
    return list(dict.fromkeys((OTHERS[event.kind], STUTTER)))


def _differences(follower: RecordedFollower, state: tuple[int, ...]) -> Iterator[Difference]:
    execution = follower.execution
    try:
        for slot, theirs, ours in execution.machine.refinement.differences(follower.cluster, state):
            one = difference(execution.ground, slot, theirs, ours)
            yield msgspec.structs.replace(one, variable=follower.renumbered(one.variable))
    except MisstepError:
        return
