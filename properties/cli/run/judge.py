"""The command that judges histories."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from rich.console import Console

from properties.corosync.barrier import Finding
from properties.files import is_among, write_whole
from properties.history.catalogue import HISTORY_CLAIMS, history_rows
from properties.history.files import STANDARD_INPUT, ReadError, expanded, kept
from properties.history.reader import FileHistory, plain
from properties.importers.barrier import barrier_lines
from properties.importers.imported import Imported
from properties.importers.importing import open_logs
from properties.importers.kinds import kind_of
from properties.importers.naming import ImportFaultError
from properties.judge.judgement import NOT_OBSERVABLE, OK, VIOLATED, JudgedClaim, Judgement, Say, judge
from properties.judge.shrink import Reduced, encoded, reduce
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, BAD_INPUT, code_of
from properties.terminal.judged import STYLES, unobserved_lines, verdict_table, violation_lines
from properties.terminal.names import HISTORY_CLAIM, HTML_FILE, LOG_KIND
from properties.terminal.progress import Progress
from properties.terminal.rows import out, print_row
from properties.words import counted, short

INPUT = "-"
C = TypeVar("C", bound=Callable[..., int])


def _show_claims(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        sys.stdout.write("\n".join(history_rows()) + "\n")
        context.exit(ALL_HOLD)


def of_logs(*, required: bool = False) -> Callable[[C], C]:
    """The options of a command that reads logs: `kind` and `quiescent`."""

    def with_options(command: C) -> C:
        at_rest = click.option(
            "--at-rest", "quiescent", is_flag=True,
            help="Of logs: it is known that nothing was under way when they end, so all is due then.",
        )  # fmt: skip
        kind = click.option(
            "--from", "kind", metavar="KIND", type=LOG_KIND, required=required,
            help="The files are logs: corosync, jgroups, galera, spread, or structured ones by a mapping NAME.toml.",
        )  # fmt: skip
        return kind(at_rest(command))

    return with_options


@click.command("judge", cls=Checked)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--claim", "ids", metavar="ID", type=HISTORY_CLAIM, multiple=True, help="Only this claim. Repeatable.")
@click.option(
    "--reduce", "small", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False),
    help="Write a smallest part of the history that still violates the first violated claim.",
)  # fmt: skip
@HTML_FILE
@of_logs()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `verdicts`.")
@click.option(
    "--claims", is_flag=True, is_eager=True, expose_value=False, callback=_show_claims,
    help="Print what is judged, as a Markdown table, and exit.",
)  # fmt: skip
def judge_command(
    files: tuple[str, ...], ids: tuple[str, ...], small: Path | None, kind: str | None, quiescent: bool,
    html: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Judge a history: what a group communication system delivered, and whether it kept its promises.

    \b
    ringplug judge run.jsonl
    ringplug judge n1.jsonl n2.jsonl.gz 'more/*.jsonl'  (one file a process; .gz, .bz2, .xz)
    zcat run.jsonl.gz | ringplug judge -
    ringplug judge run.jsonl --claim EVS-4 --reduce small.jsonl
    ringplug judge run.jsonl --html run.html
    ringplug judge run.jsonl --json
    ringplug judge --from corosync p0.log p1.log 2=p2.log 2=p2-later.log.xz

    A claim is ok, violated, open (not yet due, or its premise does not occur) or not observable. The format is in
    docs/history.md, what is read of logs in docs/importing.md. Exit codes: 0 nothing is violated and something is ok,
    1 something is violated, 2 nothing is decided, 3 bad input; what could be read before it is judged all the same,
    and said to be partial.
    """
    if not kind and (other := [one for one in ids if one not in HISTORY_CLAIMS]):
        raise click.UsageError(f"{other[0]} is judged of logs only, with --from")
    with ExitStack() as stack:
        found = imported_logs(kind, files, stack, quiescent=quiescent) if kind else None
        history = found.history if found else _opened(files, small, stack)
        told = _told(history, ids, small, found)
        if html:
            told.write_page(files, html)
    if as_json:
        told.print_json()
    elif told.judgement.event_count or not history.faults:
        told.print(out())
    for fault in history.faults:
        click.echo(f"ringplug: {short(plain(str(fault)))}", err=True)
    return told.exit_code


def imported_logs(kind: str, files: Sequence[str], stack: ExitStack, *, quiescent: bool) -> Imported:
    """The logs in these files as a history; ClickException says what is wrong with them."""
    with Progress() as progress:
        try:
            return open_logs(kind_of(kind), files, sys.stdin.buffer, stack, quiescent=quiescent, say=progress.say)
        except ImportFaultError as error:
            raise click.ClickException(plain(str(error))) from error


def _opened(files: Sequence[str], small: Path | None, stack: ExitStack) -> FileHistory:
    """The history in these files; standard input is kept for as long as the stack lasts."""
    if files.count(INPUT) > 1:
        raise click.UsageError("- is standard input, which there is once")
    try:
        paths = expanded([name for name in files if name != INPUT])
    except ReadError as error:
        raise click.ClickException(plain(str(error))) from error
    if small and is_among(small, paths):
        raise click.UsageError(f"--reduce {small}: a file to judge; name another")
    if INPUT not in files:
        return FileHistory.open(paths)
    standard_input = stack.enter_context(kept(sys.stdin.buffer))
    return FileHistory.open([standard_input, *paths], {standard_input: STANDARD_INPUT})


