"""What the small correct system of `history_system.py` is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from properties.history.events import Level, Priority, Ring


@dataclass
class Sort:
    """What kind of run it is to be."""

    processes: int = 3
    steps: int = 120
    plug: bool = True
    group: bool = False
    quiet: bool = True
    """The run ends in quiet; else it is cut off somewhere."""
    form: int = 4
    crash: int = 1
    restart: int = 3
    send: int = 30
    receive: int = 60
    deliver: int = 40
    move: int = 30
    safe: float = 0.3
    crash_moving: float = 0.05
    closes: bool = False
    """The gate is told to close before the ring is left."""
    aborts: float = 0.0
    """How often synchronization begins anew, in a ring or as it is left."""
    group_lists: bool = True
    """A group says who left and who joined."""
    primary: float = 0.8
    """How often a ring becomes primary that may."""
    client: bool = False
    """One more process is told what the first is told, and is no member."""


@dataclass(eq=False)
class Sending:
    """A message."""

    id: str
    sender: str
    priority: Priority
    level: Level
    service: str
    step: Literal["check-in", "retained", "done"] | None = None
    """What it is of the event service's recovery."""
    join: tuple[str, int] | None = None
    """It is no message of an application: a process joins the group."""


@dataclass(eq=False)
class RingOf:
    """A ring, with its one order of messages."""

    id: Ring
    members: tuple[str, ...]
    came: dict[str, frozenset[str]]
    skips: bool
    group: frozenset[tuple[str, int]]
    order: list[Sending] = field(default_factory=list[Sending])
    received: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    plans: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict[str, tuple[list[int], list[int]]])
    """What each member still delivers of its old ring: in the regular configuration, and in the transitional one."""
    begun: bool = False
    """A process has begun to move to it: what it delivers on the way others may owe."""
    installed: set[str] = field(default_factory=set[str])
    bits: set[str] = field(default_factory=set[str])


@dataclass(eq=False)
class Processor:
    """A process."""

    name: str
    incarnation: int = 0
    seq: int = 0
    alive: bool = False
    ring: RingOf | None = None
    pending: RingOf | None = None
    next: int = 0
    """The place in the order that it delivers next."""
    queue: list[tuple[Sending, RingOf | None]] = field(default_factory=list[tuple[Sending, "RingOf | None"]])
    view: frozenset[tuple[str, int]] = frozenset()
    table: frozenset[str] = frozenset()
    heard: set[str] = field(default_factory=set[str])
    """Whose node joins it has delivered in this ring."""
    checked_in: set[str] = field(default_factory=set[str])
    """Whose check-ins it has delivered in this ring."""
    plugged: set[str] = field(default_factory=set[str])
    open: bool = False
    joining: bool = False

    @property
    def identity(self) -> tuple[str, int]:
        return self.name, self.incarnation


def sorts(random: Random) -> Sort:
    """Some kind of run."""
    sort = Sort(processes=random.randrange(1, 6), steps=random.choice((20, 60, 120, 200)))
    sort.plug, sort.group, sort.quiet = random.random() < 0.6, random.random() < 0.35, random.random() < 0.6
    sort.safe, sort.crash_moving = random.choice((0.0, 0.2, 0.6)), random.choice((0.0, 0.1, 0.3))
    sort.closes, sort.aborts = random.random() < 0.5, random.choice((0.0, 0.3))
    sort.group_lists, sort.client = random.random() < 0.8, random.random() < 0.15
    for knob in ("form", "crash", "send", "receive", "deliver", "move"):
        setattr(sort, knob, max(1, int(getattr(sort, knob) * random.choice((0.4, 1, 2)))))
    return sort
