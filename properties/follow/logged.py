"""A logged call as a step of a recorded run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from properties.conform.messages import (
    Answer,
    AnswerError,
    HandleAnswer,
    ObserveAnswer,
    TokenAnswer,
    read_answer,
    read_visit,
)
from properties.follow.messages import CRASH, START, LogError, Logged
from properties.lockstep.cluster import Cluster, MisstepError
from properties.lockstep.events import Event, Kind
from properties.lockstep.implementation import CallRefusedError, Observation, RingName, TokenReading, Visit
from properties.lockstep.recorded.calls import NOTHING, Life, free_number, number_of_handle

ANSWERS = {"ring_pending": TokenAnswer, "create": HandleAnswer}
KINDS = {
    "ring_pending": Kind.TOLD, "transitional": Kind.LEAVE, "regular": Kind.INSTALL, "token_received": Kind.TOKEN,
    "visit_alone": Kind.ALONE, "queue": Kind.QUEUE, "create": Kind.CREATE, "unplug": Kind.UNPLUG,
    "destroy": Kind.DESTROY,
}  # fmt: skip


@dataclass(frozen=True)
class LoggedStep:
    """A step of a recorded run: a call with its answer, or that the processor started or crashed."""

    logged: Logged
    visit: Visit
    refused: str | None
    """Why the call was refused, if it was."""
    after: Observation
    readings: Mapping[str, TokenReading]
    """What each token says that was sent anywhere."""
    time_us: int | None = None

    @property
    def processor(self) -> int:
        """Whose step it is."""
        return self.logged.call.processor

    @property
    def life(self) -> Life | None:
        """That the processor started or crashed."""
        return {START: Life.STARTED, CRASH: Life.CRASHED}.get(self.logged.call.call)

    @property
    def call(self) -> str:
        """What was called."""
        return self.logged.call.call

    @property
    def ring(self) -> RingName | None:
        """The ring that the call names."""
        pair = self.logged.call.ring
        return RingName(*pair) if pair else None

    @property
    def registered_count(self) -> int:
        """How many handles there were after it."""
        return len(self.after.registered)

    def answered(self) -> Visit:
        """What the call answered."""
        return self.visit

    def observed(self) -> Observation:
        """What was to be seen after it."""
        return self.after

    def told(self, processors: Sequence[int]) -> tuple[RingName, tuple[int, ...]] | None:
        """The ring with its members, if the processor was told of one."""
        members = self.logged.call.members
        if self.call != "ring_pending" or members is None or self.ring is None:
            return None
        return self.ring, tuple(sorted(processors.index(member) for member in members))

    def event(self, cluster: Cluster, p: int, processors: Sequence[int]) -> Event:
        """The event that it is; MisstepError where a call was refused that may not be."""
        call = self.logged.call
        if self.life:
            return Event(Kind.RESTART if self.life is Life.STARTED else Kind.CRASH, p)
        kind, given = KINDS[call.call], call.packet_count or 0
        if kind in (Kind.UNPLUG, Kind.DESTROY):
            return self._plug_call(kind, cluster, p)
        if self.refused is not None:
            raise MisstepError(f"the call was refused: {self.refused}")
        if kind is Kind.TOKEN:
            reading = self.readings.get(call.token or "")
            ring = cluster.number_of(reading.ring if reading else None)
            return Event(kind, p, ring, token=(call.token or "").encode(), packet_count=given)
        if kind is Kind.ALONE:
            return Event(kind, p, cluster.number_of(cluster.seen[p].installed), packet_count=given)
        if kind is Kind.QUEUE:
            return Event(kind, p, priority=call.priority or 0, packet_count=given)
        if kind is Kind.CREATE:
            return Event(kind, p, handle=free_number(cluster, p))
        told = self.told(processors)
        return Event(kind, p, cluster.number_of(self.ring), members=told[1] if told else ())

    def _plug_call(self, kind: Kind, cluster: Cluster, p: int) -> Event:
        """Of a handle that is not registered, which is to be refused, no step of the machine."""
        handle = self.logged.call.handle
        number = -1 if handle is None else number_of_handle(cluster, p, handle)
        known = number >= 0 and cluster.registered(p, number)
        if self.refused is None:
            return Event(kind, p, handle=number)
        if known:
            raise MisstepError(f"a call with a registered handle was refused: {self.refused}")
        return Event(Kind.LOSE, p)


def steps_of(logged: Sequence[Logged]) -> list[LoggedStep]:
    """The steps of a run, with a crash before each start of a processor that runs; LogError: an answer is none."""
    readings: dict[str, TokenReading] = {}
    running: set[int] = set()
    found: list[LoggedStep] = []
    for one in logged:
        call = one.call
        if call.call == START and call.processor in running:
            crash = Logged(one.file, one.line, msgspec.structs.replace(call, call=CRASH))
            found.append(LoggedStep(crash, Visit(), None, NOTHING, readings))
        elif call.call not in (START, CRASH) and call.processor not in running:
            raise LogError(one.file, one.line, f"a call of processor {call.processor}, which has not started")
        (running.discard if call.call == CRASH else running.add)(call.processor)
        found.append(_step(one, readings))
    return found


def _step(one: Logged, readings: dict[str, TokenReading]) -> LoggedStep:
    call = one.call
    if call.after is None:
        return LoggedStep(one, Visit(), None, NOTHING, readings)
    visit, refused = Visit(), None
    try:
        if call.call in ("token_received", "visit_alone"):
            visit = read_visit(bytes(call.answer))
        else:
            answer = read_answer(bytes(call.answer), ANSWERS.get(call.call, Answer))
            visit = Visit(token=answer.token.encode()) if isinstance(answer, TokenAnswer) and answer.token else visit
    except CallRefusedError as error:
        refused = str(error)
    except AnswerError as error:
        raise LogError(one.file, one.line, f"{call.call}: the answer has {error}") from error
    if (visit.token is None) != (call.sent is None):
        what = "no field 'sent', and a token is sent" if visit.token else "a field 'sent', and no token is sent"
        raise LogError(one.file, one.line, f"{call.call}: {what}")
    if visit.token and call.sent:
        _note(one, visit.token.decode(), call.sent.plain, readings)
    return LoggedStep(one, visit, refused, _plain(call.after), readings)


def _note(one: Logged, token: str, says: TokenReading, readings: dict[str, TokenReading]) -> None:
    if readings.setdefault(token, says) != says:
        raise LogError(one.file, one.line, "this token was sent before, and read otherwise then")


def _plain(after: ObserveAnswer) -> Observation:
    return after.plain
