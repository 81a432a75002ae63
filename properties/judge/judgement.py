"""Judging a history: which clauses it keeps, which it breaks, and how little of it shows that.

A history is read once, and forgotten as it goes (`journal.py`). Only if that finds a violation it is read again with
nothing forgotten, so that what follows from the violation is found exactly. Where the first reading found violations
complete, the second stops and asks what is violated so far: mostly that shows that no shorter beginning violates. Where
it does not, beginnings are read until the shortest one is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from properties.history.catalogue import HISTORY_CLAIMS, undecidable
from properties.history.events import Event
from properties.history.findings import Findings, Violation
from properties.history.reader import History
from properties.history.ring_history import RingHistory
from properties.history.views import Observability, Ring, View
from properties.judge import agreement, causality, delivery, groups, liveness, order, recovery, services
from properties.judge.journal import Journal
from properties.judge.observer import Observer
from properties.words import unknown

OK, VIOLATED, OPEN, NOT_OBSERVABLE = "ok", "violated", "open", "not observable"
CHECKS: tuple[tuple[str, Callable[[RingHistory, Findings], None]], ...] = (
    ("EVS-1.1", order.sent_before_delivered), ("EVS-1.3", delivery.delivered_only_if_sent),
    ("EVS-3", delivery.self_delivery), ("EVS-4", agreement.moved_together), ("EVS-5", causality.causal),
    ("EVS-6.2", order.one_moment), ("EVS-6.3", agreement.no_gaps), ("EVS-7.1", delivery.safe_reaches_all),
    ("EVS-7.2", delivery.safe_means_installed), ("LIVE-3", liveness.all_have_it),
    ("CFG-S1", agreement.came_along), ("CFG-S3", groups.parted_are_left), ("CFG-S4", groups.same_groups),
    ("RING-H1", agreement.prefixes), ("PLUG-S1", services.gates_wait_for_all),
    ("PLUG-H1", services.recovery_first), ("PLUG-H2", services.recovered_first),
    ("PLUG-H3", recovery.counted_where_queued),
    ("CLM-S1", services.members_are_found), ("CLM-S2", recovery.members_are_known), ("CLM-S3", services.one_table),
    ("EVT-S1", services.senders_are_found), ("EVT-S2", recovery.one_leader),
    ("EVT-S3", recovery.all_have_checked_in),
)  # fmt: skip
"""What is judged of a ring when it is closed, if the source sees what the claim needs."""
Say = Callable[[int, str], None]
"""Told how many events were read, and what for."""
EVERY = 1 << 15


class Evidence(msgspec.Struct):
    """An event that shows a violation."""

    file: str
    line: int
    event: Event


class JudgedClaim(msgspec.Struct):
    """What a history says of a claim."""

    claim: str
    verdict: str
    met: int = 0
    """How often it was decided, and held."""
    pending: int = 0
    """How often it is not yet due."""
    reason: str = ""
    events: list[Evidence] = []
    prefix: dict[str, int] = {}
    """Of each file, how many lines already violate it; of all files together, as few as possible."""
    complete_at: int = 0
    """The place in the reading order of the event that completes it."""


@dataclass
class Judgement:
    """What is known of a history."""

    claims: list[JudgedClaim]
    event_count: int
    ring_count: int
    quiescent: bool
    unobserved: list[str]
    """Members of rings whose events nobody recorded."""

    @property
    def violations(self) -> list[JudgedClaim]:
        """The claims that are violated."""
        return [one for one in self.claims if one.verdict == VIOLATED]

    def __getitem__(self, id: str) -> JudgedClaim:
        """What is said of the claim with this id; KeyError if none is judged by that name."""
        for one in self.claims:
            if one.claim == id:
                return one
        raise KeyError(unknown("claim", id, [one.claim for one in self.claims]))


@dataclass
class Pass:
    """One reading of a history, or of a beginning of it."""

    findings: Findings
    event_count: int
    ring_count: int
    quiescent: bool
    unobserved: set[str]


def judge(history: History, say: Say = lambda count, what: None) -> Judgement:
    """Judge all clauses."""
    read = read_through(history, remember=False, say=lambda count: say(count, "judging"))
    beginnings = Beginnings(history)
    if read.findings.violations or read.findings.suspicious:
        asked = _ends(read.findings.violations)
        read = beginnings.whole(asked, lambda count: say(count, "judging again, nothing forgotten"))
    violations = shortest(beginnings, read, say)
    shown = _locate(history, violations)
    claims = [_judged(id, history, read.findings, violations, shown) for id in HISTORY_CLAIMS]
    return Judgement(claims, read.event_count, read.ring_count, read.quiescent, sorted(read.unobserved))


class Reading:
    """A history as it is read, event by event; what is said of it so far can be asked at any time."""

    def __init__(self, history: History, *, remember: bool) -> None:
        observability = Observability(history.observes, frozenset(history.processes), history.without)
        self.decided = {
            id for id, claim in HISTORY_CLAIMS.items() if claim.missing(history.observes, history.without) is None
        }
        self.checks = [check for id, check in CHECKS if id in self.decided]
        findings = Findings(undecidable(history.without))
        self.journal = Journal(history.processes, observability, findings, self._judge_ring, remember=remember)
        self.take = Observer(self.journal).take
        self.ring_count, self.unobserved = 0, set[str]()

    def _judge_ring(self, ring: Ring, quiescent_at: int | None = None) -> None:
        journal = self.journal
        self.ring_count += 1
        self.unobserved.update(set(ring.members) - journal.observability.names)
        ring_history = RingHistory(ring, journal.observability, journal.processes, quiescent_at)
        for check in self.checks:
            check(ring_history, journal.findings)

    def conclude(self) -> int | None:
        """Judge what is left at the end of it. Where the history became quiescent, if it did."""
        journal, findings = self.journal, self.journal.findings
        quiescent_at = journal.finish()
        _at_the_end(journal, self.decided, quiescent_at)
        falls = not findings.violations.keys().isdisjoint(("RING-S2", "EVS-2.2"))
        if journal.remember and (findings.suspicious or falls):
            _put_in_order(_lives(journal.rings.values()), self.decided, findings)
        return quiescent_at

    def ended(self) -> Pass:
        """What is known at the end of it."""
        journal, quiescent_at = self.journal, self.conclude()
        return Pass(journal.findings, journal.at + 1, self.ring_count, quiescent_at is not None, self.unobserved)

    def so_far(self) -> dict[str, Violation]:
        """What a history that ended here would violate; the reading goes on as if it had not been asked."""
        kept, self.journal.findings = self.journal.findings, self.journal.findings.copy()
        ring_count = self.ring_count
        self.conclude()
        found, self.journal.findings, self.ring_count = self.journal.findings.violations, kept, ring_count
        self.journal.go_on()
        return found


def read_through(
    history: History, *, remember: bool, limit: int | None = None, say: Callable[[int], None] = lambda count: None
) -> Pass:
    """Read a history, or its first `limit` events."""
    reading = Reading(history, remember=remember)
    journal, take = reading.journal, reading.take
    for event in history.events() if limit is None else itertools.islice(history.events(), limit):
        take(event)
        if not journal.at % EVERY:
            say(journal.at)
    return reading.ended()


class Beginnings:
    """What beginnings of a history violate, by how many events they have; those asked for at once are read once."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.known: dict[int, dict[str, Violation]] = {}

    def whole(self, limits: Collection[int], say: Callable[[int], None]) -> Pass:
        """Read all of it, and on the way ask of these."""
        read = self._read(self.history.events(), limits, say).ended()
        self.known[read.event_count] = read.findings.violations
        return read

    def read(self, limits: Collection[int], say: Callable[[int], None]) -> None:
        """Read on from one of these to the next, if one is not yet known."""
        if unknown_ends := set(limits) - self.known.keys():
            last = max(unknown_ends)
            self.known[last] = self._read(itertools.islice(self.history.events(), last), unknown_ends, say).so_far()

    def _read(self, events: Iterable[Event], limits: Collection[int], say: Callable[[int], None]) -> Reading:
        reading = Reading(self.history, remember=True)
        for count, event in enumerate(events):
            if count in limits:
                self.known[count] = reading.so_far()
            reading.take(event)
            if not count % EVERY:
                say(count)
        return reading

    def violations(self, limit: int) -> dict[str, Violation]:
        """Of the beginning of so many events."""
        if limit not in self.known:
            self.known[limit] = read_through(self.history, remember=True, limit=limit).findings.violations
        return self.known[limit]


