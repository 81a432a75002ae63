"""What a reader sees of verdicts, traces and claims."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from model.language.ground import GroundMachine
from model.machines import MACHINES
from properties.catalogue.scopes import NamedScope
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
    Runs,
    States,
    Steps,
    Tested,
    Verdict,
    Violated,
    Word,
)
from properties.claims import CLAIMS
from properties.explicit.search import Report
from properties.terminal.console import out as out
from properties.traces.trace import Trace

COLUMNS = {
    INDUCTIVE: "any number", SECOND_SOLVER: "any number, by cvc5", EXHAUSTIVE_ENGINE: "exhaustive",
    BOUNDED_ENGINE: "bounded", STATEFUL: "tested",
}  # fmt: skip
STYLES = {
    Word.PROVED: "green", Word.EXHAUSTIVE: "green", Word.BOUNDED: "cyan", Word.TESTED: "cyan",
    Word.VIOLATED: "bold red", Word.OPEN: "yellow",
}  # fmt: skip


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
            return f"up to {k} steps; "
        case Runs() as runs:
            return f"{runs.examples} examples, seed {runs.seed}, {runs.steps:,} steps in all; "
        case States() as found:
            return f"{found.states:,} states, {found.transitions:,} transitions, depth {found.depth}; "
        case None:
            obligations = sum(one.obligations for one in extents if isinstance(one, Obligations))
            return f"{obligations} obligations of claims; " if obligations else ""


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """Claims by engines; of several scopes the largest in which the claim was decided."""
    table = Table(box=None, pad_edge=False)
    used = [engine for engine in COLUMNS if any(one.engine == engine for one in verdicts)]
    for heading in ("claim", *(COLUMNS[engine] for engine in used), "says"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "says")
    for id, group in itertools.groupby(
        sorted(verdicts, key=lambda one: list(CLAIMS).index(one.claim)), lambda v: v.claim
    ):
        mine = list(group)
        cells = (_cell(_best(one for one in mine if one.engine == engine)) for engine in used)
        table.add_row(id, *cells, escape(CLAIMS[id].sentence))
    return table


def _best(verdicts: Iterable[Verdict]) -> Verdict | None:
    """A violation if there is one, else the verdict on the most states."""
    return max(
        verdicts,
        key=lambda one: (isinstance(one, Violated), isinstance(one, Holds), _size(one)),
        default=None,
    )


def _size(verdict: Verdict) -> int:
    """How much was looked at, by the engine's own measure."""
    match verdict.extent:
        case States(states=size) | Steps(k=size) | Runs(witnesses=size):
            return size
        case _:
            return 0


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return "-"
    words = verdict.verdict if verdict.scope == ANY_NUMBER else f"{verdict.verdict} {verdict.scope}"
    match verdict:
        case Bounded(extent=extent):
            words += f" to {extent.k} steps"
        case Tested(extent=extent):
            words += f", {extent.witnesses} of {extent.examples} runs reach it"
        case _:
            pass
    if verdict.scope != ANY_NUMBER and verdict.features:
        count, most = len(verdict.features), len(MACHINES[verdict.machine].features)
        words += " with all features" if count == most else f" with {count} of {most} features"
    return f"[{STYLES[verdict.verdict]}]{words}[/]"


def details(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The bounds that were found, of the largest scope."""
    searched = [one for one in verdicts if isinstance(one, Exhaustive)]
    for one in sorted(searched, key=lambda one: one.extent.states)[::-1]:
        if one.extent.detail:
            yield f"{one.claim} at {one.scope}, most visits: {one.extent.detail}"
            return


def summary(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What does not hold, with its reason; or that everything does."""
    held = {one.claim for one in verdicts if isinstance(one, Holds)}
    bad = [one for one in verdicts if isinstance(one, Violated)]
    undecided = [one for one in verdicts if isinstance(one, Open) and (one.claim not in held or not one.beside)]
    seen: set[tuple[str, str, str]] = set()
    for one in [*bad, *undecided]:
        if (one.claim, one.verdict, one.reason) not in seen:
            seen.add((one.claim, one.verdict, one.reason))
            yield f"{one.claim} {one.verdict} ({one.engine}, {one.scope}): {one.reason}"
            yield from (f"    {line}" for line in (one.step if isinstance(one, Open) else ()))
            if isinstance(one, Violated) and one.again:
                yield f"    again: {one.again}"
    beside = {one.claim for one in verdicts} - held - {one.claim for one in bad} - {one.claim for one in undecided}
    decided = {one.claim for one in verdicts if isinstance(one, Decided)}
    if not bad and decided:
        yield f"{len(decided)} {'claim holds' if len(decided) == 1 else 'claims hold'}."
    if not bad and held - decided:
        count = len(held - decided)
        yield f"No counterexample to {count} {'claim' if count == 1 else 'claims'} was found: that is no proof."
    if beside:
        yield f"Not decided here: {', '.join(sorted(beside))}."


def search_lines(report: Report, ground: GroundMachine) -> Iterator[str]:
    """What a search counted, and which actions and guard parts it never exercised."""
    yield report.words
    yield f"{report.stutters:,} further steps change nothing"
    for action in ground.machine.actions:
        if action.name not in report.fired:
            yield f"never enabled: {action.name}"
        for label, _ in action.guard:
            if (action.name, label) not in report.refused:
                yield f"never false: {action.name}, {label}"


def shortest_traces(verdicts: Sequence[Verdict]) -> Iterator[Trace]:
    """For each violated claim the shortest of its traces."""
    traces = [one.trace for one in verdicts if isinstance(one, Violated) and one.trace]
    for id in dict.fromkeys(trace.claim for trace in traces):
        yield min((trace for trace in traces if trace.claim == id), key=lambda trace: len(trace.steps))


def search_record(report: Report, scope: NamedScope) -> dict[str, object]:
    """A search's counts as a JSON object."""
    return {
        "scope": scope.name,
        "features": sorted(scope.features),
        "states": report.states,
        "transitions": report.transitions,
        "stutters": report.stutters,
        "depth": report.depth,
        "enabled_actions": sorted(report.fired),
    }
