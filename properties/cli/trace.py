"""Commands about runs: trace, replay, explain."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec

from model.language.ground import GroundMachine
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import FEATURES, NamedScope
from properties.check.engines import too_small
from properties.cli import report
from properties.cli.exit_codes import ALL_HOLD, SOME_VIOLATED, UNDETERMINED
from properties.cli.options import claims_named, features_off, known_variant, searched, sized
from properties.cli.output import FORMATS, ITF, TEXT, saved_trace, show_json, show_traces, write_files
from properties.cli.progress import Progress
from properties.explain.ahead import TooFarError
from properties.explain.diff import first_difference
from properties.explain.distinct import distinct_runs
from properties.explain.explanation import explain_run
from properties.explain.step import StepAccount, explain_step, steps_in_words
from properties.explain.wording import account, step_account
from properties.explicit.exhaustive import NOT_ATTAINED, explore, found_trace
from properties.traces.trace import (
    Played,
    Trace,
    TraceError,
    machine_text,
    record_trace,
    replay,
    show_step,
    trace_machine,
)

FORMAT = click.option(
    "--format", "form", type=click.Choice(FORMATS), default=TEXT, show_default=True,
    help="In words with an explanation, in the format of Apalache and Quint, or as a test file.",
)  # fmt: skip


@click.command("trace")
@click.argument("claim_id", metavar="CLAIM")
@click.option("--witness", is_flag=True, help="A run to the claim's premise, instead of a counterexample.")
@click.option("--most", type=click.IntRange(1, 100), default=1, metavar="N", help="Up to N distinct runs.")
@sized
@searched
@FORMAT
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Also write to this file: the trace (as JSON), or with --format that format.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON; with --most an object with `traces`.")
def trace_command(
    claim_id: str, witness: bool, most: int, members: int | None, handles: int | None, rings: int | None,
    off: tuple[str, ...], variant: str | None, no_symmetry: bool, memory_gib: float, form: str, out: Path | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Show a shortest run, and why: to the premise of CLAIM with --witness, else to a violation of it.

    \b
    ringplug trace PLUG-S1 --witness
    ringplug trace PLUG-S1 --variant open-on-own-bit
    ringplug trace PLUG-C3 --variant destroy-forgets-the-plug --most 3
    ringplug trace PLUG-S3 --witness --out s3.json
    ringplug trace PLUG-S1 --variant open-on-own-bit --format itf > s1.itf.json
    ringplug trace PLUG-S1 --variant open-on-own-bit --format pytest > test_s1.py

    Without sizes: the claim's least scope, with the features it needs. Runs are distinct if their actions' names are,
    and not only because steps changed places. Exit code 1 if a violation is shown, 2 if the scope is too small to say.
    """
    _check_options(most, form, out, as_json)
    (claim,) = claims_named((claim_id,))
    known_variant(variant)
    scope = _scope(claim, members, handles, rings, features_off(off))
    if reason := too_small(claim, scope):
        _say_no_trace(claim, scope, f"open: {reason}", form, as_json)
        return UNDETERMINED
    to_premise = witness or claim.is_surprise
    try:
        traces = _traces(claim, scope, variant, to_premise, most, not no_symmetry, memory_gib)
    except TooFarError as error:
        raise click.ClickException(f"--most {most}: {error}") from error
    if not traces:
        says, code = _no_trace(claim, scope, variant, witness)
        _say_no_trace(claim, scope, says, form, as_json)
        return code
    if out:
        write_files(traces, form, out)
    if as_json:
        show_json(traces, several=most > 1)
    elif form != ITF or most == 1:
        show_traces(traces, form)
    return ALL_HOLD if to_premise else SOME_VIOLATED


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@FORMAT
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON again, once it has been replayed.")
def replay_command(file: Path, form: str, as_json: bool) -> int:
    """Replay a trace, ours or ITF, on integers from the initial state: what each step changes, and what its end shows.

    \b
    ringplug trace PLUG-S1 --witness --out s1.json
    ringplug replay s1.json
    ringplug replay s1.json --format itf > s1.itf.json
    ringplug replay s1.itf.json
    """
    _check_options(1, form, None, as_json)
    try:
        trace = saved_trace(file)
        if as_json:
            show_json([trace])
        else:
            show_traces([trace], form, read=True)
    except TraceError as error:
        raise click.ClickException(f"{file}: {error}") from error
    return ALL_HOLD


@click.command("explain")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("words", metavar="[ACTION [ARGUMENT]...]", nargs=-1)
@click.option("--step", "number", type=int, metavar="N", help="At step N, counted from 1.")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def explain_command(file: Path, words: tuple[str, ...], number: int | None, as_json: bool) -> int:
    """Say why a saved run is as it is: as a whole, at one step, or why another ACTION is refused there.

    \b
    ringplug trace PLUG-S1 --variant open-on-own-bit --out s1.json
    ringplug explain s1.json                      what its end violates, which steps matter, where the edit bites
    ringplug explain s1.json --step 4             why step 4 could be taken, and what it changed
    ringplug explain s1.json --step 4 visit p1 r0 why this one could not be taken instead of step 4
    ringplug explain s1.json --step 5 visit       after the last of 4 steps, for every choice of parameters
    ringplug explain s1.json --step 1 form_ring r0 '{p0 p1}'

    With ACTION and no --step: after the last step.
    """
    try:
        trace = saved_trace(file)
        if number is None and not words:
            return _explain_run(trace, as_json)
        return _explain_steps(trace, number, " ".join(words), as_json)
    except (TraceError, TooFarError) as error:
        raise click.ClickException(f"{file}: {error}") from error


