"""Commands that decide: check, trace, claims, variants."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from model.variants import VARIANTS
from properties import markdown, report
from properties.catalogue import Claim
from properties.checking import ENGINES, SECOND_SOLVER, Job, found_trace
from properties.commands.options import claims_named, features_off, known_variant, looked_for, searched, sized
from properties.commands.showing import show_trace
from properties.exhaustive import explore
from properties.jobs import run_jobs
from properties.matrix import breaks
from properties.plan import Plan
from properties.progress import Progress
from properties.recheck import is_installed
from properties.scopes import FEATURES, NamedScope, too_small
from properties.search import ScopeTooLargeError
from properties.stateful import Tries
from properties.traces import machine_text, write_trace
from properties.verdicts import ALL_HOLD, SOME_VIOLATED, UNDETERMINED, Verdict, exit_code


@click.command("check")
@click.option("--claim", "ids", metavar="ID", multiple=True, help="Only this claim. Repeatable.")
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
    claims, known_off = claims_named(ids), features_off(off)
    known_variant(variant)
    if SECOND_SOLVER in engines and not is_installed():
        raise click.ClickException("the engine cvc5 needs a package: pip install cvc5")
    sized_by_hand = members or handles or rings
    scope = NamedScope(members or 3, handles or 1, rings or 1, FEATURES - known_off) if sized_by_hand else None
    plan = Plan(
        claims, not ids, engines, variant, known_off, scope, deep, depth, tries, not no_symmetry, memory_gib,
    )  # fmt: skip
    verdicts, refused = _run(plan.jobs(), quiet=as_json)
    _show_verdicts(verdicts, as_json)
    if refused:
        raise ScopeTooLargeError("; ".join(refused))
    return exit_code(verdicts, frozenset(ids))


@click.command("trace")
@click.argument("claim_id", metavar="CLAIM")
@click.option("--witness", is_flag=True, help="A run to the claim's premise, instead of a counterexample.")
@sized
@searched
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the trace to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON.")
def trace_command(
    claim_id: str, witness: bool, members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...],
    variant: str | None, no_symmetry: bool, memory_gib: float, out: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Show a shortest run: to the premise of CLAIM with --witness, else to a violation of it.

    \b
    ringplug trace PLUG-S1 --witness
    ringplug trace PLUG-S1 --variant open-on-own-bit
    ringplug trace PLUG-S3 --witness --out s3.json

    Without sizes: the claim's least scope, with the features it needs. Exit code 1 if a violation is shown, 2 if the
    scope is too small to say.
    """
    (claim,) = claims_named((claim_id,))
    known_variant(variant)
    least = claim.least
    sized_by_hand = bool(members or handles or rings)
    scope = NamedScope(
        members or least.processors, handles or least.handles, rings or least.rings,
        (FEATURES if sized_by_hand else least.features) - features_off(off),
    ).of(claim.machine)  # fmt: skip
    if reason := too_small(claim, scope):
        _say_no_trace(claim, scope, f"open: {reason}", as_json)
        return UNDETERMINED
    with Progress() as progress:
        found = explore(
            machine_text(scope.machine, variant).record(scope.features), scope.ground, [claim],
            symmetry=not no_symmetry, memory_gib=memory_gib, progress=lambda r: progress.say(r.words),
        )  # fmt: skip
        outcome = found.outcomes[claim.id]
        what = outcome.witness if witness or claim.is_surprise else outcome.violation
        shown = found_trace(found, what, claim.machine, variant, claim.id) if what else None
    if shown is None:
        if claim.is_surprise:
            says = "violated: its run does not exist"
        else:
            says = "vacuous: no run reaches its premise" if witness else "no counterexample"
        _say_no_trace(claim, scope, says, as_json)
        return SOME_VIOLATED if witness or claim.is_surprise else ALL_HOLD
    if out:
        out.write_bytes(write_trace(shown))
    show_trace(shown, as_json)
    return ALL_HOLD if witness or claim.is_surprise else SOME_VIOLATED


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


@click.command("variants")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `variants`.")
def variants_command(names: tuple[str, ...], as_json: bool) -> int:
    """Show which claims each broken variant breaks, and in how many steps, each claim in its least scope.

    \b
    ringplug variants
    ringplug variants open-on-own-bit --json
    ringplug trace PLUG-S1 --variant open-on-own-bit      (the shortest run)
    """
    for name in names:
        known_variant(name)
    console, records = report.out(), list[dict[str, object]]()
    with Progress() as progress:
        for variant in [VARIANTS[name] for name in names or VARIANTS]:
            progress.say(f"variant {variant.id}")
            broken = breaks(variant.id)
            records.append(report.variant_record(variant, broken))
            for line in report.variant_lines(variant, broken) if not as_json else ():
                progress.result(console, line)
    if as_json:
        sys.stdout.write(msgspec.json.encode({"variants": records}).decode() + "\n")
    return ALL_HOLD


def _run(jobs: list[Job], *, quiet: bool) -> tuple[list[Verdict], list[str]]:
    """Run the jobs; a line for each that is done, unless quiet. Also says which scopes were too large."""
    console, verdicts, refused = report.out(), list[Verdict](), list[str]()
    with Progress() as progress:
        for job, found in run_jobs(jobs, lambda tick: progress.say(f"{jobs[tick.job].title}: {tick.words}")):
            if isinstance(found, ScopeTooLargeError):
                refused.append(f"{job.title}: {found}")
                continue
            verdicts += found
            if not quiet:
                progress.result(console, report.job_line(job, found))
    return verdicts, refused


def _say_no_trace(claim: Claim, scope: NamedScope, says: str, as_json: bool) -> None:
    if as_json:
        nothing = {"claim": claim.id, "scope": scope.name, "trace": None, "reason": says}
        sys.stdout.write(msgspec.json.encode(nothing).decode() + "\n")
    else:
        report.out().print(f"{claim.id} at {scope.title}: {says}", markup=False, soft_wrap=True)


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
        show_trace(trace, as_json=False)
