"""What mutants of histories are made with: edits of a history, and questions about it."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from history_past import Past, View

from properties.history.events import Deliver, Event, Originate, Queue


def edited(past: Past, *, drop: Iterable[int] = (), after: dict[int, Event] | None = None,
           instead: dict[int, Event] | None = None) -> list[Event]:  # fmt: skip
    """The events without some, with one more after some, with others instead of some."""
    gone, after, instead = set(drop), after or {}, instead or {}
    found: list[Event] = []
    for i, event in enumerate(past.events):
        if i not in gone:
            found.append(instead.get(i, event))
        if i in after:
            found.append(after[i])
    return found


def others(past: Past, view: View) -> list[View]:
    """The other views in its ring."""
    return [one for one in past.views_in(past.ring(view)) if one is not view]


def checks_in(past: Past, message: str) -> bool:
    """Whether it is a check-in, which the end of a recovery rests on."""
    return any(isinstance(e, Queue) and e.message == message and e.step == "check-in" for e in past.events)


def alone(past: Past, view: View) -> bool:
    """Whether nobody moves with it."""
    return past.follows(view) is None or all(past.follows(one) != past.follows(view) for one in others(past, view))


def level(past: Past, message: str) -> str:
    return "safe" if past.is_safe(message) else "agreed"


def transitional(past: Past, view: View) -> list[int]:
    return past.deliveries(view)[len(past.regular_part(view)) :]


def origin(past: Past, message: str) -> int | None:
    return next(iter(past.all_sends(message)), None)


def caused(past: Past, cause: str, message: str) -> bool:
    """Whether the sender of a message had sent or delivered the cause before."""
    at = origin(past, message)
    if at is None:
        return True
    sender = past.events[at].process
    return any(
        isinstance(event, Originate | Deliver) and event.process == sender and event.message == cause
        for event in past.events[:at]
    )


def pick(random: Random, places: list[list[Event]]) -> list[Event] | None:
    return random.choice(places) if places else None
