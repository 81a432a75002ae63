"""The command that judges histories."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from properties.history.catalogue import HISTORY_CLAIMS, history_rows
from properties.history.reader import FileHistory, plain
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, VIOLATED, JudgedClaim, Judgement, Say, judge
from properties.judge.shrink import Reduced, encoded, reduce
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, BAD_INPUT, SOME_VIOLATED, UNDETERMINED
from properties.terminal.names import HISTORY_CLAIM
from properties.terminal.progress import Progress

STYLES = {OK: "green", VIOLATED: "bold red", OPEN: "yellow", NOT_OBSERVABLE: "dim"}


def _show_claims(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        sys.stdout.write("\n".join(history_rows()) + "\n")
        context.exit(ALL_HOLD)


@click.command("judge")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--claim", "ids", metavar="ID", type=HISTORY_CLAIM, multiple=True, help="Only this claim. Repeatable.")
@click.option(
    "--reduce", "out", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False),
    help="Write a smallest part of the history that still violates the first violated claim.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `verdicts`.")
@click.option(
    "--claims", is_flag=True, is_eager=True, expose_value=False, callback=_show_claims,
    help="Print what is judged, as a Markdown table, and exit.",
)  # fmt: skip
def judge_command(files: tuple[Path, ...], ids: tuple[str, ...], out: Path | None, as_json: bool) -> int:
    """Judge a history: what a group communication system delivered, and whether it kept its promises.

    \b
    ringplug judge run.jsonl
    ringplug judge n1.jsonl n2.jsonl n3.jsonl           (one file a process)
    ringplug judge run.jsonl --claim EVS-4 --reduce small.jsonl
    ringplug judge run.jsonl --json

    A claim is ok, violated, open (not yet due, or its premise does not occur) or not observable. The format is in
    docs/history.md. Exit codes: 0 nothing is violated and something is ok, 1 something is violated, 2 nothing is
    decided, 3 bad input; what could be read before it is judged all the same, and said to be partial.
    """
    history = FileHistory.open(files)
    with Progress() as progress:

        def say(count: int, what: str) -> None:
            progress.say(f"{what}: {count:,} events, {history.share_read:.0%}" if count else what)

        judgement = judge(history, say)
        claims = [one for one in judgement.claims if not ids or one.claim in ids]
        told = Told(history, judgement, claims, out)
        told.reduce(say)
    if as_json:
        told.print_json()
    elif judgement.event_count:
        told.print(report.out())
    for fault in history.faults:
        click.echo(f"ringplug: {plain(str(fault))}", err=True)
    return told.exit_code


@dataclass
class Told:
    """What is said of a history."""

    history: FileHistory
    judgement: Judgement
    claims: Sequence[JudgedClaim]
    out: Path | None
    reduced: Reduced | None = None

    @property
    def exit_code(self) -> int:
        """Bad input first, then violations."""
        verdicts = {one.verdict for one in self.claims}
        if self.history.faults:
            return BAD_INPUT
        if VIOLATED in verdicts:
            return SOME_VIOLATED
        return ALL_HOLD if OK in verdicts else UNDETERMINED

    def reduce(self, say: Say) -> None:
        """Write the smallest part that violates the first violated claim, if it is wanted."""
        first = next((one for one in self.claims if one.verdict == VIOLATED), None)
        if self.out and first:
            self.reduced = reduce(self.history, first.claim, first.complete_at, say)
            self.out.write_bytes(encoded(self.history, self.reduced))

    def print_json(self) -> None:
        """One object."""
        record: dict[str, object] = {
            "verdicts": self.claims,
            "partial": bool(self.history.faults),
            "bad_input": self.history.faults,
            "events": self.judgement.event_count,
            "processes": self.history.processes,
            "rings": self.judgement.ring_count,
            "quiescent": self.judgement.quiescent,
            "not_observed": self.judgement.unobserved,
        }
        if found := self.reduced:
            size = len(found.lines)
            record["reduced"] = {
                "file": str(self.out),
                "claim": found.claim,
                "events": size,
                "violates": found.violated,
            }
        sys.stdout.write(msgspec.json.encode(record).decode() + "\n")

    def print(self, console: Console) -> None:
        """A table, the violations with their events, and a summary."""
        table = Table(box=None, pad_edge=False)
        for heading in ("claim", "verdict", "times", "says"):
            justify = "right" if heading == "times" else "left"
            table.add_column(heading, overflow="fold", no_wrap=heading != "says", justify=justify)
        for one in self.claims:
            says = escape(plain(one.reason) if one.verdict != OK else HISTORY_CLAIMS[one.claim].sentence)
            table.add_row(
                one.claim, f"[{STYLES[one.verdict]}]{one.verdict}[/]", f"{one.met:,}" if one.met else "", says
            )
        console.print(table)
        for one in self.claims:
            if one.verdict == VIOLATED:
                for line in _violation(one):
                    console.print(line, markup=False, soft_wrap=True)
        for line in self._summary():
            console.print(line, markup=False, soft_wrap=True)

    def _summary(self) -> Iterator[str]:
        if self.reduced:
            violates = ", ".join(self.reduced.violated)
            yield f"{self.out}: {len(self.reduced.lines)} of its events, which violate {violates}."
        elif self.out:
            yield f"{self.out}: not written, for nothing is violated."
        kinds = [one.verdict for one in self.claims]
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in STYLES if kind in kinds)
        judged, end = self.judgement, "quiescent" if self.judgement.quiescent else "cut off"
        size = (
            f"{judged.event_count:,} events of {len(self.history.processes)} processes in {judged.ring_count:,} rings"
        )
        yield f"{counts}. {size}; {end} at its end."
        if judged.unobserved:
            yield f"Not observed, so nothing is demanded of them: {', '.join(map(plain, judged.unobserved))}."
        if self.history.faults:
            yield "Partial: files were judged up to where they cannot be read."


def _violation(one: JudgedClaim) -> Iterator[str]:
    yield f"\n{one.claim} violated: {HISTORY_CLAIMS[one.claim].says}"
    yield f"  {plain(one.reason)}"
    for shown in one.events:
        yield f"  {plain(shown.file)}:{shown.line}: {plain(msgspec.json.encode(shown.event).decode())}"
    yield f"  shortest beginning: {', '.join(f'{plain(file)} to line {line}' for file, line in one.prefix.items())}\n"
