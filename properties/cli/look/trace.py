"""The command `trace`: shortest runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from properties.catalogue.claim import Claim
from properties.catalogue.overlooked import overlooked
from properties.catalogue.scopes import NamedScope, too_small
from properties.explain.ahead import TooFarError
from properties.explain.runs import shortest_runs
from properties.explicit.checkpoint import Kept
from properties.explicit.exhaustive import explore
from properties.explicit.search import Report
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED, UNDETERMINED
from properties.terminal.names import CLAIM
from properties.terminal.options import (
    FORMAT,
    LANES,
    check_file,
    claims_named,
    features_on,
    searched,
    sized,
    suiting,
)
from properties.terminal.output import ITF, LOOKED_AT, TEXT, show_json, show_traces, write_files
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.traces.render import marked, trace_lines, trace_title
from properties.traces.trace import machine_text


@click.command("trace", cls=Checked)
@click.argument("claim_id", metavar="CLAIM", type=CLAIM)
@click.option("--witness", is_flag=True, help="A run to the claim's premise, instead of a counterexample.")
@click.option("--unfair", "unfair", metavar="ACTION", help="A run that goes round for ever if this action is not fair.")
@click.option("--most", type=click.IntRange(1, 100), default=1, metavar="N", help="Up to N distinct runs.")
@sized
@searched
@FORMAT
@LANES
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Also write to this file: the trace (as JSON), or with --format that format.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON; with --most an object with `traces`.")
def trace_command(
    claim_id: str, witness: bool, unfair: str | None, most: int, members: int | None, handles: int | None,
    rings: int | None, off: tuple[str, ...], variant: str | None, no_symmetry: bool, memory_gib: float, kept: Kept,
    form: str, lanes: bool, out: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Show a shortest run, and why: to the premise of CLAIM with --witness, else to a violation of it.

    \b
    ringplug trace PLUG-S1 --witness
    ringplug trace PLUG-S1 --variant open-on-own-bit
    ringplug trace PLUG-C3 --variant destroy-forgets-the-plug --most 3
    ringplug trace PLUG-S3 --witness --out s3.json
    ringplug trace LIVE-2 --unfair leave          (what that all gates open at last rests on)
    ringplug trace PLUG-S1 --variant open-on-own-bit --format itf > s1.itf.json
    ringplug trace PLUG-S1 --variant open-on-own-bit --format html --out s1.html
    ringplug trace PLUG-S1 --variant open-on-own-bit --lanes
    ringplug trace PLUG-S1 --variant open-on-own-bit --format pytest > test_s1.py

    Without sizes: the claim's least scope, with the features it needs. The search stops where it knows the answer; only
    LIVE-1, LIVE-2 and PLUG-A2, which are about what can still be reached, need all of the scope. Of several shortest
    runs the plainest is shown. Runs are distinct if their actions' names are, and not only because steps changed
    places. Exit code 1 if a violation is shown, 2 if the scope is too small to say.
    """
    check_file(most, form, out)
    (claim,) = claims_named((claim_id,))
    if unfair is not None:
        return _lasso(claim, unfair, as_json)
    suiting(variant, claim.machine)
    scope = _scope(claim, members, handles, rings, off)
    if reason := too_small(claim, scope):
        _say_no_trace(claim, scope, f"open: {reason}", form, as_json)
        return UNDETERMINED
    to_premise = witness or claim.is_surprise
    try:
        with Progress() as progress:
            traces, visited = shortest_runs(
                claim, scope, variant, witness=to_premise, most=most, symmetry=not no_symmetry,
                memory_gib=memory_gib, kept=kept, say=progress.say,
            )  # fmt: skip
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
    elif form in LOOKED_AT and out:
        form = TEXT
        show_traces(traces, form)
    elif form != ITF or most == 1:
        show_traces(traces, form, lanes=lanes)
    if form == TEXT and not as_json:
        print_row(report.out(), _how_far(visited, len(traces)))
    return ALL_HOLD if to_premise else SOME_VIOLATED


def _lasso(claim: Claim, unfair: str, as_json: bool) -> int:
    """A run that is fair to all other actions, and goes round for ever."""
    from properties.explored.lasso import lasso_without  # here: it needs networkx

    progress = claim.reach.progress if claim.reach else None
    if not (claim.reach and progress and unfair in progress.lassos):
        there_are = ", ".join(progress.lassos if progress else ()) or "none"
        raise click.ClickException(f"{claim.id} does not rest on fair {unfair!r}; fair actions: {there_are}")
    trace, start = lasso_without(claim, claim.reach, progress, unfair)
    if as_json:
        sys.stdout.write(msgspec.json.encode({"trace": trace, "loop_from": start}).decode() + "\n")
        return ALL_HOLD
    lines = list(trace_lines(trace))
    print_row(report.out(), trace_title(trace))
    for number, line in enumerate([*lines[:start], "and then for ever:", *lines[start:]]):
        if number != start or lines[start:]:
            print_row(report.out(), line, mark=marked)
    if not lines[start:]:
        print_row(report.out(), "and then nothing happens any more")
    return ALL_HOLD


def _scope(
    claim: Claim, members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...]
) -> NamedScope:
    """The sizes asked for with all features; without any, the claim's least scope."""
    least, features = claim.least, features_on(off, claim.machine)
    by_hand = bool(members or handles or rings)
    return NamedScope(
        members or least.processors, handles or least.handles, rings or least.rings,
        features if by_hand else least.features - set(off),
    ).of(claim.machine)  # fmt: skip


def _how_far(visited: Report, count: int) -> str:
    """Where the search ended."""
    if visited.is_whole:
        return f"All of the scope was visited: {visited.words}."
    return f"The search stopped at {'this run' if count == 1 else 'these runs'}: {visited.words}."


def _no_trace(claim: Claim, scope: NamedScope, variant: str | None, witness: bool) -> tuple[str, int]:
    """What it means that there is no run, and the exit code."""
    machine = machine_text(scope.machine, variant).record(scope.features)
    if claim.is_surprise:
        return "violated: its run does not exist", SOME_VIOLATED
    if witness:
        return "vacuous: no run reaches its premise", SOME_VIOLATED
    if claim.bound:
        outcome = explore(machine, scope.ground, [claim]).outcomes[claim.id]
        if outcome.unattained:
            return f"violated: {outcome.unattained}: {outcome.detail}", SOME_VIOLATED
    if reason := overlooked(claim, machine):
        return f"open: {reason}", UNDETERMINED
    return "no counterexample", ALL_HOLD


def _say_no_trace(claim: Claim, scope: NamedScope, says: str, form: str, as_json: bool) -> None:
    """Say why there is no run; where a file of another format was to be printed, on standard error."""
    if as_json:
        nothing = {"claim": claim.id, "scope": scope.name, "trace": None, "reason": says}
        sys.stdout.write(msgspec.json.encode(nothing).decode() + "\n")
    elif form == TEXT:
        print_row(report.out(), f"{claim.id} at {scope.title}: {says}")
    else:
        click.echo(f"ringplug: {claim.id} at {scope.title}: {says}", err=True)
