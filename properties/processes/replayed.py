"""A run on sockets, repeated in memory from its journals, step by step; then the machine follows it.

Each life of each node is a processor that is given the same calls at the same times. It has to want the same datagrams
sent at each step, or the run is not what was recorded. All processes read one clock, and a datagram arrives after it
was sent, so the times put the steps of all nodes into an order that the run allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from properties.judge.judgement import OK, OPEN, VIOLATED, JudgedClaim
from properties.lockstep.divergence import Divergence
from properties.lockstep.recorded.calls import Life, RecordedStep
from properties.lockstep.recorded.follower import follow
from reference.node.disk.journal import checksum
from reference.ring.effects import Effect, Guarantee, PlugStep
from reference.ring.processor import Processor
from reference.ring.settings import Settings
from reference.rings import ProcessorId, RingSeq

STEPS = ("started", "datagram_received", "time_passed")
Line = list[Any]


class ReplayError(Exception):
    """A journal cannot be repeated: which file and line, and why."""


@dataclass
class Replayed:
    """One journal, as it was repeated."""

    steps: list[RecordedStep] = field(default_factory=list[RecordedStep])
    calls: int = 0
    sent: int = 0
    """How many steps were compared by what they wanted sent."""


def replay(path: Path) -> Replayed:
    """Repeat a journal; ReplayError where a step is another than was recorded."""
    found, processor, effects = Replayed(), None, ()
    for number, line in enumerate(_lines(path), 1):
        try:
            processor, effects = _taken(line, processor, effects, found)
        except Exception as error:
            raise ReplayError(f"{path}:{number}: {error}") from error
        found.calls += 1
    if processor:
        found.steps.append(RecordedStep(found.steps[-1].time_us, int(processor.me), Life.CRASHED))
    return found


def _lines(path: Path) -> Iterator[Line]:
    """All whole lines: a node that is killed may leave a part of one."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line)


def _taken(
    line: Line, processor: Processor | None, effects: Sequence[Effect], found: Replayed
) -> tuple[Processor, Sequence[Effect]]:
    now_us, call, *arguments = line
    if call == "life":
        return _begun(now_us, arguments, processor, found), ()
    if processor is None:
        raise ReplayError("no life has begun")
    if call == "sent":
        if checksum(effects) != arguments[0]:
            raise ReplayError(f"the step at {now_us} us sends something else when it is repeated")
        found.sent += 1
        return processor, ()
    if call not in STEPS:
        _called(processor, call, arguments)
        return processor, effects
    effects = _step(processor, call, arguments)(now_us)
    for effect in effects:
        if isinstance(effect, PlugStep):
            found.steps.append(RecordedStep(now_us, int(processor.me), effect))
    return processor, effects


def _begun(now_us: int, arguments: Line, before: Processor | None, found: Replayed) -> Processor:
    me, ring_seq, settings = arguments
    if before:
        found.steps.append(RecordedStep(found.steps[-1].time_us, me, Life.CRASHED))
    found.steps.append(RecordedStep(now_us, me, Life.STARTED))
    told = msgspec.convert(settings, Settings)
    return Processor(ProcessorId(me), stored_ring_seq=RingSeq(ring_seq), settings=told)


def _step(processor: Processor, call: str, arguments: Line) -> Callable[[int], tuple[Effect, ...]]:
    if call == "datagram_received":
        datagram = msgspec.convert(arguments[0], bytes)
        return lambda now_us: processor.datagram_received(datagram, now_us)
    return processor.started if call == "started" else processor.time_passed


def _called(processor: Processor, call: str, arguments: Line) -> None:
    """What a service called between two steps."""
    if call == "gmi_mcast":
        priority, payload, guarantee = arguments
        processor.gmi_mcast(priority, msgspec.convert(payload, bytes), Guarantee(guarantee))
    else:
        getattr(processor, call)(*arguments)


def in_order(replayed: Mapping[int, Replayed]) -> list[RecordedStep]:
    """The steps of all nodes by their times; those of one node as they are."""
    return sorted((step for one in replayed.values() for step in one.steps), key=lambda step: step.time_us)


def verdicts(journals: Mapping[int, Path], say: Callable[[str], None]) -> tuple[list[JudgedClaim], Divergence | None]:
    """STEP-2: each journal is repeated. LOCKSTEP: the machine follows all of them."""
    replayed = dict[int, Replayed]()
    try:
        for number, path in journals.items():
            say(f"repeating the run of node {number}")
            replayed[number] = replay(path)
    except ReplayError as error:
        return [JudgedClaim("STEP-2", VIOLATED, reason=str(error))], None
    sent = sum(one.sent for one in replayed.values())
    repeated = JudgedClaim("STEP-2", OK if sent else OPEN, sent, reason="" if sent else "no step was taken")
    say("the machine follows the run")
    steps = in_order(replayed)
    divergence = follow(steps)
    if divergence:
        reason = f"{divergence.event}: {divergence.reason}"
        return [repeated, JudgedClaim("LOCKSTEP", VIOLATED, divergence.step, reason=reason)], divergence
    return [repeated, JudgedClaim("LOCKSTEP", OK if sent else OPEN, len(steps))], None
