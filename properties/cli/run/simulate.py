"""The command that runs the reference ring under the simulator: one run, reduced if it fails, or a campaign."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from properties.faults.patches import FaultError
from properties.files import is_among
from properties.judge.judgement import OK
from properties.simulate.campaign import Plan, campaign
from properties.simulate.faults import copy_of, run_that_shows
from properties.simulate.files import FILES, written
from properties.simulate.report import campaign_lines, campaign_record, claim_table, run_lines, run_record
from properties.simulate.run import Copy, Run, run
from properties.simulate.shrink import Reduced, reduce
from properties.terminal import report
from properties.terminal.applies import Checked, given_in
from properties.terminal.exit_codes import code_of
from properties.terminal.names import DELIVERY_VARIANT, EVERY_VARIANT, EXECUTOR, HTML_FILE, RING_FAULT, OneOf
from properties.terminal.numbers import MOST_RUNS, SEED, RealRange
from properties.terminal.output import write_page
from properties.terminal.progress import Progress
from properties.terminal.repeat import REPEAT_HELP, show_delivery_runs
from reference.simulator.campaigns import CAMPAIGNS
from reference.simulator.lines import ScriptError
from reference.simulator.script import MEMBERS_MOST, Script, parse

SIZES = {"--members", "--seed", "--faults", "--seconds", "--load", "--runs", "--script"}
"""Who gives one of these means another run than the one that shows a fault."""


@click.command("simulate", cls=Checked)
@click.option("--members", type=click.IntRange(1, MEMBERS_MOST), default=5, show_default=True, help="Processors.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Of everything that is random.")
@click.option("--faults", type=OneOf("faults", CAMPAIGNS), default="heavy", show_default=True,
              help="What the seed draws.")  # fmt: skip
@click.option("--seconds", type=RealRange(0.001, 100_000), default=20.0, show_default=True,
              help="How long there are faults, in virtual time.")  # fmt: skip
@click.option("--load", type=click.IntRange(0, 10_000), default=40, show_default=True, help="Messages a second.")
@click.option("--runs", type=click.IntRange(1, MOST_RUNS), help="A campaign: so many seeds, from --seed on.")
@EXECUTOR
@click.option("--script", "file", type=click.Path(path_type=Path, dir_okay=False),
              help="Run this fault script instead; it says members, seed, time and load.")  # fmt: skip
@click.option("--fault", metavar="NAME", type=RING_FAULT,
              help="A copy of the reference with this fault; without another size, the run that shows it.")  # fmt: skip
@click.option(
    "--repeat", is_flag=False, flag_value=EVERY_VARIANT, type=DELIVERY_VARIANT, metavar="[VARIANT]", help=REPEAT_HELP
)
@click.option("--no-follow", is_flag=True, help="Do not follow the plug layers with the machine; twice as fast.")
@click.option("--no-reduce", is_flag=True, help="Do not look for a smaller run that fails, too.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Write script, history, all that was seen, and the reduced run into this directory.")  # fmt: skip
@HTML_FILE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def simulate_command(
    members: int, seed: int, faults: str, seconds: float, load: int, runs: int | None, executor: str,
    file: Path | None, fault: str | None, repeat: str | None, no_follow: bool, no_reduce: bool, out: Path | None,
    html: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Run whole rings of the reference in virtual time, under faults, and judge what they did.

    \b
    ringplug simulate --members 5 --seed 7 --faults heavy --seconds 60
    ringplug simulate --runs 200 --faults heavy --seconds 10      (exit code 2 if something never occurred)
    ringplug simulate --script faults.txt --out run               (then: ringplug judge run/history.jsonl)
    ringplug simulate --members 3 --seconds 1 --html run.html     (what happened, as a page)
    ringplug simulate --fault frees-after-one-rotation            (a fault of the reference; exit code 1)
    ringplug simulate --repeat free-at-one-rotation               (goes with --json alone; docs/delivery.md)

    docs/simulator.md has the language of fault scripts, and how to read a failure. Exit codes: 0 all hold, 1 a claim is
    violated, 2 nothing is decided or a campaign did not show all that it is meant to, 3 bad input.
    """
    if repeat is not None:
        return show_delivery_runs(repeat, as_json)
    if file and out and is_among(file, [out / name for name in FILES]):
        raise click.UsageError(f"--out {out}: it would write over {file}; name another directory")
    try:
        copy = copy_of(fault)
        if fault and not SIZES & given_in(click.get_current_context()).keys():
            shows = run_that_shows(fault)
            members, seed, faults, seconds = shows.members, shows.seed, shows.campaign, float(shows.seconds)
        plan = Plan(faults, members, seconds, load, fault, not no_follow)
        script = parse(file.read_text()) if file else plan.script(seed)
    except (FaultError, ScriptError) as error:
        raise click.ClickException(f"{file}: {error}" if isinstance(error, ScriptError) else str(error)) from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not text in UTF-8") from error
    if runs is None:
        command = f"ringplug simulate --script {file}{plan.ways}" if file else plan.command(seed)
        return _one(script, copy, _Ways(command, plan.ways, not no_follow, not no_reduce, out, html, as_json))
    return _many(plan, range(seed, seed + runs), executor, as_json)


