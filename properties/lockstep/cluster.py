"""What is known of a cluster: by membership, network and ring order, and what was last observed of each processor.

Events happen in `live.py`, where implementations are called, or in `recorded/`, where they were; what came of each
(`Outcome`) is said here in the cluster's terms, and `abstraction.py` reads it as actions of the machine. The order of
the ring is that of the processors; a token goes to the next member.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import msgspec

from properties.lockstep.events import ROOM, At, Event, PacketCase
from properties.lockstep.implementation import RECOVERY, Observation, Packet, RingName, TokenReading, Visit
from properties.words import counted


class MisstepError(Exception):
    """An implementation did what no clause allows, whatever the machine says: in words."""


class FormedRing(msgspec.Struct, frozen=True):
    """A ring that was formed: its newest token, to whom that is due, and what its bitmap says."""

    name: RingName
    members: tuple[int, ...]
    newest: bytes | None
    """The token that was sent last. A ring of one has none."""
    due: int
    positions: frozenset[int] = frozenset()
    sent_count: int = 0
    """How many tokens of it were sent."""

    def after(self, processor: int) -> int:
        """The next member."""
        for member in self.members:
            if member > processor:
                return member
        return self.members[0]

    @property
    def signed(self) -> int:
        """The members whose positions are set: position = index in the sorted member list (D9). A bitmap."""
        signed = 0
        for position in self.positions:
            if position >= len(self.members):
                beyond = f"position {position} set, which is no member's (D9)"
                raise MisstepError(f"the token of ring {self.name} has {beyond}")
            signed |= 1 << self.members[position]
        return signed

    def with_token(self, sender: int, token: bytes, says: TokenReading, due: int) -> FormedRing:
        """The ring once a token of it was sent to whom it is due now; MisstepError if it is another ring's."""
        if says.ring != self.name:
            raise MisstepError(f"p{sender} sent a token of ring {says.ring} on, having received {self.name}'s")
        return FormedRing(self.name, self.members, token, due, says.positions, self.sent_count + 1)


@lru_cache(4096)
def all_of(processors: tuple[int, ...]) -> int:
    """The bitmap of these processors."""
    return sum(1 << processor for processor in processors)


@dataclass(frozen=True, slots=True)
class Begun:
    """A long message of which the first packet was originated, and not the last."""

    message: int
    ring: RingName


@dataclass(frozen=True, slots=True)
class Parts:
    """How much of a message was originated: so many packets, in this ring. In another ring it starts again (D10)."""

    ring: RingName
    count: int


class Outcome(msgspec.Struct, frozen=True):
    """An event as it came out."""

    event: Event
    newest: bool = False
    at: At = At.NEITHER
    accepted: bool = False
    cases: tuple[PacketCase, ...] = ()
    packets: tuple[Packet, ...] = ()


