"""Directed cases: how one is written, and how it is run.

A case is a name, what it is about, and a list of steps; each step is an event, and may say what is originated in it. It
is run by the same `Follower` as a random run, which compares with the machine after each event. A token is named by how
many tokens of its ring were sent since: what its text is, the program decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from model.language.machine import Text
from model.machines import MACHINES, PLUG
from model.variants.variant import Variant
from properties.lockstep.cluster import Outcome
from properties.lockstep.divergence import DivergedError, Divergence
from properties.lockstep.events import Event, Kind
from properties.lockstep.follower import Follower, ScopedMachine
from properties.lockstep.implementation import Starts

Part = tuple[int, int]
"""A packet that is originated: its message's priority, and which packet of it."""


@dataclass(frozen=True)
class Step:
    """An event. A token goes where it was sent, unless the event says where."""

    event: Event
    ago: int = 0
    """Of a token: how many tokens of its ring were sent after it."""
    sends: tuple[Part, ...] | None = None
    """What must be originated; None: what the machine allows."""
    lost_at: tuple[int, ...] = ()
    """Of a turn: who never receives what is originated in it."""


@dataclass(frozen=True)
class Case:
    """A directed case. Services create so many handles at each processor that starts."""

    name: str
    about: str
    """The decisions and clauses, as sources are cited."""
    says: str
    members: int
    steps: tuple[Step, ...]
    handles: int = 1

    @property
    def rings(self) -> int:
        """How many rings are formed."""
        return sum(step.event.kind is Kind.FORM for step in self.steps)


Steps = tuple[Step, ...]


def form(ring: int, *members: int) -> Steps:
    """A ring is agreed on: number 0 is the first."""
    return (Step(Event(Kind.FORM, ring=ring, members=members)),)


def leave(ring: int, *members: int) -> Steps:
    """Members leave a ring that they have installed."""
    return tuple(Step(Event(Kind.LEAVE, p, ring)) for p in members)


def install(ring: int, *members: int) -> Steps:
    """Members install a ring."""
    return tuple(Step(Event(Kind.INSTALL, p, ring)) for p in members)


def create(p: int, handle: int = 0) -> Steps:
    """A service creates a handle."""
    return (Step(Event(Kind.CREATE, p, handle=handle)),)


def unplug(*members: int, handle: int = 0) -> Steps:
    """A service of each of these unplugs its handle."""
    return tuple(Step(Event(Kind.UNPLUG, p, handle=handle)) for p in members)


def destroy(*members: int, handle: int = 0) -> Steps:
    """A service of each of these destroys its handle."""
    return tuple(Step(Event(Kind.DESTROY, p, handle=handle)) for p in members)


def queue(p: int, priority: int, packets: int = 1) -> Steps:
    """A service queues a message."""
    return (Step(Event(Kind.QUEUE, p, priority=priority, packet_count=packets)),)


def crash(p: int) -> Steps:
    """A processor crashes."""
    return (Step(Event(Kind.CRASH, p)),)


def restart(p: int) -> Steps:
    """A processor that has crashed starts again."""
    return (Step(Event(Kind.RESTART, p)),)


def token(
    ring: int = 0, *, granted: int = 1, sends: Iterable[Part] | None = None, lost_at: tuple[int, ...] = ()
) -> Steps:
    """The newest token of a ring arrives where it was sent."""
    event = Event(Kind.TOKEN, ring=ring, packet_count=granted)
    return (Step(event, sends=None if sends is None else tuple(sends), lost_at=lost_at),)


def packet(ring: int, seq: int, *processors: int) -> Steps:
    """A packet that was originated before arrives at these: once more, late, or where its ring is not installed."""
    return tuple(Step(Event(Kind.PACKET, p, ring, seq=seq)) for p in processors)


def tokens(count: int, ring: int = 0) -> Steps:
    """The token of a ring goes on so many times."""
    return token(ring) * count


def late(ago: int, ring: int = 0, *, to: int = -1) -> Steps:
    """A token arrives after so many newer ones of its ring were sent: where it was sent, or elsewhere."""
    return (Step(Event(Kind.TOKEN, to, ring, packet_count=1), ago),)


def stray(ring: int, *processors: int) -> Steps:
    """The newest token of a ring arrives at processors that do not have the ring."""
    return tuple(Step(Event(Kind.TOKEN, p, ring, packet_count=1)) for p in processors)


def alone(p: int, ring: int = 0, *, granted: int = 1, sends: Iterable[Part] | None = None) -> Steps:
    """The only member of a ring takes its turn."""
    event = Event(Kind.ALONE, p, ring, packet_count=granted)
    return (Step(event, sends=None if sends is None else tuple(sends)),)


class CaseRun:
    """A case under way: the cluster and the machine, and the tokens that were sent, with to whom."""

    def __init__(self, case: Case, start: Starts, variant: Variant | None = None) -> None:
        text = variant.edit(MACHINES[PLUG]) if variant else MACHINES[PLUG]
        self.follower = Follower(_machine(case.members, case.handles, case.rings, text), start, case.handles)
        self.sent: dict[int, list[tuple[bytes, int]]] = {}

    def take(self, step: Step) -> None:
        """The step's event happens; DivergedError if the machine cannot follow, or something else is originated."""
        event = self._event(step)
        outcome = self.follower.take(event, lost_at=step.lost_at)
        self._note_tokens()
        if step.sends is not None and (found := _parts(outcome)) != step.sends:
            reason = f"originated: {_listed(found)}; what goes next is: {_listed(step.sends)} (mail M1; D10, D13)"
            raise self.follower.execution.diverged(event, "any that the gate allows", reason)

    def _event(self, step: Step) -> Event:
        if step.event.kind is not Kind.TOKEN:
            return step.event
        sent, to = self.sent[step.event.ring][-1 - step.ago]
        processor = to if step.event.processor < 0 else step.event.processor
        return replace(step.event, processor=processor, token=sent, late=step.ago > 0)

    def _note_tokens(self) -> None:
        for number, ring in enumerate(self.follower.cluster.rings):
            sent = self.sent.setdefault(number, [])
            if ring.newest is not None and ring.sent_count > len(sent):
                sent.append((ring.newest, ring.due))


def run_case(case: Case, start: Starts, variant: Variant | None = None) -> Divergence | None:
    """Run a case against the machine, or against a variant of it; where the two part, if they do."""
    running: CaseRun | None = None
    try:
        running = CaseRun(case, start, variant)
        for step in case.steps:
            running.take(step)
    except DivergedError as error:
        error.divergence.step = running.follower.events.total() if running else 0
        error.divergence.case, error.divergence.about = case.name, case.about
        return error.divergence
    return None


@cache
def _machine(members: int, handles: int, rings: int, text: Text) -> ScopedMachine:
    return ScopedMachine(members, handles, rings, PLUG, text)


def _parts(outcome: Outcome) -> tuple[Part, ...]:
    return tuple((packet.priority, packet.index) for packet in outcome.packets)


def _listed(parts: Iterable[Part]) -> str:
    return ", ".join(_named(parts)) or "nothing"


def _named(parts: Iterable[Part]) -> Iterator[str]:
    for priority, index in parts:
        yield f"packet {index} of a {('recovery', 'high', 'medium', 'low')[priority]} priority message"
