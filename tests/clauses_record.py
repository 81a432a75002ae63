"""A history in memory, for the naive judge: lives, stays in rings, messages. Nothing is indexed, nothing is forgotten.

The naive judge was written from the clauses of EVS 1994 and of the mail, and from `docs/history.md`. It shares the
types of events with the judge, and no code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from properties.history.events import (
    NO_ID,
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Group,
    Lack,
    Message,
    Originate,
    Queue,
    Start,
)  # fmt: skip

MET, PENDING, UNSEEN, BROKEN = "met", "pending", "unseen", "broken"
"""What one instance of a clause may be."""
Outcomes = Iterator[str]
E = TypeVar("E", bound=Event)
Ring = tuple[str, int]


@dataclass(eq=False)
class Life:
    """One incarnation of a process: its events, each with its place in the history."""

    name: str
    number: int
    is_first: bool
    events: list[tuple[int, Event]] = field(default_factory=list[tuple[int, Event]])
    is_last: bool = True

    @cached_property
    def crashed(self) -> bool:
        return any(isinstance(event, Crash) for _, event in self.events)

    @property
    def ended_quietly(self) -> bool:
        return not self.crashed and any(isinstance(event, End) and event.quiescent for _, event in self.events)


@dataclass(eq=False)
class Stay:
    """A regular configuration at one life, with all that happens until the next."""

    life: Life
    at: int
    told: Configuration
    ring: Ring
    events: list[tuple[int, Event]]
    """After its install."""
    before: Stay | None
    next: Stay | None = None
    quiet: bool = False
    tells_transitional: bool = True

    @property
    def name(self) -> str:
        return self.life.name

    @property
    def identity(self) -> tuple[str, int]:
        return self.life.name, self.life.number

    @property
    def members(self) -> frozenset[str]:
        return frozenset(self.told.members)

    def of(self, kind: type[E]) -> list[tuple[int, E]]:
        """Its events of a kind."""
        return [(at, event) for at, event in self.events if isinstance(event, kind)]

    @cached_property
    def crashed(self) -> bool:
        return bool(self.of(Crash))

    @property
    def over(self) -> bool:
        """Whether nothing can come any more."""
        return self.crashed or self.next is not None or self.quiet

    @property
    def left(self) -> bool:
        """Whether it ended by the next regular configuration."""
        return self.next is not None and not self.crashed

    @cached_property
    def transition(self) -> tuple[int, Configuration] | None:
        """Its transitional configuration, if all of them are told."""
        return next(iter(self.of(Configuration)), None) if self.tells_transitional else None

    @cached_property
    def deliveries(self) -> list[tuple[int, Deliver]]:
        return self.of(Deliver)

    @cached_property
    def delivered(self) -> list[str]:
        return [event.message for _, event in self.deliveries]

    def is_regular(self, at: int) -> bool:
        """Whether an event is before the transitional configuration."""
        return self.transition is None or at < self.transition[0]

    @cached_property
    def regular(self) -> list[str]:
        return [event.message for at, event in self.deliveries if self.is_regular(at)]

    @cached_property
    def transitional(self) -> list[str]:
        return [event.message for at, event in self.deliveries if not self.is_regular(at)]

    @property
    def leads_to(self) -> Ring | None:
        """The ring that its transitional configuration leads to, by what it says or by what comes next."""
        if self.transition and self.transition[1].ring[0]:
            return self.transition[1].ring
        return self.next.ring if self.left and self.next and not self.next.told.bootstrap else None

    @cached_property
    def survivors(self) -> frozenset[str] | None:
        """Who is told to leave the ring with it, in a transitional configuration or by lists."""
        if self.transition:
            return frozenset(self.transition[1].members)
        if not self.left or self.next is None or self.next.told.bootstrap:
            return None
        new = self.next.told
        if self.tells_transitional:
            return frozenset(new.members)
        if new.left is None or new.joined is None:
            return None
        return self.members - set(new.left)

    @cached_property
    def departure(self) -> object:
        """The configuration that comes next: a ring, and who goes there from this one."""
        ring, survivors = self.leads_to, self.survivors
        return (ring, survivors) if ring is not None and survivors is not None else None

    @property
    def last_moment(self) -> int:
        return self.events[-1][0] if self.events else self.at


class Record:
    """A history, looked at from all sides."""

    def __init__(
        self, events: Sequence[Event], observes: frozenset[Facet], names: Sequence[str],
        without: frozenset[Lack] = frozenset(),
    ) -> None:  # fmt: skip
        self.events, self.observes, self.names, self.without = list(events), observes, list(names), without
        self.basis: type[Message] | None = (
            Originate if "originate" in observes else Queue if "queue" in observes else None
        )
        self.grouped = "group" in observes
        self.lives = [life for name in names for life in self._lives_of(name)]
        last = {life.name: life for life in self.lives}
        self.is_quiet = all(name in last and (last[name].crashed or last[name].ended_quietly) for name in names)
        self.stays = [stay for life in self.lives for stay in self._stays_of(life)]
        self.stays.sort(key=lambda stay: stay.at)

    def _lives_of(self, name: str) -> list[Life]:
        found: list[Life] = []
        for at, event in enumerate(self.events):
            if event.process == name and isinstance(event, Start):
                if found:
                    found[-1].is_last = False
                found.append(Life(name, event.incarnation, is_first=not found))
            if event.process == name:
                found[-1].events.append((at, event))
        return found

    def _stays_of(self, life: Life) -> list[Stay]:
        found: list[Stay] = []
        for at, event in life.events:
            if isinstance(event, Configuration) and event.kind == "regular":
                stay = Stay(life, at, event, _ring_id(life, event, len(found)), [], found[-1] if found else None)
                stay.tells_transitional = "transitional" in self.observes
                if found:
                    found[-1].next = stay
                found.append(stay)
            elif found:
                found[-1].events.append((at, event))
        if found and self.is_quiet and life.is_last and life.ended_quietly:
            found[-1].quiet = True
        return found

    # Rings.

    @property
    def rings(self) -> list[Ring]:
        return sorted({stay.ring for stay in self.stays})

    def at_ring(self, ring: Ring, name: str | None = None) -> list[Stay]:
        """The stays in a ring, of one process or of all, in the order in which they are told."""
        return [stay for stay in self.stays if stay.ring == ring and name in (None, stay.name)]

    def members(self, ring: Ring) -> tuple[str, ...]:
        """As they are first told."""
        return self.at_ring(ring)[0].told.members

    def pairs(self, ring: Ring) -> list[tuple[Stay, Stay]]:
        """Two stays in a ring that may be compared: not of who was attached to it late."""
        mine = [stay for stay in self.at_ring(ring) if self.grouped or not stay.told.attached]
        return [(p, q) for i, p in enumerate(mine) for q in mine[i + 1 :]]

    def knows_regular(self, stay: Stay) -> bool:
        """Whether it is known which of its deliveries are regular."""
        return "transitional" in self.observes or "transitional" in self.without or (stay.quiet and not stay.crashed)

    def gone_past(self, ring: Ring, name: str) -> tuple[bool, bool]:
        """Of a process that never installs a ring: whether that is certain, and whether it crashed on the way."""
        mine = [(at, event) for at, event in enumerate(self.events) if event.process == name]
        installs = [(at, e) for at, e in mine if isinstance(e, Configuration) and e.kind == "regular"]
        anew = any(event.bootstrap for _, event in installs)
        numbers = {stay.at: stay.ring[1] for stay in self.stays}
        beyond = next((at for at, _ in installs if not anew and numbers[at] >= ring[1]), None)
        last = [life for life in self.lives if life.name == name and life.is_last]
        if beyond is None:
            return self.is_quiet, any(life.crashed for life in last)
        since = max((at for at, _ in installs if at < beyond), default=-1)
        failures = [at for at, e in mine if isinstance(e, Crash)]
        failures += [life.events[0][0] for life in self.lives if life.name == name and not life.is_first]
        return True, any(since < at < beyond for at in failures)

    def is_silent(self, ring: Ring, name: str) -> bool:
        """Whether a process does nothing more in a ring."""
        mine = self.at_ring(ring, name)
        return all(stay.over for stay in mine) if mine else self.gone_past(ring, name)[0]

    def is_hidden(self, ring: Ring, name: str) -> bool:
        """Whether a process may have done something in a ring that nobody recorded."""
        return name not in self.names or any(stay.told.attached for stay in self.at_ring(ring, name))

    def is_listed(self, name: str) -> bool:
        """Whether any configuration has it as a member; else it is an observer."""
        return any(name in event.members for event in self.events if isinstance(event, Configuration))

    # Messages.

    @cached_property
    def messages(self) -> list[str]:
        return sorted({event.message for event in self.events if isinstance(event, Message)})

    def about(self, message: str) -> list[Message]:
        return self._about.get(message, [])

    @cached_property
    def _about(self) -> dict[str, list[Message]]:
        found: dict[str, list[Message]] = {}
        for event in self.events:
            if isinstance(event, Message):
                found.setdefault(event.message, []).append(event)
        return found

    def is_recovery(self, message: str) -> bool:
        return any(event.priority == "recovery" for event in self.about(message))

    def is_safe(self, message: str) -> bool:
        return any(event.level == "safe" for event in self.about(message))

    def sends(self, message: str) -> list[int]:
        """Where it is sent."""
        return [at for at, e in enumerate(self.events) if self.basis and isinstance(e, self.basis)
                and e.message == message]  # fmt: skip

    def said_sender(self, message: str) -> str | None:
        """Who the first delivery that says it says sent it."""
        found = (e.sender for e in self.events if isinstance(e, Deliver) and e.message == message and e.sender)
        return next(found, None)

    def sender(self, message: str) -> str | None:
        sends = self.sends(message)
        return self.events[sends[0]].process if sends else self.said_sender(message)

    def stay_at(self, at: int) -> Stay | None:
        """The stay in which an event happens."""
        return self._stay_at.get(at)

    @cached_property
    def _stay_at(self) -> dict[int, Stay]:
        return {at: stay for stay in self.stays for at, _ in stay.events}

    def delivered_in(self, ring: Ring) -> list[str]:
        return sorted({message for stay in self.at_ring(ring) for message in stay.delivered})

    def sent_in(self, message: str, ring: Ring) -> bool:
        """Whether it was sent in the ring, as far as is known."""
        sends = self.sends(message)
        rings = {stay.ring for at in sends if (stay := self.stay_at(at))}
        return not sends or self.basis is not Originate or ring in rings

    # Groups.

    def group(self, life: Life, at: int) -> frozenset[tuple[str, int]]:
        """The group as a life was last told of it before a place."""
        told = [event for i, event in life.events if i < at and isinstance(event, Group)]
        return frozenset(told[-1].members) if told else frozenset()

    def hears(self, stay: Stay, message: str) -> bool:
        """Whether a message that is delivered in the ring concerns a stay: it is in the group, or was there."""
        if not self.grouped:
            return not stay.told.attached
        told = [self.group(one.life, at) for one in self.at_ring(stay.ring)
                for at, event in one.deliveries if event.message == message]  # fmt: skip
        return bool(told) and all(stay.identity in group for group in told)


def _ring_id(life: Life, told: Configuration, count: int) -> Ring:
    """A ring without a representative is known by its members; one without any id only to who is in it."""
    if told.ring[0]:
        return told.ring
    if told.ring == NO_ID:
        return f"{life.name}#{life.number}/{count}", count
    return " ".join(sorted(told.members)), told.ring[1]
