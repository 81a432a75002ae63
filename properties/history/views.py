"""What is remembered of a history while it is judged: processes, rings, stays of processes in rings, messages.

A stay is one process's time in one regular configuration and the transitional one after it. It has what the process
delivered there, in order. An `at` is an event's place in the reading order.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import Enum

from properties.history.events import Facet, Identity, Name
from properties.history.events import Ring as RingId

Content = tuple[frozenset[Name], str]
"""A table's keys, and the digest of the rest."""


class Ending(Enum):
    """How a stay ended."""

    OPEN = "open"
    """Nothing is known after its last event."""
    NEXT = "next"
    """The process installed the next regular configuration."""
    CRASH = "crash"
    QUIET = "quiet"
    """The history ended quiescent in it."""


class Message:
    """A message, and what its events say of it."""

    __slots__ = ("home", "home_at", "id", "queued", "recovery", "safe", "sender", "sender_at", "sends", "takers")

    def __init__(self, id: str) -> None:
        self.id = id
        self.takers = 0
        """The processes that delivered it, as a bitmap."""
        self.sends: list[Sent] = []
        """Originations; where they are not observed, queueings."""
        self.queued: Sent | None = None
        self.sender: str | None = None
        """Who a delivery says sent it."""
        self.sender_at = -1
        self.home: Ring | None = None
        """The ring of its first delivery."""
        self.home_at = -1
        self.recovery = False
        self.safe = False


class Sent:
    """A message is originated, or queued, by a process after `index` deliveries in a stay."""

    __slots__ = ("at", "by", "incarnation", "index", "message", "service", "stay", "step")

    def __init__(self, message: Message, by: Process, at: int, service: str = "", step: str | None = None) -> None:
        stay = by.stay
        self.message, self.by, self.incarnation, self.stay, self.at = message, by.name, by.incarnation, stay, at
        self.index = len(stay.sequence) if stay else 0
        self.service, self.step = service, step


@dataclass(slots=True)
class Turn:
    """The transitional configuration in a stay, after `index` deliveries."""

    at: int
    index: int
    ring: RingId
    members: tuple[Name, ...]
    left: tuple[Name, ...] | None


@dataclass(slots=True, eq=False)
class Stay:
    """One process in one regular configuration, and in the transitional one that it leaves by."""

    process: Process
    incarnation: int
    ring: Ring
    at: int
    members: tuple[Name, ...]
    attached: bool
    restarted: bool = False
    """The process had an incarnation before this one."""
    previous: RingId | None = None
    """The regular configuration before, of the same incarnation."""
    came: frozenset[Name] | None = None
    """Who is told to have come with the process from there."""
    sequence: list[Message] = field(default_factory=list[Message])
    places: array[int] = field(default_factory=lambda: array("q"))
    twice: bool = False
    """A message is in the sequence twice."""
    turn: Turn | None = None
    ending: Ending = Ending.OPEN
    ended_at: int = -1
    next_ring: RingId | None = None
    then: Ring | None = None
    """What its process installs next, be it in a later incarnation."""
    survivors: frozenset[Name] | None = None
    """Who is told to go with the process to the next ring."""
    sends: list[Sent] = field(default_factory=list[Sent])
    queued: list[Sent] = field(default_factory=list[Sent])
    bit_at: int | None = None
    begun: int | None = None
    """Deliveries before synchronization began."""
    done: int | None = None
    """Deliveries before the process had recovered."""
    opened: int | None = None
    """Deliveries before its gate opened, or synchronization was complete."""
    views: list[tuple[int, frozenset[Identity]]] = field(default_factory=list[tuple[int, frozenset[Identity]]])
    tables: list[tuple[int, dict[str, Content]]] = field(default_factory=list[tuple[int, dict[str, Content]]])
    lookups: list[Looked] = field(default_factory=list["Looked"])
    counts: list[tuple[int, Message]] = field(default_factory=list[tuple[int, Message]])
    """Where a service counts which message as recovery."""
    openings: list[tuple[int, dict[str, Content]]] = field(default_factory=list[tuple[int, dict[str, Content]]])
    """Where its gate opens, and the tables then."""

    @property
    def name(self) -> str:
        """Whose stay it is."""
        return self.process.name

    @property
    def identity(self) -> Identity:
        """Whose stay it is, as a member of a group."""
        return self.process.name, self.incarnation

    @property
    def regular_count(self) -> int:
        """How many deliveries are in the regular configuration."""
        return len(self.sequence) if self.turn is None else self.turn.index

    @property
    def follows(self) -> tuple[RingId, frozenset[Name]] | None:
        """The transitional configuration that comes next, by its ring and who is told to be in it."""
        if self.turn:
            return self.turn.ring, frozenset(self.turn.members)
        if self.next_ring is None or self.survivors is None:
            return None
        return self.next_ring, self.survivors


