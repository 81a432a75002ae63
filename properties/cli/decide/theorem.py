"""The command `theorem`: which decisions the lookup rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console

from model.services.theorem import GIVEN_UP, MEANS
from properties.claims import CLAIMS
from properties.terminal.console import out
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED
from properties.terminal.names import EVERY_VARIANT, SERVICE_VARIANT
from properties.terminal.progress import Progress
from properties.terminal.recorded import print_lines, recorded_line, write_json
from properties.variants import record
from properties.variants.cases import CASES, DEEP_CASES, NORMAL, RECOVERY, names
from properties.variants.results import Beside, SetVerdict, Table

PRIORITIES = (NORMAL, RECOVERY)
DECIDED = tuple(dict.fromkeys(claim for _, claim in CASES))
Cases = Sequence[tuple[str, str]]


@click.command("theorem")
@click.option("--claim", "id", type=click.Choice(DECIDED), help="Only this claim.")
@click.option("--add-node", type=click.Choice(PRIORITIES), help="The priority of evt's add-node: mailed, or as built.")
@click.option("--take", metavar="D8,D10,…", help="Only this set of decisions, or none: one search, and its trace.")
@click.option("--compute", is_flag=True, help="Compute what is recorded again: a quarter of an hour.")
@click.option(
    "--deep", is_flag=True, help="Compute also in larger scopes, all smaller sets, clm's claims as built: hours."
)
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
    ringplug theorem --claim CLM-S1 --take D8,D10,D11          all states are visited
    ringplug theorem --claim CLM-S1 --take D8,D10              a shortest run to a failing lookup
    ringplug theorem --claim CLM-S1 --take D8,D10 --html lost.html
    ringplug trace CLM-S1 --variant no-plug                    before the mail
    ringplug theorem --run                                     the same on the running services, side by side
    ringplug theorem --run evt-before-clm

    The decisions: M4 strict, D4, D8, D10, D11, D12, D13, order (clm is registered before evt), fifo. Every set of them
    has a verdict in --json. Exit code 1 if a set named with --take does not suffice.
    """
    if html and take is None:
        raise click.UsageError("--html shows the run of one set of decisions: name it with --take")
    if variant is not None:
        return _run(variant, as_json, alone=not (id or add_node or take is not None or deep or compute))
    if take is not None:
        return _one(CLAIMS[id or CASES[0][1]].id, add_node or NORMAL, take, deep, html, as_json)
    cases = [
        (priority, claim)
        for priority, claim in (*CASES, *(DEEP_CASES if deep else ()))
        if id in (None, claim) and add_node in (None, priority)
    ]
    if not cases:
        raise click.UsageError(f"{id} with --add-node {add_node}: name a set with --take, or ask with --deep")
    show = None if as_json else out()
    tables, runs = _computed(cases, deep, show) if compute or deep else _recorded(cases, show)
    version = None if compute or deep else record.theorem().version
    if as_json:
        says = [{"id": one, "says": MEANS[one]} for one in GIVEN_UP]
        write_json({"decisions": says, "theorem": tables, "beside": runs, "recorded": version})
    print_lines(show, (f"{one.claim}: {one.says} {one.length} steps; {one.command}" for one in runs))
    print_lines(show, [recorded_line(version, "theorem")] if version else [])
    return ALL_HOLD


def _run(variant: str, as_json: bool, *, alone: bool) -> int:
    """The model's runs beside simulated ones."""
    if not alone:
        raise click.UsageError("--run goes with --json alone")
    from properties.terminal.repeat import show_runs  # here: what is recorded needs no simulator

    return show_runs(variant, as_json)


def _one(id: str, add_node: str, take: str, deep: bool, html: Path | None, as_json: bool) -> int:
    taken = frozenset(one for one in take.split(",") if one not in ("", "none"))
    if unknown := taken - set(GIVEN_UP):
        raise click.ClickException(f"unknown decision {min(unknown)!r}; there are {', '.join(GIVEN_UP)}")
    from properties.terminal import output  # here: what is recorded needs no engine
    from properties.variants.theorem import Case

    case = Case(CLAIMS[id], add_node, deep)
    with Progress() as progress:
        case.progress = progress.say
        found = case.search(taken, case.scopes)
    if run := found.trace:
        if html:
            output.write_page(lambda: output.page_of(run), html)
        output.show_json([run]) if as_json else output.show_traces([run], output.TEXT)
        return SOME_VIOLATED
    scopes = [scope.name for scope in case.scopes]
    if as_json:
        held = {"claim": id, "add_node": add_node, "decisions": names(taken), "states": found.states, "scopes": scopes}
        write_json(held)
    where = f"{', '.join(scopes)}, {found.states:,} states"
    print_lines(None if as_json else out(), [f"{case.title}: holds with {_set(names(taken))} at {where}"])
    return ALL_HOLD


def _recorded(cases: Cases, show: Console | None) -> tuple[list[Table], list[Beside]]:
    """What is written down of these cases."""
    known = record.theorem()
    tables = [one.table() for one in known.tables if (one.add_node, one.claim) in cases]
    for table in tables:
        print_lines(show, _lines(table))
    return tables, known.beside


def _computed(cases: Cases, deep: bool, show: Console | None) -> tuple[list[Table], list[Beside]]:
    """Each case's table, in order; printed as soon as it is there."""
    from properties.pool import run_jobs  # here: what is recorded needs no engine
    from properties.variants.theorem import Case, beside

    planned = {(one.add_node, one.claim): len(one.searched) for one in record.theorem().tables}
    jobs = [Case(CLAIMS[claim], add_node, deep, planned=planned.get((add_node, claim), 0)) for add_node, claim in cases]
    tables, lost = dict[int, Table](), list[Exception]()
    with Progress() as progress:
        for number, table in run_jobs(
            jobs, lambda tick: progress.say(f"{len(tables)} of {len(jobs)} done; {jobs[tick.job].title}: {tick.words}")
        ):
            if isinstance(table, Exception):
                lost.append(table)
                continue
            tables[number] = table
            for line in _lines(table) if show else ():
                progress.result(show or out(), line)
        if lost:
            raise lost[0]
        progress.say("the runs beside the theorem")
        runs = beside()
    return [tables[number] for number in sorted(tables)], runs


def _lines(table: Table) -> Iterator[str]:
    """The minimal sets, and the shortest counterexample of each with one decision less."""
    enough = " or ".join(_set(one) for one in table.minimal) or "nothing"
    yield f"{table.claim}, add-node {table.add_node}: {enough} suffices, at {', '.join(table.scopes)}"
    by_set = {frozenset(one.decisions): one for one in table.sets}
    for minimal in table.minimal:
        for given_up in minimal:
            less = by_set[frozenset(minimal) - {given_up}]
            fails = f"a lookup fails in {less.length} steps"
            yield f"  {_set(minimal)} without {given_up}: {fails}; {_command(table, less)}"
    holding = sum(one.holds for one in table.sets)
    yield f"  of {len(table.sets)} sets {holding} hold"


def _command(table: Table, one: SetVerdict) -> str:
    priority = f" --add-node {RECOVERY}" if table.add_node == RECOVERY else ""
    return f"ringplug theorem --claim {table.claim}{priority} --take {','.join(one.decisions) or 'none'}"


def _set(decisions: list[str]) -> str:
    return "{" + ", ".join(decisions) + "}" if decisions else "no decision"
