"""The command `walk`: through the machine by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from properties.explain.walk import resume
from properties.page.lanes import check_lanes
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.options import features_on, of_machine, sized, suiting
from properties.terminal.output import saved_trace
from properties.terminal.prompt import run
from properties.terminal.rows import print_row
from properties.traces import render
from properties.traces.trace import FORMAT, Trace, TraceError, TraceScope


@click.command("walk", cls=Checked)
@sized
@of_machine
@click.option("--lanes", is_flag=True, help="Draw the lanes of the last steps beside the list: up to five processors.")
@click.option("--from", "start", metavar="FILE", type=click.Path(path_type=Path), help="Start where a trace ends.")
def walk_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    machine: str, start: Path | None, lanes: bool,
) -> int:  # fmt: skip
    """Step through the machine by hand: take enabled steps, ask what refuses the others, undo, save a trace.

    \b
    ringplug walk                     (`help` lists its commands)
    ringplug walk --members 3 --variant open-on-own-bit
    ringplug walk --from s1.json --lanes
    printf 'form_ring r0 {p0 p1}\\nwhy visit p0 r0\\n' | ringplug walk

    Without sizes: 2 members, 1 handle, 2 rings. From a pipe: exit code 3 if a line could not be obeyed.
    """
    features = sorted(features_on(off, machine))
    suiting(variant, machine)
    scope = TraceScope(members or 2, handles or 1, rings or 2)
    try:
        begun = resume(
            saved_trace(start) if start else Trace(FORMAT, scope, features, [], machine, suiting(variant, machine))
        )
        if lanes:
            check_lanes(begun.ground.scope.processors)
    except TraceError as error:
        raise click.ClickException(f"{start}: {error}" if start else str(error)) from error
    console = report.out()
    return run(
        begun, sys.stdin, lambda line: print_row(console, line, mark=render.marked),
        lambda line: click.echo(f"ringplug: {line}", err=True), lanes=lanes,
    )  # fmt: skip
