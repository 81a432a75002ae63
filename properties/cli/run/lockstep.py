"""The command that runs an implementation and the machine in lockstep: the reference, or a copy with a named fault."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from properties.faults.patches import FaultError
from properties.files import write_whole
from properties.lockstep.divergence import DivergedError, Divergence
from properties.lockstep.faults import found as found_with
from properties.lockstep.faults import start_of
from properties.lockstep.implementation import Starts
from properties.lockstep.run import LEADERS, MOST_MEMBERS, Plan, Run, run
from properties.lockstep.tours.coverage import SCOPES, TourCounts, graph_of, tour
from properties.terminal import report
from properties.terminal.applies import Checked, given_in
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED
from properties.terminal.names import HTML_FILE, PLUG_FAULT, OneOf
from properties.terminal.numbers import MOST_RUNS, SEED
from properties.terminal.output import write_page
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.traces import render
from properties.traces.trace import write_trace
from properties.words import counted

SHOWN_STEPS = 20
SIZES = {"--members", "--seed", "--steps", "--lead", "--tour"}
"""Who gives one of these means another run than the one that shows a fault."""


@click.command("lockstep", cls=Checked)
@click.option("--members", type=click.IntRange(1, MOST_MEMBERS), default=5, show_default=True, help="Processors.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Of everything that is random.")
@click.option("--steps", type=click.IntRange(1, MOST_RUNS), default=20_000, show_default=True, help="How many events.")
@click.option("--lead", type=OneOf("leader", ["both", *LEADERS]), default="both", show_default=True,
              help="Who chooses what happens; both: by turns.")  # fmt: skip
@click.option(
    "--fault",
    metavar="NAME",
    type=PLUG_FAULT,
    help="A copy of the reference with this fault; without another size, the run that shows it.",
)
@click.option("--tour", "kind", type=OneOf("tour", ["classes", "all"]),
              help="Instead: take a transition of each class, or every one (minutes), of small scopes.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the trace to a divergence here.")
@HTML_FILE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def lockstep_command(
    members: int, seed: int, steps: int, lead: str, fault: str | None, kind: str | None, out: Path | None,
    html: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Run the reference plug layer and the machine step by step, and compare them after each.

    \b
    ringplug lockstep
    ringplug lockstep --members 5 --seed 7 --steps 20000
    ringplug lockstep --fault opens-on-own-bit      (exit code 1, with a trace)
    ringplug lockstep --tour classes
    ringplug lockstep --members 3 --fault opens-on-own-bit --html parted.html

    docs/lockstep.md says how to read a divergence. Exit code 1 if they part.
    """
    try:
        start = start_of(fault)
    except FaultError as error:
        raise click.ClickException(str(error)) from error
    if fault and not SIZES & given_in(click.get_current_context()).keys():
        members, seed, _ = found_with(fault)
    if kind:
        return _tour(kind, start, fault, Written(out, html), as_json)
    with Progress() as progress:
        plan = Plan(members, seed, steps, lead, fault)
        found = run(plan, start, lambda one: progress.say(_words(one), one.steps / steps))
    if as_json:
        record = {**msgspec.to_builtins(found), "steps_a_second": found.steps_a_second}
        sys.stdout.write(msgspec.json.encode(record).decode() + "\n")
    else:
        console = report.out()
        print_row(console, _words(found))
        counts = ", ".join(f"{kind} {count:,}" for kind, count in found.events.items())
        print_row(console, f"events: {counts}")
    return ended(found.divergence, Written(out, html), as_json)


def _words(found: Run) -> str:
    plan = found.plan
    ran = f"{counted(found.steps, 'step')} in {counted(found.episodes, 'episode')}"
    classes = f"{counted(found.classes, 'class', 'classes')} of transitions"
    who = f"{counted(plan.members, 'processor')}, seed {plan.seed}"
    return f"{ran}, {who}: {classes}, {found.steps_a_second:,} steps a second"


class Written(NamedTuple):
    """Where a divergence is written: its trace, and its page."""

    trace: Path | None
    page: Path | None

    def write(self, divergence: Divergence) -> None:
        """Write what is wanted."""
        if self.trace:
            write_whole(self.trace, write_trace(divergence.trace))
        if self.page:
            from properties.page.divergence import divergence_page

            write_page(lambda: divergence_page(divergence), self.page)


def _tour(kind: str, start: Starts, fault: str | None, out: Written, as_json: bool) -> int:
    console, records = report.out(), list[TourCounts]()
    diverged: Divergence | None = None
    with Progress() as progress:
        for scope in SCOPES:
            try:
                counts = tour(graph_of(scope, progress.say), kind, start, progress.say)
            except DivergedError as error:
                diverged = error.divergence
                diverged.command = f"ringplug lockstep --tour {kind}" + (f" --fault {fault}" if fault else "")
                break
            records.append(counts)
            if not as_json:
                progress.result(console, counts.words)
    if as_json:
        sys.stdout.write(msgspec.json.encode({"tours": records, "divergence": diverged}).decode() + "\n")
    return ended(diverged, out, as_json)


def ended(divergence: Divergence | None, out: Written, as_json: bool) -> int:
    """Say that nothing diverged, or what did and how it came to that."""
    console = report.out()
    if divergence is None:
        if not as_json:
            console.print("No divergence.")
        return ALL_HOLD
    out.write(divergence)
    if not as_json:
        console.print()
        lines = list(render.trace_lines(divergence.trace))
        if len(lines) > SHOWN_STEPS:
            console.print(f"({counted(len(lines) - SHOWN_STEPS, 'step')} before these: --out FILE or --json has them)")
        for line in lines[-SHOWN_STEPS:]:
            print_row(console, line, mark=render.marked)
        for line in divergence.lines():
            print_row(console, line)
    return SOME_VIOLATED