def _told(history: FileHistory, ids: Sequence[str], small: Path | None, found: Imported | None) -> Told:
    """The history judged, and a small part of it written if that is wanted."""
    with Progress() as progress:

        def say(count: int, what: str) -> None:
            progress.say(f"{what}: {count:,} events, {history.share_read:.0%}" if count else what)

        judgement = judge(history, say)
        claims = found.without_a_verdict(judgement.claims) if found else judgement.claims
        told = Told(history, judgement, [one for one in claims if not ids or one.claim in ids], small, found)
        told.reduce(say)
        told.look_at_barrier(ids)
    return told


@dataclass
class Told:
    """What is said of a history."""

    history: FileHistory
    judgement: Judgement
    claims: Sequence[JudgedClaim]
    small: Path | None
    imported: Imported | None = None
    reduced: Reduced | None = None
    barrier: list[Finding] = field(default_factory=list[Finding])

    @property
    def exit_code(self) -> int:
        """Bad input first, then violations."""
        if self.history.faults:
            return BAD_INPUT
        verdicts = {one.verdict for one in (*self.claims, *self.barrier)}
        return code_of(violated=VIOLATED in verdicts, decided=OK in verdicts)

    def reduce(self, say: Say) -> None:
        """Write the smallest part that violates the first violated claim, if it is wanted."""
        first = next((one for one in self.claims if one.verdict == VIOLATED), None)
        if self.small and first:
            self.reduced = reduce(self.history, first.claim, first.complete_at, say)
            write_whole(self.small, encoded(self.history, self.reduced))

    def write_page(self, files: Sequence[str], html: Path) -> None:
        """Write the events and verdicts as a page."""
        from properties.page.history import history_page
        from properties.terminal.output import write_page

        title = f"Judged: {', '.join(files)}"
        write_page(lambda: history_page(self.history, self.claims, title, list(self._summary())), html)

    def look_at_barrier(self, ids: Sequence[str]) -> None:
        """Of logs: what they say of synchronization."""
        if self.imported:
            self.barrier = [one for one in self.imported.barrier() if not ids or one.claim in ids]

    def print_json(self) -> None:
        """One object."""
        partial = bool(self.history.faults)
        record: dict[str, object] = {
            "verdicts": self.claims,
            "partial": partial,
            "bad_input": self.history.faults,
            "events": self.judgement.event_count,
            "processes": self.history.processes,
            "rings": self.judgement.ring_count,
            "quiescent": self.judgement.quiescent,
            "not_observed": self.judgement.unobserved,
        }
        if found := self.reduced:
            record["reduced"] = {
                "file": str(self.small),
                "claim": found.claim,
                "events": len(found.lines),
                "violates": found.violated,
                "partial": partial,
            }
        if self.imported:
            record["imported"] = self.imported.record(self.barrier)
        sys.stdout.write(msgspec.json.encode(record).decode() + "\n")

    def print(self, console: Console) -> None:
        """A table, the violations with their events, what is not observable, and a summary."""
        for line in self.imported.first_lines() if self.imported else ():
            print_row(console, plain(line))
        if any(one.verdict != NOT_OBSERVABLE for one in self.claims):
            console.print(verdict_table(self.claims))
            print_row(console, "")
        for line in self._lines(spaced=console.is_terminal):
            print_row(console, line)

    def _lines(self, *, spaced: bool) -> Iterator[str]:
        for one in self.claims:
            if one.verdict == VIOLATED:
                yield from (*violation_lines(one, spaced=spaced), "")
        if barrier := list(barrier_lines(self.barrier)):
            yield from (*barrier, "")
        unobserved = list(unobserved_lines(self._undecided(), self.history.observes))
        yield from (*unobserved, "") if unobserved else ()
        yield from self._summary()

    def _undecided(self) -> list[JudgedClaim]:
        """All claims, but for those that logs decide beside the history."""
        decided = {one.claim for one in self.barrier if one.verdict != NOT_OBSERVABLE}
        return [one for one in self.claims if one.claim not in decided]

    def _summary(self) -> Iterator[str]:
        if self.reduced:
            violates = ", ".join(self.reduced.violated)
            yield f"{self.small}: {len(self.reduced.lines)} of its events, which violate {violates}."
        elif self.small:
            yield f"{self.small}: not written, for nothing is violated."
        elif first := next((one for one in self.claims if one.verdict == VIOLATED), None):
            yield f"--reduce FILE writes a smallest part of the history that violates {first.claim}."
        kinds = [one.verdict for one in self.claims]
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in STYLES if kind in kinds)
        judged, end = self.judgement, "quiescent" if self.judgement.quiescent else "cut off"
        processes = counted(len(self.history.processes), "process", "processes")
        size = f"{counted(judged.event_count, 'event')} of {processes} in {counted(judged.ring_count, 'ring')}"
        yield f"{counts}. {size}; {end} at its end."
        if judged.unobserved:
            unobserved = ", ".join(map(plain, judged.unobserved))
            yield f"Not observed: {unobserved}. Nothing is demanded of them; what is told of them is taken at its word."
        yield "Not judged: time."
        if self.imported:
            yield from map(plain, self.imported.last_lines())
        if self.history.faults:
            yield "Partial: files were judged up to where they cannot be read."
