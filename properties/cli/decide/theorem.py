"""The command `theorem`: which decisions the lookup rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
@click.option("--compute", is_flag=True, help="Compute what is recorded again: a quarter of an hour.")
@click.option(
    "--deep", is_flag=True, help="Compute also in larger scopes, all smaller sets, clm's claims as built: hours."
)
@click.option(
    "--run", "variant", is_flag=False, flag_value=EVERY_VARIANT, metavar="[VARIANT]", type=SERVICE_VARIANT,
    help="Break the running services so, or in each way, and find the model's run in the simulator.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `theorem`, or `runs`.")
def theorem_command(
    id: str | None,
    add_node: str | None,
    take: str | None,
    compute: bool,
    deep: bool,
    variant: str | None,
    as_json: bool,
) -> int:
    """Show under which decisions a lookup never fails (mail M12): the minimal sets, and what breaks without.

    \b
    ringplug theorem                                           what was computed for this version
    ringplug theorem --claim CLM-S1 --compute                  the same, computed again
    ringplug theorem --claim CLM-S1 --take D8,D10,D11          all states are visited
    ringplug theorem --claim CLM-S1 --take D8,D10              a shortest run to a failing lookup
    ringplug trace CLM-S1 --variant no-plug                    before the mail
    ringplug theorem --run                                     the same on the running services, side by side
    ringplug theorem --run evt-before-clm

    The decisions: M4 strict, D4, D8, D10, D11, D12, D13, order (clm is registered before evt), fifo. Every set of them
    has a verdict in --json. Exit code 1 if a set named with --take does not suffice.
    """
    if variant is not None:
        from properties.terminal.repeat import show_runs  # here: what is recorded needs no simulator

        return show_runs(variant, as_json)
    if take is not None:
        return _one(CLAIMS[id or CASES[0][1]].id, add_node or NORMAL, take, deep, as_json)
    cases = [
        (priority, claim)
        for priority, claim in (*CASES, *(DEEP_CASES if deep else ()))
        if id in (None, claim) and add_node in (None, priority)
    ]
    if not cases:
        raise click.UsageError(f"{id} with --add-node {add_node}: name a set with --take, or ask with --deep")
    show = None if as_json else out()
    found = _computed(cases, deep, show) if compute or deep else _recorded(cases, show)
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


def _one(id: str, add_node: str, take: str, deep: bool, as_json: bool) -> int:
    taken = frozenset(DECISION(one) for one in take.split(",") if one not in ("", "none"))
    from properties.terminal.output import TEXT, show_json, show_traces  # here: what is recorded needs no engine
    from properties.variants.theorem import Case

    case = Case(CLAIMS[id], add_node, deep)
    with Progress() as progress:
        case.progress = progress.say
        found = case.search(taken, case.scopes)
    if found.trace:
        show_json([found.trace]) if as_json else show_traces([found.trace], TEXT)
        return SOME_VIOLATED
    scopes = [scope.name for scope in case.scopes]
    if as_json:
        held = {"claim": id, "add_node": add_node, "decisions": names(taken), "states": found.states, "scopes": scopes}
        write_json(held)
    where = f"{', '.join(scopes)}, {found.states:,} states"
    print_lines(None if as_json else out(), [f"{case.title}: holds with {_set(names(taken))} at {where}"])
    return ALL_HOLD


def _recorded(cases: Cases, show: Console | None) -> _Found:
    """What is written down of these cases."""
    known = record.theorem()
    tables = [one.table() for one in known.tables if (one.add_node, one.claim) in cases]
    for table in tables:
        print_lines(show, _lines(table))
    return _Found(tables, known.beside, [])


def _computed(cases: Cases, deep: bool, show: Console | None) -> _Found:
    """Each case's table, in order; printed as soon as it is there."""
    from properties.pool import run_jobs  # here: what is recorded needs no engine
    from properties.variants.theorem import Case, beside

    planned = {(one.add_node, one.claim): len(one.searched) for one in record.theorem().tables}
    jobs = [Case(CLAIMS[claim], add_node, deep, planned=planned.get((add_node, claim), 0)) for add_node, claim in cases]
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
