"""The command that drives a program in any language: conform."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from properties.cli.run.lockstep import Written, ended
from properties.conform.cases import CASES
from properties.conform.outcome import NOT_DRIVEN, conform
from properties.conform.script import Case
from properties.conform.vectors import Walk, write_vectors
from properties.lockstep.run import MOST_MEMBERS, Plan
from properties.lockstep.tours.coverage import graph_of
from properties.lockstep.tours.walks import SCOPE, Walks
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, BAD_INPUT
from properties.terminal.names import CASE, HTML_FILE
from properties.terminal.numbers import MOST_RUNS, SEED, RealRange
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.words import counted


@click.command("conform", cls=Checked, context_settings={"ignore_unknown_options": True})
@click.option(
    "--members",
    type=click.IntRange(1, MOST_MEMBERS),
    default=3,
    show_default=True,
    help="Processors, each a process of its own.",
)
@click.option(
    "--steps", type=click.IntRange(1, MOST_RUNS), default=2000, show_default=True, help="How many events happen."
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="Which events happen.")
@click.option("--case", "case_name", metavar="NAME", type=CASE, help="Only this directed case, and nothing random.")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=RealRange(0.01, 86_400),
    default=5.0,
    show_default=True,
    help="Seconds that an answer may take, the first one of a process included.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the trace to a divergence here.")
@HTML_FILE
@click.option(
    "--write", "folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="Write cases, episodes and a tour as test vectors here, and drive nothing.",
)  # fmt: skip
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Write every request and answer here.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND...")
def conform_command(
    members: int, steps: int, seed: int, case_name: str | None, timeout_seconds: float, out: Path | None,
    html: Path | None, folder: Path | None, log: Path | None, as_json: bool, command: tuple[str, ...],
) -> int:  # fmt: skip
    """Drive a plug layer in any language in lockstep with the machine, over its standard input and output.

    \b
    ringplug conform -- node examples/conform/main.mjs
    ringplug conform --members 5 --seed 7 --steps 20000 -- ./my-plug --quiet
    ringplug conform --case nine-members -- ./my-plug
    ringplug conform --log talk.txt -- node examples/conform/faulty.mjs      (exit code 1)
    ringplug conform --write vectors                                         (to run without ringplug)

    Directed cases come first, always the same ones, each of its own size; then events at random. One process a
    processor is started; a processor that restarts is a new process. They are sent one JSON object a line and answer
    with one: docs/conform.md has the table of messages, and that of cases.

    Exit codes: 0 no divergence, 1 it diverged from the machine, 3 it cannot be driven: it could not be started, gave
    no answer in time, ended, or answered with something else than was asked for.
    """
    if out and log and out.resolve() == log.resolve():
        raise click.UsageError(f"--out and --log both name {out}")
    plan = Plan(members, seed, 0 if case_name else steps)
    if folder and command:
        raise click.UsageError("--write drives nothing: leave the command away")
    if folder:
        return _write(folder, plan, _cases(case_name))
    if not command:
        raise click.UsageError("Missing argument '-- COMMAND...'.")
    with ExitStack() as stack:
        write = stack.enter_context(log.open("w", encoding="utf-8")).write if log else None
        progress = stack.enter_context(Progress())
        found = conform(command, plan, timeout_seconds, cases=_cases(case_name), log=write, progress=progress.say)
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        console = report.out()
        for line in found.lines():
            print_row(console, line)
    if found.divergence:
        return ended(found.divergence, Written(out, html), as_json)
    return BAD_INPUT if found.verdict == NOT_DRIVEN else ALL_HOLD


def _write(folder: Path, plan: Plan, cases: Sequence[Case]) -> int:
    """Write test vectors; no program is driven."""
    with Progress() as progress:
        files, steps = write_vectors(folder, plan, cases, _walks() if plan.steps else (), progress.say)
    print_row(report.out(), f"{folder}: {counted(files, 'vector')}, {counted(steps, 'step')}.")
    return ALL_HOLD


def _walks() -> Iterator[Walk]:
    """The walks of a tour that takes every class of transitions."""
    graph = graph_of(SCOPE)
    says = f"Classes of transitions of {graph.machine.title} that no walk before has."
    yield from (Walk(says, SCOPE.members, walk.take) for walk in Walks(graph))


def _cases(name: str | None) -> Sequence[Case]:
    """The case of this name, or all."""
    return [case for case in CASES if name in (None, case.name)]
