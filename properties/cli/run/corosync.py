"""Commands that run real corosync, or our own nodes in its place: record one run, run a campaign of many."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import click
import msgspec

from properties.cli.run.corosync_replay import BINARY_OPTION, check_machine, corosync_replay_command
from properties.cli.run.corosync_table import table_command
from properties.corosync.campaign import Campaign, Case, Found, Judge, cases, ways
from properties.corosync.laboratory.namespaces import LaboratoryError
from properties.corosync.laboratory.plan import LOADS, NODE_COUNTS, TRANSPORTS, Load, SystemName, Transport
from properties.corosync.laboratory.scenarios import SCENARIOS, plan, says, without_faults
from properties.corosync.recording import Recorded, RecordingError, record
from properties.corosync.summary import table
from properties.judge.judgement import OK, VIOLATED
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, BAD_INPUT, UNDETERMINED, code_of
from properties.terminal.names import SCENARIO, OneOf
from properties.terminal.numbers import MOST_RUNS, SEED
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.words import counted, unknown

SYSTEM_OPTION = click.option(
    "--system", "system", type=OneOf("system", TRANSPORTS), default="corosync", show_default=True,
    help="What runs: corosync's daemons, or our own nodes in their place.",
)  # fmt: skip


def binary_of(system: SystemName, binary: Path | None) -> str:
    """The path, for the plan; only corosync has one."""
    if binary and system != "corosync":
        raise click.ClickException("--binary is for corosync; our own nodes are part of ringplug")
    return str(binary or "")


def judge_of(system: SystemName) -> Judge:
    """Who judges its runs; imported here, since to record one needs no judge, and ours brings the machine."""
    if system == "corosync":
        from properties.corosync.judge import judge_run

        return judge_run
    from properties.processes.laboratory import judge_node_run

    return judge_node_run


def of_system(system: SystemName, name: str) -> Transport:
    """The transport of this name, which must be one of this system."""
    for transport in TRANSPORTS[system]:
        if transport == name:
            return transport
    raise click.ClickException(unknown(f"transport of {system}", name, TRANSPORTS[system]))


@click.group("corosync")
def corosync_command() -> None:
    """Run real corosync daemons through faults, record what their clients saw, and judge it; or our own nodes.

    Needs Linux, root and ringplug[laboratory], for corosync Debian's package, for one-way-cut also nftables. Everything
    runs in namespaces that end with the command, and all files are in its --out directory.

    \b
    ringplug corosync scenarios
    ringplug corosync record --scenario partition-merge --out run
    ringplug corosync campaign --runs 200 --out runs
    ringplug corosync campaign --system ringplug --runs 288 --out ours
    ringplug corosync table ours
    ringplug corosync replay --variant parts-as-in-corosync --claim PART-S1 --out c
    """


corosync_command.add_command(corosync_replay_command)


@corosync_command.command("scenarios", cls=Checked)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def scenarios_command(as_json: bool) -> int:
    """List the scenarios."""
    if as_json:
        listed = [{"scenario": name, "says": says(name)} for name in SCENARIOS]
        sys.stdout.write(msgspec.json.encode(listed).decode() + "\n")
        return ALL_HOLD
    width = max(map(len, SCENARIOS))
    for name in SCENARIOS:
        print_row(report.out(), f"{name:<{width}}  {says(name)}", hang=width + 2)
    return ALL_HOLD


@corosync_command.command("record", cls=Checked)
@SYSTEM_OPTION
@BINARY_OPTION
@click.option(
    "--scenario", required=True, metavar="NAME", type=SCENARIO, help="Which scenario (ringplug corosync scenarios)."
)
@click.option("--nodes", default=3, show_default=True, type=click.IntRange(NODE_COUNTS.start + 1, NODE_COUNTS.stop - 1),
              help="How many nodes.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, type=SEED,
              help="Decides faults, times, messages.")  # fmt: skip
@click.option("--load", type=OneOf("load", LOADS), default="light", show_default=True, help="How much is sent.")
@click.option("--transport", type=OneOf("transport", sum(TRANSPORTS.values(), ())),
              help="udpu, or knet with encryption; of our nodes udp, or sealed.  [default: the first]")  # fmt: skip
@click.option("--control", is_flag=True, help="Leave the faults out: the same traffic on a whole network.")
@click.option("--trace", "trace_log", is_flag=True, help="Have the daemons log every message of the ring protocol.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="A directory for the files of this run; it must be empty or not exist.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was recorded as JSON.")
def record_command(
    system: SystemName, binary: Path | None, scenario: str, nodes: int, seed: int, load: str, transport: str | None,
    control: bool, trace_log: bool, out: Path, as_json: bool,
) -> int:  # fmt: skip
    """Run one scenario on real daemons, and write what was seen as a history; our nodes write theirs themselves.

    The seed decides faults, times and messages. It repeats the plan, not the run: the daemons keep their own time.
    Exit codes: 0 recorded, 2 recorded but the cluster did not come to rest, 3 bad input or something is missing.

    \b
    ringplug corosync record --nodes 3 --scenario partition-merge --seed 1 --out run
    ringplug judge run/history.jsonl
    ringplug corosync record --nodes 5 --scenario cut-in-sync --load backlog --transport knet --out run2
    ringplug corosync record --binary build/exec/.libs/corosync --scenario loss --out run4
    ringplug corosync record --system ringplug --nodes 9 --scenario loss --transport sealed --out run3
    """
    chosen = plan(
        scenario, nodes=nodes, seed=seed, load=cast(Load, load),
        transport=of_system(system, transport or TRANSPORTS[system][0]),
    )  # fmt: skip
    chosen = without_faults(chosen) if control else chosen
    if trace_log and system != "corosync":
        raise click.ClickException("--trace is for corosync; the journal of a node of ours has every message")
    chosen.binary = binary_of(system, binary)
    chosen.log_level = "trace" if trace_log else "on"
    check_machine(chosen)
    try:
        with Progress() as progress:
            recorded = record(chosen, out, progress.say)
    except (RecordingError, LaboratoryError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        sys.stdout.write(msgspec.json.encode(recorded).decode() + "\n")
    else:
        for line in recorded_lines(recorded):
            print_row(report.out(), line)
    return ALL_HOLD if recorded.settled else UNDETERMINED


@corosync_command.command("campaign", cls=Checked)
@SYSTEM_OPTION
@BINARY_OPTION
@click.option("--runs", default=200, show_default=True, type=click.IntRange(1, MOST_RUNS), help="How many runs.")
@click.option("--seed", default=1, show_default=True, type=SEED, help="Seed of the first run.")
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", type=SCENARIO, help="Only these scenarios. Repeatable."
)
@click.option("--nodes", multiple=True, type=click.IntRange(NODE_COUNTS.start + 1, NODE_COUNTS.stop - 1),
              help="Only this many nodes. Repeatable.")  # fmt: skip
@click.option("--load", "loads", multiple=True, type=OneOf("load", LOADS), help="Only this load. Repeatable.")
@click.option("--transport", "transports", multiple=True, type=OneOf("transport", sum(TRANSPORTS.values(), ())),
              help="Only this transport. Repeatable.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="A directory for all runs; those that it has already are kept.")  # fmt: skip
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Runs side by side.")
@click.option("--judge-again", is_flag=True, help="Judge the runs that are there again.")
@click.option("--json", "as_json", is_flag=True, help="Print runs and verdicts as JSON.")
def campaign_command(
    system: SystemName, binary: Path | None, runs: int, seed: int, scenarios: tuple[str, ...], nodes: tuple[int, ...],
    loads: tuple[str, ...], transports: tuple[str, ...], out: Path, jobs: int, judge_again: bool, as_json: bool,
) -> int:  # fmt: skip
    """Record and judge many runs: every scenario with 3 and 5 nodes, each transport, each load; our nodes also with 9.

    Interrupted, it goes on where it was with the same command; once all is done, that prints the tables again. Runs
    side by side disturb each other's clocks. Our nodes' runs are also repeated and followed by the machine. Exit codes:
    0 all hold, 1 something is violated, 2 a run failed or nothing was decided, 3 bad input, as a damaged run, or
    something is missing.

    \b
    ringplug corosync campaign --runs 200 --seed 1 --out runs
    ringplug corosync campaign --runs 12 --scenario cut-in-sync --out more --json
    ringplug corosync campaign --runs 40 --scenario delay --load heavy --binary build/after/corosync --out after
    ringplug corosync campaign --system ringplug --runs 288 --jobs 4 --out ours
    """
    for name in transports:
        of_system(system, name)
    among = ways(system, nodes, transports, loads)
    chosen = cases(runs, seed, scenarios or tuple(SCENARIOS), system, binary_of(system, binary), among)
    for case in needs(chosen):
        check_machine(case.plan)
    with Progress() as progress:
        found = Campaign(out, chosen, judge_of(system), judge_again, jobs).run(progress.say)
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        for line in table(found):
            print_row(report.out(), line)
    return exit_code(found)


corosync_command.add_command(table_command)


def exit_code(found: Found) -> int:
    """Bad input if what a run left is damaged; undecided if a run failed or nothing was decided."""
    if any(run.bad_input for run in found.runs):
        return BAD_INPUT
    verdicts = {one.verdict for run in found.runs for one in run.findings}
    failed = any(run.failed for run in found.runs)
    return code_of(violated=VIOLATED in verdicts, decided=OK in verdicts and not failed)


def needs(chosen: list[Case]) -> list[Case]:
    """One case of each scenario: what a machine must have depends on nothing else."""
    return list({case.scenario: case for case in chosen}.values())


def recorded_lines(recorded: Recorded) -> list[str]:
    """A recording in words."""
    what = f"{recorded.scenario}, {recorded.nodes} nodes, {recorded.transport}, {recorded.load}, seed {recorded.seed}"
    rest = "came to rest" if recorded.settled else "did not come to rest"
    lines = [f"{what}: {counted(recorded.events, 'event')} in {recorded.seconds:.1f} s; the cluster {rest}"]
    lines += [f"the daemon of n{node} ended by itself" for node in recorded.died]
    return [*lines, f"next: ringplug judge {recorded.history}"]
