"""The command `explain`: why a saved run is as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec

from model.language.ground import GroundMachine
from properties.explain.ahead import TooFarError
from properties.explain.diff import first_difference
from properties.explain.explanation import explain_run
from properties.explain.step import StepAccount, explain_step, steps_in_words
from properties.explain.wording import account, step_account
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import HTML_FILE
from properties.terminal.output import page_of, saved_trace, write_page
from properties.terminal.rows import print_row
from properties.traces.trace import (
    Played,
    Trace,
    TraceError,
    replay,
    show_step,
    trace_machine,
)


@click.command("explain", cls=Checked)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("words", metavar="[ACTION [ARGUMENT]...]", nargs=-1)
@click.option("--step", "number", type=int, metavar="N", help="At step N, counted from 1.")
@HTML_FILE
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def explain_command(
    file: Path, words: tuple[str, ...], number: int | None, html: Path | None, as_json: bool
) -> int:  # fmt: skip
    """Say why a saved run is as it is: as a whole, at one step, or why another ACTION is refused there.

    \b
    ringplug trace PLUG-S1 --variant open-on-own-bit --out s1.json
    ringplug explain s1.json                      what its end violates, which steps matter, where the edit bites
    ringplug explain s1.json --step 4             why step 4 could be taken, and what it changed
    ringplug explain s1.json --step 4 visit p1 r0 why this one could not be taken instead of step 4
    ringplug explain s1.json --step 5 visit       after the last of 4 steps, for every choice of parameters
    ringplug explain s1.json --step 1 form_ring r0 '{p0 p1}'
    ringplug explain s1.json --html s1.html       all of this for every step, on a page

    With ACTION and no --step: after the last step.
    """
    try:
        trace = saved_trace(file)
        if html:
            write_page(lambda: page_of(trace, number), html)
        if number is None and not words:
            return _explain_run(trace, as_json)
        return _explain_steps(trace, number, " ".join(words), as_json)
    except (TraceError, TooFarError) as error:
        raise click.ClickException(f"{file}: {error}") from error


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
        print_row(console, line)
