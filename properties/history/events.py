"""The events of a history: one JSON object a line, told apart by `event`.

A history is what was observed at each process, in that process's own order. Nothing here orders events of different
processes: no wall clock, no place in a file. `docs/history.md` says what each event means; reading and its errors are
in `reading.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

FORMAT = "ringplug-history-1"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""A processor, as the members of a ring name each other; also what names a message, a handle, a service."""
Count = Annotated[int, msgspec.Meta(ge=0)]
Representative = Annotated[str, msgspec.Meta(max_length=200)]
Ring = tuple[Representative, Count]
"""A ring id: representative and number; the representative is empty where the source has none."""
NO_ID: Ring = ("", 0)
"""Of a configuration that has no id."""
Identity = tuple[Name, Count]
"""A member of a group: process and incarnation."""
Priority = Literal["recovery", "high", "medium", "low"]
Level = Literal["agreed", "safe"]
Facet = Literal[
    "regular", "transitional", "lists", "group", "queue", "originate", "deliver", "sender", "priority", "level",
    "plug", "bit", "gate", "lookup", "table", "sync", "counted", "step", "primary",
]  # fmt: skip
"""What a source may observe: kinds of events, and fields that not every source can fill."""
Lack = Literal["transitional", "ids"]
"""What the system that is observed does not have at all."""
FACETS: dict[Facet, str] = {
    "regular": "regular configurations are told",
    "transitional": "transitional configurations are told",
    "lists": "configurations say who left and who joined",
    "group": "group membership is told, beside the ring's",
    "queue": "a message is seen when the system takes it from the application",
    "originate": "a message is seen when it gets its place in the ring's order, in that configuration",
    "deliver": "deliveries are told",
    "sender": "a delivery says who sent the message",
    "priority": "messages say their priority",
    "level": "messages say whether they are agreed or safe",
    "plug": "calls of create, destroy and unplug are told",
    "bit": "it is told when a processor sets its bit in the token",
    "gate": "opening and closing of the gate is told",
    "lookup": "lookups of a processor's record, and whether they found it",
    "table": "a service tells its table when it changes",
    "sync": "phases of synchronization are told",
    "counted": "it is told when a service takes a message for recovery of the configuration that it is in",
    "step": "queued messages say which step of the event service's recovery they are",
    "primary": "it is told when a configuration is primary",
}


class Meta(msgspec.Struct, tag_field="event", tag="meta", forbid_unknown_fields=True, omit_defaults=True):
    """The first line of each file: what is in it, and what its source could not see."""

    format: str
    observes: tuple[Facet, ...]
    """Of these, everything between a process's start and its crash, end or last line is in the file."""
    processes: tuple[Name, ...]
    """Whose events are in the file; no other file has events of these."""
    source: str = ""
    """What was observed, and by what, in words."""
    about: dict[str, str | int | float | bool | None] = {}
    """Scenario, seed, versions: for readers, never judged."""
    without: tuple[Lack, ...] = ()
    """The system has no transitional configurations: whatever is delivered is delivered in a regular one; or its
    rings have no ids."""


class Place(msgspec.Struct, tag_field="event", tag=str.lower, forbid_unknown_fields=True, omit_defaults=True):
    """Where an event is: whose it is, and its number there."""

    process: Name
    seq: Count
    """The process's own count: grows from event to event of one incarnation; gaps mean nothing."""


class Event(Place, kw_only=True):
    """What every event of a process may also say."""

    time_ms: float | None = None
    """Any clock, for readers: it orders nothing."""
    note: str = ""
    """For readers, such as the line of a log that the event was made from."""


class Start(Event):
    """The process starts, or was first seen: its next incarnation."""

    incarnation: Count


class Configuration(Event):
    """The process installs a configuration of the ring and tells its application."""

    kind: Literal["regular", "transitional"]
    ring: Ring = NO_ID
    """Of a transitional configuration: the ring that it leads to."""
    members: tuple[Name, ...] = ()
    """In ring order, where the source has one; never nobody."""
    left: tuple[Name, ...] | None = None
    joined: tuple[Name, ...] | None = None
    attached: bool = False
    """The process had installed it before it was first seen: deliveries in it may be missing before this line."""
    out_of: Ring | None = None
    """Of a transitional configuration: the ring that it comes out of, where the system names it so."""
    bootstrap: bool = False
    """Another cluster begins here: what the process was in before is not its past."""

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("a configuration without members")


class Group(Event):
    """The process is told who is in the group; it stays until the next such event."""

    members: tuple[Identity, ...]
    left: tuple[Identity, ...] | None = None
    joined: tuple[Identity, ...] | None = None


class Message(Event):
    """An event of one message; what it does not say is taken from the message's other events."""

    message: Name
    priority: Priority | None = None
    level: Level | None = None
    service: str = ""


class Queue(Message):
    """The system takes a message from the application of this process; it has no place in the order yet."""

    step: Literal["check-in", "retained", "done"] | None = None
    """Of the event service's recovery: who it is, a retained event, or that all is sent."""


class Originate(Message):
    """The message gets its place in the ring's order, in the configuration that this process is in."""

    ring: Ring | None = None
    """That configuration's ring, if the system says it."""


class Deliver(Message):
    """The process delivers the message to its application, in the configuration that it is in."""

    sender: Name | None = None
    ring: Ring | None = None
    """The ring of the regular configuration in which, or directly after which, the system says to deliver."""


class Plug(Event):
    """A call of the plug: create, destroy or unplug."""

    call: Literal["create", "destroy", "unplug"]
    handle: Name


class Bit(Event):
    """The processor sets its bit in its ring's token."""


class Gate(Event):
    """The processor's gate opens or closes."""

    open: bool


class Lookup(Event):
    """A service looks up the record of a processor."""

    of: Name
    found: bool
    message: Name | None = None
    """The message at whose delivery it looks; without one it looks elsewhere, as in a configuration change function."""
    service: str = ""
    """Who looks."""


class Table(Event):
    """A replicated table changed: it is so until the next such event of the same service."""

    service: Name
    keys: tuple[Name, ...]
    digest: str = ""
    """Of its content, where that can be compared."""


class Sync(Event):
    """A phase of synchronization after a configuration change."""

    phase: Literal["start", "barrier", "commit", "complete", "abort"]
    service: str = ""


class Counted(Event):
    """A service takes a message for recovery of the ring that this process is in."""

    message: Name
    service: str = ""


class Primary(Event):
    """It is told that the configuration that it is in is primary, or that it is not; until then it is not."""

    inside: bool


class Crash(Event):
    """The process stops, for whatever reason; only its next incarnation has events after it."""

    ring: Ring | None = None


class End(Event):
    """The record ends here, and the process goes on."""

    quiescent: bool
    """Nothing is under way any more: what has not happened by now at this process will not happen."""


Line = (
    Meta | Start | Configuration | Group | Queue | Originate | Deliver | Plug | Bit | Gate | Lookup | Table | Sync
    | Counted | Primary | Crash | End
)  # fmt: skip
EVENTS: tuple[type[Event], ...] = (
    Start, Configuration, Group, Queue, Originate, Deliver, Plug, Bit, Gate, Lookup, Table, Sync, Counted, Primary,
    Crash, End,
)  # fmt: skip
