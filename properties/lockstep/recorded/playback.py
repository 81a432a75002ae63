"""A recorded run as a cluster: its layers answer what was recorded, and it keeps what membership and network knew.

`pending` is the one variable where a recorded processor and the machine may rightly differ for a while, since a ring
forms in one step of the machine. `taken` says what is pending meanwhile, and `docs/recorded.md` when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from properties.lockstep.adapter import reading
from properties.lockstep.cluster import Cluster, FormedRing, MisstepError, Outcome
from properties.lockstep.events import Event, Kind, PacketCase
from properties.lockstep.implementation import RECOVERY, Observation, RingName, TokenReading, Visit
from properties.lockstep.recorded.formations import Formation

NO_RING = FormedRing(RingName(-1, -1), (), None, -1)
"""A place for a ring that has none."""
NOTHING = Observation(None, None, gate_open=False, registered=frozenset(), plugged=frozenset(), recovery_waiting=())
"""What is observed of a processor that has just started."""


class Playback:
    """One processor's plug layer, as it was recorded: whatever it is called, it answers what it answered then."""

    def __init__(self, processor: int) -> None:
        self.processor = processor
        self.observed, self.answer = NOTHING, Visit()

    def play(self, answer: Visit, observed: Observation) -> None:
        """What the next call answers, and what is observed after it."""
        self.created = observed.registered - self.observed.registered
        self.answer, self.observed = answer, observed

    def ring_pending(self, ring: RingName, members: Sequence[int]) -> bytes | None:
        return self.answer.token

    def transitional(self, ring: RingName, members: Sequence[int]) -> None:
        pass

    def regular(self, ring: RingName, members: Sequence[int]) -> None:
        pass

    def token_received(self, token: bytes, packet_count: int) -> Visit:
        return self.answer

    def visit_alone(self, packet_count: int) -> Visit:
        return self.answer

    def queue(self, priority: int, packet_count: int) -> None:
        pass

    def create(self) -> int:
        if len(self.created) != 1:
            raise MisstepError(f"create registered {len(self.created)} handles (mail M2)")
        return next(iter(self.created))

    def unplug(self, handle: int) -> None:
        pass

    def destroy(self, handle: int) -> None:
        pass

    def observe(self) -> Observation:
        return self.observed

    def read_token(self, token: bytes) -> TokenReading:
        return reading(token)


@dataclass
class RecordedCluster(Cluster):
    """The processors of a recorded run. `rings` are places, used again when nobody has a ring in them any more."""

    taken: dict[int, RingName] = field(default_factory=dict[int, RingName])
    """Of some processors, the ring that is taken to be pending there instead of what they say."""

    def begin(self) -> RecordedCluster:
        """Nobody has started."""
        return self

    def playback(self, processor: int) -> Playback:
        """The layer of a processor that is up."""
        return cast("Playback", self.layers[processor])

    def pending_at(self, processor: int) -> RingName | None:
        return self.taken.get(processor) or self.seen[processor].pending

    def number_of_handle(self, processor: int, handle: int) -> int:
        """The number under which a handle goes."""
        return next((h for (p, h), known in self.handles.items() if (p, known) == (processor, handle)), -1)

    def free_number(self, processor: int) -> int:
        """The lowest number under which no registered handle goes."""
        registered = self.seen[processor].registered
        return next(h for h in range(self.handle_count) if self.handles.get((processor, h)) not in registered)

    def formed(self, place: int, formation: Formation) -> None:
        """A ring is formed in a free place: pending at its members, whatever they were told so far."""
        ring = FormedRing(formation.ring, formation.members, formation.token, formation.members[0])
        self.rings += [NO_RING] * (place + 1 - len(self.rings))
        self.rings[place] = replace(ring, positions=reading(ring.newest).positions if ring.newest else frozenset())
        self.normal -= {place}
        for member in formation.members:
            self._settle(member, formation.ring)

    def _settle(self, processor: int, formed: RingName) -> None:
        """A formed ring is pending at a member: it says so itself, or is taken to, having been told of another."""
        if processor in self.seen and self.seen[processor].pending != formed:
            self.taken[processor] = formed
        else:
            self.taken.pop(processor, None)

    def _start(self, processor: int) -> None:
        self.layers[processor], self.seen[processor] = Playback(processor), NOTHING
        self.handles = {place: handle for place, handle in self.handles.items() if place[0] != processor}

    def _perform(self, event: Event) -> Outcome:
        match event.kind:
            case Kind.FORM:
                return Outcome(event)
            case Kind.TOLD:
                self._told(event)
            case Kind.LEAVE:
                self._observe(event.processor)
            case Kind.INSTALL | Kind.ALONE if event.ring < 0:
                raise MisstepError("no first token of this ring was ever sent (D8)")
            case Kind.CRASH | Kind.INSTALL:
                self.taken.pop(event.processor, None)
                return super()._perform(event)
            case _:
                return super()._perform(event)
        return Outcome(event)

    def _told(self, event: Event) -> None:
        """A processor is told of a ring; if it is not formed yet, what was pending is taken to be so until it is."""
        p, before = event.processor, self.pending_at(event.processor)
        self._observe(p)
        sent, told = self.playback(p).answer.token, self.seen[p].pending
        if (sent is not None) != (p == min(event.members) and len(event.members) > 1):
            raise MisstepError(f"p{p} {'created a' if sent else 'did not create the'} first token (D8)")
        if self.number_of(told) < 0:
            if before:
                self.taken.setdefault(p, before)
        elif before and told and before.seq <= told.seq:
            self.taken.pop(p, None)

    def _token(self, event: Event) -> Outcome:
        """A token arrives; at a processor that is between two rings, what it does with either's is no step."""
        p = event.processor
        if event.ring < 0:
            return self._token_of_nobody(event)
        said, taken = self.seen[p].pending, self.taken.get(p)
        outcome = super()._token(event)
        name = self.rings[event.ring].name
        between = taken and (name == said if outcome.accepted else name == taken)
        return replace(outcome, event=replace(event, kind=Kind.BETWEEN)) if between else outcome

    def _token_of_nobody(self, event: Event) -> Outcome:
        """A token of a ring that has no place: dead, or never formed."""
        self._observe(event.processor)
        if self.playback(event.processor).answer.refused is None:
            raise MisstepError("a token was accepted of a ring that was never formed, or is nobody's any more (D8)")
        return Outcome(replace(event, kind=Kind.LOSE))

    def _plug_call(self, event: Event) -> None:
        if event.kind is Kind.CREATE:
            self.handles[event.processor, event.handle] = self.playback(event.processor).create()
        elif event.handle < 0 or not self.registered(event.processor, event.handle):
            raise MisstepError("a call with a handle that is not registered was no error to the caller (D6)")

    def _cases(self, event: Event, visit: Visit) -> tuple[PacketCase, ...]:
        """A message that is half sent in another ring is given up with the first one that is not recovery."""
        begun = self.begun.get(event.processor)
        normal = [i for i, packet in enumerate(visit.packets) if packet.priority != RECOVERY]
        if not begun or not normal or begun.ring == self.rings[event.ring].name:
            return super()._cases(event, visit)
        del self.begun[event.processor]
        cases = super()._cases(event, visit)
        return (*cases[: normal[0]], PacketCase.GIVEN_UP, *cases[normal[0] :])
