"""A cluster of implementations: it tells them what happens, and keeps what membership, network and ring order know.

What an event was to the cluster (`Happened`) is said in its terms; `meaning.py` reads it as actions of the machine. The
order of the ring is that of the processors; a token goes to the next member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from properties.lockstep.events import ROOM, At, Event, Kind, PacketCase
from properties.lockstep.implementation import (
    RECOVERY,
    CallRefusedError,
    Implementation,
    Observation,
    Packet,
    RingName,
    Starts,
    Visit,
)


class MisstepError(Exception):
    """An implementation did what no clause allows, whatever the machine says: in words."""


@dataclass(frozen=True, slots=True)
class FormedRing:
    """A ring that was formed: its newest token, to whom that is due, and what its bitmap says."""

    name: RingName
    members: tuple[int, ...]
    newest: bytes | None
    """The token that was sent last. A ring of one has none."""
    due: int
    positions: frozenset[int] = frozenset()

    def after(self, processor: int) -> int:
        """The next member."""
        return next((member for member in self.members if member > processor), self.members[0])

    @property
    def signed(self) -> int:
        """The members whose positions are set: position = index in the sorted member list (D9). A bitmap."""
        beyond = [position for position in self.positions if position >= len(self.members)]
        if beyond:
            raise MisstepError(f"the token of ring {self.name} has position {beyond[0]} set, which is no member's (D9)")
        return sum(1 << self.members[position] for position in self.positions)


@dataclass(frozen=True, slots=True)
class Begun:
    """A long message of which the first packet was originated, and not the last."""

    message: int
    ring: RingName


@dataclass(frozen=True)
class Happened:
    """An event as it came out."""

    event: Event
    newest: bool = False
    at: At = At.NEITHER
    accepted: bool = False
    cases: tuple[PacketCase, ...] = ()


@dataclass
class Cluster:
    """Processors 0, 1, 2 and so on, each with its services' handles 0, 1 and so on."""

    size: int
    handle_count: int
    start: Starts
    layers: dict[int, Implementation] = field(default_factory=dict[int, Implementation])
    seen: dict[int, Observation] = field(default_factory=dict[int, Observation])
    """Of each processor that is up, what was observed after the last call."""
    rings: list[FormedRing] = field(default_factory=list[FormedRing])
    handles: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    """What the implementation calls a handle that was created last under this number; it may be destroyed since."""
    begun: dict[int, Begun] = field(default_factory=dict[int, Begun])
    normal: frozenset[int] = frozenset()
    """The rings in which a high, medium or low priority message was originated."""

    def begin(self) -> Cluster:
        """Start every processor; services create their handles."""
        for processor in range(self.size):
            self._start(processor)
        return self

    def fork(self) -> Cluster:
        """Another cluster in the same state. Its layers are shared: who calls one copies it first."""
        return replace(
            self, layers=self.layers.copy(), seen=self.seen.copy(), rings=self.rings.copy(),
            handles=self.handles.copy(), begun=self.begun.copy(),
        )  # fmt: skip

    def is_up(self, processor: int) -> bool:
        """Whether it has not crashed, or is restarted."""
        return processor in self.layers

    def number_of(self, name: RingName | None) -> int:
        """The number of a ring; -1 for none."""
        return next((number for number, ring in enumerate(self.rings) if ring.name == name), -1)

    def standing(self, processor: int, ring: int) -> At:
        """How a ring stands at a processor."""
        seen, name = self.seen.get(processor), self.rings[ring].name
        if seen and seen.installed == name:
            return At.INSTALLED
        return At.PENDING if seen and seen.pending == name else At.NEITHER

    def pending_at(self, processor: int) -> RingName | None:
        """The ring that is taken to be pending at a processor: here what it says itself."""
        return self.seen[processor].pending

    def recovery_count(self, processor: int, *, of_this_ring: bool) -> int:
        """How many recovery messages wait that were queued in the installed ring, or elsewhere."""
        seen = self.seen[processor]
        tags = [tag is not None and tag == seen.installed for tag in seen.recovery_waiting]
        return tags.count(of_this_ring)

    def registered(self, processor: int, handle: int) -> bool:
        """Whether the implementation has this handle."""
        return self.handles[processor, handle] in self.seen[processor].registered

    def perform(self, event: Event) -> Happened:
        """Make the event happen; MisstepError if an implementation does what no clause allows."""
        before = self.seen.get(event.processor)
        happened = self._perform(event)
        if event.kind is Kind.TOKEN and not happened.accepted and self.seen.get(event.processor) != before:
            raise MisstepError("a token that was refused has changed its receiver (RING-S4)")
        return happened

    def _perform(self, event: Event) -> Happened:
        match event.kind:
            case Kind.FORM:
                self._form(event)
            case Kind.LEAVE:
                self._leave(event.processor)
            case Kind.INSTALL:
                ring = self.rings[event.ring]
                self._layer(event.processor).regular(ring.name, self._listed(event.processor, ring.members))
            case Kind.TOKEN:
                return self._token(event)
            case Kind.ALONE:
                return self._alone(event)
            case Kind.CREATE | Kind.UNPLUG | Kind.DESTROY:
                self._plug_call(event)
            case Kind.QUEUE:
                self._layer(event.processor).queue(event.priority, event.packet_count)
            case Kind.CRASH:
                del self.layers[event.processor], self.seen[event.processor]
                self.begun.pop(event.processor, None)
            case Kind.RESTART:
                self._start(event.processor)
            case Kind.TOLD | Kind.BETWEEN | Kind.LOSE | Kind.DUPLICATE | Kind.RESEND:
                pass
        self._observe(event.processor)
        return Happened(event)

    def _start(self, processor: int) -> None:
        self.layers[processor] = self.start(processor)
        for handle in range(self.handle_count):
            self.handles[processor, handle] = self.layers[processor].create()
        self._observe(processor)

    def _layer(self, processor: int) -> Implementation:
        return self.layers[processor]

    def _observe(self, processor: int) -> None:
        if processor not in self.layers:
            return
        seen = self.seen[processor] = self.layers[processor].observe()
        number = self.number_of(seen.installed)
        if seen.held is not None and number >= 0:
            self.rings[number] = replace(self.rings[number], positions=seen.held)

    @staticmethod
    def _listed(processor: int, members: Sequence[int]) -> Sequence[int]:
        """The member list as this processor is told it: not all are told it in order."""
        return members[::-1] if processor % 2 else members

    def _form(self, event: Event) -> None:
        """The representative, the lowest member, is told last, and creates the first token; it is due there first."""
        representative = min(event.members)
        name = RingName(representative, len(self.rings) + 1)
        token = None
        for member in reversed(event.members):
            sent = self._layer(member).ring_pending(name, self._listed(member, event.members))
            if (sent is not None) != (member == representative and len(event.members) > 1):
                raise MisstepError(f"p{member} {'created a' if sent else 'did not create the'} first token (D8)")
            token = sent
        ring = FormedRing(name, event.members, token, representative)
        self.rings.append(self._with_token(ring, representative, token) if token else ring)
        for member in event.members:
            self._observe(member)

    def _with_token(self, ring: FormedRing, sender: int, token: bytes) -> FormedRing:
        reading = self.layers[sender].read_token(token)
        if reading.ring != ring.name:
            raise MisstepError(f"p{sender} sent a token of ring {reading.ring} on, having received {ring.name}'s")
        return replace(ring, newest=token, positions=reading.positions)

    def _leave(self, processor: int) -> None:
        seen = self.seen[processor]
        old, new = self.number_of(seen.installed), self.number_of(seen.pending)
        coming = tuple(member for member in self.rings[old].members if member in self.rings[new].members)
        self._layer(processor).transitional(self.rings[old].name, self._listed(processor, coming))

    def _token(self, event: Event) -> Happened:
        ring = self.rings[event.ring]
        newest, at = event.token == ring.newest, self.standing(event.processor, event.ring)
        visit = self._layer(event.processor).token_received(event.token, event.packet_count)
        accepted = visit.refused is None
        if accepted and visit.token is None:
            raise MisstepError("a token was accepted, and none is sent on")
        if not accepted and (visit.token or visit.packets):
            raise MisstepError("a token was refused, and something is sent (RING-S4)")
        if accepted and visit.token:
            ring = self.rings[event.ring] = self._with_token(ring, event.processor, visit.token)
            self.rings[event.ring] = replace(ring, due=ring.after(event.processor))
        self._observe(event.processor)
        return Happened(event, newest, at, accepted, self._cases(event, visit))

    def _alone(self, event: Event) -> Happened:
        visit = self._layer(event.processor).visit_alone(event.packet_count)
        if visit.refused or visit.token:
            raise MisstepError("the only member of a ring refuses a turn, or sends a token (D7)")
        self._observe(event.processor)
        return Happened(event, accepted=True, cases=self._cases(event, visit))

    def _plug_call(self, event: Event) -> None:
        layer, place = self._layer(event.processor), (event.processor, event.handle)
        if event.kind is Kind.CREATE:
            self.handles[place] = layer.create()
            return
        known = self.registered(*place)
        call = layer.unplug if event.kind is Kind.UNPLUG else layer.destroy
        try:
            call(self.handles[place])
        except CallRefusedError:
            if known:
                raise
        else:
            if not known:
                raise MisstepError("a call with a destroyed handle was no error to the caller (D6)")

    def _cases(self, event: Event, visit: Visit) -> tuple[PacketCase, ...]:
        if len(visit.packets) > event.packet_count:
            raise MisstepError(f"{len(visit.packets)} packets originated, {event.packet_count} granted")
        return tuple(
            self._case(event, packet, self._still_waiting(event, packet, visit.packets[i + 1 :]))
            for i, packet in enumerate(visit.packets)
        )

    def _still_waiting(self, event: Event, packet: Packet, later: Sequence[Packet]) -> int:
        """How many recovery messages wait behind this one that count in this ring as it does, or as it does not."""
        name = self.rings[event.ring].name
        of_this_ring = packet.queued_in == name
        sent = [(one.queued_in == name) == of_this_ring for one in later if one.priority == RECOVERY and _is_last(one)]
        return self.recovery_count(event.processor, of_this_ring=of_this_ring) + sum(sent)

    def _case(self, event: Event, packet: Packet, still_waiting: int) -> PacketCase:
        name = self.rings[event.ring].name
        if packet.priority == RECOVERY:
            if not _is_last(packet):
                return PacketCase.RECOVERY_PART
            if packet.queued_in == name:
                return PacketCase.RECOVERY_OF_MANY if still_waiting >= ROOM else PacketCase.RECOVERY
            return PacketCase.LEFTOVER if still_waiting else PacketCase.LAST_LEFTOVER
        begun = self.begun.get(event.processor)
        if begun and begun.ring != name and (begun.message, 0) == (packet.message, packet.index):
            self.begun[event.processor] = replace(begun, ring=name)
            return PacketCase.AGAIN
        self.normal |= {event.ring}
        if packet.count == 1:
            return PacketCase.WHOLE
        if _is_last(packet):
            self.begun.pop(event.processor, None)
            return PacketCase.REST
        if packet.index:
            return PacketCase.MIDDLE
        self.begun[event.processor] = Begun(packet.message, name)
        return PacketCase.FIRST


def _is_last(packet: Packet) -> bool:
    return packet.index == packet.count - 1
