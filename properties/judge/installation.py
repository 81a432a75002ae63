"""What a process's own configurations must be: RING-S2, RING-S3, CFG-S1, and the installs of EVS-2.2.

CFG-S1's "all members of the transitional configuration came from the old ring" needs the others' histories: it is
judged when the ring is settled, in `agreeing.py`.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from properties.history.events import Configuration
from properties.history.views import Crossing, Ending, Process, Ring, Stay, Turn

if TYPE_CHECKING:
    from properties.judge.observer import Observer


def turn(observer: Observer, process: Process, event: Configuration) -> None:
    """A transitional configuration."""
    findings, stay, at = observer.findings, process.stay, observer.at
    _is_member(observer, process, event)
    if stay is None:
        return
    if process.name not in event.members or not set(event.members) <= set(stay.members):
        text = f"{process.name}'s transitional configuration has not itself, or others than {stay.ring} had"
        findings.violated("CFG-S1", text, stay.at, at)
    if stay.turn is None:
        stay.turn = Turn(at, len(stay.sequence), event.ring, event.members, event.left)
        _told(observer, stay, "left", event.left, set(stay.members) - set(event.members))
        _told(observer, stay, "joined", event.joined, set())
        return
    findings.violated("CFG-S1", f"{process.name} installs two transitional configurations", stay.turn.at, at)
    if (stay.turn.ring, set(stay.turn.members)) == (event.ring, set(event.members)):
        text = f"{process.name} installs one transitional configuration twice"
        findings.violated("EVS-2.2", text, stay.turn.at, at)


def install(observer: Observer, process: Process, event: Configuration) -> None:
    """A regular configuration."""
    before = process.stay
    _is_member(observer, process, event)
    _number_grows(observer, process, event)
    ring = _ring(observer, process, event)
    stay = Stay(process, process.incarnation, ring, observer.at, event.members, event.attached, process.restarted)
    if before:
        observer.findings.met["CFG-S1"] += 1
        stay.previous = before.ring.id
        stay.came = _came(observer, before, event)
        _leave(observer, before, stay)
    ring.stays.append(stay)
    ring.waiting.add(process.name)
    if process.last_stay:
        process.last_stay.then = ring
    process.stay, process.last_stay, process.plugged = stay, stay, set(process.handles)
    stay.done = 0 if "plug" in observer.eyes.observes and not process.plugged else None
    stay.views.append((0, process.view))
    stay.tables.append((0, process.tables))
    _pass_others(observer, process, ring)
    if before:
        observer.no_longer_in(process, before.ring)
    if not observer.remember:
        observer.forget_rings()


def _is_member(observer: Observer, process: Process, event: Configuration) -> None:
    observer.findings.met["EVS-2.2"] += 1
    if process.name not in event.members:
        text = f"{process.name} installs a {event.kind} configuration that it is not in"
        observer.findings.violated("EVS-2.2", text, observer.at)


def _number_grows(observer: Observer, process: Process, event: Configuration) -> None:
    findings, at = observer.findings, observer.at
    if process.ring is not None and not (event.attached and process.ring == event.ring):
        findings.met["RING-S2"] += 1
        if event.ring[1] <= process.ring[1]:
            text = f"{process.name} installs number {event.ring[1]} after {process.ring[1]}"
            findings.violated("RING-S2", text, process.ring_at, at)
    if event.ring in process.installed:
        text = f"{process.name} installs [{event.ring[0]} {event.ring[1]}] twice"
        findings.violated("EVS-2.2", text, process.installed[event.ring], at)
    if not observer.remember:
        process.installed.clear()
    process.installed.setdefault(event.ring, at)
    process.ring, process.ring_at = event.ring, at


def _ring(observer: Observer, process: Process, event: Configuration) -> Ring:
    """The ring of an install; RING-S3 is that all its installs are of one formation."""
    findings, at = observer.findings, observer.at
    ring = observer.rings.get(event.ring)
    if ring is None:
        ring = observer.rings[event.ring] = Ring(event.ring, event.members, at)
        _await_members(observer, ring)
    elif event.members != ring.members:
        findings.violated("RING-S3", f"{ring} has two member lists", ring.at, at)
    incarnation, first_at = ring.owner.setdefault(process.name, (process.incarnation, at))
    if incarnation != process.incarnation and not event.attached:
        text = f"{ring} is formed with two incarnations of {process.name}"
        findings.violated("RING-S3", text, first_at, at)
    if len(ring.owner) > 1:
        findings.met["RING-S3"] += 1
    return ring


def _await_members(observer: Observer, ring: Ring) -> None:
    """Each observed member may still install the ring, unless it is past it."""
    for name in ring.members:
        process = observer.processes.get(name)
        if process is None:
            continue
        passed = bisect_left(process.installs, ring.id[1], key=lambda one: one[0])
        if passed < len(process.installs):
            ring.crossed[name] = process.installs[passed][1]
        else:
            process.awaiting.append(ring)
            ring.waiting.add(name)


def _pass_others(observer: Observer, process: Process, ring: Ring) -> None:
    """The process is past the rings of up to this number that it did not install."""
    number = ring.id[1]
    crossing = Crossing(observer.at, process.crashed_since_install)
    process.crashed_since_install = False
    if not process.installs or number > process.installs[-1][0]:
        process.installs.append((number, crossing))
    awaiting, process.awaiting = process.awaiting, []
    for other in awaiting:
        if other is ring:
            continue
        if other.id[1] > number:
            process.awaiting.append(other)
        else:
            other.crossed[process.name] = crossing
            observer.no_longer_in(process, other)


def _leave(observer: Observer, before: Stay, after: Stay) -> None:
    if before.ending is Ending.OPEN:
        before.ending, before.ended_at = Ending.NEXT, after.at
        before.next_ring, before.survivors = after.ring.id, after.came


def _came(observer: Observer, before: Stay, event: Configuration) -> frozenset[str] | None:
    """Who came with the process from its old ring, as it is told; CFG-S1 is that this is told consistently."""
    if "transitional" in observer.eyes.observes:
        return frozenset(_by_transitional(observer, before, event))
    if event.left is None or event.joined is None:
        return None
    return frozenset(_by_lists(observer, before, event, set(event.left), set(event.joined)))


def _by_transitional(observer: Observer, before: Stay, event: Configuration) -> set[str]:
    findings, at, name = observer.findings, observer.at, before.name
    old, new, turned = set(before.members), set(event.members), before.turn
    if turned is None:
        if not new <= old:
            text = f"{name} is told no transitional configuration after {before.ring}, and some joined"
            findings.violated("CFG-S1", text, before.at, at)
        came = new
        _told(observer, before, "left", event.left, old - came)
    else:
        came = set(turned.members)
        if turned.ring != event.ring:
            text = f"{name}'s transitional configuration leads to another ring than it installs"
            findings.violated("CFG-S1", text, turned.at, at)
        if not came <= new:
            text = f"{name}'s transitional configuration has members that the ring after it has not"
            findings.violated("CFG-S1", text, turned.at, at)
        if event.left:
            _told(observer, before, "left", event.left, old - came)
    _told(observer, before, "joined", event.joined, new - came)
    return came


def _by_lists(observer: Observer, before: Stay, event: Configuration, left: set[str], joined: set[str]) -> set[str]:
    old, new = set(before.members), set(event.members)
    if not (left <= old and joined <= new and old - left == new - joined and before.name in old - left):
        text = f"{before.name} is told of left and joined what does not lead from {before.ring} to its next"
        observer.findings.violated("CFG-S1", text, before.at, observer.at)
    return old - left


def _told(observer: Observer, stay: Stay, which: str, told: tuple[str, ...] | None, is_so: set[str]) -> None:
    if told is not None and set(told) != is_so:
        text = f"{stay.name} is told {which} {{{' '.join(told)}}}, which should be {{{' '.join(sorted(is_so))}}}"
        observer.findings.violated("CFG-S1", text, stay.at, observer.at)
