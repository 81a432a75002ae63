"""What sources make of events: less than there is, and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from properties.history.events import (
    FORMAT,
    NO_ID,
    Configuration,
    Counted,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Lack,
    Lookup,
    Message,
    Meta,
    Start,
)  # fmt: skip
from properties.history.reader import Excerpt, Located

FACETS: frozenset[Facet] = frozenset(get_args(Facet))
NO_GROUP = FACETS - {"group"}


def excerpt(
    events: Sequence[Event], observes: frozenset[Facet] = FACETS, without: frozenset[Lack] = frozenset()
) -> Excerpt:
    """Events as a history."""
    names = tuple(sorted({event.process for event in events}))
    lines = [Located("a.jsonl", i, event) for i, event in enumerate(events, 2)]
    return Excerpt(names, observes, lines, without)


def with_client(events: Sequence[Event]) -> list[Event]:
    """With one more process, which is told and delivers what the first does in its first life, and is no member."""
    first = events[0].process
    found: list[Event] = []
    lives = 0
    for event in events:
        found.append(event)
        if event.process == first:
            lives += isinstance(event, Start)
            if lives == 1 and isinstance(event, Start | Configuration | Deliver | Crash | End):
                found.append(msgspec.structs.replace(event, process="client"))
    return found


def without_ids(events: Sequence[Event], *, numbers: bool) -> list[Event]:
    """As a system tells them whose rings have no ids, or numbers only."""
    found: list[Event] = []
    for event in events:
        if isinstance(event, Configuration):
            event = msgspec.structs.replace(event, ring=("", event.ring[1]) if numbers else NO_ID)
        elif isinstance(event, Message | Crash) and getattr(event, "ring", None) is not None:
            event = msgspec.structs.replace(event, ring=None)
        found.append(event)
    return found


def out_of(events: Sequence[Event]) -> list[Event]:
    """As a system tells them that names a transitional configuration by the ring that it comes out of."""
    found: list[Event] = []
    ring = dict[str, tuple[str, int]]()
    for event in events:
        if isinstance(event, Configuration) and event.kind == "regular":
            ring[event.process] = event.ring
        elif isinstance(event, Configuration):
            event = msgspec.structs.replace(event, ring=NO_ID, out_of=ring.get(event.process, ("n1", 1)))
        found.append(event)
    return found


def seen(events: Sequence[Event], observes: frozenset[Facet]) -> list[Event]:
    """What a source that observes only this has of them.

    Who left is said by the next regular configuration, and recovery messages that cannot be marked are left out.
    """
    left: dict[str, tuple[str, ...]] = {}
    found: list[Event] = []
    unmarked = set[str]() if "priority" in observes else recovery_messages(events)
    for event in events:
        if isinstance(event, Message | Counted | Lookup) and event.message in unmarked:
            continue
        if isinstance(event, Configuration) and "transitional" not in observes:
            if event.kind == "transitional":
                left[event.process] = event.left or ()
            elif told := left.pop(event.process, None):
                event = msgspec.structs.replace(event, left=told)
        if (less := _seen(event, observes)) is not None:
            found.append(less)
    return found


def recovery_messages(events: Sequence[Event]) -> set[str]:
    """The messages of recovery priority."""
    return {event.message for event in events if isinstance(event, Message) and event.priority == "recovery"}


def _seen(event: Event, observes: frozenset[Facet]) -> Event | None:
    name: str = event.kind if isinstance(event, Configuration) else type(event).__name__.lower()
    if name in FACETS and name not in observes:
        return None
    blind: dict[str, Any] = {}
    if isinstance(event, Message):
        blind = {
            one: None for one in ("sender", "priority", "level", "step") if one not in observes and hasattr(event, one)
        }
    elif isinstance(event, Configuration) and "lists" not in observes:
        blind = {"left": None, "joined": None}
    return msgspec.structs.replace(event, **blind)


def written(path: Path, events: Sequence[Event], observes: frozenset[Facet] = FACETS) -> Path:
    """Write a file of them."""
    names = tuple(sorted({event.process for event in events}))
    meta = Meta(FORMAT, tuple(sorted(observes)), names or ("n1",))
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in (meta, *events)))
    return path
