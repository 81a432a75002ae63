"""For each claim one step that makes a legal history break it, and nothing else that does not follow from it.

Each looks for places where its step does just that, and takes one of them; without one it gives up (None). The places
are found by what the history is, never by asking the judge.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from random import Random

import msgspec
from history_past import Past, View
from history_wreck import counted

from properties.history.events import (
    Bit,
    Counted,
    Crash,
    Deliver,
    End,
    Event,
    Gate,
    Lookup,
    Message,
    Originate,
    Plug,
    Queue,
    Sync,
    Table,
)  # fmt: skip

Mutant = Callable[[Past, Random], list[Event] | None]


def mutate(id: str, past: Past, random: Random) -> list[Event] | None:
    """A history that breaks this claim."""
    found = MUTANTS[id](past, random)
    return None if found is None else counted(found)


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


def sent_after_delivered(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        for i in past.sends(view):
            own = [j for j in past.deliveries(view) if past.text(j) == past.text(i)]
            if own and not any(i < other < own[0] for other in past.sends(view)):
                places.append(edited(past, drop=[i], after={own[0]: past.events[i]}))
    return pick(random, places)


def event_after_crash(past: Past, random: Random) -> list[Event] | None:
    crashes = [i for i, event in enumerate(past.events) if isinstance(event, Crash)]
    return pick(random, [edited(past, after={i: Sync(past.events[i].process, 0, phase="commit")}) for i in crashes])


def never_sent(past: Past, random: Random) -> list[Event] | None:
    places = [
        i for view in past.views if view.ending != "open" for i in past.sends(view) if past.all_deliveries(past.text(i))
    ]
    return pick(random, [edited(past, drop=[i]) for i in places])


def sent_twice(past: Past, random: Random) -> list[Event] | None:
    places = [i for view in past.views for i in past.sends(view)]
    return pick(random, [edited(past, after={i: past.events[i]}) for i in places])


def crash_at_the_end(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for i, event in enumerate(past.events):
        view = past.view_of(i)
        if past.quiet and isinstance(event, End) and view and others(past, view):
            places.append(edited(past, instead={i: Crash(event.process, 0)}))
    return pick(random, places)


def wrong_ring(past: Past, random: Random) -> list[Event] | None:
    places = [i for view in past.views for i in past.deliveries(view)]
    return pick(
        random, [edited(past, instead={i: msgspec.structs.replace(past.events[i], ring=("zz", 9))}) for i in places]
    )


def own_message_missing(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        if view.ending in ("next", "quiet") and alone(past, view) and past.deliveries(view):
            last = past.deliveries(view)[-1]
            message = past.text(last)
            if past.sender(message) == view.name and level(past, message) == "agreed" and not checks_in(past, message):
                places.append(edited(past, drop=[last]))
    return pick(random, places)


def last_message_missing(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        together = [one for one in others(past, view) if past.follows(one) == past.follows(view)]
        if view.ending == "next" and past.deliveries(view) and any(one.ending == "next" for one in together):
            last = past.deliveries(view)[-1]
            message = past.text(last)
            if past.sender(message) != view.name and level(past, message) == "agreed" and not checks_in(past, message):
                places.append(edited(past, drop=[last]))
    return pick(random, places)


def cause_missing(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        for i in past.sends(view):
            if view.ending == "crash" and past.all_deliveries(past.text(i)):
                fresh = Originate(view.name, 0, message="fresh", priority="low", level="agreed")
                places.append(edited(past, after={i - 1: fresh}))
    return pick(random, places)


def two_change_places(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        part = transitional(past, view)
        if alone(past, view):
            continue
        for i, j in itertools.pairwise(part):
            one, other = past.text(i), past.text(j)
            both = all((one in past.delivered(o)) == (other in past.delivered(o)) for o in others(past, view))
            normal = not (past.is_recovery(one) or past.is_recovery(other))
            shared = any(one in past.delivered(o) for o in others(past, view))
            if both and shared and normal and not caused(past, one, other):
                places.append(edited(past, instead={i: past.events[j], j: past.events[i]}))
    return pick(random, places)


def gap(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        transition, part = past.transition(view), transitional(past, view)
        arrived = [o for o in others(past, view) if past.follows(o) == past.follows(view) and o.ending == "next"]
        if transition is None or view.ending == "open" or (arrived and view.ending == "next"):
            continue
        for a, at in enumerate(part):
            message = past.text(at)
            later = [past.text(i) for i in part[a + 1 :]]
            in_order = any(
                message in past.delivered(o) and then in past.delivered(o)[past.delivered(o).index(message) :]
                for o in others(past, view) for then in later
            )  # fmt: skip
            theirs = past.sender(message) != view.name and past.sender(message) in past.conf(transition).members
            uncaused = not any(caused(past, message, then) for then in later)
            if in_order and theirs and uncaused and level(past, message) == "agreed" and not checks_in(past, message):
                places.append(edited(past, drop=[at]))
    return pick(random, places)


def made_safe(past: Past, random: Random) -> list[Event] | None:
    """A message that one of the members went without, rightly, becomes safe."""
    messages: set[str] = set()
    for view in past.views:
        ring, regular = past.ring(view), [past.text(i) for i in past.regular_part(view)]
        members = past.members(view)
        all_there = all(q not in past.names or any(s.name == q for s in past.views_in(ring)) for q in members)
        for o in others(past, view):
            if all_there and o.name in members and o.ending in ("next", "quiet"):
                messages |= set(regular) - set(past.delivered(o))
    found: list[list[Event]] = []
    for message in sorted(messages):
        of_it = [i for i, event in enumerate(past.events) if isinstance(event, Message) and event.message == message]
        safe = {i: msgspec.structs.replace(past.events[i], level="safe") for i in of_it}
        found.append(edited(past, instead=safe))
    return pick(random, found)


def never_installed(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        safe = any(past.is_safe(past.text(i)) for o in others(past, view) for i in past.regular_part(o))
        back = any(life.name == view.name and life.at[0] > view.install and
                   any(past.regular(i) for i in life.at) for life in past.lives)  # fmt: skip
        if view.ending == "crash" and safe and not past.sends(view) and (past.quiet or back):
            places.append(edited(past, drop=[i for i in view.at if not isinstance(past.events[i], Crash)]))
    return pick(random, places)


def same_number(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        if view.next is not None:
            old, number = past.conf(view.next).ring, past.ring(view)[1]
            new = (f"{old[0]}'", number)
            renamed = {
                i: msgspec.structs.replace(event, ring=new)
                for i, event in enumerate(past.events) if getattr(event, "ring", None) == old
            }  # fmt: skip
            places.append(edited(past, instead=renamed))
    return pick(random, places)


def other_order(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        if len(past.members(view)) > 1 and others(past, view):
            event = msgspec.structs.replace(past.conf(view.install), members=past.members(view)[::-1])
            places.append(edited(past, instead={view.install: event}))
    return pick(random, places)


def joined_unsaid(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        joined = past.conf(view.next).joined if view.next is not None else None
        if view.next is not None and joined:
            event = msgspec.structs.replace(past.conf(view.next), joined=joined[1:])
            places.append(edited(past, instead={view.next: event}))
    return pick(random, places)


def hole(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        transition, part = past.transition(view), transitional(past, view)
        if transition is None or not part or not alone(past, view):
            continue
        mine, count = [past.text(i) for i in part], len(past.regular_part(view))
        unheard = not any(message in past.delivered(o) for message in mine for o in others(past, view))
        further = any(len(past.regular_part(o)) > count for o in others(past, view))
        if unheard and further and all(level(past, message) == "agreed" for message in mine):
            places.append(edited(past, drop=[transition], after={part[-1]: past.events[transition]}))
    return pick(random, places)


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
    """Who delivers that all is sent, and so all check-ins before it, says so again."""
    places: list[list[Event]] = []
    for view in past.views:
        for done in [past.events[i] for i in view.at]:
            if isinstance(done, Queue) and done.step == "done":
                for other in others(past, view):
                    for i in other.at:
                        one = past.events[i]
                        if isinstance(one, Deliver) and one.message == done.message:
                            again = msgspec.structs.replace(done, message="fresh", process=other.name)
                            places.append(edited(past, after={i: again}))
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


MUTANTS: dict[str, Mutant] = {
    "EVS-1.1": sent_after_delivered, "EVS-1.2": event_after_crash, "EVS-1.3": never_sent, "EVS-1.4": sent_twice,
    "EVS-2.1": crash_at_the_end, "EVS-2.2": wrong_ring, "EVS-3": own_message_missing, "EVS-4": last_message_missing,
    "EVS-5": cause_missing, "EVS-6.1": sent_after_delivered, "EVS-6.2": two_change_places, "EVS-6.3": gap,
    "EVS-7.1": made_safe, "EVS-7.2": never_installed, "RING-S2": same_number, "RING-S3": other_order,
    "CFG-S1": joined_unsaid, "RING-H1": hole, "PLUG-H1": queued_early, "PLUG-H2": unplugged_late,
    "PLUG-H3": queued_before, "CLM-S1": lambda past, random: not_found(past, random, evt=False),
    "CLM-S2": known_late, "CLM-S3": ghost, "EVT-S1": lambda past, random: not_found(past, random, evt=True),
    "EVT-S2": two_leaders, "EVT-S3": never_checked_in,
}  # fmt: skip
