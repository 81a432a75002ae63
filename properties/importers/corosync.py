"""corosync's log as events: rings with their lists, and the phases of their synchronization.

A ring is told in several lines, in an order that differs between versions, so it is kept until the next one begins. Its
members are sorted by number, for some versions tell them so and others in the order of the ring. A ring whose members
no line tells cannot be an event: what comes after it is a new life, so nothing is concluded across it. That a
synchronization is given up no line says, so there is no `abort`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from properties.corosync.lines import (
    WANTED,
    Address,
    CameAlong,
    Counted,
    Formed,
    Id,
    LetOut,
    Life,
    Listed,
    OldLine,
    Ourselves,
    Phase,
    Quorum,
    Recovering,
    said,
)
from properties.history.events import Configuration, Crash, Event, Primary, Ring, Start, Sync
from properties.importers.corosync_old import OldChanges
from properties.importers.logs import Place
from properties.importers.reader import OWN, Broken, Kind, LogFacts


@dataclass
class Lists:
    """Lists of nodes that were told, each whole or not yet."""

    parts: dict[str, tuple[int, list[str]]] = field(default_factory=dict[str, tuple[int, list[str]]])

    def add(self, listed: Listed) -> None:
        """One more line of a list: a list that is whole begins anew."""
        count, nodes = self.parts.get(listed.of, (0, []))
        if count != listed.count or len(nodes) >= count:
            nodes = []
        self.parts[listed.of] = listed.count, [*nodes, *listed.nodes]

    def get(self, of: str) -> tuple[str, ...] | None:
        """The list, if it is whole."""
        count, nodes = self.parts.get(of, (-1, []))
        return tuple(nodes) if len(nodes) == count else None

    @property
    def joined(self) -> tuple[str, ...] | None:
        """Who joined, as synchronization was told: nobody, if it was told the members and no such line."""
        return self._beside_members("Sync joined")

    @property
    def left(self) -> tuple[str, ...] | None:
        """Who left."""
        return self._beside_members("Sync left")

    def _beside_members(self, of: str) -> tuple[str, ...] | None:
        return () if of not in self.parts and self.get("Sync members") is not None else self.get(of)


@dataclass
class LoggedRing:
    """A ring that the log tells, as far as it was read."""

    id: Id | None
    place: Place
    text: str
    members: tuple[str, ...] | None
    joined: tuple[str, ...] | None
    left: tuple[str, ...] | None
    events: list[Sync | Primary] = field(default_factory=list[Sync | Primary])
    """What is told in it."""
    is_complete: bool = False
    counted: dict[tuple[str, int], Place] = field(default_factory=dict[tuple[str, int], Place])
    told: list[Configuration] = field(default_factory=list[Configuration])
    """Of version 1: its configurations."""

    def fits(self, members: tuple[str, ...]) -> bool:
        """Whether these can be its members, by who joined and left."""
        there = set(members)
        gone = set(self.left or ()) - set(self.joined or ())
        return set(self.joined or ()) <= there and not gone & there


class CorosyncReader:
    """One node's log."""

    wanted = WANTED
    inside = False

    def __init__(self) -> None:
        self.facts = LogFacts()
        self.incarnation = 0
        self.ring: LoggedRing | None = None
        self.lists = Lists()
        """Told since the last ring, and not of it."""
        self.start: Sync | None = None
        """The next ring's synchronization has begun."""
        self.addresses: dict[str, str] = {}
        self.old = OldChanges()
        self.has_ring = False
        """There was a ring in this life."""
        self.members_come_first = False
        """Members of a ring stand before its own line, as some versions have it."""
        self.before = ""
        self.is_up = False
        self.inside_primary: bool | None = None
        """The node is in the primary component, if that is known: it is told when it changes."""

    def take(self, line: str, place: Place) -> Iterator[Event]:
        """The events of the ring before, where this line begins another one."""
        found = said(line)
        if found is None:
            return
        if line == self.before:
            self.facts.left_out["a line that is there twice"] += 1
            return
        self.before = line
        match found:
            case Formed():
                yield from self._formed(found, line, place)
            case Listed():
                self._listed(found)
            case Quorum():
                self._quorum(found, line, place)
            case Phase():
                self._phase(found, line, place)
            case Life():
                yield from self._life(found, line, place)
            case OldLine():
                self.old.take(found, line, place)
            case Counted():
                self._counted(found, place)
            case Address():
                self.addresses[found.address] = found.node
            case Ourselves():
                self.facts.said[OWN] = found.node
            case Recovering() | CameAlong() | LetOut():
                pass  # of our own runs' logs alone

    def finish(self) -> Iterator[Event]:
        """What is known of the last ring."""
        if self.ring and not self.ring.is_complete and self.is_up:
            self.facts.unsynchronized = self._told(self.ring), str(self.ring.place)
        yield from self._flush()

    def _told(self, ring: LoggedRing) -> str:
        name = "a ring without an id" if ring.id is None else f"[{ring.id[0]} {ring.id[1]}]"
        return f"{name} of {' '.join(ring.members)}" if ring.members else name

    def _life(self, life: Life, line: str, place: Place) -> Iterator[Event]:
        if life.starts and self.is_up and self.ring is None:
            return  # some versions say twice that they start
        yield from self._flush()
        self.lists, self.start, self.is_up = Lists(), None, life.starts
        self.inside_primary = False
        if life.starts:
            yield self._begin(place.note(line))
        elif self.incarnation:
            yield Crash(OWN, 0, note=place.note(line))

    def _begin(self, note: str) -> Start:
        self.incarnation += 1
        self.is_up, self.has_ring = True, False
        return Start(OWN, 0, incarnation=self.incarnation, note=note)

    def _formed(self, formed: Formed, line: str, place: Place) -> Iterator[Event]:
        yield from self._flush()
        if not self.is_up:
            yield self._begin(place.note(f"first seen: {line}"))
        lists, self.lists = self.lists, Lists()
        members = lists.get("Sync members")
        joined, left = formed.joined, formed.left
        if joined is None or left is None:
            joined, left = lists.joined, lists.left
        if formed.id is None and self.old.blocks:
            self._formed_without_id(line, place)
            return
        self.facts.lacking["transitional"] += 1
        self.ring = LoggedRing(formed.id, place, line, members, joined, left, [self.start] if self.start else [])
        early = lists.get("Members")
        if members is None and early is not None and self.ring.fits(early):
            self.ring.members, self.members_come_first = early, True
        self.start = None

    def _formed_without_id(self, line: str, place: Place) -> None:
        """A ring of version 1: its configurations were told before."""
        told = list(self.old.formed(first=not self.has_ring))
        self.ring = LoggedRing(None, place, line, told[-1].members, told[-1].joined, told[-1].left, told=told)
        self.facts.seen["transitional"] += 1
        self.facts.without.add("ids")

    def _listed(self, listed: Listed) -> None:
        """A list is of the ring that is open if that lacks it and it fits, else of the next one."""
        self.lists.add(listed)
        whole = self.lists.get(listed.of)
        if listed.of == "Members" and whole is not None and self.ring:
            if self.ring.members is None and self.ring.fits(whole):
                self.ring.members = whole
            of_the_next = self.members_come_first and self.ring.is_complete
            if set(self.ring.members or ()) == set(whole) and not of_the_next:
                del self.lists.parts["Members"]

    def _phase(self, phase: Phase, line: str, place: Place) -> None:
        event = Sync(OWN, 0, phase=phase.phase, service=phase.service, note=place.note(line))
        if phase.phase == "start":
            self.start = event
        elif self.ring:
            self.facts.seen["sync"] += 1
            self.ring.events.append(event)
            if phase.phase == "complete":
                self._complete(self.ring, place.note(line))

    def _complete(self, ring: LoggedRing, note: str) -> None:
        """Of a ring that is complete it is known whether it is primary, if that is known of the one before."""
        ring.is_complete = True
        if self.inside_primary is None:
            self.facts.lacking["primary"] += 1
        elif self.inside_primary and not any(isinstance(event, Primary) for event in ring.events):
            ring.events.append(Primary(OWN, 0, inside=True, note=note))

    def _quorum(self, quorum: Quorum, line: str, place: Place) -> None:
        self.inside_primary = quorum.inside
        self.facts.seen["primary"] += 1
        if self.ring:
            self.ring.events.append(Primary(OWN, 0, inside=quorum.inside, note=place.note(line)))

    def _counted(self, counted: Counted, place: Place) -> None:
        """PLUG-H3: a list that is applied was sent for this ring: by a member, and once."""
        ring, node = self.ring, self.addresses.get(counted.address)
        if ring is None or ring.members is None:
            return
        self.facts.decided["PLUG-H3"] += node is not None
        key = counted.address, counted.process
        if node is not None and node not in ring.members:
            reason = f"a list of {node} is counted in {self._told(ring)}: it is from an older ring"
            self.facts.broken.append(Broken("PLUG-H3", reason, (str(ring.place), str(place))))
        elif key in ring.counted:
            reason = f"a list of {node or counted.address} is counted twice in {self._told(ring)}"
            places = (str(ring.place), str(ring.counted[key]), str(place))
            self.facts.broken.append(Broken("PLUG-H3", f"{reason}: one is from an older ring", places))
        ring.counted[key] = place

    def _flush(self) -> Iterator[Event]:
        """The ring that is told to its end, if it can be told."""
        ring, self.ring = self.ring, None
        if ring is None:
            return
        self.has_ring = True
        if ring.told:
            self.facts.is_member_of(ring.told[-1].members)
            yield from (*ring.told, *ring.events)
            return
        if ring.members is None or ring.id is None:
            why = "id" if ring.id is None else "members"
            self.facts.left_out[f"a ring whose {why} no line tells; a new life begins behind it"] += 1
            self.is_up = False
            return
        self.facts.is_member_of(ring.members)
        if ring.joined is None or ring.left is None:
            self.facts.lacking["lists"] += 1
        yield self._configuration(ring, ring.id, ring.members)
        yield from ring.events

    def _configuration(self, ring: LoggedRing, id: Ring, members: tuple[str, ...]) -> Configuration:
        return Configuration(
            OWN, 0, kind="regular", ring=id, members=_sorted(members),
            left=None if ring.left is None else _sorted(ring.left),
            joined=None if ring.joined is None else _sorted(ring.joined), note=ring.place.note(ring.text),
        )  # fmt: skip


def _sorted(nodes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(nodes, key=lambda node: (len(node), node)))


COROSYNC = Kind(
    "corosync",
    "what daemons of corosync logged",
    CorosyncReader,
    facets=("regular", "transitional", "lists", "sync", "primary"),
    optional=frozenset({"transitional", "sync", "primary"}),
    says=("Members are sorted by number: that they are told in one order everywhere (RING-S3) is not looked at.",),
)
