"""The command `check`: decides the claims."""

from __future__ import annotations

import sys

import click
import msgspec

from properties.catalogue.scopes import FEATURES, NamedScope
from properties.check.job import ENGINES, Job
from properties.check.plan import Plan
from properties.check.task import SECOND_SOLVER
from properties.check.verdict import Verdict, record
from properties.limits import LostJobError, ScopeTooLargeError
from properties.pool import run_jobs
from properties.sampling.stateful import Tries
from properties.symbolic.cvc5 import is_installed
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, UNDETERMINED, exit_code
from properties.terminal.options import claims_named, for_claims, looked_for, searched, sized
from properties.terminal.output import show_trace
from properties.terminal.progress import Progress


@click.command("check")
@for_claims
@click.option(
    "--engine", "engines", type=click.Choice(list(ENGINES)), multiple=True, help="Only this engine. Repeatable."
)
@sized
@searched
@click.option("--deep", is_flag=True, help="Also the larger scopes: some minutes, and up to 4 GiB a core.")
@looked_for
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `results`.")
def check_command(
    ids: tuple[str, ...], engines: tuple[str, ...], members: int | None, handles: int | None, rings: int | None,
    off: tuple[str, ...], variant: str | None, no_symmetry: bool, memory_gib: float, deep: bool, depth: int | None,
    tries: Tries, as_json: bool,
) -> int:  # fmt: skip
    """Decide the claims: by proof for any number, and on every reachable state of some scopes.

    \b
    ringplug check
    ringplug check --claim PLUG-S1 --claim LIVE-2
    ringplug check --engine exhaustive --members 3 --handles 1 --rings 2 --without late-copies
    ringplug check --variant open-on-own-bit      (exit code 1, with a trace)
    ringplug check --engine bounded --members 5 --depth 8
    ringplug check --engine stateful --members 12 --examples 500 --seed 7
    ringplug check --engine cvc5                  (the same proofs by a second solver)

    Without --engine: inductive and exhaustive, which decide. Bounded (every run of up to K steps), stateful (random
    runs) and cvc5 are used if they are named.
    Without sizes every engine visits its own standard scopes; with any size, that one scope (the others default to 3
    members, 1 handle, 1 ring). A claim that a scope is too small for is open there.
    """
    claims, known_off = claims_named(ids), frozenset(off)
    if SECOND_SOLVER in engines and not is_installed():
        raise click.ClickException("the engine cvc5 needs a package: pip install cvc5")
    sized_by_hand = members or handles or rings
    scope = NamedScope(members or 3, handles or 1, rings or 1, FEATURES - known_off) if sized_by_hand else None
    plan = Plan(
        claims, not ids, engines, variant, known_off, scope, deep, depth, tries, not no_symmetry, memory_gib,
    )  # fmt: skip
    verdicts, refused, lost = _run(plan.jobs(), quiet=as_json)
    _show_verdicts(verdicts, as_json)
    for line in lost:
        click.echo(f"ringplug: lost: {line}", err=True)
    if refused:
        raise ScopeTooLargeError("; ".join(refused))
    code = exit_code(verdicts, frozenset(ids))
    return UNDETERMINED if lost and code == ALL_HOLD else code


def _run(jobs: list[Job], *, quiet: bool) -> tuple[list[Verdict], list[str], list[str]]:
    """Run the jobs; a line for each that is done, unless quiet. Also says what was too large, and what lost."""
    console, verdicts, refused, lost = report.out(), list[Verdict](), list[str](), list[str]()
    with Progress() as progress:
        results = run_jobs(
            jobs, lambda tick: progress.say(f"{jobs[tick.job].title}: {tick.words}"), refusals=(ScopeTooLargeError,)
        )
        for done, (number, found) in enumerate(results, 1):
            job = jobs[number]
            progress.count(done, len(jobs))
            if isinstance(found, LostJobError):
                lost.append(str(found))
                continue
            if isinstance(found, Exception):
                refused.append(f"{job.title}: {found}")
                continue
            verdicts += found
            if not quiet:
                progress.result(console, report.job_line(job, found))
    return verdicts, refused, lost


def _show_verdicts(verdicts: list[Verdict], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode({"results": [record(one) for one in verdicts]}).decode() + "\n")
        return
    console = report.out()
    console.print()
    console.print(report.verdict_table(verdicts))
    console.print()
    for line in (*report.details(verdicts), *report.summary(verdicts)):
        console.print(line, markup=False, soft_wrap=True)
    for trace in report.shortest_traces(verdicts):
        console.print()
        show_trace(trace)
