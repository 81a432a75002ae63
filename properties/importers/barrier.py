"""Synchronization as a history tells it, held against the abstract barrier of `model/plug/barrier.py`.

What `properties/corosync/barrier.py` does for the logs of its own runs, in whole and with known services, is done here
for any history with `sync`, in one reading. The services of a life are those of its first complete synchronization. A
ring of which no `start` is told may lack its commits, too, so nothing is concluded from them. What one member did in a
ring is compared with what the others did in the ring of the same id; no clock and no order between logs is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from properties.corosync.barrier import Finding
from properties.history.events import NO_ID, Configuration, Crash, Facet, Ring, Start, Sync
from properties.history.reader import Located, plain
from properties.importers.reader import Broken
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, VIOLATED

CLAIMS = MappingProxyType(
    {
        "PLUG-S1": "A member opens in a ring only if every member has recovered in it.",
        "PLUG-S6": "Each ring begins from nothing: all services synchronize in it, in order and once.",
        "PLUG-S9": "A ring is completed once, and nothing is synchronized in it afterwards.",
        "PLUG-H3": "What a service counts was sent for its ring: each list by a member, and once.",
    }
)
"""What each claim of the plug, or of the ring, is of logs."""
NOTHING = MappingProxyType(
    {
        "PLUG-S1": "of no ring is the log of another member here",
        "PLUG-S6": "no commit of a service is told, which corosync logs with `debug: on`",
        "PLUG-S9": "no synchronization is completed",
        "PLUG-H3": "no list is told to be counted, which corosync logs with `debug: on`",
    }
)
"""Of what no log says anything."""
YES, NO, UNTOLD, LATER = "yes", "no", "not told", "its log ends before"
MOST_RINGS = 1 << 16
"""So many rings are kept while it is not known of all members what they did there; of older ones it stays open."""
MOST_NUMBERS = 1 << 12


@dataclass
class View:
    """A ring at one member, as far as it was read."""

    ring: Ring
    members: tuple[str, ...]
    at: str
    is_detailed: bool = False
    committed: list[str] = field(default_factory=list[str])
    opened_at: str = ""
    again_at: str = ""
    """Where something is synchronized after all was."""


@dataclass
class Member:
    """A process, as far as it was read."""

    services: list[str] | None = None
    """In the order of its first complete synchronization."""
    view: View | None = None
    numbers: list[int] = field(default_factory=list[int])
    """Of its last rings, growing; they begin anew where they do not grow."""

    def went_on(self, number: int) -> None:
        """It installs a ring of this number."""
        if self.numbers and number <= self.numbers[-1]:
            self.numbers = []
        self.numbers.append(number)
        if len(self.numbers) > 2 * MOST_NUMBERS:
            del self.numbers[:MOST_NUMBERS]

    def is_past(self, number: int) -> bool:
        """It is in a ring of a higher number."""
        return bool(self.numbers) and self.numbers[-1] > number

    def skipped(self, number: int) -> bool:
        """It was in a ring of a lower number, and next in one of a higher."""
        return self.is_past(number) and self.numbers[0] < number and number not in self.numbers


@dataclass
class RingState:
    """A ring, as far as its members are known."""

    view: View
    opened: dict[str, str] = field(default_factory=dict[str, str])
    closed: dict[str, str] = field(default_factory=dict[str, str])
    """Members that have left it: whether they had recovered."""


class Barrier:
    """Follows a history's events."""

    def __init__(self, processes: Iterable[str], broken: Iterable[Broken] = (), decided: Counter[str] | None = None):
        self.members = {name: Member() for name in processes}
        self.rings: dict[Ring, RingState] = {}
        self.met = Counter(decided or {})
        self.pending: Counter[str] = Counter()
        self.unseen: Counter[str] = Counter()
        self.violations: dict[str, Finding] = {}
        for one in broken:
            self._violated(one.claim, one.reason, *one.places)

    def take(self, located: Located) -> None:
        """One more event."""
        event, member = located.event, self.members[located.event.process]
        at = f"{located.file}:{located.line}"
        match event:
            case Start():
                self._close(event.process)
                member.services = None
            case Configuration() if event.kind == "regular":
                self._install(event, at)
            case Sync() if member.view:
                self._sync(member.view, event, at)
            case Crash():
                self._close(event.process)
            case _:
                pass

    def findings(self, observes: frozenset[Facet]) -> list[Finding]:
        """What is found of each claim, when all was read."""
        self._at_the_end()
        return [self._finding(claim, observes) for claim in CLAIMS]

    def _finding(self, claim: str, observes: frozenset[Facet]) -> Finding:
        if "sync" not in observes:
            return Finding(claim, NOT_OBSERVABLE, "no line says that a synchronization was completed")
        if claim in self.violations:
            return self.violations[claim]
        if self.unseen[claim]:
            untold, met = self.unseen[claim], self.met[claim]
            reason = f"{untold:,} times no log tells how far a member was; {met:,} times it is so"
            return Finding(claim, NOT_OBSERVABLE, reason)
        if self.pending[claim]:
            return Finding(claim, OPEN, f"{self.pending[claim]:,} not yet due")
        if self.met[claim]:
            return Finding(claim, OK)
        return Finding(claim, NOT_OBSERVABLE, NOTHING[claim])

    def _violated(self, claim: str, reason: str, *places: str) -> None:
        self.violations.setdefault(claim, Finding(claim, VIOLATED, reason, list(places)))

    def _install(self, event: Configuration, at: str) -> None:
        process = event.process
        member = self.members[process]
        self._close(process)
        member.view = View(event.ring, event.members, at)
        if event.ring != NO_ID:
            member.went_on(event.ring[1])
            self.rings.setdefault(event.ring, RingState(member.view))
            self._forget()

    def _sync(self, view: View, event: Sync, at: str) -> None:
        if view.opened_at:
            view.again_at = view.again_at or at
        if event.phase == "start":
            view.is_detailed = True
        elif event.phase == "commit":
            view.committed.append(event.service)
        elif event.phase == "complete":
            view.opened_at = view.opened_at or at

    def _close(self, process: str) -> None:
        """The process leaves its ring: what it did there is known."""
        member = self.members[process]
        view, member.view = member.view, None
        if view is None:
            return
        self._once(process, view)
        self._all_services(process, member, view)
        state = self.rings.get(view.ring)
        if state is not None:
            if view.opened_at:
                state.opened[process] = view.opened_at
            state.closed[process] = _recovered(member, view)

    def _once(self, process: str, view: View) -> None:
        """PLUG-S9: a ring is completed once, and nothing is synchronized in it afterwards."""
        self.met["PLUG-S9"] += bool(view.opened_at)
        if view.again_at:
            reason = f"{process} synchronizes again in {text(view.ring)}, which was complete"
            self._violated("PLUG-S9", reason, view.opened_at, view.again_at)

    def _all_services(self, process: str, member: Member, view: View) -> None:
        """PLUG-S6: each ring begins from nothing: all services synchronize in it, in order and once."""
        if not view.is_detailed:
            return
        if member.services is None and view.opened_at and len(set(view.committed)) == len(view.committed):
            member.services = view.committed
        if member.services is None:
            return
        self.met["PLUG-S6"] += bool(view.opened_at)
        whole = member.services if view.opened_at else member.services[: len(view.committed)]
        if view.committed != whole:
            reason = f"{process} commits {', '.join(view.committed) or 'nothing'} in {text(view.ring)}"
            self._violated("PLUG-S6", reason, view.at)

    def _forget(self) -> None:
        """Judge the rings that all members have left or are past."""
        if len(self.rings) % 64 and len(self.rings) < MOST_RINGS:
            return
        for ring, state in list(self.rings.items()):
            if self._is_over(ring, state):
                self._judge(ring, state)
                del self.rings[ring]
        while len(self.rings) >= MOST_RINGS:
            self.pending["PLUG-S1"] += 1
            del self.rings[next(iter(self.rings))]

    def _is_over(self, ring: Ring, state: RingState) -> bool:
        return all(name in state.closed or self._is_past(ring, name) for name in state.view.members)

    def _is_past(self, ring: Ring, name: str) -> bool:
        """The process is not observed, or it is in a ring of a higher number."""
        member = self.members.get(name)
        return member is None or member.is_past(ring[1])

    def _judge(self, ring: Ring, state: RingState) -> None:
        """PLUG-S1: a member opens in a ring only if every member has recovered in it."""
        for process, at in state.opened.items():
            others = [name for name in state.view.members if name != process and name in self.members]
            had = {name: self._had_recovered(ring, state, name) for name in others}
            if lacks := next((name for name in others if had[name] == NO), None):
                self._violated("PLUG-S1", f"{process} opened in {text(ring)}, {lacks} had not recovered", at)
            elif LATER in had.values():
                self.pending["PLUG-S1"] += 1
            elif UNTOLD in had.values():
                self.unseen["PLUG-S1"] += 1
            else:
                self.met["PLUG-S1"] += bool(others)

    def _had_recovered(self, ring: Ring, state: RingState, name: str) -> str:
        """Its log says so or not, or leaves the ring out between one before and one after it."""
        if name in state.closed:
            return state.closed[name]
        member = self.members[name]
        if member.skipped(ring[1]):
            return NO
        return UNTOLD if member.is_past(ring[1]) else LATER

    def _at_the_end(self) -> None:
        """What is last is judged as far as it goes."""
        for process in self.members:
            self._close(process)
        for ring, state in self.rings.items():
            self._judge(ring, state)


def _recovered(member: Member, view: View) -> str:
    """Whether all services but the last were committed, so that the last one's barrier message can be out."""
    if view.opened_at:
        return YES
    if not view.is_detailed or member.services is None:
        return UNTOLD
    return YES if len(view.committed) >= len(member.services) - 1 else NO


def text(ring: Ring) -> str:
    """A ring id."""
    return f"[{ring[0]} {ring[1]}]"


def barrier_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The findings for a reader, if there are any."""
    if not findings:
        return
    yield "Synchronization, by the logs:"
    for one in findings:
        says = CLAIMS[one.claim] if one.verdict == OK else one.reason
        yield f"  {one.claim:8}  {one.verdict:14}  {plain(says)}"
        for place in one.events if one.verdict == VIOLATED else ():
            yield f"  {'':8}  {'':14}  {plain(place)}"


def judge_barrier(
    events: Iterator[Located], processes: Iterable[str], observes: frozenset[Facet], broken: Iterable[Broken] = (),
    decided: Counter[str] | None = None,
) -> list[Finding]:  # fmt: skip
    """The claims about synchronization, of these events."""
    barrier = Barrier(processes, broken, decided)
    for located in events:
        barrier.take(located)
    return barrier.findings(observes)