@dataclass(slots=True)
class Looked:
    """A lookup at the delivery of a message."""

    at: int
    of: Name
    found: bool
    message: str
    service: str


@dataclass(slots=True)
class Crossing:
    """A member is past a ring that it never installed."""

    at: int
    crashed: bool
    """It crashed on the way: before it installed the configuration that puts it past."""


@dataclass(slots=True, eq=False)
class Ring:
    """A regular configuration, as its installs tell it."""

    id: RingId
    members: tuple[Name, ...]
    at: int
    """Of its first install, as `owner` of the first of each process."""
    owner: dict[Name, tuple[int, int]] = field(default_factory=dict[Name, tuple[int, int]])
    """The incarnation of each process that formed it, and where it says so."""
    stays: list[Stay] = field(default_factory=list[Stay])
    waiting: set[Name] = field(default_factory=set[Name])
    """Processes that may still have events in it."""
    crossed: dict[Name, Crossing] = field(default_factory=dict[Name, Crossing])
    messages: list[Message] = field(default_factory=list[Message])
    settled: bool = False

    def __str__(self) -> str:
        return f"[{self.id[0]} {self.id[1]}]"

    def stays_of(self, name: Name) -> list[Stay]:
        """The stays of this process, at most one in a history without violations."""
        return [stay for stay in self.stays if stay.process.name == name]


@dataclass(slots=True, eq=False)
class Process:
    """A process that is observed, over its incarnations."""

    name: Name
    bit: int
    incarnation: int = -1
    seq: int = -1
    last_at: int = -1
    stay: Stay | None = None
    last_stay: Stay | None = None
    restarted: bool = False
    crashed_at: int | None = None
    crashed_since_install: bool = False
    ended: bool = False
    quiescent: bool = False
    ring: RingId | None = None
    """The last that it installed, over its whole life."""
    ring_at: int = -1
    installs: list[tuple[int, Crossing]] = field(default_factory=list[tuple[int, Crossing]])
    """Growing numbers that it installed: what a ring with a number in between was crossed by."""
    awaiting: list[Ring] = field(default_factory=list[Ring])
    installed: dict[RingId, int] = field(default_factory=dict[RingId, int])
    """By this incarnation, and where: all rings if nothing is forgotten, else the last."""
    handles: set[str] = field(default_factory=set[str])
    plugged: set[str] = field(default_factory=set[str])
    view: frozenset[Identity] = frozenset()
    tables: dict[str, Content] = field(default_factory=dict[str, Content])

    @property
    def alive(self) -> bool:
        """Whether it has started and not crashed."""
        return self.incarnation >= 0 and self.crashed_at is None


@dataclass(frozen=True)
class Eyes:
    """What the source sees."""

    observes: frozenset[Facet]
    names: frozenset[Name]

    def __contains__(self, facet: Facet) -> bool:
        return facet in self.observes

    @property
    def basis(self) -> Facet | None:
        """What counts as the sending of a message."""
        return next((facet for facet in ("originate", "queue") if facet in self.observes), None)
