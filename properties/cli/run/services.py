"""The command that runs the services of the mail under the simulator, and judges what they did."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from properties.catalogue.register import REGISTER
from properties.files import write_whole
from properties.judge.judgement import OK, VIOLATED, JudgedClaim
from properties.simulate.services import ServiceRun, run
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import code_of
from properties.terminal.names import OneOf
from properties.terminal.numbers import MOST_RUNS, SEED, RealRange
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.words import counted
from reference.simulator.campaigns import CAMPAIGNS, script_of
from reference.simulator.script import MEMBERS_MOST, Script

FAULTS = [name for name in CAMPAIGNS if name != "amnesic"]
"""What takes stored numbers away, on which everything rests, is left to `ringplug simulate`."""


@click.command("services", cls=Checked)
@click.option("--members", type=click.IntRange(1, MEMBERS_MOST), default=4, show_default=True, help="Processors.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Of everything that is random.")
@click.option("--faults", type=OneOf("faults", FAULTS), default="heavy", show_default=True, help="What the seed draws.")
@click.option("--seconds", type=RealRange(0.1, 100_000), default=5.0, show_default=True,
              help="How long there are faults and load, in virtual time.")  # fmt: skip
@click.option("--load", type=click.IntRange(0, 10_000), default=60, show_default=True,
              help="What all programs together do in a second.")  # fmt: skip
@click.option(
    "--runs", type=click.IntRange(1, MOST_RUNS), default=1, show_default=True, help="So many seeds, from --seed on."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the history of one run here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def services_command(
    members: int, seed: int, faults: str, seconds: float, load: int, runs: int, out: Path | None, as_json: bool
) -> int:
    """Run executive, clm, evt and evs on simulated rings, with programs that use them, and judge what they did.

    \b
    ringplug services --members 5 --seed 7
    ringplug services --runs 100 --faults light
    ringplug services --seed 7 --out history.jsonl         then: ringplug judge history.jsonl

    Of several runs, the first that violates a claim is shown, and how to repeat it. Exit codes: 0 all hold, 1 a claim
    is violated, 2 nothing is decided, 3 bad input.
    """
    plan = _Plan(members, faults, seconds, load)
    shown, total = _runs(plan, range(seed, seed + runs), keep=out is not None)
    if out:
        write_whole(out, shown.history)
    if as_json:
        sys.stdout.write(msgspec.json.encode(_plain(shown, total, plan)).decode() + "\n")
    else:
        _print(shown, total, plan)
    return _code(shown)


class _Plan(msgspec.Struct, frozen=True):
    """What all runs have in common."""

    members: int
    faults: str
    seconds: float
    load: int

    def script(self, seed: int) -> Script:
        lasts_us = round(self.seconds * 1_000_000)
        return script_of(self.faults, members=self.members, seed=seed, lasts_us=lasts_us, load=self.load)

    def command(self, seed: int) -> str:
        """Repeats one run."""
        sizes = f"--faults {self.faults} --seconds {self.seconds:g} --load {self.load}"
        return f"ringplug services --members {self.members} --seed {seed} {sizes}"


def _runs(plan: _Plan, seeds: range, *, keep: bool) -> tuple[ServiceRun, Counter[str]]:
    """The first run that violates a claim, or the last; and how often each claim's premise was met in all."""
    total: Counter[str] = Counter()
    with Progress() as progress:
        for done, seed in enumerate(seeds[:-1]):
            progress.count(done, len(seeds), "run")
            progress.say(f"seed {seed}")
            shown = run(plan.script(seed))
            total.update({claim.claim: claim.met for claim in shown.claims})
            if shown.violated:
                return shown, total
        progress.count(len(seeds) - 1, len(seeds), "run")
        progress.say(f"seed {seeds[-1]}")
        shown = run(plan.script(seeds[-1]), keep=keep)
    total.update({claim.claim: claim.met for claim in shown.claims})
    return shown, total


def _code(shown: ServiceRun) -> int:
    return code_of(violated=bool(shown.violated), decided=any(one.verdict == OK for one in shown.claims))


def _print(shown: ServiceRun, total: Counter[str], plan: _Plan) -> None:
    """A row for each claim, and what is to be said of the whole."""
    console, heads = report.out(), [(one.claim, _verdict(one, total), f"{total[one.claim]:,}") for one in shown.claims]
    claim, verdict, met = (max(map(len, column)) for column in zip(*heads, strict=True))
    for one, head in zip(shown.claims, heads, strict=True):
        begin = f"{head[0]:{claim}}  {head[1]:{verdict}}  {head[2]:>{met}}  "
        print_row(console, begin + _says(one, total), hang=len(begin))
    for line in _lines(shown, plan):
        print_row(console, line)


def _lines(shown: ServiceRun, plan: _Plan) -> Iterator[str]:
    if shown.violated:
        yield f"repeat: {plan.command(shown.script.seed)}"
    real = shown.seconds / (shown.ended_us / 1_000_000)
    delivered = f"{counted(shown.deliveries, 'delivery', 'deliveries')} in {counted(shown.rings, 'ring')}"
    yield f"the last run: {delivered}, {real:.2f} s a simulated second"


def _verdict(one: JudgedClaim, total: Counter[str]) -> str:
    return OK if one.verdict != VIOLATED and total[one.claim] else one.verdict


def _says(one: JudgedClaim, total: Counter[str]) -> str:
    if _verdict(one, total) != OK:
        return one.reason
    return REGISTER[one.claim].sentence


def _plain(shown: ServiceRun, total: Counter[str], plan: _Plan) -> dict[str, object]:
    claims = [
        {"claim": one.claim, "verdict": _verdict(one, total), "met": total[one.claim], "reason": one.reason}
        for one in shown.claims
    ]
    return {
        "claims": claims,
        "violated": shown.violated,
        "repeat": plan.command(shown.script.seed),
        "refused": dict(shown.refused),
    }
