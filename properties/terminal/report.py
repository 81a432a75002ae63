"""What a reader sees of verdicts, traces and claims."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from model.language.ground import GroundMachine
from model.machines import MACHINES
from properties.catalogue.scopes import NamedScope
from properties.check.engines import (
    ANY_NUMBER,
    BOUNDED_ENGINE,
    EXHAUSTIVE_ENGINE,
    INDUCTIVE,
    SECOND_SOLVER,
    STATEFUL,
    Job,
)
from properties.check.verdict import BOUNDED, DECIDED, EXHAUSTIVE, HOLDS, OPEN, PROVED, TESTED, VIOLATED, Verdict
from properties.claims import CLAIMS
from properties.explicit.search import Report
from properties.terminal.console import out as out
from properties.traces.trace import Trace

COLUMNS = {
    INDUCTIVE: "any number", SECOND_SOLVER: "any number, by cvc5", EXHAUSTIVE_ENGINE: "exhaustive",
    BOUNDED_ENGINE: "bounded", STATEFUL: "tested",
}  # fmt: skip
STYLES = {PROVED: "green", EXHAUSTIVE: "green", BOUNDED: "cyan", TESTED: "cyan", VIOLATED: "bold red", OPEN: "yellow"}


def job_line(job: Job, verdicts: Sequence[Verdict]) -> str:
    """One finished job in a line."""
    left_out = {EXHAUSTIVE_ENGINE: "too small here", BOUNDED_ENGINE: "left open", STATEFUL: "left open"}.get(
        job.engine, "not for induction"
    )
    kinds = [left_out if one.beside else one.verdict for one in verdicts]
    found = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(sorted(kinds)))
    seconds = max((one.seconds for one in verdicts), default=0.0)
    return f"{job.title}: {found}; {_figures(verdicts)}{seconds:.1f} s"


def _figures(verdicts: Sequence[Verdict]) -> str:
    limits = next((one for one in verdicts if one.k is not None or one.examples is not None), None)
    if limits:
        return f"{_limits(limits)}; "
    first = next((one for one in verdicts if one.states is not None), None)
    if first:
        return f"{first.states:,} states, {first.transitions:,} transitions, depth {first.depth}; "
    obligations = sum(one.obligations or 0 for one in verdicts)
    return f"{obligations} obligations of claims; " if obligations else ""


def _limits(verdict: Verdict) -> str:
    """How far an engine looked that does not decide."""
    if verdict.k is not None:
        return f"up to {verdict.k} steps"
    return f"{verdict.examples} examples, seed {verdict.seed}, {verdict.steps:,} steps in all"


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
        key=lambda one: (one.verdict == VIOLATED, one.verdict in HOLDS, one.states or one.k or one.witnesses or 0),
        default=None,
    )


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return "-"
    words = verdict.verdict if verdict.scope == ANY_NUMBER else f"{verdict.verdict} {verdict.scope}"
    if verdict.verdict == BOUNDED:
        words += f" to {verdict.k} steps"
    if verdict.verdict == TESTED:
        words += f", {verdict.witnesses} of {verdict.examples} runs reach it"
    if verdict.scope != ANY_NUMBER and verdict.features:
        count, most = len(verdict.features), len(MACHINES[verdict.machine].features)
        words += " with all features" if count == most else f" with {count} of {most} features"
    return f"[{STYLES[verdict.verdict]}]{words}[/]"


def details(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The bounds that were found, of the largest scope."""
    for one in sorted(verdicts, key=lambda one: one.states or 0)[::-1]:
        if one.detail and one.verdict in HOLDS:
            yield f"{one.claim} at {one.scope}, most visits: {one.detail}"
            return


def summary(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What does not hold, with its reason; or that everything does."""
    held = {one.claim for one in verdicts if one.verdict in HOLDS}
    bad = [one for one in verdicts if one.verdict == VIOLATED]
    undecided = [one for one in verdicts if one.verdict == OPEN and (one.claim not in held or not one.beside)]
    seen: set[tuple[str, str, str | None]] = set()
    for one in [*bad, *undecided]:
        if (one.claim, one.verdict, one.reason) not in seen:
            seen.add((one.claim, one.verdict, one.reason))
            yield f"{one.claim} {one.verdict} ({one.engine}, {one.scope}): {one.reason}"
            yield from (f"    {line}" for line in one.step)
            if one.again:
                yield f"    again: {one.again}"
    beside = {one.claim for one in verdicts} - held - {one.claim for one in bad} - {one.claim for one in undecided}
    decided = {one.claim for one in verdicts if one.verdict in DECIDED}
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
    traces = [one.trace for one in verdicts if one.trace]
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
