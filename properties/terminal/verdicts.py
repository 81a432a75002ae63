"""What a reader sees of verdicts: a line a job, a row a claim, and a summary that says how each claim was decided."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from rich.console import Console
from rich.text import Text

from model.machines import MACHINES
from properties.check.job import Job
from properties.check.task import (
    ANY_NUMBER,
    BOUNDED_ENGINE,
    EXHAUSTIVE_ENGINE,
    INDUCTIVE,
    SECOND_SOLVER,
    STATEFUL,
)
from properties.check.verdict import (
    Bounded,
    Decided,
    Exhaustive,
    Holds,
    Obligations,
    Open,
    Proved,
    Runs,
    States,
    Steps,
    Tested,
    Verdict,
    Violated,
    Word,
)
from properties.claims import CLAIMS
from properties.terminal.rows import print_row
from properties.traces.trace import Trace
from properties.words import counted

COLUMNS = {
    INDUCTIVE: "any number", SECOND_SOLVER: "by cvc5", EXHAUSTIVE_ENGINE: "exhaustive, among others",
    BOUNDED_ENGINE: "bounded", STATEFUL: "tested",
}  # fmt: skip
STYLES = {
    Word.PROVED: "green", Word.EXHAUSTIVE: "green", Word.BOUNDED: "cyan", Word.TESTED: "cyan",
    Word.VIOLATED: "bold red", Word.OPEN: "yellow",
}  # fmt: skip
FEW = 8
"""So few claims have their sentences beside them on a terminal of any width."""
ROOM = 70
"""Columns that are wanted for the sentences of more."""


def job_line(job: Job, verdicts: Sequence[Verdict]) -> str:
    """One finished job in a line."""
    left_out = {EXHAUSTIVE_ENGINE: "too small here", BOUNDED_ENGINE: "left open", STATEFUL: "left open"}.get(
        job.engine, "not for induction"
    )
    kinds = [left_out if isinstance(one, Open) and one.beside else str(one.verdict) for one in verdicts]
    found = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(sorted(kinds)))
    seconds = max((one.seconds for one in verdicts), default=0.0)
    return f"{job.title}: {found}; {_figures(verdicts)}{seconds:.1f} s"


def _figures(verdicts: Sequence[Verdict]) -> str:
    extents = [one.extent for one in verdicts if one.extent]
    match next((one for one in extents if not isinstance(one, Obligations)), None):
        case Steps(k=k):
            return f"up to {counted(k, 'step')}; "
        case Runs() as runs:
            steps = counted(runs.steps, "step")
            return f"{counted(runs.examples, 'example')}, seed {runs.seed}, {steps} in all; "
        case States() as found:
            counts = f"{counted(found.states, 'state')}, {counted(found.transitions, 'transition')}"
            return f"{counts}, depth {found.depth}{', and no more were visited' if found.ended_early else ''}; "
        case None:
            obligations = sum(one.obligations for one in extents if isinstance(one, Obligations))
            return f"{counted(obligations, 'obligation')} of claims; " if obligations else ""


def print_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """A row a claim; with its sentence where there is room for it, and where claims are few, and not on a terminal."""
    table = list(table_rows(verdicts))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    heads = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in table]
    begin = len(heads[0]) + 2
    says = not console.is_terminal or len(table) - 1 <= FEW or console.width - begin >= ROOM
    for row, head in zip(table, heads, strict=True):
        sentence = CLAIMS[row[0]].sentence if row[0] in CLAIMS else "says"
        line = f"{head}  {sentence}" if says else head.rstrip()
        print_row(console, line, hang=begin, mark=partial(_marked, most=begin))
    if not says:
        print_row(console, "`ringplug claims` has what each claim says.")


def table_rows(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, ...]]:
    """Claims by engines, under their headings."""
    used = [engine for engine in COLUMNS if any(one.engine == engine for one in verdicts)]
    yield ("claim", *(COLUMNS[engine] for engine in used))
    order = {id: number for number, id in enumerate(CLAIMS)}
    for id, group in itertools.groupby(sorted(verdicts, key=lambda one: order[one.claim]), lambda one: one.claim):
        mine = list(group)
        yield (id, *(_cell(best(one for one in mine if one.engine == engine)) for engine in used))


def _marked(row: str, most: int) -> Text:
    """A row with its verdicts in colour: words in its first so many columns."""
    text = Text(row)
    for word, style in STYLES.items():
        for found in re.finditer(rf"(?<=  ){word}\b", row[:most]):
            text.stylize(style, *found.span())
    return text


def best(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The shortest violation if there is one, else of the scopes where the claim holds the one with most features."""
    return max(verdicts, key=_weight, default=None)


