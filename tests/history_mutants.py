"""For each claim one step that makes a legal history break it, and nothing else that does not follow from it.

Each looks for places where its step does just that, and takes one of them; without one it gives up (None). The places
are found by what the history is, never by asking the judge.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

import msgspec
from history_edits import alone, caused, checks_in, edited, level, others, pick, transitional
from history_mutants_services import (
    ghost,
    known_late,
    never_checked_in,
    never_opens,
    never_unplugs,
    not_found,
    queued_before,
    queued_early,
    two_leaders,
    unplugged_late,
)
from history_past import Past
from history_wreck import counted

from properties.history.events import (
    Crash,
    End,
    Event,
    Group,
    Message,
    Originate,
    Primary,
    Queue,
    Sync,
)  # fmt: skip

Mutant = Callable[[Past, Random], list[Event] | None]


def mutate(id: str, past: Past, random: Random) -> list[Event] | None:
    """A history that breaks this claim."""
    found = MUTANTS[id](past, random)
    return None if found is None else counted(found)


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
        if view.ending == "next" and alone(past, view) and past.deliveries(view):
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


def queued_for_nobody(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for view in past.views:
        if view.ending == "quiet":
            fresh = Queue(view.name, 0, message="fresh", priority="low", level="agreed")
            places.append(edited(past, after={view.at[-2]: fresh} if len(view.at) > 1 else {view.install: fresh}))
    return pick(random, places)


def joined_again(past: Past, random: Random) -> list[Event] | None:
    places: list[list[Event]] = []
    for life in past.lives:
        told = [i for i in life.at if isinstance(past.events[i], Group)]
        for before, i in itertools.pairwise(told):
            old, new = past.events[before], past.events[i]
            assert isinstance(old, Group)
            assert isinstance(new, Group)
            stayed = sorted(set(old.members) & set(new.members) - set(new.left or ()))
            if stayed:
                joined = (*(new.joined or ()), stayed[0])
                places.append(edited(past, instead={i: msgspec.structs.replace(new, joined=joined)}))
    return pick(random, places)


def told_late(past: Past, random: Random) -> list[Event] | None:
    """A group that both are told between two messages is told to one of them after the second."""
    places: list[list[Event]] = []
    for view in past.views:
        together = [
            o for o in others(past, view)
            if o.ending == view.ending and view.ending in ("next", "quiet") and past.follows(o) == past.follows(view)
        ]  # fmt: skip
        regular = past.regular_part(view)
        for a, b in itertools.pairwise(regular):
            told = [i for i in view.at if a < i < b and isinstance(past.events[i], Group)]
            both = [o for o in together if {past.text(a), past.text(b)} <= {past.text(i) for i in past.regular_part(o)}]
            if len(told) == 1 and both:
                places.append(edited(past, drop=told, after={b: past.events[told[0]]}))
    return pick(random, places)


def also_primary(past: Past, random: Random) -> list[Event] | None:
    """A ring that nobody comes to from a primary one, or from which nobody goes to the next primary one, is told so."""
    told = [i for i, event in enumerate(past.events) if isinstance(event, Primary) and event.inside]
    rings = sorted({ring for i in told if (ring := past.ring_of(i))}, key=lambda ring: ring[1])
    places: list[list[Event]] = []
    for view in past.views:
        mine = {one.name for one in past.views_in(past.ring(view))}
        below = [ring for ring in rings if ring[1] < past.ring(view)[1]]
        above = [ring for ring in rings if ring[1] > past.ring(view)[1]]
        beside = [*below[-1:], *above[:1]]
        apart = any(mine.isdisjoint(one.name for one in past.views_in(ring)) for ring in beside)
        if past.quiet and past.ring(view) not in rings and apart:
            places.append(edited(past, after={view.install: Primary(view.name, 0, inside=True)}))
    return pick(random, places)


MUTANTS: dict[str, Mutant] = {
    "EVS-1.1": sent_after_delivered, "EVS-1.2": event_after_crash, "EVS-1.3": never_sent, "EVS-1.4": sent_twice,
    "EVS-2.1": crash_at_the_end, "EVS-2.2": wrong_ring, "EVS-3": own_message_missing, "EVS-4": last_message_missing,
    "EVS-5": cause_missing, "EVS-6.1": sent_after_delivered, "EVS-6.2": two_change_places, "EVS-6.3": gap,
    "EVS-7.1": made_safe, "EVS-7.2": never_installed, "LIVE-2": never_opens, "LIVE-3": queued_for_nobody,
    "RING-S2": same_number, "RING-S3": other_order, "CFG-S1": joined_unsaid, "CFG-S3": joined_again,
    "CFG-S4": told_late, "CFG-S5": also_primary, "RING-H1": hole, "PLUG-S1": never_unplugs, "PLUG-H1": queued_early,
    "PLUG-H2": unplugged_late, "PLUG-H3": queued_before,
    "CLM-S1": lambda past, random: not_found(past, random, evt=False),
    "CLM-S2": known_late, "CLM-S3": ghost, "EVT-S1": lambda past, random: not_found(past, random, evt=True),
    "EVT-S2": two_leaders, "EVT-S3": never_checked_in,
}  # fmt: skip
