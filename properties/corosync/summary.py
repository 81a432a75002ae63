"""A campaign as tables: counts of verdicts by scenario and claim, and each violation with the run that shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from properties.corosync.barrier import Finding
from properties.corosync.campaign import Found, Run
from properties.corosync.laboratory.scenarios import SCENARIOS
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, VIOLATED
from properties.words import counted

MARKS = {OK: "", VIOLATED: "v", OPEN: "o", NOT_OBSERVABLE: "n"}


def column(finding: Finding) -> tuple[str, str]:
    """Claims on histories and claims on logs are different columns."""
    return finding.of, finding.claim


def columns(found: Found) -> list[tuple[str, str]]:
    """Every claim that was decided or open somewhere, in the order of the verdicts."""
    seen = [column(one) for run in found.runs for one in run.findings if one.verdict != NOT_OBSERVABLE]
    return list(dict.fromkeys(seen))


def cell(counts: Counter[str]) -> str:
    """Counts of ok, then of what is not: `11 1v` is eleven ok and one violated."""
    return " ".join(f"{counts[verdict]}{mark}" for verdict, mark in MARKS.items() if counts[verdict]) or "-"


def rows(found: Found, of: str) -> Iterator[list[str]]:
    """A heading, then a row for each claim with a cell for each scenario."""
    scenarios = [name for name in SCENARIOS if any(run.case.scenario == name for run in found.runs)]
    yield ["claim", *scenarios, "all"]
    for where, claim in columns(found):
        if where == of:
            by = [_counts(found.runs, name, of, claim) for name in scenarios]
            yield [claim, *map(cell, by), cell(sum(by, Counter[str]()))]


def _counts(runs: Sequence[Run], scenario: str, of: str, claim: str) -> Counter[str]:
    mine = [run for run in runs if run.case.scenario == scenario]
    return Counter(one.verdict for run in mine for one in run.findings if column(one) == (of, claim))


def ways(found: Found) -> Iterator[list[str]]:
    """A heading, then a row for each size, transport and load: how many runs, how they ended, what is violated."""
    yield ["runs", "all", "came to rest", "failed", "claims violated"]
    yield from _ways(found.runs, "nodes", sorted({run.case.nodes for run in found.runs}), "{} nodes")
    yield from _ways(found.runs, "transport", list(dict.fromkeys(run.case.transport for run in found.runs)), "{}")
    yield from _ways(found.runs, "load", list(dict.fromkeys(run.case.load for run in found.runs)), "{}")


def _ways(runs: Sequence[Run], field: str, values: Sequence[object], name: str) -> Iterator[list[str]]:
    for value in values:
        mine = [run for run in runs if getattr(run.case, field) == value]
        settled = sum(run.recorded is not None and run.recorded.settled for run in mine)
        bad = sum(one.verdict == VIOLATED for run in mine for one in run.findings)
        yield [name.format(value), *map(str, (len(mine), settled, sum(bool(run.failed) for run in mine), bad))]


def markdown(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as a table."""
    heading, *rest = lines
    yield f"| {' | '.join(heading)} |"
    yield f"| {' | '.join('---' for _ in heading)} |"
    yield from (f"| {' | '.join(line)} |" for line in rest)


def unseen(found: Found) -> Iterator[str]:
    """Claims that no run could show, with the reason."""
    decided = set(columns(found))
    reasons = {column(one): one.reason for run in found.runs for one in run.findings if column(one) not in decided}
    for (_, claim), reason in reasons.items():
        yield f"- {claim}: not observable, {reason}"


def violations(found: Found) -> Iterator[str]:
    """Each violation, with the command that records such a run."""
    for run in found.runs:
        for one in run.findings:
            if one.verdict == VIOLATED:
                yield f"- {one.claim} ({one.of}), {run.case.name}: {one.reason}"
                yield from (f"    {event}" for event in one.events)
                yield f"    {run.case.command}"


def table(found: Found) -> Iterator[str]:
    """Everything, as Markdown."""
    settled = sum(run.recorded is not None and run.recorded.settled for run in found.runs)
    failed = [run for run in found.runs if run.failed]
    seconds = sum(run.recorded.seconds for run in found.runs if run.recorded)
    about = ", ".join(f"{key} {value}" for key, value in found.versions.items())
    runs = counted(len(found.runs), "run")
    yield f"{runs} ({about}): {settled} came to rest, {len(failed)} failed; {seconds:.0f} s in all."
    yield from (f"- {run.case.name} failed: {run.failed}" for run in failed)
    yield from (f"- {run.case.name} is damaged: {run.bad_input}" for run in found.runs if run.bad_input)
    for of in dict.fromkeys(where for where, _ in columns(found)):
        yield ""
        yield f"Judged on the {of}: a cell counts ok, v violated, o open, n not observable."
        yield ""
        yield from markdown(list(rows(found, of)))
    yield ""
    yield from markdown(list(ways(found)))
    yield ""
    yield from unseen(found)
    yield from violations(found)
