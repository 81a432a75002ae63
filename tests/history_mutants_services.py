"""For each claim about the plug and the services one step that makes a legal history break it."""

from __future__ import annotations

from random import Random

import msgspec
from history_edits import edited, others, pick
from history_past import Past

from properties.history.events import (
    Bit,
    Counted,
    Deliver,
    Event,
    Gate,
    Lookup,
    Plug,
    Queue,
    Sync,
    Table,
)  # fmt: skip


def queued_early(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        bits = [i for i in view.at if isinstance(past.events[i], Bit)]
        for i in view.at:
            if (
                not bits
                or i < bits[0]
                or not isinstance(e := past.events[i], Queue)
                or e.step
                or not past.is_recovery(e.message)
            ):
                continue
            for o in past.views_in(past.ring(view)):
                order = past.delivered(o)
                before = order[: order.index(past.text(i))] if past.text(i) in order else []
                if any(not past.is_recovery(message) for message in before):
                    places.append(edited(past, drop=[i], after={bits[0] - 1: past.events[i]}))
    return pick(random, places)


def unplugged_late(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        unplugs = [i for i in view.at if isinstance(e := past.events[i], Plug) and e.call == "unplug"]
        normal = [i for i in past.deliveries(view) if not past.is_recovery(past.text(i))]
        if unplugs and normal:
            places.append(edited(past, drop=[unplugs[-1]], after={normal[0]: past.events[unplugs[-1]]}))
    return pick(random, places)


def not_found(past: Past, random: Random, *, evt: bool) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        for i in view.at:
            event = past.events[i]
            if isinstance(event, Lookup) and event.message is not None:
                recovery = past.is_recovery(event.message)
                of_sender = event.service == "evt" and event.of == past.sender(event.message)
                if (recovery and of_sender) if evt else not (recovery or of_sender):
                    places.append(edited(past, instead={i: msgspec.structs.replace(event, found=False)}))
    return pick(random, places)


def ghost(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        opens = [i for i in view.at if isinstance(e := past.events[i], Gate) and e.open]
        later = [i for i in past.regular_part(view) if opens and i > opens[0]]
        if later and any(isinstance(past.events[i], Table) for i in view.life.at):
            table = Table(view.name, 0, service="clm", keys=(*past.members(view), "ghost"))
            places.append(edited(past, after={later[0] - 1: table}))
    return pick(random, places)


def queued_before(past: Past, random: Random) -> list[Event] | None:
    counted = {event.message for event in past.events if isinstance(event, Counted)}
    places: list[list[Event]] = []
    for view in past.views:
        for i in view.at:
            event = past.events[i]
            if isinstance(event, Queue) and event.message in counted and event.step is None and view.ending != "open":
                places.append(edited(past, drop=[i], after={view.install - 1: event}))
    return pick(random, places)


def known_late(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        for i in view.at:
            event = past.events[i]
            if isinstance(event, Gate) and event.open:
                full = Table(view.name, 0, service="clm", keys=tuple(sorted(past.members(view))))
                less = msgspec.structs.replace(full, keys=full.keys[1:])
                places.append(edited(past, after={i - 1: less, i: full}))
    return pick(random, places)


def two_leaders(past: Past, random: Random) -> list[Event] | None:
    """Who has delivered that all is sent, and so all check-ins before it, says so again."""
    places: list[list[Event]] = []
    for view in past.views:
        done = {e.message for i in view.at if isinstance(e := past.events[i], Queue) and e.step == "done"}
        for other in others(past, view):
            heard = [i for i in other.at if isinstance(e := past.events[i], Deliver) and e.message in done]
            for i in other.at:
                later = past.events[i]
                if heard and i > heard[0] and isinstance(later, Queue) and later.service == "evt" and not later.step:
                    places.append(edited(past, instead={i: msgspec.structs.replace(later, step="done")}))
    return pick(random, places)


def never_checked_in(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        queued = [i for i in view.at if isinstance(past.events[i], Queue)]
        ends = {s: i for i in queued if (s := past.events[i].step)}  # pyright: ignore[reportAttributeAccessIssue]
        for other in past.views_in(past.ring(view)) if "done" in ends else ():
            for i in other.at:
                event = past.events[i]
                if isinstance(event, Queue) and event.step == "check-in" and other.ending != "open":
                    places.append(edited(past, instead={i: msgspec.structs.replace(event, step=None)}))
    return pick(random, places)


def never_unplugs(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        unplugs = [i for i in view.at if isinstance(e := past.events[i], Plug) and e.call == "unplug"]
        normal = [i for i in past.deliveries(view) if not past.is_recovery(past.text(i))]
        opens = [
            i for o in past.views_in(past.ring(view)) for i in o.at
            if isinstance(e := past.events[i], Gate) and e.open
        ]  # fmt: skip
        if unplugs and opens and not normal and view.ending != "open":
            places.append(edited(past, drop=unplugs))
    return pick(random, places)


def never_opens(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        opens = [
            i for i in view.at
            if (isinstance(e := past.events[i], Gate) and e.open) or (isinstance(e, Sync) and e.phase == "complete")
        ]  # fmt: skip
        if view.ending == "quiet" and opens:
            places.append(edited(past, drop=opens))
    return pick(random, places)
