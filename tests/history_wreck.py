"""Damage of any kind: one step that leaves a history well formed, and most likely wrong."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from properties.history.events import (
    Bit,
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Gate,
    Group,
    Message,
    Primary,
    Start,
    Sync,
)  # fmt: skip


def wreck(random: Random, events: Sequence[Event]) -> tuple[list[Event], str]:
    """The events with one thing changed, and what was."""
    how = random.choice((drop, drop, swap, swap, double, move, cut, rename, alter, alter, alter, crash, declare))
    able = [i for i, event in enumerate(events) if not isinstance(event, Start)]
    if not able:
        return list(events), "nothing"
    found = how(random, list(events), random.choice(able))
    return counted(found), how.__name__


def counted(events: Sequence[Event]) -> list[Event]:
    """The events without those after an end; each process counts anew."""
    counts: dict[str, int] = {}
    ended: set[str] = set()
    found: list[Event] = []
    for event in events:
        if event.process in ended:
            continue
        counts[event.process] = counts.get(event.process, 0) + 1
        found.append(msgspec.structs.replace(event, seq=counts[event.process]))
        if isinstance(event, End):
            ended.add(event.process)
    return found


def drop(random: Random, events: list[Event], at: int) -> list[Event]:
    del events[at]
    return events


def swap(random: Random, events: list[Event], at: int) -> list[Event]:
    """With the next event of its process, or of the same kind there."""
    event = events[at]
    like = random.random() < 0.5
    after = [
        i for i in range(at + 1, len(events))
        if events[i].process == event.process and (not like or type(events[i]) is type(event))
    ]  # fmt: skip
    starts = [
        i for i in range(at + 1, len(events)) if isinstance(events[i], Start) and events[i].process == event.process
    ]
    if after and (not starts or after[0] < starts[0]):
        events[at], events[after[0]] = events[after[0]], events[at]
    return events


def double(random: Random, events: list[Event], at: int) -> list[Event]:
    events.insert(at, events[at])
    return events


def move(random: Random, events: list[Event], at: int) -> list[Event]:
    """To another place of its process's life."""
    event = events.pop(at)
    mine = [i for i, other in enumerate(events) if other.process == event.process]
    events.insert(random.choice(mine) + 1, event)
    return events


def cut(random: Random, events: list[Event], at: int) -> list[Event]:
    """One process, or all, stop being recorded."""
    name = events[at].process if random.random() < 0.5 else None
    return [event for i, event in enumerate(events) if i < at or (name and event.process != name)]


def crash(random: Random, events: list[Event], at: int) -> list[Event]:
    events.insert(at, Crash(events[at].process, 0))
    return events


def declare(random: Random, events: list[Event], at: int) -> list[Event]:
    """A configuration is told to be primary."""
    events.insert(at, Primary(events[at].process, 0, inside=True))
    return events


def rename(random: Random, events: list[Event], at: int) -> list[Event]:
    """A message gets the name of another, or a new one."""
    messages = [i for i, event in enumerate(events) if isinstance(event, Message)]
    if messages:
        one, other = random.choice(messages), random.choice(messages)
        name = events[other].message if random.random() < 0.8 else "new"  # pyright: ignore
        events[one] = msgspec.structs.replace(events[one], message=name)
    return events


def alter(random: Random, events: list[Event], at: int) -> list[Event]:
    """A field says something else."""
    event = events[at]
    names = sorted({one.process for one in events})
    changes: dict[str, Any] = {}
    if isinstance(event, Configuration):
        members = list(event.members)
        random.shuffle(members)
        numbers = sorted({other.ring for other in events if isinstance(other, Configuration)})
        changes = random.choice((
            {"members": tuple(members)}, {"members": event.members[1:] or ("n9",)}, {"ring": random.choice(numbers)},
            {"members": tuple(sorted({*event.members, random.choice(names)}))}, {"ring": ("zz", event.ring[1])},
            {"attached": True}, {"left": event.joined, "joined": event.left}, {"members": (*event.members, names[0])},
            {"left": None, "joined": None}, {"bootstrap": event.kind == "regular"},
        ))  # fmt: skip
    elif isinstance(event, Deliver) and event.sender is not None:
        changes = random.choice(({"sender": random.choice(names)}, {"level": "safe"}, {"ring": ("n1", 4)}))
        changes = {name: value for name, value in changes.items() if getattr(event, name) is not None}
    elif isinstance(event, Group):
        changes = random.choice((
            {"left": event.joined, "joined": event.left}, {"left": None, "joined": None}, {"left": ()},
            {"members": event.members[1:]}, {"members": (*event.members, (names[0], 1))},
        ))  # fmt: skip
    elif isinstance(event, Gate):
        changes = {"open": not event.open}
    elif isinstance(event, Primary):
        changes = {"inside": not event.inside}
    elif isinstance(event, Sync):
        changes = {"phase": random.choice(("start", "barrier", "abort", "complete"))}
    elif isinstance(event, Bit):
        return drop(random, events, at)
    elif hasattr(event, "found"):
        changes = {"found": False}
    elif hasattr(event, "keys"):
        changes = {"keys": tuple(names[1:])}
    events[at] = msgspec.structs.replace(event, **changes)
    return events
