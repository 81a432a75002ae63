"""The command `check`: decides the claims."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import click
import msgspec

from properties.catalogue.scopes import NamedScope
from properties.check.job import ENGINES, Job
from properties.check.minimal import all_are_needed, is_decided, needs_lines, needs_record
from properties.check.plan import Plan, cost
from properties.check.task import SECOND_SOLVER
from properties.check.verdict import Exhaustive, Proved, States, Verdict, Violated, record
from properties.explicit.checkpoint import Kept
from properties.explicit.compiled import engine_words
from properties.files import write_whole
from properties.limits import LostJobError, ScopeTooLargeError
from properties.pool import Tick, run_jobs
from properties.sampling.tries import Tries
from properties.symbolic.cvc5 import is_installed
from properties.symbolic.minimal import Minimal, Needs, minimal_jobs, share
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, UNDETERMINED, code_of, exit_code
from properties.terminal.names import EXECUTOR, OneOf
from properties.terminal.options import (
    claims_named,
    features_on,
    for_claims,
    looked_for,
    searched,
    sized,
    suiting,
)
from properties.terminal.output import show_trace, write_page
from properties.terminal.progress import Progress
from properties.terminal.rows import out, print_row
from properties.terminal.verdicts import details, job_line, print_verdicts, shortest_traces, summary, table_rows
from properties.words import counted


@click.command("check", cls=Checked)
@for_claims
@click.option("--engine", "engines", type=OneOf("engine", ENGINES), multiple=True, help="Only this engine. Repeatable.")
@sized
@searched
@EXECUTOR
@click.option("--deep", is_flag=True, help="Also the larger scopes: some minutes, and up to 4 GiB a core.")
@looked_for
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False),
              help="Also write the verdicts as JUnit XML, for continuous integration.")  # fmt: skip
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False),
              help="Also write a report: verdicts, runs, what was searched, what variants break.")  # fmt: skip
@click.option("--minimal", is_flag=True,
              help="Instead, of each auxiliary invariant, which obligations fail without it.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `results`.")
def check_command(
    ids: tuple[str, ...], engines: tuple[str, ...], members: int | None, handles: int | None, rings: int | None,
    off: tuple[str, ...], variant: str | None, no_symmetry: bool, memory_gib: float, kept: Kept, deep: bool,
    depth: int | None, tries: Tries, junit: Path | None, html: Path | None, minimal: bool, as_json: bool,
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
    ringplug check --html report.html --junit verdicts.xml
    ringplug check --deep --executor dask         (a job a worker; docs/engines.md#many-machines)
    ringplug check --minimal --claim CLM-S1       (what the proofs about CLM-S1's machine rest on)

    Without --engine: inductive and exhaustive, which decide. Bounded (every run of up to K steps), stateful (random
    runs) and cvc5 are used if they are named.
    Without sizes every engine visits its own standard scopes; with any size, that one scope (the others default to 3
    members, 1 handle, 1 ring). A claim that a scope is too small for is open there.

    A search ends once all its claims are violated, and a check once every claim that was asked for is decided: it is
    violated, or, of a variant, proved and also so in one scope. Of a variant small scopes come first, and one where it
    has far more states than the protocol is left when so many are visited: what is not decided by then stays open. With
    --deep all are visited.

    With --minimal an obligation needs an auxiliary invariant if it is not met without it. All obligations about the
    machines of the claims are asked; exit code 1 if some auxiliary invariant is needed by none.
    """
    claims = claims_named(ids)
    machines = [claim.machine for claim in claims]
    if minimal:
        return _show_needs(list(dict.fromkeys(machines)), kept.executor, as_json=as_json)
    features = features_on(off, *machines)
    if ids:
        suiting(variant, *machines)
    if SECOND_SOLVER in engines and not is_installed():
        raise click.ClickException("the engine cvc5 needs a package: pip install cvc5")
    if junit and not find_spec("junitparser"):
        raise click.ClickException("--junit needs a package: pip install junitparser")
    sized_by_hand = members or handles or rings
    scope = NamedScope(members or 3, handles or 1, rings or 1, features) if sized_by_hand else None
    plan = Plan(
        claims, not ids, engines, variant, frozenset(off), scope, deep, depth, tries, not no_symmetry, memory_gib, kept,
    )  # fmt: skip
    found = _run(plan, quiet=as_json)
    if junit:
        _write_junit(found.verdicts, junit)
    if html:
        _write_report(found.verdicts, variant, html)
    if as_json:
        sys.stdout.write(msgspec.json.encode(found.record).decode() + "\n")
    else:
        _show_verdicts(found.verdicts)
    for line in found.lost:
        click.echo(f"ringplug: lost: {line}", err=True)
    if found.refused:
        raise ScopeTooLargeError("; ".join(found.refused))
    code = exit_code(found.verdicts, frozenset(ids))
    return UNDETERMINED if found.lost and code == ALL_HOLD else code


