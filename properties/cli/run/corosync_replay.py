"""The command `corosync replay`: a run of the model, done to real daemons."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from properties.corosync.laboratory.plan import Plan, Scheduled
from properties.corosync.laboratory.requirements import missing
from properties.corosync.recording import RecordingError, empty_directory
from properties.terminal import report
from properties.terminal.applies import Checked, given_in
from properties.terminal.exit_codes import ALL_HOLD, code_of
from properties.terminal.names import CLAIM, NAMED_VARIANT
from properties.terminal.numbers import SEED
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.words import counted

if TYPE_CHECKING:
    from properties.replay.daemon_runs import DaemonRun, Replayed
    from properties.traces.trace import Trace

MOST_RUNS, MOST_TRIES = 1000, 100
IDLE = ("--runs", "--tries", "--seed", "--binary", "--out")
"""The options that say nothing where nothing is run."""
BINARY_OPTION = click.option(
    "--binary", type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True),
    help="Another daemon of corosync, as one that was built from source; libcpg stays the installed one.",
)  # fmt: skip


def check_machine(plan: Plan) -> None:
    """Refuse a machine that lacks something, naming it."""
    if lacking := missing(plan):
        raise click.ClickException(f"{plan.scenario} cannot run here, missing: {'; '.join(lacking)}")


@click.command("replay", cls=Checked)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--variant", type=NAMED_VARIANT, metavar="NAME", help="Find this variant's shortest run first.")
@click.option("--claim", type=CLAIM, metavar="ID", help="The claim that the run shall violate.")
@click.option("--runs", default=8, show_default=True, type=click.IntRange(1, MOST_RUNS), help="How many runs.")
@click.option("--tries", default=6, show_default=True, type=click.IntRange(1, MOST_TRIES),
              help="How many timings are tried at most.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, type=SEED, help="Decides the timings that are tried.")
@BINARY_OPTION
@click.option("--schedule", "only_schedule", is_flag=True, help="Only print what would be done; needs no daemon.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="A directory for the runs; it must be empty or not exist.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print schedule, runs and verdicts as JSON.")
def corosync_replay_command(
    file: Path | None, variant: str | None, claim: str | None, runs: int, tries: int, seed: int, binary: Path | None,
    only_schedule: bool, out: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Do to real daemons what a run of the model says: a saved trace, or the shortest run of a variant.

    The run becomes a schedule for frames: which are lost, which token arrives once more, who can hear whom. What the
    model leaves open, how long to wait, is tried until a run of the daemons violates the claim on its history; then so
    many runs are made with it. Exit codes: 0 no run violates it, 1 one does, 2 a run failed or did not come to rest, 3
    bad input or something is missing.

    \b
    ringplug corosync replay --variant free-before-the-token-is-accepted --claim EVS-4 --out b
    ringplug corosync replay --variant parts-as-in-corosync --claim PART-S1 --out c --json
    ringplug trace EVS-4 --variant free-before-the-token-is-accepted --out b.json
    ringplug corosync replay b.json --schedule
    """
    if only_schedule and (idle := [one for one in IDLE if one in given_in(click.get_current_context())]):
        raise click.ClickException(f"{idle[0]} does not go with --schedule: nothing is run")
    from properties.replay.daemon_runs import Replaying  # here: the commands beside this one need no model
    from properties.replay.daemons import ReplayError, Timings, plan_of
    from properties.traces.trace import TraceError

    try:
        trace = _trace(file, variant, claim)
        plan = plan_of(trace, seed, Timings(), str(binary or ""))
        if only_schedule:
            return _show_schedule(plan, as_json)
        if out is None:
            raise click.ClickException("--out is missing: a directory for the runs")
        check_machine(plan)
        with Progress() as progress:
            found = Replaying(trace, empty_directory(out), plan.binary, progress.say).replay(runs, tries, seed)
    except (ReplayError, RecordingError, TraceError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        said = {**msgspec.to_builtins(found), "violating": found.violating, "of": len(found.counted)}
        sys.stdout.write(msgspec.json.encode({**said, "frames": _scheduled(plan).frames}).decode() + "\n")
    else:
        for line in found_lines(found):
            print_row(report.out(), line)
    return exit_code(found)


def _trace(file: Path | None, variant: str | None, claim: str | None) -> Trace:
    """The run that is asked for, one way or the other."""
    from properties.replay.daemons import shortest
    from properties.terminal.output import saved_trace

    if file and not (variant or claim):
        return saved_trace(file)
    if file or not (variant and claim):
        raise click.ClickException("give a saved trace, or --variant and --claim")
    return shortest(variant, claim)


def _scheduled(plan: Plan) -> Scheduled:
    return next(step for step in plan.steps if isinstance(step, Scheduled))


def _show_schedule(plan: Plan, as_json: bool) -> int:
    """What would be done, one step a line."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(plan).decode() + "\n")
        return ALL_HOLD
    for line in schedule_lines(plan):
        print_row(report.out(), line)
    return ALL_HOLD


def schedule_lines(plan: Plan) -> Iterator[str]:
    """The steps of a plan in words, those for the switch set in."""
    for step in plan.steps:
        if not isinstance(step, Scheduled):
            yield _words(msgspec.to_builtins(step))
            continue
        for node, count in step.sends.items():
            yield f"n{node} sends {counted(count, 'message')} of {step.bytes:,} bytes, and the switch goes through:"
        yield from (f"  {_words(msgspec.to_builtins(frame))}" for frame in step.frames)


def _words(step: dict[str, object]) -> str:
    """A step as `do name value …`."""
    does = step.pop("do")
    return " ".join([str(does), *(f"{name} {value}" for name, value in step.items())])


def found_lines(found: Replayed) -> Iterator[str]:
    """The runs in words."""
    yield f"{found.variant}: shortest run to {found.claim}, on daemons; judged: {', '.join(found.judged)}"
    for one in [*found.searched, *found.runs]:
        yield f"  {Path(one.directory).name}: {_said(one)}"
    if found.timings:
        again, change = found.timings.again_ms, found.timings.change_ms
        yield f"a token arrives again after {again} ms, the ring changes after {change} ms"
    yield f"violated in {found.violating} of {counted(len(found.counted), 'run')}"


def _said(one: DaemonRun) -> str:
    if one.failed:
        return f"failed, {one.failed}"
    rest = "" if one.settled else ", did not come to rest"
    return f"{', '.join(one.violated) or 'nothing'} violated, {one.seconds:.1f} s{rest}"


def exit_code(found: Replayed) -> int:
    """Violated if a run shows it; undetermined if none does and one failed or did not come to rest."""
    decided = all(one.settled and not one.failed for one in found.counted)
    return code_of(violated=found.violating > 0, decided=decided)
