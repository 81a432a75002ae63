"""The command that runs a cluster of real processes on this machine, shows it live, and judges what it did."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec
from rich.live import Live

from properties.judge.judgement import OK, VIOLATED, JudgedClaim
from properties.processes.cluster import Cluster, Course, Outcome, run
from properties.processes.keyboard import Keyboard, listen, one_key_at_a_time
from properties.processes.processes import Plan
from properties.processes.verdict import Verdict, judged
from properties.processes.view import head, shown
from properties.simulate.report import claim_table
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import BAD_INPUT, code_of
from properties.terminal.numbers import SEED, RealRange
from properties.terminal.progress import Progress
from properties.terminal.rows import out as standard_output
from properties.terminal.rows import print_row
from properties.words import counted
from reference.node.client import ClientError
from reference.node.disk.errors import NodeError

SECONDS_ELSEWHERE = 10.0
"""How long it runs where nobody can end it by a key."""


@click.command("run", cls=Checked)
@click.option("--members", type=click.IntRange(1, 9), default=3, show_default=True, help="Processes.")
@click.option("--seconds", type=RealRange(0.1, 1_000_000),
              help="How long there are load and faults; on a terminal until q is pressed, elsewhere 10 s.")  # fmt: skip
@click.option("--load", type=click.IntRange(0, 100_000), default=30, show_default=True,
              help="Events a second that all programs together want to publish.")  # fmt: skip
@click.option("--recovery", type=RealRange(0, 600), default=0.7, show_default=True,
              help="Seconds for which node 1 holds its plug in a ring; node 2 twice as long, and so on.")  # fmt: skip
@click.option("--faults", type=RealRange(0.1, 100_000), metavar="SECONDS",
              help="Kill, pause, partition, or bring back, by chance, every so often.")  # fmt: skip
@click.option("--seed", type=SEED, default=1, show_default=True, help="Of the faults and the load.")
@click.option("--no-follow", is_flag=True, help="Do not record what is needed to repeat the run in lockstep.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Keep configurations, histories, journals and logs in this folder.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run_command(
    members: int, seconds: float | None, load: int, recovery: float, faults: float | None, seed: int,
    no_follow: bool, out: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Run a cluster of real processes on the loopback network, watch it, disturb it, and judge what it recorded.

    \b
    ringplug run                                      keys kill, pause, restart, cut off; q ends it
    ringplug run --members 5 --seconds 20 --json      for a script
    ringplug run --seconds 60 --faults 3              a fault every 3 seconds
    ringplug run --out run                            then: ringplug judge 'run/*.history.jsonl'

    Each process is a `ringplug node` with clm, evt and evs, and a service that holds its plug for --recovery, so that a
    gate can be seen to open. In the end all is healed and comes to rest; then the histories are judged, the run is
    repeated from its journals, and the machine follows it. Exit codes: 0 all hold, 1 a claim is violated, 2 nothing is
    decided, 3 bad input.
    """
    plan = Plan(members, recovery_ms=round(recovery * 1000), follow=not no_follow)
    has_keys = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    if seconds is None and not has_keys:
        seconds = SECONDS_ELSEWHERE
    course = Course(plan, seconds, float(load), faults, seed)
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringplug-run-")))
        try:
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # A node may have gone: an error, no signal.
            outcome = asyncio.run(_live(course, folder) if has_keys else _plain(course, folder))
        except (ClientError, NodeError) as error:
            raise click.ClickException(str(error)) from error
        with Progress() as progress:
            verdict = judged(course, outcome, folder, progress.say)
    if as_json:
        sys.stdout.write(msgspec.json.encode(_record(course, outcome, verdict)).decode() + "\n")
    else:
        _print(outcome, verdict, out)
    if verdict.faults:
        return BAD_INPUT
    return code_of(violated=bool(verdict.violated), decided=any(one.verdict == OK for one in verdict.claims))


async def _live(course: Course, folder: Path) -> Outcome:
    """With a view and keys."""
    with one_key_at_a_time() as descriptor, Live(console=standard_output(), auto_refresh=False) as live:
        keyboard: Keyboard | None = None

        async def begun(cluster: Cluster) -> None:
            nonlocal keyboard
            keyboard = Keyboard(cluster)
            await listen(keyboard, descriptor)

        def show(cluster: Cluster) -> None:
            live.update(shown(cluster, keyboard.chosen if keyboard else 1), refresh=True)

        return await run(course, folder, show=show, begun=begun)


async def _plain(course: Course, folder: Path) -> Outcome:
    """With a line of progress."""
    with Progress() as progress:

        def show(cluster: Cluster) -> None:
            share = cluster.watching.seconds / (course.seconds or SECONDS_ELSEWHERE)
            last = cluster.watching.said[-1].partition(" s  ")[2] if cluster.watching.said else "starting"
            progress.say(f"{head(cluster)}; {last}", min(1.0, share))

        return await run(course, folder, show=show)


def _print(outcome: Outcome, verdict: Verdict, out: Path | None) -> None:
    console = standard_output()
    for line in outcome.said:
        print_row(console, line)
    print_row(console, "")
    table = [one for one in verdict.claims if one.verdict == VIOLATED]
    if table:
        console.print(claim_table(table))
    for line in _lines(outcome, verdict, out):
        print_row(console, line)


def _lines(outcome: Outcome, verdict: Verdict, out: Path | None) -> Iterator[str]:
    if verdict.divergence:
        yield from verdict.divergence.lines()
    for fault in verdict.faults:
        yield f"the recorder is at fault: {fault}"
    yield (
        f"{counted(outcome.published, 'event')} published, {counted(verdict.judgement.event_count, 'event')} recorded, "
        f"{counted(outcome.ring_count, 'ring')} of several"
    )
    after = outcome.settled_seconds
    yield "never settled" if after is None else f"settled {after:.1f} s after the last fault"
    for kind, says in ((OK, OK), ("open", "open (not yet due, or the premise does not occur)"), (VIOLATED, VIOLATED)):
        ids = [one.claim for one in verdict.claims if one.verdict == kind]
        if ids:
            yield f"{len(ids)} {says}: {', '.join(ids)}"
    if out:
        yield f"written: {out}"


def _record(course: Course, outcome: Outcome, verdict: Verdict) -> dict[str, object]:
    return {
        "verdicts": [_plain_claim(one) for one in verdict.claims], "violated": verdict.violated,
        "bad_input": verdict.faults, "seconds": outcome.seconds, "settled_seconds": outcome.settled_seconds,
        "bound_seconds": course.bound_seconds, "quiescent": outcome.is_quiet, "published": outcome.published,
        "waited_us": outcome.waited_us, "faults": outcome.faults, "rings": outcome.ring_count,
        "held_and_opened": outcome.held_count, "nodes": outcome.states, "said": outcome.said,
    }  # fmt: skip


def _plain_claim(one: JudgedClaim) -> dict[str, object]:
    return {"claim": one.claim, "verdict": one.verdict, "met": one.met, "reason": one.reason}
