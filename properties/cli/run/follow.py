"""The command that holds logged calls of plug layers to the machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from properties.files import write_whole
from properties.follow.conversation import Run, is_conversation, read_conversation, written
from properties.follow.following import DIVERGED, Followed, follow_calls
from properties.follow.messages import LogError, read_calls
from properties.follow.order import in_one_order
from properties.history.files import ReadError, expanded
from properties.history.reader import plain
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.traces.trace import write_trace
from properties.words import counted


@click.command("follow", cls=Checked)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--write", "folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="Of a log of `conform`: write each case and episode here, as a file of logged calls.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the trace to a divergence here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `runs`.")
def follow_command(files: tuple[str, ...], folder: Path | None, out: Path | None, as_json: bool) -> int:
    """Hold what an implementation logged to the machine: its plug calls and tokens, a line each.

    \b
    ringplug follow run.jsonl
    ringplug follow p0.jsonl p1.jsonl p2.jsonl.gz        (of one run, in any order)
    ringplug conform --log talk.txt -- ./my-plug; ringplug follow talk.txt --write runs

    docs/follow.md has the format. Shown of a divergence: how many lines fit, the line that does not, the guard part
    that refuses or each variable with both values, and what else was tried there.

    Exit codes: 0 the machine can follow, 1 it cannot, 3 bad input.
    """
    with Progress() as progress:
        try:
            runs = _runs(files)
            found = _followed(runs, progress)
        except LogError as error:
            raise click.ClickException(plain(str(error))) from error
    if folder:
        _write(runs, folder)
    _print(found, as_json)
    divergence = next((one.divergence for one in found if one.divergence), None)
    if divergence and out:
        write_whole(out, write_trace(divergence.trace))
    return SOME_VIOLATED if any(one.verdict == DIVERGED for one in found) else ALL_HOLD


def _runs(files: Sequence[str]) -> list[Run]:
    """The runs in these files: those of one conversation, or one that all files are of."""
    try:
        paths = expanded(files)
    except ReadError as error:
        raise LogError(str(error), 0, "name others") from error
    talks = [path for path in paths if is_conversation(path)]
    if talks and len(paths) > 1:
        raise LogError(str(talks[0]), 0, "a log of conform, which is followed by itself")
    if talks:
        return read_conversation(talks[0])
    return [Run(", ".join(map(str, paths)), in_one_order([read_calls(path, str(path)) for path in paths]))]


def _followed(runs: Sequence[Run], progress: Progress) -> list[Followed]:
    found: list[Followed] = []
    for number, run in enumerate(runs):
        progress.count(number, len(runs), "run")

        def say(done: int, run: Run = run) -> None:
            progress.say(f"{run.name}: {done:,} of {len(run.calls):,} lines", done / len(run.calls))

        found.append(follow_calls(run.calls, run.name, say))
    return found


def _write(runs: Sequence[Run], folder: Path) -> None:
    """A file a run, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, run in enumerate(runs, 1):
        name = "-".join(run.name.replace("/", " ").split())
        write_whole(folder / f"{number:02}-{name}.jsonl", written(run))


def _print(found: Sequence[Followed], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode({"runs": found}).decode() + "\n")
        return
    console, diverged = report.out(), [one for one in found if one.verdict == DIVERGED]
    for one in diverged or (found if len(found) == 1 else ()):
        for line in one.lines():
            print_row(console, plain(line))
    if len(found) > 1:
        lines = counted(sum(one.matched for one in found), "line")
        print_row(console, f"{len(found) - len(diverged)} of {counted(len(found), 'run')} conform; {lines} followed.")