class _Ways(msgspec.Struct, frozen=True):
    """How one run is made and told."""

    command: str
    options: str
    follow: bool
    reduce: bool
    out: Path | None
    html: Path | None
    as_json: bool


def _one(script: Script, copy: Copy, ways: _Ways) -> int:
    reduced: Reduced | None = None
    with Progress() as progress:
        end = script.lasts_us

        def say(now_us: int) -> None:
            words = f"{now_us / 1e6:.1f} of {end / 1e6:g} s" if now_us < end else "the quiet end, and judging"
            progress.say(words, now_us / end)

        found = run(script, copy, follow=ways.follow, keep=True, say=say)
        if found.violated and ways.reduce:
            reduced = reduce(found, found.violated[0], copy, progress.say, follow=ways.follow)
    if ways.out:
        written(found, reduced, ways.out)
    if ways.html:
        _write_page(found, ways.command, ways.html)
    if ways.as_json:
        record = run_record(found, reduced, ways.command)
        sys.stdout.write(msgspec.json.encode(record).decode() + "\n")
    else:
        console = report.out()
        console.print(claim_table(found.claims))
        for line in run_lines(found, reduced, ways.command, _again(ways)):
            console.print(line, markup=False, soft_wrap=True)
        if ways.out:
            console.print(f"written: {ways.out}", markup=False, soft_wrap=True)
    return _code(found)


def _write_page(found: Run, command: str, html: Path) -> None:
    """Write what happened and what is said of it as a page."""
    from properties.page.history import history_page

    history, lines = found.history, list(run_lines(found, None, command, ""))
    if history:
        write_page(lambda: history_page(history.history(), found.claims, command, lines), html)


def _again(ways: _Ways) -> str:
    """The command that repeats the reduced run."""
    file = str(ways.out / "reduced.txt") if ways.out else "FILE"
    return f"ringplug simulate --script {file}{ways.options}"


def _code(found: Run) -> int:
    return code_of(violated=bool(found.violated), decided=any(one.verdict == OK for one in found.claims))


def _many(plan: Plan, seeds: range, executor: str, as_json: bool) -> int:
    with Progress() as progress:
        tally = campaign(plan, seeds, progress.say, executor)
    absent = tally.absent(plan)
    if as_json:
        sys.stdout.write(msgspec.json.encode(campaign_record(tally, plan, absent)).decode() + "\n")
    else:
        for line in campaign_lines(tally, absent):
            report.out().print(line, markup=False, soft_wrap=True)
    return code_of(violated=bool(tally.failures), decided=not absent and not tally.lost)
