"""A campaign as tables: counts of verdicts by scenario and claim, and each violation with the run that shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from properties.corosync.campaign import Found
from properties.corosync.frequencies import FIELDS, frequencies
from properties.corosync.laboratory.scenarios import SCENARIOS
from properties.corosync.results import LETTERS, NOT_JUDGED, Kept, KeptRun, kept
from properties.judge.judgement import OK, VIOLATED
from properties.words import counted

MARKS = {letter: "" if verdict == OK else letter for verdict, letter in LETTERS.items()}
BAD = LETTERS[VIOLATED]


def cell(counts: Counter[str]) -> str:
    """Counts of ok, then of what is not: `11 1v` is eleven ok and one violated."""
    return " ".join(f"{counts[letter]}{mark}" for letter, mark in MARKS.items() if counts[letter]) or NOT_JUDGED


def _scenarios(what: Kept) -> list[str]:
    return [name for name in SCENARIOS if any(run.scenario == name for run in what.runs)]


def rows(what: Kept, of: str) -> Iterator[list[str]]:
    """A heading, then a row for each claim with a cell for each scenario."""
    scenarios = _scenarios(what)
    yield ["claim", *scenarios, "all"]
    for index, (where, claim) in enumerate(what.claims):
        if where == of:
            by = [Counter(run.verdicts[index] for run in what.runs if run.scenario == name) for name in scenarios]
            yield [claim, *map(cell, by), cell(sum(by, Counter[str]()))]


WAYS = ["runs", "all", "came to rest", "failed", "deliveries", "claims violated"]


def by_scenario(what: Kept) -> Iterator[list[str]]:
    """A heading, then a row for each scenario: how many runs, how they ended, what is violated in how many."""
    yield WAYS
    for name in _scenarios(what):
        yield _ended(what, name, [run for run in what.runs if run.scenario == name])


def by_way(what: Kept) -> Iterator[list[str]]:
    """The same for each number of nodes with each transport and load."""
    yield WAYS
    ways = sorted({_way(run) for run in what.runs})
    for way in ways:
        yield _ended(what, ", ".join(way), [run for run in what.runs if _way(run) == way])


def by_field(what: Kept) -> Iterator[list[str]]:
    """The same for each size, transport and load."""
    yield WAYS
    for field in FIELDS:
        values = list(dict.fromkeys(getattr(run, field) for run in what.runs))
        for value in sorted(values) if field == "nodes" else values:
            name = f"{value} nodes" if field == "nodes" else str(value)
            yield _ended(what, name, [run for run in what.runs if getattr(run, field) == value])


def _way(run: KeptRun) -> tuple[str, str, str]:
    return f"{run.nodes} nodes", run.transport, run.load


def _ended(what: Kept, name: str, runs: Sequence[KeptRun]) -> list[str]:
    endings = Counter(run.ending for run in runs)
    given = sum(run.deliveries for run in runs)
    numbers = (len(runs), endings["rest"], endings["failed"])
    return [name, *map(str, numbers), f"{given:,}", violated(what, runs) or "none"]


def violated(what: Kept, runs: Sequence[KeptRun]) -> str:
    """`EVS-4 in 3, EVS-5 in 1`: claims with the runs that violate them, on whatever they are judged."""
    found = Counter(
        claim
        for run in runs
        for claim in {claim for (_, claim), letter in zip(what.claims, run.verdicts, strict=True) if letter == BAD}
    )
    order = dict.fromkeys(claim for _, claim in what.claims)
    return ", ".join(f"{claim} in {found[claim]}" for claim in order if found[claim])


def beside(what: Sequence[tuple[str, Kept]]) -> Iterator[list[str]]:
    """A heading, then a row for each claim with a cell for each campaign: for each thing that it was judged on."""
    yield ["claim", *(f"{name}, of {counted(len(one.runs), 'run')}" for name, one in what)]
    for claim in dict.fromkeys(claim for _, one in what for _, claim in one.claims):
        yield [claim, *(_all(one, claim) for _, one in what)]


def side_by_side(what: Sequence[tuple[str, Kept]]) -> Iterator[str]:
    """Several campaigns as one table, as Markdown."""
    yield from (f"- {name}: {head(one)}" for name, one in what)
    yield ""
    yield from markdown(list(beside(what)))


def _all(what: Kept, claim: str) -> str:
    mine = [index for index, (_, name) in enumerate(what.claims) if name == claim]
    cells = (cell(Counter(run.verdicts[index] for run in what.runs)) for index in mine)
    return "; ".join(cells) or "not seen"


def markdown(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as a table."""
    heading, *rest = lines
    yield f"| {' | '.join(heading)} |"
    yield f"| {' | '.join('---' for _ in heading)} |"
    yield from (f"| {' | '.join(line)} |" for line in rest)


def violations(found: Found) -> Iterator[str]:
    """Each violation, with the command that records such a run."""
    for run in found.runs:
        for one in run.findings:
            if one.verdict == VIOLATED:
                yield f"- {one.claim} ({one.of}), {run.case.name}: {one.reason}"
                yield from (f"    {event}" for event in one.events)
                yield f"    {run.case.command}"


def head(what: Kept) -> str:
    """How many runs of what, and how they ended."""
    endings = Counter(run.ending for run in what.runs)
    known = [f"{key} {value}" for key, value in what.versions.items()]
    about = ", ".join([*known, f"--binary {what.daemon}"] if what.daemon else known)
    seconds = sum(run.seconds for run in what.runs)
    ended = f"{endings['rest']} came to rest, {endings['failed']} failed; {seconds:,.0f} s in all"
    missing = f"; {counted(what.without_verdicts, 'run')} without verdicts left out" if what.without_verdicts else ""
    return f"{counted(len(what.runs), 'run')}{f' ({about})' if about else ''}: {ended}{missing}."


def tables(what: Kept) -> Iterator[str]:
    """All tables of a campaign, as Markdown."""
    yield head(what)
    for of in dict.fromkeys(where for where, _ in what.claims):
        yield f"\nJudged on the {of}: a cell counts ok, v violated, o open, n not observable.\n"
        yield from markdown(list(rows(what, of)))
    for one in (by_scenario, by_field, by_way):
        yield ""
        yield from markdown(list(one(what)))
    if len(often := list(frequencies(what))) > 1:
        yield "\nViolated in which share of the runs that decide it, and in brackets where that lies with 95 %.\n"
        yield from markdown(often)
    yield ""
    yield from (f"- {claim}: not observable, {reason}" for claim, reason in what.unseen.items())


def table(found: Found) -> Iterator[str]:
    """Everything of a campaign that was just run, as Markdown."""
    yield from tables(kept(found))
    yield from (f"- {run.case.name} failed: {run.failed}" for run in found.runs if run.failed)
    yield from (f"- {run.case.name} is damaged: {run.bad_input}" for run in found.runs if run.bad_input)
    yield from violations(found)
