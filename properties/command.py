"""The command line: `ringplug check` and its companions.

Exit codes: 0 all hold, 1 something is violated, 2 undetermined, 3 usage or bad input.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from model.machines import MACHINES, PLUG
from properties import markdown, report
from properties.checking import Job, found_trace, too_small
from properties.claims.liveness import LIVE_2
from properties.exhaustive import Exploration, explore
from properties.graph import MOST_STATES, lost_on_graph, state_graph, write_graph
from properties.jobs import run_jobs
from properties.liveness import lost_states
from properties.options import claims_named, features_off, ids_of, known_variant, of_machine, searched, sized
from properties.progress import Progress
from properties.promela import machine_model
from properties.prompt import run
from properties.scopes import DEEP, FEATURES, STANDARD, NamedScope
from properties.search import ScopeTooLargeError
from properties.specification import specification
from properties.traces import FORMAT, Trace, TraceError, TraceScope, machine_text, read_trace, write_trace
from properties.verdicts import ALL_HOLD, BAD_INPUT, SOME_VIOLATED, UNDETERMINED, Verdict, exit_code
from properties.walk import resume

ENGINES = ("inductive", "exhaustive")
C = TypeVar("C", bound=Callable[..., int])


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="ringplug")
def cli() -> None:
    """Check the recovery plug protocol, and see why it is as it is.

    \b
    ringplug check                          decide every claim
    ringplug claims PLUG-S1                 what a claim says, and why
    ringplug trace PLUG-S1 --witness        a shortest run to its premise
    ringplug explore --members 3 --rings 1  count the states of a scope
    ringplug walk                           step through the machine by hand
    ringplug promela > plug.pml             the machine for spin to count
    ringplug spec                           the specification as a text

    Exit codes: 0 all hold, 1 something is violated, 2 undetermined, 3 usage or bad input.
    """


@cli.command()
@click.option("--claim", "ids", metavar="ID", multiple=True, help="Only this claim. Repeatable.")
@click.option("--engine", "engines", type=click.Choice(ENGINES), multiple=True, help="Only this engine. Repeatable.")
@sized
@searched
@click.option("--deep", is_flag=True, help="Also the larger scopes: tens of minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `results`.")
def check(
    ids: tuple[str, ...], engines: tuple[str, ...], members: int | None, handles: int | None, rings: int | None,
    off: tuple[str, ...], variant: str | None, no_symmetry: bool, memory_gib: float, deep: bool, as_json: bool,
) -> int:  # fmt: skip
    """Decide the claims: by proof for any number, and on every reachable state of some scopes.

    \b
    ringplug check
    ringplug check --claim PLUG-S1 --claim LIVE-2
    ringplug check --engine exhaustive --members 3 --handles 1 --rings 2 --without late-copies
    ringplug check --variant open-on-own-bit      (exit code 1, with a trace)

    Without sizes the exhaustive engine visits the standard scopes; with any size, that one scope (the others default
    to 3 members, 1 handle, 1 ring). A claim that a scope is too small for is open there.
    """
    claims, known_off = claims_named(ids), features_off(off)
    known_variant(variant)
    scopes = _scopes(members, handles, rings, known_off, deep)
    if ids and not (members or handles or rings):
        scopes = [scope for scope in scopes if any(not too_small(claim, scope) for claim in claims)]
    jobs = list[Job]()
    for machine in dict.fromkeys(claim.machine for claim in claims):
        mine = [claim for claim in claims if claim.machine == machine]
        job = Job(ids_of(mine), None, variant, FEATURES - known_off, machine, not no_symmetry, memory_gib)
        if "exhaustive" in (engines or ENGINES):
            jobs += [replace(job, scope=scope) for scope in scopes if scope.machine == machine]
        provable = mine if engines else [claim for claim in mine if claim.is_safety]
        if provable and "inductive" in (engines or ENGINES):
            jobs.append(replace(job, claims=ids_of(provable)))
    verdicts = _run(sorted(jobs, key=lambda job: job.scope is not None), quiet=as_json)
    _show_verdicts(verdicts, as_json)
    return exit_code(verdicts, frozenset(ids))


@cli.command()
@click.argument("claim_id", metavar="CLAIM")
@click.option("--witness", is_flag=True, help="A run to the claim's premise, instead of a counterexample.")
@sized
@searched
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the trace to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON.")
def trace(
    claim_id: str, witness: bool, members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...],
    variant: str | None, no_symmetry: bool, memory_gib: float, out: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Show a shortest run: to the premise of CLAIM with --witness, else to a violation of it.

    \b
    ringplug trace PLUG-S1 --witness
    ringplug trace PLUG-S1 --variant open-on-own-bit
    ringplug trace PLUG-S3 --witness --out s3.json

    Without sizes: the claim's least scope, with the features it needs. Exit code 1 if a violation is shown, 2 if the
    scope is too small to say.
    """
    (claim,) = claims_named((claim_id,))
    known_variant(variant)
    least = claim.least
    sized_by_hand = bool(members or handles or rings)
    scope = NamedScope(
        members or least.processors, handles or least.handles, rings or least.rings,
        (FEATURES if sized_by_hand else least.features) - features_off(off),
    ).of(claim.machine)  # fmt: skip
    if reason := too_small(claim, scope):
        report.out().print(f"{claim.id} is open at {scope.title}: {reason}", markup=False)
        return UNDETERMINED
    with Progress() as progress:
        found = explore(
            machine_text(scope.machine, variant).record(scope.features), scope.ground, [claim],
            symmetry=not no_symmetry, memory_gib=memory_gib, progress=lambda r: progress.say(r.words),
        )  # fmt: skip
        outcome = found.outcomes[claim.id]
        what = outcome.witness if witness else outcome.violation
        shown = found_trace(found, what, claim.machine, variant, claim.id) if what else None
    if shown is None:
        says = "vacuous: no run reaches its premise" if witness else "no counterexample"
        report.out().print(f"{claim.id} at {scope.title}: {says}", markup=False)
        return SOME_VIOLATED if witness else ALL_HOLD
    if out:
        out.write_bytes(write_trace(shown))
    _show_trace(shown, as_json)
    return ALL_HOLD if witness else SOME_VIOLATED


