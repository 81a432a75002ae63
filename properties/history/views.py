"""What is remembered of a history while it is judged: processes, rings, views, messages.

A view is one regular configuration as one process installs it, with the transitional configuration that it leaves by.
It has what the process delivered there, in order. An `at` is an event's place in the reading order.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, NamedTuple

from properties.history.events import Facet, Identity, Lack, Name
from properties.history.events import Ring as RingId

Phase = Literal["begun", "recovered", "aborted"]
"""How far a process has come with its recovery in a ring."""


class Content(NamedTuple):
    """What is in a table: its keys, and the digest of the rest; of a group also which lives of its members."""

    keys: frozenset[Name]
    digest: str
    identities: frozenset[Identity] = frozenset()


class Glimpse(NamedTuple):
    """The tables of a process at some place, after so many deliveries in a view."""

    at: int
    after: int
    tables: dict[str, Content]


class Ending(Enum):
    """How a view ended."""

    OPEN = "open"
    """Nothing is known after its last event."""
    NEXT = "next"
    """The process installed the next regular configuration."""
    CRASH = "crash"
    QUIET = "quiet"
    """The history ended quiescent in it."""


class Message:
    """A message, and what its events say of it."""

    __slots__ = (
        "delivered_by", "id", "queued", "recovery", "recovery_at", "ring", "ring_at", "safe", "safe_at", "sender",
        "sender_at", "sends",
    )  # fmt: skip

    def __init__(self, id: str) -> None:
        self.id = id
        self.delivered_by = 0
        """The processes that delivered it, as a bitmap."""
        self.sends: list[Sent] = []
        """Originations; where they are not observed, queueings."""
        self.queued: Sent | None = None
        self.sender: str | None = None
        """Who a delivery says sent it."""
        self.sender_at = -1
        self.ring: Ring | None = None
        """The ring of its first delivery."""
        self.ring_at = -1
        self.recovery, self.recovery_at = False, -1
        self.safe, self.safe_at = False, -1


class Sent:
    """A message is originated, or queued, by a process after `index` deliveries in a view."""

    __slots__ = ("at", "by", "incarnation", "index", "message", "service", "step", "view")

    def __init__(self, message: Message, by: Process, at: int, service: str = "", step: str | None = None) -> None:
        view = by.view
        self.message, self.by, self.incarnation, self.view, self.at = message, by.name, by.incarnation, view, at
        self.index = len(view.sequence) if view else 0
        self.service, self.step = service, step


@dataclass(slots=True)
class Transition:
    """The transitional configuration in a view, after `index` deliveries."""

    at: int
    index: int
    ring: RingId | None
    """The ring that it leads to, if it says so."""
    members: tuple[Name, ...]
    has_opened: bool
    """The process had opened in the ring that it leaves."""


class PhaseTold(NamedTuple):
    """A process comes to a phase of its recovery, after so many deliveries in a view."""

    after: int
    phase: Phase
    at: int


class Opened(NamedTuple):
    """A process opens, after so many deliveries in a view; and where that was aborted, after how many, if it was."""

    after: int
    at: int
    aborted_after: int | None = None
    aborted_at: int = -1


class NotAlong(NamedTuple):
    """Where it is told that a member of a group did not come along; and where the process is told that it left."""

    at: int
    told_after: int | None = None
    told_at: int = -1


class GroupTold(NamedTuple):
    """A group as a process is told of it, after so many deliveries in a view."""

    after: int
    members: frozenset[Identity]
    at: int


@dataclass(slots=True, eq=False)
class View:
    """One regular configuration at one process, and the transitional one that it leaves by."""

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
    transition: Transition | None = None
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
    phases: list[PhaseTold] = field(default_factory=list[PhaseTold])
    """Its recovery."""
    opened: list[Opened] = field(default_factory=list[Opened])
    """Where it opened, by its gate or by complete synchronization."""
    is_open: bool = False
    """Its gate is open, or its synchronization is complete, at the end."""
    groups: list[GroupTold] = field(default_factory=list[GroupTold])
    tables: list[Glimpse] = field(default_factory=list[Glimpse])
    lookups: list[LookupResult] = field(default_factory=list["LookupResult"])
    counts: list[tuple[int, Message]] = field(default_factory=list[tuple[int, Message]])
    """Where a service counts which message as recovery."""
    not_along: dict[Identity, NotAlong] = field(default_factory=dict[Identity, NotAlong])
    """Members of its group who did not come along to the ring."""
    openings: list[Glimpse] = field(default_factory=list[Glimpse])
    """Where its gate opens, and the tables then."""
    glimpses: list[Glimpse] = field(default_factory=list[Glimpse])
    """Where it opens in any way, or is told a table once it has opened, in the regular configuration."""

    @property
    def name(self) -> str:
        """Whose view it is."""
        return self.process.name

    @property
    def identity(self) -> Identity:
        """Whose view it is, as a member of a group."""
        return self.process.name, self.incarnation

    @property
    def regular_count(self) -> int:
        """How many deliveries are in the regular configuration."""
        return len(self.sequence) if self.transition is None else self.transition.index

    @property
    def follows(self) -> tuple[RingId, frozenset[Name]] | None:
        """The transitional configuration that comes next, by its ring and who is told to be in it."""
        if self.transition:
            ring = self.transition.ring or self.next_ring
            return (ring, frozenset(self.transition.members)) if ring else None
        if self.next_ring is None or self.survivors is None:
            return None
        return self.next_ring, self.survivors

    @property
    def departure(self) -> tuple[RingId, object]:
        """Its transitional configuration as a moment that others may have in common."""
        return self.ring.id, self.follows or (self.name, self.incarnation)

    @property
    def has_opened(self) -> bool:
        """Whether it has opened, and that was not aborted."""
        return bool(self.opened) and self.opened[-1].aborted_after is None

    @property
    def phase(self) -> Phase | None:
        """How far it has come with its recovery."""
        return self.phases[-1].phase if self.phases else None

    @property
    def recovered(self) -> bool:
        """Whether it has ever recovered in this ring."""
        return any(one.phase == "recovered" for one in self.phases)


@dataclass(slots=True)
class LookupResult:
    """What a lookup at the delivery of a message found."""

    at: int
    of: Name
    found: bool
    message: str
    service: str


@dataclass(slots=True)
class Bypass:
    """A member has gone past a ring without installing it."""

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
    views: list[View] = field(default_factory=list[View])
    waiting: set[Name] = field(default_factory=set[Name])
    """Processes that may still have events in it."""
    bypassed: dict[Name, Bypass] = field(default_factory=dict[Name, Bypass])
    messages: list[Message] = field(default_factory=list[Message])
    closed: bool = False

    def __str__(self) -> str:
        """Its id; without one, that it is the process's own ring of this number."""
        representative, number = self.id
        return f"its ring {number}" if representative.endswith("\0") else f"[{representative} {number}]"

    def views_of(self, name: Name) -> list[View]:
        """The views of this process, at most one in a history without violations."""
        return [view for view in self.views if view.process.name == name]


