"""Judging a history: which clauses it keeps, which it breaks, and how little of it shows that.

A history is read once, and forgotten as it goes (`journal.py`). What violates a clause in a ring is made shortest there
before the ring is forgotten: it is cut back to what a beginning of the history knows of it, and judged as that.

Only if what was forgotten comes again, or may (`Findings.suspicious`), the history is read a second time, with nothing
forgotten, so that what follows is found exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from properties.history.beginnings import as_of
from properties.history.beginnings import shortest as first_to_violate
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
Check = Callable[[RingHistory, Findings], None]
CHECKS: tuple[tuple[str, Check], ...] = (
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
JUDGED_WITH = {"EVS-6.1": "EVS-1.1"}
"""Claims that the check of another one judges."""
Judged = Callable[[str, int], Findings]
"""What a beginning of so many events is found to have of a claim."""
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
    read = read_through(history, remember=False, shorten=True, say=say)
    if read.findings.suspicious:
        read = read_through(history, remember=True, shorten=True, say=say)
    violations = read.findings.violations
    shown = _locate(history, violations)
    claims = [_judged(id, history, read.findings, violations, shown) for id in HISTORY_CLAIMS]
    return Judgement(claims, read.event_count, read.ring_count, read.quiescent, sorted(read.unobserved))


class Reading:
    """A history as it is read; if asked to, violations are told as the shortest beginnings have them."""

    def __init__(self, history: History, *, remember: bool, shorten: bool = False) -> None:
        self.history, self.shorten = history, shorten
        observability = Observability(history.observes, frozenset(history.processes), history.without)
        self.decided = {
            id for id, claim in HISTORY_CLAIMS.items() if claim.missing(history.observes, history.without) is None
        }
        self.checks = {id: check for id, check in CHECKS if id in self.decided}
        findings = Findings(undecidable(history.without))
        self.journal = Journal(history.processes, observability, findings, self._judge_ring, remember=remember)
        self.take = Observer(self.journal).take
        self.ring_count, self.unobserved = 0, set[str]()

    @property
    def in_vain(self) -> bool:
        """Whether it has to be read again, with nothing forgotten."""
        return self.shorten and not self.journal.remember and self.journal.findings.suspicious

    def _judge_ring(self, ring: Ring, quiescent_at: int | None = None) -> None:
        journal, findings = self.journal, self.journal.findings
        self.ring_count += 1
        self.unobserved.update(set(ring.members) - journal.observability.names)
        known, findings.violations = findings.violations, {}
        self.check(ring, self.checks.values(), findings, quiescent_at)
        found, findings.violations = findings.violations, known

        def judged(claim: str, limit: int) -> Findings:
            quiet = quiescent_at is not None and quiescent_at < limit
            with as_of([ring], journal.processes, limit, quiet=quiet):
                apart = Findings(findings.ignored)
                self.check(ring, [self.checks[JUDGED_WITH.get(claim, claim)]], apart, quiescent_at if quiet else None)
                return apart

        self._keep(found, ring.at, judged)

    def check(self, ring: Ring, checks: Iterable[Check], findings: Findings, quiescent_at: int | None = None) -> None:
        """What some clauses find in a ring, as it is known."""
        ring_history = RingHistory(ring, self.journal.observability, self.journal.processes, quiescent_at)
        for check in checks:
            check(ring_history, findings)

    def _keep(self, found: dict[str, Violation], least: int, judged: Judged) -> None:
        """Keep violations that so many events do not have; `judged` tells what a beginning has of a claim's."""
        findings = self.journal.findings
        for claim, violation in found.items():
            if not self.shorten or self.in_vain:
                findings.keep(claim, violation)
            elif first := self._shortest(claim, violation, least, judged):
                findings.keep(claim, first)

    def _shortest(self, claim: str, violation: Violation, least: int, judged: Judged) -> Violation | None:
        """The violation as the shortest beginning has it; None if a shorter one is known."""

        def of(limit: int) -> Violation | None:
            return judged(claim, limit).violations.get(claim)

        known, most = self.journal.findings.violations.get(claim), self.journal.at + 1
        if known and known.complete_at <= violation.complete_at:
            most = known.complete_at
            earlier = of(most) if least < most else None
            if earlier is None:
                return None
            violation = earlier
        most, violation = first_to_violate(violation, least, most, of)
        return replace(violation, complete_at=most - 1)

    def _conclude(self) -> int | None:
        """Judge what is left at the end of it. Where the history became quiescent, if it did."""
        journal = self.journal
        quiescent_at = journal.finish()
        self._judge_end(quiescent_at)
        if journal.remember and journal.findings.tangled:
            self._judge_order()
        return quiescent_at

    def _judge_end(self, quiescent_at: int | None) -> None:
        """What a quiet end decides; no beginning without it has that."""
        journal, findings = self.journal, self.journal.findings
        known, findings.violations = findings.violations, {}
        _at_the_end(journal, self.decided, quiescent_at)
        found, findings.violations = findings.violations, known

        def judged(claim: str, limit: int) -> Findings:
            return read_through(self.history, remember=True, limit=limit).findings

        self._keep(found, quiescent_at or 0, judged)

    def _judge_order(self) -> None:
        rings, processes = self.journal.rings.values(), self.journal.processes

        def judged(claim: str, limit: int) -> Findings:
            with as_of(rings, processes, limit, quiet=True):
                return _in_order(_lives(rings), self.decided)

        self._keep(_in_order(_lives(rings), self.decided).violations, 0, judged)

    def ended(self) -> Pass:
        """What is known at the end of it."""
        journal = self.journal
        quiescent_at = None if self.in_vain else self._conclude()
        return Pass(journal.findings, journal.at + 1, self.ring_count, quiescent_at is not None, self.unobserved)


def read_through(
    history: History,
    *,
    remember: bool,
    limit: int | None = None,
    shorten: bool = False,
    say: Say = lambda count, what: None,
) -> Pass:
    """Read a history, or its first `limit` events; not to its end if it has to be read again."""
    reading = Reading(history, remember=remember, shorten=shorten)
    journal, take = reading.journal, reading.take
    what = "judging again, nothing forgotten" if remember else "judging"
    for event in history.events() if limit is None else itertools.islice(history.events(), limit):
        take(event)
        if not journal.at % EVERY:
            say(journal.at, what)
            if reading.in_vain:
                break
    return reading.ended()


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


def _in_order(lives: Sequence[Sequence[View]], decided: Collection[str]) -> Findings:
    findings = Findings()
    if "EVS-6.2" in decided:
        order.whole_order(lives, findings)
    if "EVS-1.1" in decided:
        order.whole_precedence(lives, findings)
    return findings


def _lives(rings: Iterable[Ring]) -> list[list[View]]:
    """The views of each incarnation, in order."""
    views = sorted((view for ring in rings for view in ring.views), key=lambda view: (view.identity, view.at))
    return [list(life) for _, life in itertools.groupby(views, key=lambda view: view.identity)]


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
    for at, (file, line, event) in enumerate(itertools.islice(history.skim(wanted), last + 1)):
        lines[file] = line
        if event and at in wanted:
            places.events[at] = Evidence(file, line, event)
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
