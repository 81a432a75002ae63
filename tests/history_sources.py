"""What sources make of events: less than there is, and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from properties.history.events import FORMAT, Configuration, Event, Facet, Message, Meta
from properties.history.reader import Excerpt, Located

FACETS: frozenset[Facet] = frozenset(get_args(Facet))
NO_GROUP = FACETS - {"group"}


def excerpt(events: Sequence[Event], observes: frozenset[Facet] = FACETS) -> Excerpt:
    """Events as a history."""
    names = tuple(sorted({event.process for event in events}))
    lines = [Located("a.jsonl", i, event) for i, event in enumerate(events, 2)]
    return Excerpt(names, observes, lines)


def seen(events: Sequence[Event], observes: frozenset[Facet]) -> list[Event]:
    """What a source that observes only this has of them; who left is then said by the next regular configuration."""
    left: dict[str, tuple[str, ...]] = {}
    found: list[Event] = []
    for event in events:
        if isinstance(event, Configuration) and "transitional" not in observes:
            if event.kind == "transitional":
                left[event.process] = event.left or ()
            elif told := left.pop(event.process, None):
                event = msgspec.structs.replace(event, left=told)
        if (less := _seen(event, observes)) is not None:
            found.append(less)
    return found


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