@dataclass
class _Found:
    """What the jobs gave: verdicts, which scopes were too large, and which jobs were lost."""

    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    refused: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    not_needed: int = 0
    """Jobs that were left since everything was decided."""

    def take(self, job: Job, result: list[Verdict] | Exception) -> None:
        """Add what became of a job."""
        if isinstance(result, LostJobError):
            self.lost.append(str(result))
        elif isinstance(result, Exception):
            self.refused.append(f"{job.title}: {result}")
        else:
            self.verdicts += result

    @property
    def record(self) -> dict[str, object]:
        """The verdicts as plain values, and what there is none of."""
        partial = bool(self.lost or self.refused)
        results = [record(one) for one in self.verdicts]
        return {
            "results": results, "partial": partial, "lost": self.lost, "too_large": self.refused,
            "not_needed": self.not_needed,
        }  # fmt: skip

    def decided(self, plan: Plan) -> set[str]:
        """The claims that need no further job: what is violated; of a variant, unless deep, what two engines hold."""
        violated, proved, searched = (
            {one.claim for one in self.verdicts if isinstance(one, kind)} for kind in (Violated, Proved, Exhaustive)
        )
        return violated | (proved & searched if plan.variant and not plan.deep else set())


def _run(plan: Plan, *, quiet: bool) -> _Found:
    """Run the jobs until every claim is decided; a line for each that is done, unless quiet."""
    console, found, jobs = out(), _Found(), plan.jobs()
    done, work = list[Job](), sum(map(cost, jobs))
    with Progress() as progress:
        results = run_jobs(
            jobs, lambda tick: progress.say(f"{jobs[tick.job].title}: {tick.words}"), refusals=(ScopeTooLargeError,),
            executor=plan.jobs_by,
        )  # fmt: skip
        with closing(results):
            for number, result in results:
                done.append(jobs[number])
                found.take(jobs[number], result)
                progress.count(len(done), len(jobs), share=sum(map(cost, done)) / work)
                if not quiet and not isinstance(result, Exception):
                    progress.result(console, job_line(jobs[number], result))
                if found.decided(plan) >= {claim.id for claim in plan.claims}:
                    break
    found.not_needed = len(jobs) - len(done)
    if found.not_needed and not quiet:
        spared = counted(found.not_needed, "job")
        print_row(console, f"Every claim that was asked for is decided: {spared} not needed.")
    return found


def _write_junit(verdicts: list[Verdict], out: Path) -> None:
    from properties.export.junit import junit_xml  # here: what it is written with is optional

    write_whole(out, junit_xml(verdicts))


def _write_report(verdicts: list[Verdict], variant: str | None, out: Path) -> None:
    from properties.page.report import Said, report_page  # here: few checks want one

    lines = [*details(verdicts), *summary(verdicts)]
    said = Said(lines, list(table_rows(verdicts)), list(shortest_traces(verdicts)))
    write_page(lambda: report_page(verdicts, said, variant), out)


def _show_verdicts(verdicts: list[Verdict]) -> None:
    console = out()
    if verdicts:
        console.print()
        print_verdicts(console, verdicts)
        console.print()
    for line in (*details(verdicts), *summary(verdicts)):
        print_row(console, line)
    if any(isinstance(one.extent, States) for one in verdicts):
        print_row(console, engine_words())
    for trace in shortest_traces(verdicts):
        console.print()
        show_trace(trace)


def _show_needs(machines: list[str], executor: str, *, as_json: bool) -> int:
    """Ask what needs the auxiliary invariants of these machines, and print it."""
    found, lost = _needs(minimal_jobs(machines), executor)
    if as_json:
        results = [needs_record(machine, one) for machine, one in found.items()]
        sys.stdout.write(msgspec.json.encode({"results": results, "partial": bool(lost), "lost": lost}).decode() + "\n")
    else:
        for machine in machines:
            lines = needs_lines(machine, found[machine]) if machine in found else [f"{machine}: none"]
            for line in lines:
                print_row(out(), line)
    for line in lost:
        click.echo(f"ringplug: lost: {line}", err=True)
    return code_of(violated=not lost and not all_are_needed(found), decided=not lost and is_decided(found))


def _needs(jobs: list[Minimal], executor: str) -> tuple[dict[str, Needs], list[str]]:
    """By machine what its jobs found, and which jobs were lost."""
    found, lost, shares, done = dict[str, Needs](), list[str](), [0.0] * len(jobs), 0
    with Progress() as progress:

        def say(tick: Tick) -> None:
            shares[tick.job] = share(tick.words)
            progress.count(done, len(jobs), share=sum(shares) / len(jobs))
            progress.say(f"{jobs[tick.job].title}: {tick.words}")

        with closing(run_jobs(jobs, say, executor=executor)) as results:
            for number, result in results:
                done, shares[number] = done + 1, 1.0
                if isinstance(result, Needs):
                    found.setdefault(jobs[number].machine, Needs()).add(result)
                else:
                    lost.append(str(result))
    return found, lost
