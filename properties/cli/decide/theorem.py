"""The command `theorem`: which decisions the lookup rests on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
import msgspec

from model.services.theorem import GIVEN_UP, MEANS
from properties.claims import CLAIMS
from properties.pool import run_jobs
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED
from properties.terminal.names import EVERY_VARIANT, SERVICE_VARIANT
from properties.terminal.output import TEXT, show_json, show_traces
from properties.terminal.progress import Progress
from properties.terminal.repeat import RUN_HELP, show_runs
from properties.variants.theorem import CASES, DEEP_CASES, NORMAL, RECOVERY, Case, SetVerdict, Table, beside, names

PRIORITIES = (NORMAL, RECOVERY)
DECIDED = tuple(dict.fromkeys(claim for _, claim in CASES))


@click.command("theorem")
@click.option("--claim", "id", type=click.Choice(DECIDED), help="Only this claim.")
@click.option("--add-node", type=click.Choice(PRIORITIES), help="The priority of evt's add-node: mailed, or as built.")
@click.option("--take", metavar="D8,D10,…", help="Only this set of decisions, or none: one search, and its trace.")
@click.option("--deep", is_flag=True, help="Larger scopes, all smaller sets, clm's claims as built: hours.")
@click.option(
    "--run",
    "variant",
    is_flag=False,
    flag_value=EVERY_VARIANT,
    metavar="[VARIANT]",
    type=SERVICE_VARIANT,
    help=RUN_HELP,
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `theorem`, or `runs`.")
def theorem_command(
    id: str | None, add_node: str | None, take: str | None, deep: bool, variant: str | None, as_json: bool
) -> int:
    """Show under which decisions a lookup never fails (mail M12): the minimal sets, and what breaks without.

    \b
    ringplug theorem
    ringplug theorem --claim CLM-S1 --take D8,D10,D11          all states are visited
    ringplug theorem --claim CLM-S1 --take D8,D10              a shortest run to a failing lookup
    ringplug trace CLM-S1 --variant no-plug                    before the mail
    ringplug theorem --run                                     the same on the running services, side by side
    ringplug theorem --run evt-before-clm

    The decisions: M4 strict, D4, D8, D10, D11, D12, D13, order (clm is registered before evt), fifo. Every set of them
    has a verdict in --json. Exit code 1 if a set named with --take does not suffice.
    """
    if variant is not None:
        if id or add_node or take is not None or deep:
            raise click.UsageError("--run goes with --json alone")
        return show_runs(variant, as_json)
    if take is not None:
        return _one(CLAIMS[id or CASES[0][1]].id, add_node or NORMAL, take, deep, as_json)
    wanted = [*CASES, *(DEEP_CASES if deep else ())]
    cases = [
        Case(CLAIMS[claim], priority, deep)
        for priority, claim in wanted
        if id in (None, claim) and add_node in (None, priority)
    ]
    if not cases:
        raise click.UsageError(f"{id} with --add-node {add_node}: name a set with --take, or ask with --deep")
    tables, runs = _tables(cases, quiet=as_json), beside()
    if as_json:
        says = [{"id": one, "says": MEANS[one]} for one in GIVEN_UP]
        said = {"decisions": says, "theorem": tables, "beside": runs}
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
        return ALL_HOLD
    for one in runs:
        line = f"{one.claim}: {one.says} {one.length} steps; {one.command}"
        report.out().print(line, markup=False, soft_wrap=True)
    return ALL_HOLD


def _one(id: str, add_node: str, take: str, deep: bool, as_json: bool) -> int:
    taken = frozenset(one for one in take.split(",") if one not in ("", "none"))
    if unknown := taken - set(GIVEN_UP):
        raise click.ClickException(f"unknown decision {min(unknown)!r}; there are {', '.join(GIVEN_UP)}")
    case = Case(CLAIMS[id], add_node, deep)
    with Progress() as progress:
        case.progress = progress.say
        found = case.search(taken, case.scopes)
    if found.trace:
        show_json([found.trace]) if as_json else show_traces([found.trace], TEXT)
        return SOME_VIOLATED
    if as_json:
        scopes = [scope.name for scope in case.scopes]
        held = {"claim": id, "add_node": add_node, "decisions": names(taken), "states": found.states, "scopes": scopes}
        sys.stdout.write(msgspec.json.encode(held).decode() + "\n")
    else:
        where = ", ".join(scope.name for scope in case.scopes)
        report.out().print(f"{case.title}: holds with {_set(names(taken))} at {where}, {found.states:,} states")
    return ALL_HOLD


def _tables(cases: list[Case], *, quiet: bool) -> list[Table]:
    """Each case's table, in order; printed as soon as it is there, unless quiet."""
    console, tables, lost = report.out(), dict[int, Table](), list[Exception]()
    with Progress() as progress:
        for number, table in run_jobs(cases, lambda tick: progress.say(f"{cases[tick.job].title}: {tick.words}")):
            if isinstance(table, Exception):
                lost.append(table)
                continue
            tables[number] = table
            for line in _lines(table) if not quiet else ():
                progress.result(console, line)
    if lost:
        raise lost[0]
    return [tables[number] for number in sorted(tables)]


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
