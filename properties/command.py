"""The command line: `ringplug check`, `trace`, `replay`, `claims`, `explore`.

Exit codes: 0 all hold, 1 something is violated, 2 undetermined, 3 usage or bad input.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from model.variants import VARIANTS
from properties import markdown, report
from properties.catalogue import Claim
from properties.checking import Job, found_trace
from properties.claims import CLAIMS
from properties.claims.liveness import LIVE_2
from properties.exhaustive import Exploration, explore
from properties.graph import lost_on_graph, state_graph, write_graph
from properties.jobs import run_jobs
from properties.liveness import lost_states
from properties.progress import Progress
from properties.scopes import DEEP, FEATURES, STANDARD, NamedScope
from properties.search import ScopeTooLargeError
from properties.traces import Trace, TraceError, machine_text, read_trace, write_trace
from properties.verdicts import ALL_HOLD, BAD_INPUT, SOME_VIOLATED, UNDETERMINED, Verdict, exit_code

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

    Exit codes: 0 all hold, 1 something is violated, 2 undetermined, 3 usage or bad input.
    """  # noqa: D301 - \b is click's mark


def sized(command: C) -> C:
    """The options that choose a scope."""
    for option in (
        click.option("--memory", "memory_gib", type=click.FloatRange(0.001), default=4.0, show_default=True,
                     help="Memory a search may use, in GiB."),
        click.option("--no-symmetry", is_flag=True, help="Keep apart states that differ only in processors' names."),
        click.option("--variant", metavar="NAME", help="A broken variant of the protocol instead of the protocol."),
        click.option("--without", "off", metavar="FEATURE", multiple=True,
                     help=f"Switch a feature off: {', '.join(sorted(FEATURES))}. Repeatable."),
        click.option("--rings", type=click.IntRange(1, 8), help="How many rings may form."),
        click.option("--handles", type=click.IntRange(1, 8), help="Plug handles at each processor."),
        click.option("--members", type=click.IntRange(1, 8), help="How many processors there are."),
    ):  # fmt: skip
        command = option(command)
    return command