def _check_options(most: int, form: str, out: Path | None, as_json: bool) -> None:
    if as_json and form != TEXT:
        raise click.UsageError("--json and --format each say how to print: take one of them")
    if form == ITF and most > 1 and not out:
        raise click.UsageError("an ITF file holds one run: with --most, name a file with --out")


def _scope(
    claim: Claim, members: int | None, handles: int | None, rings: int | None, off: frozenset[str]
) -> NamedScope:
    """The sizes asked for with all features; without any, the claim's least scope."""
    least = claim.least
    by_hand = bool(members or handles or rings)
    return NamedScope(
        members or least.processors, handles or least.handles, rings or least.rings,
        (FEATURES if by_hand else least.features) - off,
    ).of(claim.machine)  # fmt: skip


def _traces(
    claim: Claim, scope: NamedScope, variant: str | None, to_premise: bool, most: int, symmetry: bool, memory_gib: float
) -> list[Trace]:
    """Runs that show what is asked for, shortest first, replayed."""
    machine = machine_text(scope.machine, variant).record(scope.features)
    with Progress() as progress:
        if most > 1:
            runs = distinct_runs(
                machine, scope.ground, claim, most, witness=to_premise, symmetry=symmetry, memory_gib=memory_gib,
                say=progress.say,
            )  # fmt: skip
            return [
                record_trace(
                    run.steps, run.ground, machine=claim.machine, variant=variant, claim=claim.id, shows=run.label
                )
                for run in runs
            ]
        found = explore(
            machine, scope.ground, [claim], symmetry=symmetry, memory_gib=memory_gib,
            progress=lambda r: progress.say(r.words),
        )  # fmt: skip
        outcome = found.outcomes[claim.id]
        what = outcome.witness if to_premise else outcome.violation
        return [found_trace(found, what, claim.machine, variant, claim.id)] if what else []


def _no_trace(claim: Claim, scope: NamedScope, variant: str | None, witness: bool) -> tuple[str, int]:
    """What it means that there is no run, and the exit code."""
    if claim.is_surprise:
        return "violated: its run does not exist", SOME_VIOLATED
    if witness:
        return "vacuous: no run reaches its premise", SOME_VIOLATED
    if claim.bound:
        machine = machine_text(scope.machine, variant).record(scope.features)
        detail = explore(machine, scope.ground, [claim]).outcomes[claim.id].detail or ""
        if detail.startswith(NOT_ATTAINED):
            return f"violated: {detail}", SOME_VIOLATED
    return "no counterexample", ALL_HOLD


def _say_no_trace(claim: Claim, scope: NamedScope, says: str, form: str, as_json: bool) -> None:
    """Say why there is no run; where a file of another format was to be printed, on standard error."""
    if as_json:
        nothing = {"claim": claim.id, "scope": scope.name, "trace": None, "reason": says}
        sys.stdout.write(msgspec.json.encode(nothing).decode() + "\n")
    elif form == TEXT:
        report.out().print(f"{claim.id} at {scope.title}: {says}", markup=False, soft_wrap=True)
    else:
        click.echo(f"ringplug: {claim.id} at {scope.title}: {says}", err=True)


def _explain_run(trace: Trace, as_json: bool) -> int:
    explanation = explain_run(trace)
    if explanation is None:
        raise TraceError("the trace names no claim that is known here; --step N explains a step of it")
    if as_json:
        sys.stdout.write(msgspec.json.encode(explanation).decode() + "\n")
    else:
        _say(account(explanation))
    return ALL_HOLD


def _explain_steps(trace: Trace, number: int | None, words: str, as_json: bool) -> int:
    """Explain the step of this number, or the steps in these words in the state before it."""
    ground = trace_machine(trace)
    played = list(replay(ground, trace.steps))
    count = len(played) + bool(words)
    at = count if number is None else number
    if not 1 <= at <= count:
        raise TraceError(f"--step {at}: steps go from 1 to {count}" if count else "the run has no step")
    if words:
        state = played[at - 1].before if at <= len(played) else played[-1].after if played else ground.initial
        accounts = [explain_step(ground, step, state) for step in steps_in_words(ground, words)]
        where = (
            f"instead of step {at}, {show_step(played[at - 1].step)}" if at <= len(played) else "after the last step"
        )
    else:
        accounts, where = [_explain_taken(trace, ground, played, at)], f"step {at} of {count}"
    if as_json:
        sys.stdout.write(msgspec.json.encode({"step": at, "steps": accounts}).decode() + "\n")
    else:
        _say([f"{where}:", *(line for one in accounts for line in step_account(one))])
    return ALL_HOLD


def _explain_taken(trace: Trace, ground: GroundMachine, played: Sequence[Played], at: int) -> StepAccount:
    """The step of this number; and of a variant, what the protocol does otherwise in it."""
    account = explain_step(ground, played[at - 1].step, played[at - 1].before)
    if trace.variant:
        protocol = trace_machine(msgspec.structs.replace(trace, variant=None))
        difference = first_difference(ground, protocol, [one.step for one in played[:at]])
        account.differs = difference if difference and difference.step == at else None
    return account


def _say(lines: Iterable[str]) -> None:
    console = report.out()
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
