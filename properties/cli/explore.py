"""Commands that look at the machine: explore, walk, promela, spec."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import FEATURES, NamedScope
from properties.claims.liveness import LIVE_2
from properties.cli import report
from properties.cli.exit_codes import ALL_HOLD
from properties.cli.options import features_off, known_variant, of_machine, searched, sized
from properties.cli.output import saved_trace
from properties.cli.progress import Progress
from properties.cli.prompt import run
from properties.explain.walk import resume
from properties.explicit.exhaustive import Exploration, explore
from properties.explicit.graph import MOST_STATES, lost_on_graph, state_graph, write_graph
from properties.explicit.liveness import lost_states
from properties.export.promela import machine_model
from properties.export.specification import specification
from properties.traces import render
from properties.traces.trace import FORMAT, Trace, TraceError, TraceScope, machine_text


@click.command("explore")
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


@click.command("walk")
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
        begun = resume(saved_trace(start) if start else Trace(FORMAT, scope, features, [], machine, variant))
    except TraceError as error:
        raise click.ClickException(f"{start}: {error}" if start else str(error)) from error
    console = report.out()
    return run(
        begun, sys.stdin, lambda line: console.print(render.marked(line), soft_wrap=True),
        lambda line: click.echo(f"ringplug: {line}", err=True),
    )  # fmt: skip


@click.command("promela")
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


@click.command("spec")
def spec_command() -> int:
    """Print the specification: actions, claims, decisions and what is forgotten, made from the model.

    \b
    ringplug spec > SPEC.md
    """
    sys.stdout.write(specification())
    return ALL_HOLD


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