@cli.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON again, once it has been replayed.")
def replay_command(file: Path, as_json: bool) -> int:
    """Replay a trace on integers from the initial state, and show what each step changes.

    \b
    ringplug trace PLUG-S1 --witness --out s1.json
    ringplug replay s1.json
    """
    try:
        _show_trace(read_trace(file.read_bytes()), as_json)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    except TraceError as error:
        raise click.ClickException(f"{file}: {error}") from error
    return ALL_HOLD


@cli.command("claims")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `claims`.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the README's table.")
def claims_command(ids: tuple[str, ...], as_json: bool, as_markdown: bool) -> int:
    """List the claims, or everything about some of them.

    \b
    ringplug claims
    ringplug claims PLUG-S5 LIVE-2
    """
    claims, console = claims_named(ids), report.out()
    if as_markdown:
        sys.stdout.write("\n".join(markdown.verdict_rows()) + "\n")
        return ALL_HOLD
    if as_json:
        sys.stdout.write(
            msgspec.json.encode({"claims": [report.claim_record(claim) for claim in claims]}).decode() + "\n"
        )
        return ALL_HOLD
    for claim in claims:
        for line in report.claim_lines(claim) if ids else [f"{claim.id:<8}  {claim.sentence}"]:
            console.print(line, markup=False, soft_wrap=True)
    return ALL_HOLD


