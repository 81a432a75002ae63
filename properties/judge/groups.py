"""Groups beside the ring: what a process is told of one fits (CFG-S3), and others are told the same (CFG-S4).

And primary components: of two primary configurations one follows the other (CFG-S5).

Who is in the group does not depend on time but on the place in the order, so it is compared message by message.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from properties.history.events import Group, Identity
from properties.history.events import Ring as RingId
from properties.history.findings import Findings
from properties.history.ring_history import RingHistory, group_at
from properties.history.views import Ending, Message, NotAlong, Process, View
from properties.judge.agreement import arrived
from properties.judge.journal import Journal

TABLE = "group"
"""The group, as a table is called."""


def part(process: Process, view: View, came: frozenset[str] | None, at: int) -> None:
    """The process parts from its ring with these: of other members of its group it will have to be told."""
    if came is not None:
        for one in process.group:
            if one[0] not in came and one[0] != process.name:
                process.not_along.setdefault(one, at)


def tell(journal: Journal, process: Process, event: Group) -> None:
    """The process is told a group: CFG-S3, as far as it is about what it was told before."""
    members = frozenset(event.members)
    if process.group_told:
        journal.findings.met["CFG-S3"] += 1
    if event.left is None or event.joined is None:
        journal.findings.not_seen("CFG-S3", "a group comes without its lists of left and joined")
        gone = frozenset(process.not_along)
    else:
        _fits(journal, process, event, members)
        gone = frozenset(event.left)
    _are_told(process, gone | (frozenset(process.not_along) - members), journal.at)
    process.group, process.group_told = members, True
    if (process.name, process.incarnation) not in members:
        process.in_group_since = None
    elif process.in_group_since is None:
        process.in_group_since = journal.at


def _fits(journal: Journal, process: Process, event: Group, members: frozenset[Identity]) -> None:
    left, joined = frozenset(event.left or ()), frozenset(event.joined or ())
    told = (event.members, event.left or (), event.joined or ())
    once = all(len(set(names)) == len(names) for names in told)
    old = process.group if process.group_told else left | (members - joined)
    if not (once and left <= old and joined <= members and old - left == members - joined):
        text = f"{process.name} is told of left and joined what does not lead from its group to the next"
        journal.findings.violated("CFG-S3", text, journal.at, due_at=journal.at)


def _are_told(process: Process, gone: frozenset[Identity], at: int) -> None:
    """Of these the process now knows that they left."""
    for one in gone & process.not_along.keys():
        del process.not_along[one]
        view = process.view
        if view and one in view.not_along:
            view.not_along[one] = NotAlong(view.not_along[one].at, len(view.sequence), at)


def parted_are_left(ring: RingHistory, findings: Findings) -> None:
    """CFG-S3: who did not come along to the ring is told to have left, before normal messages are delivered there."""
    for view in ring.views:
        for (name, _), (at, index, _) in view.not_along.items():
            end = view.regular_count if index is None else min(index, view.regular_count)
            heard = next((i for i in range(end) if not view.sequence[i].recovery), None)
            text = f"{view.name} is not told that {name} left its group, which did not come along to {ring.ring}"
            if heard is not None:
                findings.violated("CFG-S3", text, at, view.at, view.places[heard])
            elif index is None and view.ending is Ending.QUIET and view.transition is None:
                findings.violated("CFG-S3", text, at, view.at, due_at=ring.over_at(view))
            elif index is None and view.ending is Ending.OPEN:
                findings.pending["CFG-S3"] += 1


def same_groups(ring: RingHistory, findings: Findings) -> None:
    """CFG-S4: who goes to the next ring together, or stays, is told the same groups in the same places of the order."""
    staying = [view for view in ring.views if view.ending is Ending.QUIET]
    for together in [*arrived(ring).values(), staying]:
        for one, other in itertools.combinations(together, 2):
            _told_the_same(ring, one, other, findings)


def _told_the_same(ring: RingHistory, one: View, other: View, findings: Findings) -> None:
    common = [message for message in one.sequence if ring.index(other, message) is not None]
    stay = one.ending is Ending.QUIET and _in_its_group(one) and _in_its_group(other)
    shared = set(common)
    if not (common or stay) or common != [message for message in other.sequence if message in shared]:
        return
    findings.met["CFG-S4"] += 1
    mine, theirs = (list(_places(ring, view, common, to_the_end=stay)) for view in (one, other))
    if [place[:2] for place in mine] == [place[:2] for place in theirs]:
        return
    both = itertools.zip_longest(mine, theirs)
    first = next([at for _, _, at in filter(None, pair)] for pair in both if not _equal(pair))
    text = f"{one.name} and {other.name} are told different groups in {ring.ring}, or not at the same messages"
    due_at = ring.over_at(one) if stay else max(one.ended_at, other.ended_at)
    findings.violated("CFG-S4", text, *first, due_at=due_at)


def _equal(pair: Sequence[tuple[int, frozenset[Identity], int] | None]) -> bool:
    one, other = pair
    return one is not None and other is not None and one[:2] == other[:2]


def _in_its_group(view: View) -> bool:
    return view.identity in view.groups[-1].members


def _places(
    ring: RingHistory, view: View, common: Sequence[Message], *, to_the_end: bool
) -> Iterator[tuple[int, frozenset[Identity], int]]:
    """The groups that it is told from the first common message on: after how many of these, the members, and where."""
    indices = [index for message in common if (index := ring.index(view, message)) is not None]
    if not indices:
        yield 0, view.groups[-1].members, view.groups[-1].at
        return
    last = group_at(view, indices[0])
    yield 0, last, view.places[indices[0]]
    for told in view.groups:
        within = indices[0] < told.after and (to_the_end or told.after <= indices[-1])
        if within and told.members != last:
            last = told.members
            yield bisect_left(indices, told.after), last, told.at


def one_primary(journal: Journal, quiescent_at: int | None) -> None:
    """CFG-S5: to each primary configuration, in the order of their numbers, comes somebody from the one before."""
    for rings in _clusters(journal):
        for pair in itertools.pairwise(sorted(rings, key=lambda ring: (ring[1], ring[0]))):
            _follows(journal, *pair, quiescent_at)


def _clusters(journal: Journal) -> list[list[RingId]]:
    """The primary rings of each cluster: a bootstrap begins another one, to which belongs who is connected with it."""
    lives: dict[tuple[str, int], list[RingId]] = {}
    for process in journal.processes.values():
        for stay in process.stays:
            lives.setdefault((process.name, stay.cluster), []).append(stay.ring)
    first = {ring: ring for ring in (*journal.primaries, *itertools.chain(*lives.values()))}
    for rings in lives.values():
        for ring in rings:
            first[_first(first, ring)] = _first(first, rings[0])
    anew = {_first(first, rings[0]) for (_, bootstraps), rings in lives.items() if bootstraps}
    found: dict[RingId | None, list[RingId]] = {}
    for ring in journal.primaries:
        found.setdefault(one if (one := _first(first, ring)) in anew else None, []).append(ring)
    return list(found.values())


def _first(first: dict[RingId, RingId], ring: RingId) -> RingId:
    """The ring that stands for all that it is connected with."""
    while first[ring] != ring:
        first[ring] = ring = first[first[ring]]
    return ring


def _follows(journal: Journal, one: RingId, other: RingId, quiescent_at: int | None) -> None:
    findings, processes = journal.findings, journal.processes.values()
    beyond = [_beyond(process, other[1], quiescent_at) for process in processes]
    (at, members), (other_at, successors) = journal.primaries[one], journal.primaries[other]
    hidden = [next((name for name in names if _is_hidden(journal, name)), None) for names in (members, successors)]
    if any(_went(process, one, other) for process in processes):
        findings.met["CFG-S5"] += 1
    elif None in beyond:
        findings.pending["CFG-S5"] += 1
    elif one[1] < other[1] and None not in hidden:
        text = f"whether {hidden[0]} was in each primary ring between {ring_name(one)} and {ring_name(other)}"
        findings.not_seen("CFG-S5", f"{text} was not observed")
    else:
        names = f"{ring_name(one)} of {' '.join(members)} and {ring_name(other)} of {' '.join(successors)}"
        text = f"{names} are both primary, and nobody who was in the one comes to the other"
        findings.violated("CFG-S5", text, at, other_at, due_at=max(filter(None, beyond), default=0))


def ring_name(ring: RingId) -> str:
    """A ring by its id."""
    return f"[{ring[0]} {ring[1]}]"


def _went(process: Process, one: RingId, other: RingId) -> bool:
    """Whether it was in the one and is in the other, and is not told that another cluster began in between."""
    stays = [{stay.cluster for stay in process.stays if stay.ring == ring} for ring in (one, other)]
    return not stays[0].isdisjoint(stays[1])


def _beyond(process: Process, number: int, quiescent_at: int | None) -> int | None:
    """Where it is certain that it installs no ring of such a number any more."""
    there = (stay.at for stay in process.stays if stay.ring[1] >= number and stay.cluster == process.bootstraps)
    return next(there, quiescent_at)


def _is_hidden(journal: Journal, name: str) -> bool:
    """Whether it may have been in rings that nobody tells of."""
    process = journal.processes.get(name)
    return process is None or process.has_gap
