"""The command `theorem`: which decisions the lookup rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from model.services.theorem import GIVEN_UP, MEANS
from properties.claims import CLAIMS
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED, UNDETERMINED
from properties.terminal.names import EVERY_VARIANT, SERVICE_VARIANT, OneOf
from properties.terminal.progress import Progress
from properties.terminal.recorded import print_lines, recorded_line, write_json
from properties.terminal.rows import out
from properties.variants import record
from properties.variants.cases import CASES, DEEP_CASES, NORMAL, RECOVERY, names
from properties.variants.results import Beside, SetVerdict, Table
from properties.words import counted

PRIORITIES = (NORMAL, RECOVERY)
DECIDED = tuple(dict.fromkeys(claim for _, claim in CASES))
DECISION = OneOf("decision", GIVEN_UP)
Cases = Sequence[tuple[str, str]]


@click.command("theorem", cls=Checked)
@click.option("--claim", "id", type=OneOf("claim", DECIDED), help="Only this claim.")
@click.option(
    "--add-node", type=OneOf("priority", PRIORITIES), help="The priority of evt's add-node: mailed, or as built."
)
@click.option("--take", metavar="D8,D10,…", help="Only this set of decisions, or none: one search, and its trace.")
@click.option("--compute", is_flag=True, help="Prove and search what is recorded again: under a minute.")
@click.option("--deep", is_flag=True, help="Compute, also clm's claims with the add-node as it was built.")
@click.option(
    "--run", "variant", is_flag=False, flag_value=EVERY_VARIANT, metavar="[VARIANT]", type=SERVICE_VARIANT,
    help="Break the running services so, or in each way, and find the model's run in the simulator.",
)  # fmt: skip
@click.option(
    "--html", "html", type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the run to a failing lookup as a page; goes with --take.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `theorem`, or `runs`.")
def theorem_command(
    id: str | None,
    add_node: str | None,
    take: str | None,
    compute: bool,
    deep: bool,
    variant: str | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """Show under which decisions a lookup never fails (mail M12): the minimal sets, and what breaks without.

    \b
    ringplug theorem                                           what was computed for this version
    ringplug theorem --claim CLM-S1 --compute                  the same, computed again
    ringplug theorem --claim CLM-S1 --take D8,D10,D11          a proof, for any number
    ringplug theorem --claim CLM-S1 --take D8,D10              a shortest run to a failing lookup
    ringplug theorem --claim CLM-S1 --take D8,D10 --html lost.html
    ringplug trace CLM-S1 --variant no-plug                    before the mail
    ringplug theorem --run                                     the same on the running services, side by side
    ringplug theorem --run evt-before-clm

    What suffices is proved for any number of processors, handles and rings; what does not has a run. The least sets
    that suffice and the largest that do not decide all 512, since whatever holds with some decisions holds with more.

    The decisions: M4 strict, D4, D8, D10, D11, D12, D13, order (clm is registered before evt), fifo. Every set of them
    has a verdict in --json. Exit code 1 if a set named with --take does not suffice, 2 if it has neither proof nor run.
    """
    if variant is not None:
        from properties.terminal.repeat import show_runs  # here: what is recorded needs no simulator

        return show_runs(variant, as_json)
    if take is not None:
        return _one(CLAIMS[id or CASES[0][1]].id, add_node or NORMAL, take, html, as_json)
    cases = [
        (priority, claim)
        for priority, claim in (*CASES, *(DEEP_CASES if deep else ()))
        if id in (None, claim) and add_node in (None, priority)
    ]
    if not cases:
        raise click.UsageError(f"{id} with --add-node {add_node}: name a set with --take, or ask with --deep")
    show = None if as_json else out()
    found = _computed(cases, show) if compute or deep else _recorded(cases, show)
    version = None if compute or deep else record.theorem().version
    if as_json:
        says = [{"id": one, "says": MEANS[one]} for one in GIVEN_UP]
        partial = {"partial": bool(found.lost), "lost": found.lost}
        write_json({"decisions": says, "theorem": found.tables, "beside": found.beside, "recorded": version, **partial})
    print_lines(show, (f"{one.claim}: {one.says} {one.length} steps; {one.command}" for one in found.beside))
    print_lines(show, [recorded_line(version, "theorem")] if version else [])
    for line in found.lost:
        click.echo(f"ringplug: lost: {line}", err=True)
    return UNDETERMINED if found.lost else ALL_HOLD


@dataclass(frozen=True)
class _Found:
    """The tables, the runs beside them, and the cases of which nothing is known, since their process died."""

    tables: list[Table]
    beside: list[Beside]
    lost: list[str]


def _one(id: str, add_node: str, take: str, html: Path | None, as_json: bool) -> int:
    taken = frozenset(DECISION(one) for one in take.split(",") if one not in ("", "none"))
    from properties.terminal import output  # here: what is recorded needs no engine
    from properties.variants.theorem import Case

    case = Case(CLAIMS[id], add_node)
    with Progress() as progress:
        case.progress = progress.say
        run = None if case.proves(taken) else case.search(taken).trace
    if run:
        if html:
            output.write_page(lambda: output.page_of(run), html)
        output.show_json([run]) if as_json else output.show_traces([run], output.TEXT)
        return SOME_VIOLATED
    obligations = case.proofs[taken]
    if as_json:
        write_json({"claim": id, "add_node": add_node, "decisions": names(taken), "obligations": obligations})
    says = f"is proved for any number, {counted(obligations, 'obligation')}" if obligations else "no proof, and no run"
    print_lines(None if as_json else out(), [f"{case.title}, with {_set(names(taken))}: {says}"])
    return ALL_HOLD if obligations else UNDETERMINED


def _recorded(cases: Cases, show: Console | None) -> _Found:
    """What is written down of these cases."""
    known = record.theorem()
    tables = [one.table() for one in known.tables if (one.add_node, one.claim) in cases]
    for table in tables:
        print_lines(show, _lines(table))
    return _Found(tables, known.beside, [])


def _computed(cases: Cases, show: Console | None) -> _Found:
    """Each case's table, in order; printed as soon as it is there."""
    from properties.pool import run_jobs  # here: what is recorded needs no engine
    from properties.variants.theorem import Case, beside

    jobs = [Case(CLAIMS[claim], add_node) for add_node, claim in cases]
    tables, lost = dict[int, Table](), list[str]()
    with Progress() as progress:
        for number, table in run_jobs(
            jobs, lambda tick: progress.say(f"{len(tables)} of {len(jobs)} done; {jobs[tick.job].title}: {tick.words}")
        ):
            if isinstance(table, Exception):
                lost.append(str(table))
                continue
            tables[number] = table
            for line in _lines(table) if show else ():
                progress.result(show or out(), line)
        progress.say("the runs beside the theorem")
        runs = beside()
    return _Found([tables[number] for number in sorted(tables)], runs, lost)


def _lines(table: Table) -> Iterator[str]:
    """The minimal sets, proved, and of each maximal one that does not suffice what it lacks, and its shortest run."""
    yield f"{table.claim}, add-node {table.add_node}"
    decided = [one for one in reversed(table.sets) if one.because == one.decisions]
    for one in (one for one in decided if one.holds):
        yield f"  {_set(one.decisions)} suffices: proved for any number, {counted(one.obligations or 0, 'obligation')}"
    for one in (one for one in decided if not one.holds):
        lacks = " and ".join(decision for decision in GIVEN_UP if decision not in one.decisions)
        yield f"  without {lacks} a lookup fails, whatever else is taken: {one.length} steps; {_command(table, one)}"
    holding = sum(one.holds for one in table.sets)
    yield f"  so of {len(table.sets)} sets {holding} suffice and {len(table.sets) - holding} do not"


def _command(table: Table, one: SetVerdict) -> str:
    priority = f" --add-node {RECOVERY}" if table.add_node == RECOVERY else ""
    return f"ringplug theorem --claim {table.claim}{priority} --take {','.join(one.decisions) or 'none'}"


def _set(decisions: list[str]) -> str:
    return "{" + ", ".join(decisions) + "}" if decisions else "no decision"