@cli.command()
@click.option("--claim", "ids", metavar="ID", multiple=True, help="Only this claim. Repeatable.")
@click.option("--engine", "engines", type=click.Choice(ENGINES), multiple=True, help="Only this engine. Repeatable.")
@sized
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
    to 3 members, 1 handle, 2 rings). A claim that a scope is too small for is open there.
    """  # noqa: D301 - \b is click's mark
    claims, known_off = _claims(ids), _features(off)
    _variant(variant)
    scopes = _scopes(members, handles, rings, known_off, deep)
    if ids and not (members or handles or rings):
        scopes = [scope for scope in scopes if any(not _too_small(claim, scope) for claim in claims)]
    chosen = engines or ENGINES
    jobs = (
        [Job(tuple(claim.id for claim in claims), None, variant, FEATURES - known_off)] if "inductive" in chosen else []
    )
    if "exhaustive" in chosen:
        jobs += [Job(tuple(c.id for c in claims), s, variant, s.features, not no_symmetry, memory_gib) for s in scopes]
    verdicts = _run(jobs, quiet=as_json)
    if not engines:
        verdicts = [one for one in verdicts if one.engine != "inductive" or one.obligations]
    _show_verdicts(verdicts, as_json)
    return exit_code(verdicts, frozenset(ids))


@cli.command()
@click.argument("claim_id", metavar="CLAIM")
@click.option("--witness", is_flag=True, help="A run to the claim's premise, instead of a counterexample.")
@sized
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
    """  # noqa: D301 - \b is click's mark
    (claim,) = _claims((claim_id,))
    _variant(variant)
    least = claim.least
    sized_by_hand = bool(members or handles or rings)
    scope = NamedScope(
        members or least.processors, handles or least.handles, rings or least.rings,
        (FEATURES if sized_by_hand else least.features) - _features(off),
    )  # fmt: skip
    if reason := _too_small(claim, scope):
        report.out().print(f"{claim.id} is open at {scope.name} with {scope.with_features}: {reason}", markup=False)
        return UNDETERMINED
    with Progress() as progress:
        found = explore(
            machine_text(variant).record(scope.features), scope.ground, [claim], symmetry=not no_symmetry,
            memory_gib=memory_gib, progress=lambda r: progress.say(f"{r.states:,} states at depth {r.depth}"),
        )  # fmt: skip
        outcome = found.outcomes[claim.id]
        what = outcome.witness if witness else outcome.violation
        shown = found_trace(found, what, variant, claim.id) if what else None
    if shown is None:
        says = "vacuous: no run reaches its premise" if witness else "no counterexample"
        report.out().print(f"{claim.id} at {scope.name} with {scope.with_features}: {says}", markup=False)
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
    """  # noqa: D301 - \b is click's mark
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
    """  # noqa: D301 - \b is click's mark
    claims, console = _claims(ids), report.out()
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
@click.option(
    "--graph",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the state graph as GraphML (up to 100,000 states), and decide LIVE-2 on it again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def explore_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    no_symmetry: bool, memory_gib: float, graph: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Visit every reachable state of one scope: counts, and what was never exercised.

    \b
    ringplug explore --members 2 --handles 1 --rings 2
    ringplug explore --members 2 --rings 1 --without late-copies --graph states.graphml
    """  # noqa: D301 - \b is click's mark
    _variant(variant)
    scope = NamedScope(members or 3, handles or 1, rings or 2, FEATURES - _features(off))
    with Progress() as progress:
        found = explore(
            machine_text(variant).record(scope.features), scope.ground, [], symmetry=not no_symmetry,
            memory_gib=memory_gib, progress=lambda r: progress.say(f"{r.states:,} states at depth {r.depth}"),
        )  # fmt: skip
        lines = list(report.search_lines(found.report, found.search.ground))
        if graph:
            progress.say("drawing the graph")
            lines += _graph_lines(found, graph)
    console = report.out()
    if as_json:
        sys.stdout.write(msgspec.json.encode(report.search_record(found.report, scope)).decode() + "\n")
    else:
        console.print(f"{scope.name} with {scope.with_features}", markup=False)
        for line in lines:
            console.print(line, markup=False)
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


def _claims(ids: tuple[str, ...]) -> list[Claim]:
    """The claims with these ids; without any, all."""
    for id in ids:
        if id not in CLAIMS:
            raise click.ClickException(f"unknown claim {id!r}; there are {', '.join(CLAIMS)}")
    return [claim for claim in CLAIMS.values() if not ids or claim.id in ids]


def _features(off: tuple[str, ...]) -> frozenset[str]:
    for feature in off:
        if feature not in FEATURES:
            raise click.ClickException(f"unknown feature {feature!r}; there are {', '.join(sorted(FEATURES))}")
    return frozenset(off)


def _variant(name: str | None) -> None:
    if name is not None and name not in VARIANTS:
        raise click.ClickException(f"unknown variant {name!r}; there are {', '.join(VARIANTS)}")


def _scopes(
    members: int | None, handles: int | None, rings: int | None, off: frozenset[str], deep: bool
) -> list[NamedScope]:
    if members or handles or rings:
        return [NamedScope(members or 3, handles or 1, rings or 2, FEATURES - off)]
    scopes = [*STANDARD, *(DEEP if deep else ())]
    return list(dict.fromkeys(scope.without(off) for scope in scopes))


def _too_small(claim: Claim, scope: NamedScope) -> str | None:
    return claim.least.missing(scope.members, scope.handles, scope.rings, scope.features)


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
    for line in report.summary(verdicts):
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
    if LIVE_2.reach:
        columns = set(lost_states(found.search, LIVE_2.reach).tolist())
        ancestors, components = lost_on_graph(found.search, graph, LIVE_2.reach)
        agree = "agree" if columns == ancestors == components else "DISAGREE"
        lines.append(
            f"LIVE-2 is lost in {len(columns)} states by columns, {len(ancestors)} by ancestors, {len(components)} by "
            f"components: they {agree}"
        )
    return lines