def _at_the_end(journal: Journal, decided: Collection[str], quiescent_at: int | None) -> None:
    processes, findings = journal.processes, journal.findings
    if "CFG-S5" in decided:
        groups.one_primary(journal, quiescent_at)
    if "EVS-2.1" in decided:
        liveness.last_configurations(processes, findings, quiescent_at)
    if "LIVE-2" in decided:
        liveness.all_open(processes, findings, quiescent_at)
    if "LIVE-3" in decided:
        messages = journal.messages.values()
        liveness.all_is_delivered(processes, messages, journal.observability, findings, quiescent_at)


def _put_in_order(lives: Sequence[Sequence[View]], decided: Collection[str], findings: Findings) -> None:
    if "EVS-6.2" in decided:
        order.whole_order(lives, findings)
    if "EVS-1.1" in decided:
        order.whole_precedence(lives, findings)


def _lives(rings: Iterable[Ring]) -> list[list[View]]:
    """The views of each incarnation, in order."""
    views = sorted((view for ring in rings for view in ring.views), key=lambda view: (view.identity, view.at))
    return [list(life) for _, life in itertools.groupby(views, key=lambda view: view.identity)]


def _ends(violations: dict[str, Violation]) -> set[int]:
    """How many events beginnings have that lack the last event of a violation, or end with it."""
    at = {violation.complete_at for violation in violations.values()}
    return at | {one + 1 for one in at}


