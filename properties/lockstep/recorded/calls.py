"""What is recorded of a plug layer, read as events: which call is which, what it answered, and of which ring it was.

A recorded token is compared by its ring, its number and its bitmap. What else it carries is the ordering's, which may
change it between two members.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Protocol, cast

from properties.lockstep.adapter import observation, visit_of
from properties.lockstep.cluster import Cluster
from properties.lockstep.events import Event, Kind
from properties.lockstep.implementation import Observation, RingName, Visit
from properties.lockstep.recorded.formations import Announcement
from reference.errors import RemoteProtocolError
from reference.plug.token_codec import decode, encode
from reference.plug.tokens import MessageSeq, Token, TokenSeq
from reference.ring.effects import PlugStep
from reference.rings import ProcessorId, RingId, RingSeq


class Life(Enum):
    """What happens to a processor as a whole."""

    STARTED = "started"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step of the run: when, where, and what its plug layer was called, or that the processor started or crashed."""

    time_us: int
    processor: int
    step: PlugStep | Life

    @property
    def life(self) -> Life | None:
        """That the processor started or crashed, if that is what happened."""
        return self.step if isinstance(self.step, Life) else None

    @property
    def call(self) -> str:
        """What was called."""
        return "" if isinstance(self.step, Life) else self.step.call

    @property
    def registered_count(self) -> int:
        """How many handles there were after it."""
        return 0 if isinstance(self.step, Life) else len(self.step.state.plugs.registered)

    def answered(self) -> Visit:
        """What the call answered."""
        return Visit() if isinstance(self.step, Life) else answer_of(self.step)

    def observed(self) -> Observation:
        """What was to be seen after it."""
        return NOTHING if isinstance(self.step, Life) else observation(self.step.state)

    def told(self, processors: Sequence[int]) -> tuple[RingName, tuple[int, ...]] | None:
        """The ring with its members, if the processor was told of one."""
        if isinstance(self.step, Life) or CALLS.get(self.step.call) is not Kind.TOLD:
            return None
        return _ring(self.step), _members(self.step, processors)

    def event(self, cluster: Cluster, p: int, processors: Sequence[int]) -> Event:
        """The event that it is."""
        if isinstance(self.step, Life):
            return Event(Kind.RESTART if self.step is Life.STARTED else Kind.CRASH, p)
        return event_of(cluster, p, self.step, processors)


class Recorded(Protocol):
    """What is followed: one step of a run, wherever it was recorded."""

    @property
    def processor(self) -> int: ...
    @property
    def time_us(self) -> int | None: ...
    @property
    def life(self) -> Life | None: ...
    @property
    def call(self) -> str: ...
    @property
    def registered_count(self) -> int: ...

    def answered(self) -> Visit: ...
    def observed(self) -> Observation: ...
    def told(self, processors: Sequence[int]) -> tuple[RingName, tuple[int, ...]] | None: ...
    def event(self, cluster: Cluster, p: int, processors: Sequence[int]) -> Event: ...


NOTHING = Observation(None, None, gate_open=False, registered=frozenset(), plugged=frozenset(), recovery_waiting=())
"""What is observed of a processor that has just started."""
CALLS = MappingProxyType(
    {
        "ring_pending": Kind.TOLD,
        "transitional_configuration": Kind.LEAVE,
        "regular_configuration": Kind.INSTALL,
        "token_received": Kind.TOKEN,
        "datagram_received": Kind.TOKEN,
        "visit_alone": Kind.ALONE,
        "gmi_mcast": Kind.QUEUE,
        "gmi_recovery_plug_create": Kind.CREATE,
        "gmi_recovery_plug_unplug": Kind.UNPLUG,
        "gmi_recovery_plug_destroy": Kind.DESTROY,
    }
)
"""The calls of `PlugLayer`."""


def answer_of(step: PlugStep) -> Visit:
    """What the call answered."""
    return visit_of(step.effects, lambda effect: token_bytes(effect.token))


def token_bytes(token: Token) -> bytes:
    """What is compared of a token."""
    ring_id = RingId(ProcessorId(token.ring_id[0]), RingSeq(token.ring_id[1]))
    return encode(Token(ring_id, TokenSeq(token.token_seq), MessageSeq(0), (), token.bitmap))


def announcements(recorded: Sequence[Recorded], processors: Sequence[int]) -> list[Announcement]:
    """Who was told of which ring, and when."""
    return [
        Announcement(index, processors.index(one.processor), *told, one.answered().token)
        for index, one in enumerate(recorded)
        if (told := one.told(processors))
    ]


def crashes(recorded: Sequence[Recorded], processors: Sequence[int]) -> list[tuple[int, int]]:
    """Who crashed, and when."""
    return [(i, processors.index(one.processor)) for i, one in enumerate(recorded) if one.life is Life.CRASHED]


def event_of(cluster: Cluster, p: int, step: PlugStep, processors: Sequence[int]) -> Event:
    """The event that a call is."""
    kind, given = CALLS[step.call], cast("tuple[Any, ...]", step.arguments)
    match kind:
        case Kind.TOLD:
            ring = cluster.number_of(_ring(step))
            return Event(kind, p, ring, members=_members(step, processors))
        case Kind.LEAVE | Kind.INSTALL:
            return Event(kind, p, cluster.number_of(_ring(step)))
        case Kind.TOKEN:
            return _arrival(cluster, p, step)
        case Kind.ALONE:
            ring = cluster.number_of(cluster.seen[p].installed)
            return Event(kind, p, ring, packet_count=_granted(step, 0))
        case Kind.QUEUE:
            return Event(kind, p, priority=int(given[0]))
        case Kind.CREATE:
            return Event(kind, p, handle=free_number(cluster, p))
        case _:
            return Event(kind, p, handle=number_of_handle(cluster, p, int(given[0])))


def number_of_handle(cluster: Cluster, processor: int, handle: int) -> int:
    """The number under which a handle goes; -1 for none."""
    return next((h for h, known in enumerate(cluster.handles.get(processor, ())) if known == handle), -1)


def free_number(cluster: Cluster, processor: int) -> int:
    """The lowest number under which no registered handle goes."""
    registered = cluster.seen[processor].registered
    return next(h for h in range(cluster.handle_count) if cluster.handle(processor, h) not in registered)


def _arrival(cluster: Cluster, p: int, step: PlugStep) -> Event:
    """A token arrives. What is no token at all is of no ring."""
    token = cast("Any", step.arguments[0])
    try:
        token = decode(token) if isinstance(token, bytes) else token
    except RemoteProtocolError:
        return Event(Kind.TOKEN, p)
    ring = cluster.number_of(RingName(*token.ring_id))
    return Event(Kind.TOKEN, p, ring, token=token_bytes(token), packet_count=_granted(step, 1))


def _granted(step: PlugStep, place: int) -> int:
    """How many packets were granted; where it is not recorded, as many as were originated."""
    given = step.arguments[place:]
    if given and isinstance(given[0], int):
        return given[0]
    return sum(type(effect).__name__ == "Originated" for effect in step.effects)


def _ring(step: PlugStep) -> RingName:
    return RingName(*cast("tuple[int, int]", step.arguments[0]))


def _members(step: PlugStep, processors: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(processors.index(member) for member in cast("Sequence[int]", step.arguments[1])))


def handle_count(recorded: Sequence[Recorded]) -> int:
    """The most handles that a processor ever had at once; at least one."""
    return max([1, *(one.registered_count for one in recorded)])
