"""The page of a judged history: a lane a process, a row an event, violations marked where they show.

Rows stand in the order in which the judge reads, or where every event has a time and each process's times grow, by that
clock. Events of different processes have no other order, and the page says so. It opens at the event that breaks the
claim that is broken first, and tells times from the first event on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from properties.catalogue.register import REGISTER
from properties.history.reader import History, Located, plain
from properties.judge.judgement import NOT_OBSERVABLE, VIOLATED, JudgedClaim
from properties.page.assemble import Head, page_text
from properties.page.events import Mark, Reading
from properties.page.run import MOST_LANES, MOST_STEPS, clauses_in
from properties.traces.trace import TraceError
from properties.words import counted

AFTER = 200
"""Of a longer history the page has what leads to the first violation, and so many events after it."""


class Row(msgspec.Struct, omit_defaults=True):
    """An event as the page shows it."""

    lane: int
    words: str
    where: str
    event: str
    marks: list[Mark]
    stands: dict[str, object] | None = None
    detail: str = ""


class PageVerdict(msgspec.Struct):
    """A claim, what the history says of it, and the rows that show it."""

    id: str
    sentence: str
    source: str
    mail: dict[str, str]
    """The clauses of the mail that the source names, by number."""
    verdict: str
    reason: str
    rows: list[int]


class HistoryPage(msgspec.Struct):
    """All that the page is told of a history."""

    kind: str
    lanes: list[str]
    rows: list[Row]
    claim: str | None
    claims: list[PageVerdict]
    first: int
    account: list[str]


def history_page(history: History, claims: Sequence[JudgedClaim], title: str, lines: Sequence[str] = ()) -> str:
    """The page of this history and its verdicts; TraceError if it has more processes than a page has lanes, or none."""
    if len(history.processes) > MOST_LANES:
        raise TraceError(f"{len(history.processes)} processes; a page has at most {MOST_LANES} lanes")
    read = list(in_order(list(history.read())))
    if not read:
        raise TraceError("no event to show")
    worst, first = _broken(claims, read)
    begin, end = _window(len(read), first)
    lanes = [plain(name) for name in history.processes]
    rows = list(_rows(history, read[begin:end], _began_ms(read)))
    verdicts = [_verdict(one, read, begin, end) for one in _by_weight(claims)]
    notes = [*lines, *_notes(len(read), begin, end)]
    page = HistoryPage("history", lanes, rows, worst, verdicts, first - begin, notes)
    return page_text("history", _head(title, read, lanes, verdicts, rows), page)


def _broken(claims: Sequence[JudgedClaim], read: Sequence[Located]) -> tuple[str | None, int]:
    """The claim that is broken first, and the event that breaks it: the last of those that show it.

    Where no event shows it, as of what never came, that is the last of all.
    """
    violated = [one for one in claims if one.verdict == VIOLATED]
    first = min(violated, key=lambda one: one.complete_at, default=None)
    return (first.claim, max(_shown(first, read), default=len(read) - 1)) if first else (None, 0)


def in_order(read: list[Located]) -> list[Located]:
    """By time, if that keeps each process's own order; else as they were read."""
    last: dict[str, float] = {}
    for one in read:
        time_ms = one.event.time_ms
        if time_ms is None or time_ms < last.get(one.event.process, time_ms):
            return read
        last[one.event.process] = time_ms
    return sorted(read, key=lambda one: one.event.time_ms or 0.0)


def _window(count: int, first: int) -> tuple[int, int]:
    """Which events the page has: all, or as many as it holds up to a little after the first violation."""
    end = min(count, max(MOST_STEPS, first + AFTER)) if count > MOST_STEPS else count
    return max(0, end - MOST_STEPS), end


def _began_ms(read: Sequence[Located]) -> float:
    """When the run began, by its own clock."""
    return min((one.event.time_ms for one in read if one.event.time_ms is not None), default=0.0)


def _rows(history: History, read: Sequence[Located], began_ms: float) -> Iterator[Row]:
    lanes = {name: lane for lane, name in enumerate(history.processes)}
    reading = Reading(lanes, history.observes)
    for at, one in enumerate(read):
        words, marks = reading.words(one.event), reading.marks(one.event, at)
        event = msgspec.json.encode(one.event).decode()
        where = f"{plain(one.file)}:{one.line}"
        time_ms = one.event.time_ms
        detail = f"{(time_ms - began_ms) / 1e3:.6f} s" if time_ms is not None else ""
        yield Row(lanes[one.event.process], plain(words), where, event, marks, reading.stands(one.event), detail)


def _by_weight(claims: Sequence[JudgedClaim]) -> list[JudgedClaim]:
    """The violated ones first, those that the source could not see last."""
    order = {VIOLATED: 0, NOT_OBSERVABLE: 2}
    return sorted(claims, key=lambda one: order.get(one.verdict, 1))


def _shown(claim: JudgedClaim, read: Sequence[Located]) -> list[int]:
    """Where the events of a violation stand."""
    wanted = {(one.file, one.line) for one in claim.events}
    return [at for at, one in enumerate(read) if (one.file, one.line) in wanted] if wanted else []


def _verdict(claim: JudgedClaim, read: Sequence[Located], begin: int, end: int) -> PageVerdict:
    rows = [at - begin for at in _shown(claim, read) if begin <= at < end]
    known = REGISTER[claim.claim]
    mail = clauses_in(known.source)
    return PageVerdict(known.id, known.sentence, known.source, mail, claim.verdict, plain(claim.reason), rows)


def _notes(count: int, begin: int, end: int) -> Iterator[str]:
    yield "Each process's own events are in order; those of different processes stand as they were read, or by a clock."
    if end - begin < count:
        yield f"Shown are events {begin + 1:,} to {end:,} of {count:,}: a page holds {MOST_STEPS:,}."


def _head(
    title: str, read: Sequence[Located], lanes: Sequence[str], verdicts: Sequence[PageVerdict], rows: Sequence[Row]
) -> Head:
    wrong = [one for one in verdicts if one.verdict == VIOLATED]
    summary = "; ".join(f"{one.id} violated: {one.reason}" for one in wrong)
    size = f"{counted(len(read), 'event')} of {counted(len(lanes), 'process', 'processes')}"
    told = "\n".join(f"{at:5}  {row.words}" for at, row in enumerate(rows[:MOST_TOLD], 1))
    return Head(plain(title), size, "", summary, told)


MOST_TOLD = 500
"""So many events are told where scripts are off."""
