"""Commands that decide: check, claims."""

from __future__ import annotations

import sys
from dataclasses import replace

import click
import msgspec

from model.machines import MACHINES
from properties import markdown, report
from properties.checking import Job, too_small
from properties.commands.options import claims_named, features_off, ids_of, known_variant, searched, sized
from properties.commands.showing import show_trace
from properties.jobs import run_jobs
from properties.progress import Progress
from properties.scopes import DEEP, FEATURES, STANDARD, NamedScope
from properties.search import ScopeTooLargeError
from properties.verdicts import ALL_HOLD, Verdict, exit_code

ENGINES = ("inductive", "exhaustive")


@click.command("check")
@click.option("--claim", "ids", metavar="ID", multiple=True, help="Only this claim. Repeatable.")
@click.option("--engine", "engines", type=click.Choice(ENGINES), multiple=True, help="Only this engine. Repeatable.")
@sized
@searched
@click.option("--deep", is_flag=True, help="Also the larger scopes: some minutes, and up to 4 GiB a core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `results`.")
def check_command(
    ids: tuple[str, ...], engines: tuple[str, ...], members: int | None, handles: int | None, rings: int | None,
    off: tuple[str, ...], variant: str | None, no_symmetry: bool, memory_gib: float, deep: bool, as_json: bool,
) -> int:  # fmt: skip
    """Decide the claims: by proof for any number, and on every reachable state of some scopes.

    \b
    ringplug check
    ringplug check --claim PLUG-S1 --claim LIVE-2
    ringplug check --engine exhaustive --members 3 --handles 1 --rings 2 --without late-copies
    ringplug check --variant open-on-own-bit      (exit code 1, with a trace)

    Without sizes the exhaustive engine visits the standard scopes; with any size, that one scope (the others default
    to 3 members, 1 handle, 1 ring). A claim that a scope is too small for is open there.
    """
    claims, known_off = claims_named(ids), features_off(off)
    known_variant(variant)
    scopes = _scopes(members, handles, rings, known_off, deep)
    if ids and not (members or handles or rings):
        scopes = [scope for scope in scopes if any(not too_small(claim, scope) for claim in claims)]
    jobs = list[Job]()
    for machine in dict.fromkeys(claim.machine for claim in claims):
        mine = [claim for claim in claims if claim.machine == machine]
        job = Job(ids_of(mine), None, variant, FEATURES - known_off, machine, not no_symmetry, memory_gib)
        if "exhaustive" in (engines or ENGINES):
            jobs += [replace(job, scope=scope) for scope in scopes if scope.machine == machine]
        provable = mine if engines else [claim for claim in mine if claim.is_inductive]
        if provable and "inductive" in (engines or ENGINES):
            jobs.append(replace(job, claims=ids_of(provable)))
    verdicts, refused = _run(sorted(jobs, key=lambda job: job.scope is not None), quiet=as_json)
    _show_verdicts(verdicts, as_json)
    if refused:
        raise ScopeTooLargeError("; ".join(refused))
    return exit_code(verdicts, frozenset(ids))


@click.command("claims")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `claims`.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the README's table.")
def claims_command(ids: tuple[str, ...], as_json: bool, as_markdown: bool) -> int:
    """List the claims, or everything about some of them.

    \b
    ringplug claims
    ringplug claims PLUG-S5 LIVE-2
    """
    claims, console = claims_named(ids), report.out()
    if as_markdown:
        sys.stdout.write("\n".join(markdown.verdict_rows()) + "\n")
        return ALL_HOLD
    if as_json:
        sys.stdout.write(
            msgspec.json.encode({"claims": [report.claim_record(claim) for claim in claims]}).decode() + "\n"
        )
        return ALL_HOLD
    for claim in claims:
        for line in report.claim_lines(claim) if ids else [f"{claim.id:<8}  {claim.sentence}"]:
            console.print(line, markup=False, soft_wrap=True)
    return ALL_HOLD


def _scopes(
    members: int | None, handles: int | None, rings: int | None, off: frozenset[str], deep: bool
) -> list[NamedScope]:
    if members or handles or rings:
        scope = NamedScope(members or 3, handles or 1, rings or 1, FEATURES - off)
        return [scope.of(machine) for machine in MACHINES]
    scopes = [*STANDARD, *(DEEP if deep else ())]
    return list(dict.fromkeys(scope.without(off) for scope in scopes))


def _run(jobs: list[Job], *, quiet: bool) -> tuple[list[Verdict], list[str]]:
    """Run the jobs; a line for each that is done, unless quiet. Also says which scopes were too large."""
    console, verdicts, refused = report.out(), list[Verdict](), list[str]()
    with Progress() as progress:
        for number, found in run_jobs(jobs, lambda tick: progress.say(f"{jobs[tick.job].title}: {tick.words}")):
            job = jobs[number]
            if isinstance(found, ScopeTooLargeError):
                refused.append(f"{job.title}: {found}")
                continue
            verdicts += found
            if not quiet:
                progress.result(console, report.job_line(job, found))
    return verdicts, refused


def _show_verdicts(verdicts: list[Verdict], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode({"results": verdicts}).decode() + "\n")
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