@cli.command("explore")
@sized
@searched
@of_machine
@click.option(
    "--graph",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the state graph as GraphML (up to 100,000 states), and decide LIVE-2 on it again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def explore_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    no_symmetry: bool, memory_gib: float, machine: str, graph: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Visit every reachable state of one scope: counts, and what was never exercised.

    \b
    ringplug explore --members 2 --handles 1 --rings 2
    ringplug explore --members 2 --rings 1 --without late-copies --graph states.graphml
    """
    known_variant(variant)
    scope = NamedScope(members or 2, handles or 1, rings or 1, FEATURES - features_off(off)).of(machine)
    with Progress() as progress:
        found = explore(
            machine_text(machine, variant).record(scope.features), scope.ground, [], symmetry=not no_symmetry,
            most_states=MOST_STATES if graph else None, memory_gib=memory_gib, progress=lambda r: progress.say(r.words),
        )  # fmt: skip
        lines = list(report.search_lines(found.report, found.search.ground))
        if graph:
            progress.say("drawing the graph")
            lines += _graph_lines(found, graph)
    console = report.out()
    if as_json:
        sys.stdout.write(msgspec.json.encode(report.search_record(found.report, scope)).decode() + "\n")
    else:
        console.print(scope.title, markup=False)
        for line in lines:
            console.print(line, markup=False)
    return ALL_HOLD


@cli.command("walk")
@sized
@of_machine
@click.option("--from", "start", metavar="FILE", type=click.Path(path_type=Path), help="Start where a trace ends.")
def walk_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    machine: str, start: Path | None,
) -> int:  # fmt: skip
    """Step through the machine by hand: take enabled steps, ask what refuses the others, undo, save a trace.

    \b
    ringplug walk                     (`help` lists its commands)
    ringplug walk --members 3 --variant open-on-own-bit
    ringplug walk --from s1.json
    printf 'form_ring r0 {p0 p1}\\nwhy visit p0 r0\\n' | ringplug walk

    Without sizes: 2 members, 1 handle, 2 rings. From a pipe: exit code 3 if a line could not be obeyed.
    """
    if start and (members or handles or rings or off or variant or machine != PLUG):
        raise click.UsageError("--from FILE takes machine and scope from the trace: leave out the other options")
    features = sorted((FEATURES - features_off(off)) & MACHINES[machine].features)
    scope = TraceScope(members or 2, handles or 1, rings or 2)
    try:
        begun = resume(
            read_trace(start.read_bytes()) if start else Trace(FORMAT, scope, features, [], machine, variant)
        )
    except OSError as error:
        raise click.ClickException(f"{start}: {error.strerror}") from error
    except TraceError as error:
        raise click.ClickException(f"{start}: {error}" if start else str(error)) from error
    console = report.out()
    return run(
        begun, sys.stdin, lambda line: console.print(report.marked(line), soft_wrap=True),
        lambda line: click.echo(f"ringplug: {line}", err=True),
    )  # fmt: skip


@cli.command("promela")
@sized
@of_machine
def promela_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    machine: str,
) -> int:  # fmt: skip
    """Print the machine in one scope as a Promela model, so that spin counts its states: an outside witness.

    \b
    ringplug promela --members 2 --handles 1 --rings 2 > plug.pml     (its head says how to run it)
    """
    known_variant(variant)
    scope = NamedScope(members or 2, handles or 1, rings or 1, FEATURES - features_off(off)).of(machine)
    sys.stdout.write(machine_model(scope, variant))
    return ALL_HOLD


@cli.command("spec")
def spec_command() -> int:
    """Print the specification: actions, claims, decisions and what is forgotten, made from the model.

    \b
    ringplug spec > SPEC.md
    """
    sys.stdout.write(specification())
    return ALL_HOLD


def main() -> None:
    """Run the command line; every error is one line on standard error."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        sys.stderr.write(f"ringplug: {error.format_message()}\n")
        sys.exit(BAD_INPUT)
    except OSError as error:
        sys.stderr.write(f"ringplug: {error.filename or 'output'}: {error.strerror}\n")
        sys.exit(BAD_INPUT)
    except ScopeTooLargeError as error:
        sys.stderr.write(f"ringplug: scope too large: {error}; try a smaller scope, --without FEATURE or --memory\n")
        sys.exit(BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("ringplug: interrupted\n")
        sys.exit(130)


def _scopes(
    members: int | None, handles: int | None, rings: int | None, off: frozenset[str], deep: bool
) -> list[NamedScope]:
    if members or handles or rings:
        scope = NamedScope(members or 3, handles or 1, rings or 1, FEATURES - off)
        return [scope.of(machine) for machine in MACHINES]
    scopes = [*STANDARD, *(DEEP if deep else ())]
    return list(dict.fromkeys(scope.without(off) for scope in scopes))


def _run(jobs: list[Job], *, quiet: bool) -> list[Verdict]:
    """Run the jobs; a line for each that is done, unless quiet."""
    console, verdicts = report.out(), list[Verdict]()
    with Progress() as progress:
        for job, found in run_jobs(jobs, lambda tick: progress.say(f"{jobs[tick.job].title}: {tick.words}")):
            verdicts += found
            if not quiet:
                console.print(report.job_line(job, found), markup=False, soft_wrap=True)
    return verdicts


def _show_verdicts(verdicts: list[Verdict], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode({"results": verdicts}).decode() + "\n")
        return
    console = report.out()
    console.print()
    console.print(report.verdict_table(verdicts))
    console.print()
    for line in (*report.details(verdicts), *report.summary(verdicts)):
        console.print(line, markup=False, soft_wrap=True)
    for trace in report.shortest_traces(verdicts):
        console.print()
        _show_trace(trace, as_json=False)


def _show_trace(trace: Trace, as_json: bool) -> None:
    if as_json:
        for _ in report.trace_lines(trace):
            pass
        sys.stdout.write(write_trace(trace).decode())
        return
    console, lines = report.out(), list(report.trace_lines(trace))
    console.print(report.trace_title(trace), markup=False, soft_wrap=True)
    for line in lines:
        console.print(report.marked(line), soft_wrap=True)


def _graph_lines(found: Exploration, path: Path) -> list[str]:
    graph = state_graph(found.search)
    write_graph(graph, path)
    lines = [f"{path}: {graph.number_of_nodes():,} nodes, {graph.number_of_edges():,} edges"]
    if LIVE_2.reach and found.search.ground.machine.state is MACHINES[PLUG].state:
        columns = set(lost_states(found.search, LIVE_2.reach).tolist())
        ancestors, components = lost_on_graph(found.search, graph, LIVE_2.reach)
        agree = "agree" if columns == ancestors == components else "DISAGREE"
        lines.append(
            f"LIVE-2 is lost in {len(columns)} states by columns, {len(ancestors)} by ancestors, {len(components)} by "
            f"components: they {agree}"
        )
    return lines