class Stay(NamedTuple):
    """A process is a member of a ring, after so many bootstraps of its own."""

    ring: RingId
    at: int
    cluster: int


@dataclass(slots=True, eq=False)
class Process:
    """A process that is observed, over its incarnations."""

    name: Name
    bit: int
    incarnation: int = -1
    seq: int = -1
    last_at: int = -1
    view: View | None = None
    last_view: View | None = None
    restarted: bool = False
    crashed_at: int | None = None
    crashed_since_install: bool = False
    ended: bool = False
    quiescent: bool = False
    ring: RingId | None = None
    """The last that it installed, over its whole life."""
    ring_at: int = -1
    installs: list[tuple[int, Bypass]] = field(default_factory=list[tuple[int, Bypass]])
    """Growing numbers that it installed: what a ring with a number in between was bypassed by."""
    awaiting: list[Ring] = field(default_factory=list[Ring])
    installed: dict[RingId, int] = field(default_factory=dict[RingId, int])
    """By this incarnation, and where: all rings if nothing is forgotten, else the last."""
    handles: set[str] = field(default_factory=set[str])
    plugged: set[str] = field(default_factory=set[str])
    anew_at: int | None = None
    """Where it first began another cluster: its numbers are no longer in one order."""
    private: int = 0
    """How many of its configurations had no id."""
    listed_at: int | None = None
    """Where some configuration first lists it; until then it may be an observer, which is no member."""
    outside: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    """Claims that it breaks unless it is an observer: what it does, and where."""
    sends_here: bool = False
    """This incarnation has sent a message."""
    group: frozenset[Identity] = frozenset()
    group_told: bool = False
    in_group_since: int | None = None
    not_along: dict[Identity, int] = field(default_factory=dict[Identity, int])
    """Members of its group who did not come along to its ring, and where that is told, until it is told they left."""
    tables: dict[str, Content] = field(default_factory=dict[str, Content])
    stays: list[Stay] = field(default_factory=list[Stay])
    """Its rings, over all its lives, where it is told which of them are primary."""
    bootstraps: int = 0
    has_gap: bool = False
    """A life of it stopped at an unknown place: there may be rings that are not told."""

    @property
    def alive(self) -> bool:
        """Whether it has started and not crashed."""
        return self.incarnation >= 0 and self.crashed_at is None

    @property
    def at_rest(self) -> int | None:
        """Where it crashed, or came to a quiet end; None while it goes on."""
        if self.incarnation < 0:
            return None
        return self.crashed_at if self.crashed_at is not None else self.last_at if self.quiescent else None


@dataclass(frozen=True)
class Observability:
    """What a source makes observable: its facets, and the processes whose events it has."""

    observes: frozenset[Facet]
    names: frozenset[Name]
    without: frozenset[Lack] = frozenset()

    def __contains__(self, facet: Facet) -> bool:
        return facet in self.observes

    @property
    def tells_regular(self) -> bool:
        """Whether it is known which deliveries are in the regular configuration."""
        return "transitional" in self.observes or "transitional" in self.without

    @property
    def basis(self) -> Facet | None:
        """What counts as the sending of a message."""
        return next((facet for facet in ("originate", "queue") if facet in self.observes), None)
