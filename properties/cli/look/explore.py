"""The command `explore`: the states of a scope, counted."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import NamedScope
from properties.claims.liveness import LIVE_2
from properties.explicit.checkpoint import Kept
from properties.explicit.compiled import engine_words
from properties.explicit.exhaustive import Exploration, explore
from properties.explicit.liveness import lost_states
from properties.explored.graph import MOST_STATES, lost_on_graph, state_graph, write_graph
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import EXECUTOR
from properties.terminal.options import features_on, of_machine, searched, sized, suiting
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.traces.trace import machine_text
from properties.words import counted


@click.command("explore", cls=Checked)
@sized
@searched
@EXECUTOR
@of_machine
@click.option(
    "--graph",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the state graph as GraphML (up to 100,000 states), and decide LIVE-2 on it again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def explore_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    no_symmetry: bool, memory_gib: float, kept: Kept, machine: str, graph: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Visit every reachable state of one scope: counts, and what was never exercised.

    \b
    ringplug explore --members 2 --handles 1 --rings 2
    ringplug explore --members 2 --rings 1 --without late-copies --graph states.graphml
    ringplug explore --members 3 --rings 2 --checkpoint kept            (killed? the same again goes on)
    ringplug explore --members 3 --rings 2 --memory 1 --disk states
    ringplug explore --members 3 --rings 2 --disk states --executor dask:tcp://10.0.0.1:8786
    """
    text = machine_text(machine, suiting(variant, machine))
    scope = NamedScope(members or 2, handles or 1, rings or 1, features_on(off, machine)).of(machine)
    with Progress() as progress:
        found = explore(
            text.record(scope.features), scope.ground, [], symmetry=not no_symmetry,
            most_states=MOST_STATES if graph else None, memory_gib=memory_gib, kept=kept,
            progress=lambda r: progress.say(r.words),
        )  # fmt: skip
        lines = list(report.search_lines(found.report, found.search.ground))
        if graph:
            progress.say("drawing the graph")
            lines += _graph_lines(found, graph)
    console = report.out()
    if as_json:
        sys.stdout.write(msgspec.json.encode(report.search_record(found.report, scope)).decode() + "\n")
    else:
        print_row(console, scope.title)
        for line in (*lines, engine_words(found.search)):
            print_row(console, line)
    return ALL_HOLD


def _graph_lines(found: Exploration, path: Path) -> list[str]:
    graph = state_graph(found.search)
    write_graph(graph, path)
    lines = [f"{path}: {counted(graph.number_of_nodes(), 'node')}, {counted(graph.number_of_edges(), 'edge')}"]
    if LIVE_2.reach and found.search.ground.machine.state is MACHINES[PLUG].state:
        columns = set(lost_states(found.search, LIVE_2.reach).tolist())
        ancestors, components = lost_on_graph(found.search, graph, LIVE_2.reach)
        agree = "agree" if columns == ancestors == components else "DISAGREE"
        lines.append(
            f"LIVE-2 is lost in {counted(len(columns), 'state')} by columns, {len(ancestors)} by ancestors, "
            f"{len(components)} by components: they {agree}"
        )
    return lines
