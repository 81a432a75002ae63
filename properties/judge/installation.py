"""What a process's own configurations must be: RING-S2, RING-S3, CFG-S1, and the installs of EVS-2.2.

CFG-S1's "all members of the transitional configuration came from the old ring" needs the others' histories: it is
judged when the ring is closed, in `agreement.py`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection

from properties.history.events import Configuration
from properties.history.views import (
    Bypass,
    Ending,
    Glimpse,
    GroupTold,
    NotAlong,
    PhaseTold,
    Process,
    Ring,
    Stay,
    Transition,
    View,
)
from properties.judge import groups
from properties.judge.journal import Journal


def transition(journal: Journal, process: Process, event: Configuration) -> None:
    """A transitional configuration; a source that does not tell all of them is judged by the one alone."""
    view = process.view
    _is_member(journal, process, event)
    if view is None and "regular" in journal.observability:
        text = f"{process.name} begins with a transitional configuration"
        journal.findings.violated("CFG-S1", text, journal.at)
    elif view:
        _out_of_its_ring(journal, view, event)
        if "transitional" in journal.observability:
            _depart(journal, process, view, event)


def _out_of_its_ring(journal: Journal, view: View, event: Configuration) -> None:
    findings, at = journal.findings, journal.at
    if event.out_of is not None and event.out_of != view.ring.id:
        text = f"{view.name}'s transitional configuration comes out of another ring than {view.ring}"
        findings.violated("EVS-2.2", text, view.at, at)
    if strangers := set(event.members) - set(view.members):
        findings.suspicious = True
        text = f"{view.name}'s transitional configuration has {_named(strangers)}, no member of {view.ring}"
        findings.violated("CFG-S1", text, view.at, at)
    if view.name not in event.members:
        journal.outside(view.process, "CFG-S1", f"{view.name} is not in its transitional configuration")


def _depart(journal: Journal, process: Process, view: View, event: Configuration) -> None:
    findings, at = journal.findings, journal.at
    ring = event.ring if event.ring[0] else None
    if view.transition is None:
        view.transition = Transition(at, len(view.sequence), ring, event.members, view.has_opened)
        _told(journal, view, "left", event.left, set(view.members) - set(event.members))
        _told(journal, view, "joined", event.joined, set())
        groups.part(process, view, frozenset(event.members), at)
        return
    findings.violated("CFG-S1", f"{process.name} installs two transitional configurations", view.transition.at, at)
    if (view.transition.ring, set(view.transition.members)) == (ring, set(event.members)):
        text = f"{process.name} installs one transitional configuration twice"
        findings.violated("EVS-2.2", text, view.transition.at, at)


def install(journal: Journal, process: Process, event: Configuration) -> None:
    """A regular configuration."""
    before = process.view
    _is_member(journal, process, event)
    if event.bootstrap:
        process.bootstraps += 1
        process.ring = None
        process.anew_at = journal.at if process.anew_at is None else process.anew_at
        journal.findings.tangle()
    _number_grows(journal, process, event)
    ring = _ring(journal, process, event)
    view = View(process, process.incarnation, ring, journal.at, event.members, event.attached, process.restarted)
    if before:
        if not event.bootstrap:
            journal.findings.met["CFG-S1"] += 1
            view.previous = before.ring.id
            view.came = _came(journal, before, event)
            if before.transition is None:
                groups.part(process, before, view.came, journal.at)
        _leave(before, view)
    if "primary" in journal.observability and process.name in event.members:
        process.stays.append(Stay(ring.id, journal.at, process.bootstraps))
    ring.views.append(view)
    ring.waiting.add(process.name)
    if process.last_view:
        process.last_view.then = ring
    process.view, process.last_view, process.plugged = view, view, set(process.handles)
    if "plug" in journal.observability and not process.plugged:
        view.phases.append(PhaseTold(0, "recovered", journal.at))
    view.groups.append(GroupTold(0, process.group, process.ring_at))
    view.not_along = {one: NotAlong(at) for one, at in process.not_along.items()}
    view.tables.append(Glimpse(journal.at, 0, process.tables))
    _pass_others(journal, process, ring)
    if before:
        journal.no_longer_in(process, before.ring)
    if not journal.remember:
        journal.forget_rings()


def _is_member(journal: Journal, process: Process, event: Configuration) -> None:
    journal.findings.met["EVS-2.2"] += 1
    if process.name not in event.members:
        text = f"{process.name} installs a {event.kind} configuration of {_named(event.members)}, and is not in it"
        journal.outside(process, "EVS-2.2", text)
    if len(set(event.members)) < len(event.members):
        text = f"{process.name} installs a {event.kind} configuration with a member twice: {_named(event.members)}"
        journal.findings.violated("EVS-2.2", text, journal.at)


def _number_grows(journal: Journal, process: Process, event: Configuration) -> None:
    findings, at = journal.findings, journal.at
    if process.ring is not None and not (event.attached and process.ring == event.ring):
        findings.met["RING-S2"] += 1
        if event.ring[1] <= process.ring[1]:
            text = f"{process.name} installs {groups.ring_name(event.ring)} after {groups.ring_name(process.ring)}"
            findings.tangle()
            findings.violated("RING-S2", text, process.ring_at, at)
    if event.ring in process.installed:
        text = f"{process.name} installs [{event.ring[0]} {event.ring[1]}] twice"
        findings.tangle()
        findings.violated("EVS-2.2", text, process.installed[event.ring], at)
    if not journal.remember:
        process.installed.clear()
    process.installed.setdefault(event.ring, at)
    process.ring, process.ring_at = event.ring, at


def _ring(journal: Journal, process: Process, event: Configuration) -> Ring:
    """The ring of an install; RING-S3 is that all its installs are of one formation."""
    findings, at = journal.findings, journal.at
    ring = journal.rings.get(event.ring)
    if ring is None:
        ring = journal.rings[event.ring] = Ring(event.ring, event.members, at)
        _await_members(journal, ring)
    elif event.members != ring.members:
        findings.suspicious = True
        findings.violated("RING-S3", f"{ring} has two member lists", ring.at, at)
    incarnation, first_at = ring.owner.setdefault(process.name, (process.incarnation, at))
    if incarnation != process.incarnation and not event.attached:
        text = f"{ring} is formed with two incarnations of {process.name}"
        findings.violated("RING-S3", text, first_at, at)
    if len(ring.owner) > 1:
        findings.met["RING-S3"] += 1
    if ring.closed:
        findings.suspicious = True
    return ring


def _await_members(journal: Journal, ring: Ring) -> None:
    """Each observed member may still install the ring, unless it is past it."""
    for name in ring.members:
        process = journal.processes.get(name)
        if process is None:
            continue
        passed = bisect_left(process.installs, ring.id[1], key=lambda one: one[0])
        if passed < len(process.installs):
            ring.bypassed[name] = process.installs[passed][1]
        else:
            process.awaiting.append(ring)
            ring.waiting.add(name)


def _pass_others(journal: Journal, process: Process, ring: Ring) -> None:
    """The process is past the rings of up to this number that it did not install."""
    number = ring.id[1]
    bypass = Bypass(journal.at, process.crashed_since_install)
    process.crashed_since_install = False
    if not process.installs or number > process.installs[-1][0]:
        process.installs.append((number, bypass))
    awaiting, process.awaiting = process.awaiting, []
    for other in awaiting:
        if other is ring:
            continue
        if other.id[1] > number:
            process.awaiting.append(other)
        else:
            other.bypassed[process.name] = bypass
            journal.no_longer_in(process, other)


def _leave(before: View, after: View) -> None:
    if before.ending is Ending.OPEN:
        before.ending, before.ended_at = Ending.NEXT, after.at
        before.next_ring, before.survivors = after.ring.id if after.previous else None, after.came


def _came(journal: Journal, before: View, event: Configuration) -> frozenset[str] | None:
    """Who came with the process from its old ring, as it is told; CFG-S1 is that this is told consistently."""
    if "transitional" in journal.observability:
        return frozenset(_by_transitional(journal, before, event))
    if event.left is None or event.joined is None:
        journal.findings.not_seen("CFG-S1", "a configuration comes without its lists of left and joined")
        return None
    return frozenset(_by_lists(journal, before, event, set(event.left), set(event.joined)))


def _by_transitional(journal: Journal, before: View, event: Configuration) -> set[str]:
    findings, at, name = journal.findings, journal.at, before.name
    old, new, between = set(before.members), set(event.members), before.transition
    if between is None:
        if not new <= old:
            text = f"{name} is told no transitional configuration after {before.ring}, and some joined"
            findings.violated("CFG-S1", text, before.at, at)
        came = new
        _told(journal, before, "left", event.left, old - came)
    else:
        came = set(between.members)
        if between.ring is not None and between.ring != event.ring:
            text = f"{name}'s transitional configuration leads to another ring than it installs"
            findings.violated("CFG-S1", text, between.at, at)
        if not came <= new:
            text = f"{name}'s transitional configuration has members that the ring after it has not"
            findings.violated("CFG-S1", text, between.at, at)
        if event.left:
            _told(journal, before, "left", event.left, old - came)
    _told(journal, before, "joined", event.joined, new - came)
    return came


def _by_lists(journal: Journal, before: View, event: Configuration, left: set[str], joined: set[str]) -> set[str]:
    old, new, name = set(before.members), set(event.members), before.name
    fits = left <= old and joined <= new and old - left == new - joined
    if not fits or name in left | joined or (name in old | new and name not in old & new):
        text = f"{name} is told of left and joined what does not lead from {before.ring} to its next"
        journal.findings.violated("CFG-S1", text, before.at, journal.at)
    return old - left


def _told(journal: Journal, view: View, which: str, told: tuple[str, ...] | None, is_so: set[str]) -> None:
    if told is not None and (set(told) != is_so or len(is_so) < len(told)):
        text = f"{view.name} is told {which} {{{' '.join(told)}}}, which should be {{{' '.join(sorted(is_so))}}}"
        journal.findings.violated("CFG-S1", text, view.at, journal.at)


def _named(names: Collection[str]) -> str:
    return " ".join(sorted(names))