def _weight(verdict: Verdict) -> tuple[int, ...]:
    match verdict:
        case Violated(trace=trace):
            return (2, -len(trace.steps) if trace else 0)
        case Exhaustive():
            members, handles, rings = (int(size) for size in verdict.scope.split()[-1].split("/"))
            return (1, len(verdict.features), members, rings, handles)
        case Open():
            return (0, _size(verdict))
        case _:
            return (1, _size(verdict))


def _size(verdict: Verdict) -> int:
    """How much was looked at, by the engine's own measure."""
    match verdict.extent:
        case States(states=size) | Steps(k=size) | Runs(witnesses=size):
            return size
        case _:
            return 0


def _cell(verdict: Verdict | None) -> str:
    """`proved`, or the scope, after the verdict where that is not what the column says."""
    match verdict:
        case None:
            return "-"
        case Exhaustive():
            return _scope(verdict)
        case Bounded(extent=extent):
            return f"{_scope(verdict)}, to {counted(extent.k, 'step')}"
        case Tested(extent=extent):
            return f"{_scope(verdict)}, {extent.witnesses} of {counted(extent.examples, 'run')} reach it"
        case _ if verdict.scope == ANY_NUMBER:
            return verdict.verdict
        case _:
            return f"{verdict.verdict} {_scope(verdict)}"


def _scope(verdict: Verdict) -> str:
    count, most = len(verdict.features), len(MACHINES[verdict.machine].features)
    features = "all features" if count == most else f"{count} of {counted(most, 'feature')}"
    return f"{verdict.scope}, {features}" if count else f"{verdict.scope}, no feature"


def details(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The bounds that were found, of the largest scope."""
    searched = [one for one in verdicts if isinstance(one, Exhaustive)]
    for one in sorted(searched, key=lambda one: one.extent.states)[::-1]:
        if one.extent.detail:
            yield f"{one.claim} at {one.scope}, most visits: {one.extent.detail}"
            return


def summary(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What does not hold, with its reason; and how what holds was decided."""
    held = {one.claim for one in verdicts if isinstance(one, Holds)}
    bad = {one.claim for one in verdicts if isinstance(one, Violated)}
    yield from _violations([one for one in verdicts if isinstance(one, Violated)])
    left = [one for one in verdicts if isinstance(one, Open) and one.claim not in bad]
    undecided = [one for one in left if one.claim not in held or not one.beside]
    yield from _undecided(undecided)
    if not bad and held:
        yield from _held(verdicts, held)
    if beside := {one.claim for one in left} - held - {one.claim for one in undecided}:
        yield f"Not decided here: {', '.join(sorted(beside))}."


def _violations(bad: Sequence[Violated]) -> Iterator[str]:
    """Each part that is violated, once."""
    for one in {(one.claim, one.reason): one for one in reversed(bad)}.values():
        yield f"{one.claim} violated ({one.engine}, {one.scope}): {one.reason}"
        if one.again:
            yield f"    again: {one.again}"


def _undecided(left: Sequence[Open]) -> Iterator[str]:
    """Each reason, with the claims that it leaves open."""
    for reason, group in itertools.groupby(sorted(left, key=lambda one: one.reason), lambda one: one.reason):
        mine = list(group)
        ids = list(dict.fromkeys(one.claim for one in sorted(mine, key=lambda one: list(CLAIMS).index(one.claim))))
        scopes = list(dict.fromkeys(one.scope for one in mine))
        where = f"{mine[0].engine}, {scopes[0]}" + (f" and {len(scopes) - 1} more" if scopes[1:] else "")
        yield f"{', '.join(ids)} open ({where}): {reason}"
        yield from (f"    {line}" for line in mine[0].step)


def _held(verdicts: Sequence[Verdict], held: set[str]) -> Iterator[str]:
    """How many claims hold: for any number, in the scopes that were searched, or as far as one looked."""
    decided = {one.claim for one in verdicts if isinstance(one, Decided)}
    proved = {one.claim for one in verdicts if isinstance(one, Proved)}
    kinds = ((len(proved), "proved for any number"), (len(decided - proved), "searched only"))
    if decided:
        claims = "1 claim holds" if len(decided) == 1 else f"{len(decided)} claims hold"
        yield f"{claims}: {', '.join(f'{count} {kind}' for count, kind in kinds if count)}."
    if tried := held - decided:
        yield f"No counterexample to {counted(len(tried), 'claim')} was found: that is no proof."


def shortest_traces(verdicts: Sequence[Verdict]) -> Iterator[Trace]:
    """For each violated claim the shortest of its traces."""
    traces = [one.trace for one in verdicts if isinstance(one, Violated) and one.trace]
    for id in dict.fromkeys(trace.claim for trace in traces):
        yield min((trace for trace in traces if trace.claim == id), key=lambda trace: len(trace.steps))