@dataclass
class Cluster:
    """Processors 0, 1, 2 and so on, each with its services' handles 0, 1 and so on."""

    size: int
    handle_count: int
    seen: dict[int, Observation] = field(default_factory=dict[int, Observation])
    """Of each processor that is up, what was observed after the last call."""
    rings: list[FormedRing] = field(default_factory=list[FormedRing])
    handles: dict[int, tuple[int | None, ...]] = field(default_factory=dict[int, tuple[int | None, ...]])
    """Of a processor, by number, what the implementation calls the handle that was created last under that number; it
    may be destroyed since."""
    begun: dict[int, Begun] = field(default_factory=dict[int, Begun])
    parts: dict[tuple[int, int], Parts] = field(default_factory=dict[tuple[int, int], Parts])
    """Of each message of a processor, by the sender's number."""
    normal: frozenset[int] = frozenset()
    """The rings in which a high, medium or low priority message was originated."""
    taken: dict[int, RingName] = field(default_factory=dict[int, RingName])
    """Of a recorded run: the rings that are taken to be pending at some processors instead of what they say."""

    def fork(self) -> Cluster:
        """Another cluster in the same state."""
        return replace(
            self, seen=self.seen.copy(), rings=self.rings.copy(), handles=self.handles.copy(),
            begun=self.begun.copy(), parts=self.parts.copy(), taken=self.taken.copy(),
        )  # fmt: skip

    def is_up(self, processor: int) -> bool:
        """Whether it has not crashed, or is restarted."""
        return processor in self.seen

    def number_of(self, name: RingName | None) -> int:
        """The number of a ring; -1 for none."""
        for number, ring in enumerate(self.rings):
            if ring.name == name:
                return number
        return -1

    def status(self, processor: int, ring: int) -> At:
        """How a ring stands at a processor."""
        seen, name = self.seen.get(processor), self.rings[ring].name
        if seen and seen.installed == name:
            return At.INSTALLED
        return At.PENDING if seen and seen.pending == name else At.NEITHER

    def pending_at(self, processor: int) -> RingName | None:
        """The ring that is pending at a processor: what it says itself, unless another is taken to be."""
        return self.taken.get(processor) or self.seen[processor].pending

    def recovery_count(self, processor: int, *, of_this_ring: bool) -> int:
        """How many recovery messages wait that were queued in the installed ring, or elsewhere."""
        seen = self.seen[processor]
        waiting = seen.recovery_waiting
        here = waiting.count(seen.installed) if waiting and seen.installed else 0
        return here if of_this_ring else len(waiting) - here

    def handle(self, processor: int, number: int) -> int | None:
        """What the implementation calls a handle; None if none was created under this number."""
        known = self.handles.get(processor, ())
        return known[number] if 0 <= number < len(known) else None

    def created(self, processor: int, number: int, handle: int) -> None:
        """A handle was created under this number."""
        known = self.handles.get(processor, (None,) * self.handle_count)
        self.handles[processor] = (*known[:number], handle, *known[number + 1 :])

    def registered(self, processor: int, number: int) -> bool:
        """Whether the implementation has this handle."""
        return self.handle(processor, number) in self.seen[processor].registered

    def observe(self, processor: int, seen: Observation) -> None:
        """What is observed of a processor now; what is as it was stays the same object, which readers go by."""
        if seen == self.seen.get(processor):
            return
        self.seen[processor] = seen
        if seen.held is not None and (number := self.number_of(seen.installed)) >= 0:
            self.rings[number] = msgspec.structs.replace(self.rings[number], positions=seen.held)

    def crash(self, processor: int) -> None:
        """Nothing is known of a processor any more."""
        del self.seen[processor]
        self.begun.pop(processor, None)
        self.taken.pop(processor, None)
        self.parts = {place: parts for place, parts in self.parts.items() if place[0] != processor}

    def token_arrives(
        self, event: Event, visit: Visit, seen: Observation, read: Callable[[bytes], TokenReading]
    ) -> Outcome:
        """A token arrived: what it led to, what is observed after it, and what the token says that was sent on."""
        ring = self.rings[event.ring]
        newest = event.token == ring.newest and not event.late
        at = self.status(event.processor, event.ring)
        accepted = visit.refused is None
        if accepted and visit.token is None:
            raise MisstepError("a token was accepted, and none is sent on")
        if not accepted and (visit.token or visit.packets):
            raise MisstepError("a token was refused, and something is sent (RING-S4)")
        if accepted and visit.token:
            due = ring.after(event.processor)
            self.rings[event.ring] = ring.with_token(event.processor, visit.token, read(visit.token), due)
        self.refused_token_changes_nothing(event, seen, accepted=accepted)
        self.observe(event.processor, seen)
        return Outcome(event, newest, at, accepted, self._cases(event, visit), visit.packets)

    def refused_token_changes_nothing(self, event: Event, seen: Observation, *, accepted: bool) -> None:
        """MisstepError if the receiver of a token that was refused is not as it was."""
        if not accepted and self.seen.get(event.processor) != seen:
            raise MisstepError("a token that was refused has changed its receiver (RING-S4)")

    def sole_visit(self, event: Event, visit: Visit, seen: Observation) -> Outcome:
        """The only member of a ring took its turn."""
        if visit.refused or visit.token:
            raise MisstepError("the only member of a ring refuses a turn, or sends a token (D7)")
        self.observe(event.processor, seen)
        return Outcome(event, accepted=True, cases=self._cases(event, visit), packets=visit.packets)

    def _cases(self, event: Event, visit: Visit) -> tuple[PacketCase, ...]:
        """What each packet of a turn is."""
        if not visit.packets:
            return ()
        if len(visit.packets) > event.packet_count:
            raise MisstepError(f"{counted(len(visit.packets), 'packet')} originated, {event.packet_count} granted")
        for packet in visit.packets:
            self._follows(event, packet)
        return tuple(
            self._case(event, packet, self._still_waiting(event, packet, visit.packets[i + 1 :]))
            for i, packet in enumerate(visit.packets)
        )

    def _follows(self, event: Event, packet: Packet) -> None:
        """MisstepError if a packet is not the next of its message: from 0 on, and from 0 again in another ring."""
        place, name = (event.processor, packet.message), self.rings[event.ring].name
        parts = self.parts.get(place)
        if parts and parts.count == packet.count:
            raise MisstepError(f"a packet of message {packet.message}, which was originated whole before (D10)")
        expected = parts.count if parts and parts.ring == name else 0
        if packet.index != expected:
            raise MisstepError(
                f"packet {packet.index} of message {packet.message}, of which packet {expected} is next in this ring:"
                " packets go in order, and in another ring a message starts again (D10)"
            )
        self.parts[place] = Parts(name, packet.index + 1)

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
            self._may_start_again(event.processor)
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

    def _may_start_again(self, processor: int) -> None:
        """MisstepError if something holds back the message that starts again: to the machine this is a stutter."""
        if not self.seen[processor].gate_open:
            raise MisstepError("a message that starts again in another ring passes a closed gate (PLUG-S8, D10)")
        if self.seen[processor].recovery_waiting:
            raise MisstepError("a message that starts again in another ring overtakes recovery (PLUG-S10, D10)")


def _is_last(packet: Packet) -> bool:
    return packet.index == packet.count - 1
