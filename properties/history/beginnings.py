"""The shortest beginning of a history that violates a clause in a ring, without reading the history again.

What is known of a ring has the places of its events, so it can be cut back to what a beginning of the history knows of
it, judged as that, and put back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from properties.history.events import Name
from properties.history.findings import Violation
from properties.history.views import Ending, Message, NotAlong, Opened, Process, Ring, View


class _Placed(Protocol):
    @property
    def at(self) -> int: ...


T = TypeVar("T", bound=_Placed)
Kept = list[tuple[Any, str, Any]]
"""What was set: of which object, which attribute, what it was."""


def shortest(
    violation: Violation, least: int, most: int, judge: Callable[[int], Violation | None]
) -> tuple[int, Violation]:
    """How many events the shortest beginning has that violates, and what is violated there.

    Of `least` events it does not, of `most` events it has this violation. It is looked for first where the violation
    is complete.
    """
    asked = set[int]()
    while most - least > 1:
        near = [violation.complete_at + 1, violation.complete_at]
        limit = next((one for one in near if least < one < most and one not in asked), (least + most) // 2)
        asked.add(limit)
        if found := judge(limit):
            most, violation = limit, found
        else:
            least = limit
    return most, violation


@contextmanager
def as_of(
    rings: Iterable[Ring], processes: Mapping[Name, Process], limit: int, *, quiet: bool = False
) -> Generator[None]:
    """The rings as the first `limit` events of the history have them, and what they say of messages and processes.

    Unless it is `quiet` there, nobody has come to rest.
    """
    kept: Kept = []
    try:
        for ring in rings:
            _set(kept, ring, **_of_ring(ring, limit))
        views = [view for ring in rings for view in ring.views]
        for view in views:
            _set(kept, view, **_of_view(view, limit, quiet=quiet))
        for message in _messages(views):
            if _told_at(message) >= limit:
                _set(kept, message, **_of_message(message, limit))
        for process in processes.values():
            if process.anew_at is not None and process.anew_at >= limit:
                _set(kept, process, anew_at=None)
        yield
    finally:
        for one, name, value in reversed(kept):
            setattr(one, name, value)


def _set(kept: Kept, one: Any, **values: Any) -> None:
    for name, value in values.items():
        kept.append((one, name, getattr(one, name)))
        setattr(one, name, value)


def _before(these: Sequence[T], limit: int) -> list[T]:
    return [one for one in these if one.at < limit]


def _of_ring(ring: Ring, limit: int) -> dict[str, Any]:
    return {
        "views": _before(ring.views, limit),
        "owner": {name: one for name, one in ring.owner.items() if one[1] < limit},
        "bypassed": {name: one for name, one in ring.bypassed.items() if one.at < limit},
    }


def _of_view(view: View, limit: int, *, quiet: bool) -> dict[str, Any]:
    count = bisect_left(view.places, limit)
    found: dict[str, Any] = {
        name: _before(getattr(view, name), limit)
        for name in ("sends", "queued", "phases", "groups", "tables", "lookups", "openings", "glimpses")
    }
    if view.twice:
        found["twice"] = len(set(view.sequence[:count])) < count
    if view.transition and view.transition.at >= limit:
        found["transition"] = None
    if view.ended_at >= limit or (view.ending is Ending.QUIET and not quiet):
        found |= {"ending": Ending.OPEN, "ended_at": -1, "next_ring": None, "survivors": None}
    return found | {
        "sequence": view.sequence[:count],
        "places": view.places[:count],
        "bit_at": view.bit_at if view.bit_at is not None and view.bit_at < limit else None,
        "opened": [_of_opened(one, limit) for one in _before(view.opened, limit)],
        "counts": [one for one in view.counts if one[0] < limit],
        "not_along": {name: _of_not_along(one, limit) for name, one in view.not_along.items()},
    }


def _of_opened(one: Opened, limit: int) -> Opened:
    return one if one.aborted_at < limit else Opened(one.after, one.at)


def _of_not_along(one: NotAlong, limit: int) -> NotAlong:
    return one if one.told_at < limit else NotAlong(one.at)


def _messages(views: Sequence[View]) -> Iterator[Message]:
    """All that are delivered, sent or counted, each once."""
    found: dict[Message, None] = {}
    for view in views:
        found.update(dict.fromkeys(view.sequence))
        found.update((sent.message, None) for sent in (*view.sends, *view.queued))
        found.update((message, None) for _, message in view.counts)
    yield from found


def _told_at(message: Message) -> int:
    """The last place where something is said of it beside its deliveries."""
    last = max(message.ring_at, message.sender_at, message.recovery_at, message.safe_at)
    if message.queued and message.queued.at > last:
        last = message.queued.at
    return max(last, message.sends[-1].at) if message.sends else last


def _of_message(message: Message, limit: int) -> dict[str, Any]:
    return {
        "sends": _before(message.sends, limit),
        "queued": message.queued if message.queued and message.queued.at < limit else None,
        "ring": message.ring if message.ring_at < limit else None,
        "sender": message.sender if message.sender_at < limit else None,
        "recovery": message.recovery and message.recovery_at < limit,
        "safe": message.safe and message.safe_at < limit,
    }