def shortest(beginnings: Beginnings, read: Pass, say: Say) -> dict[str, Violation]:
    """For each violated claim the violation that the shortest beginning of the history has."""
    found = dict(read.findings.violations)
    holds = dict.fromkeys(found, 0)
    """So many events do not violate the claim."""
    tried: set[str] = set()
    beginnings.read(_ends(found), lambda count: say(count, "looking for the shortest beginnings"))
    while open_ := [id for id in found if holds[id] < found[id].complete_at]:
        id = max(open_, key=lambda id: found[id].complete_at)
        limit = found[id].complete_at if id not in tried else (holds[id] + found[id].complete_at + 1) // 2
        tried.add(id)
        say(0, f"looking for the shortest beginning that violates {id}: {limit:,} events")
        again = beginnings.violations(limit)
        for one in found:
            if one in again and again[one].complete_at < found[one].complete_at:
                found[one] = again[one]
            elif one not in again:
                holds[one] = max(holds[one], min(limit, found[one].complete_at))
    return {id: _really_complete(beginnings, id, violation, read.event_count) for id, violation in found.items()}


def _really_complete(beginnings: Beginnings, id: str, violation: Violation, event_count: int) -> Violation:
    """The violation, complete where a beginning of the history really has it.

    Later than it was thought to be, where an event further on says something that it rests on, such as a sender.
    """
    lacking, having = violation.complete_at, violation.complete_at + 1
    while id not in beginnings.violations(having) and having < event_count:
        lacking, having = having, min(event_count, 2 * having)
    while having - lacking > 1 and lacking > violation.complete_at:
        limit = (lacking + having) // 2
        if id in beginnings.violations(limit):
            having = limit
        else:
            lacking = limit
    return replace(violation, complete_at=having - 1)


@dataclass
class _Places:
    events: dict[int, Evidence]
    prefixes: dict[int, dict[str, int]]


def _locate(history: History, violations: dict[str, Violation]) -> _Places:
    """Where the events of the violations stand, and how far each file was read when they were complete."""
    wanted = {at for violation in violations.values() for at in violation.events}
    complete = {violation.complete_at for violation in violations.values()}
    places, lines = _Places({}, {}), dict[str, int]()
    last = max(wanted | complete, default=-1)
    for at, located in enumerate(itertools.islice(history.read(), last + 1)):
        lines[located.file] = located.line
        if at in wanted:
            places.events[at] = Evidence(located.file, located.line, located.event)
        if at in complete:
            places.prefixes[at] = dict(lines)
    return places


def _judged(
    id: str, history: History, findings: Findings, violations: dict[str, Violation], places: _Places
) -> JudgedClaim:
    met, pending = findings.met[id], findings.pending[id]
    if violation := violations.get(id):
        events = [places.events[at] for at in violation.events]
        prefix = places.prefixes[violation.complete_at]
        return JudgedClaim(id, VIOLATED, met, pending, violation.text, events, prefix, violation.complete_at)
    reason = HISTORY_CLAIMS[id].missing(history.observes, history.without) or findings.unseen.get(id)
    if reason:
        return JudgedClaim(id, NOT_OBSERVABLE, met, pending, reason)
    if pending:
        return JudgedClaim(id, OPEN, met, pending, f"{pending:,} not yet due")
    return JudgedClaim(id, OK, met) if met else JudgedClaim(id, OPEN, reason="its premise does not occur")


def violated(claims: Sequence[JudgedClaim]) -> set[str]:
    """The ids of the claims that are violated."""
    return {one.claim for one in claims if one.verdict == VIOLATED}
