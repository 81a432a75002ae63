"""The command that makes a history of logs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from properties.cli.run.judge import imported_logs, of_logs
from properties.files import is_among
from properties.history.events import FACETS, FORMAT, Facet, Meta
from properties.history.reader import plain
from properties.importers.imported import Imported
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.rows import out, print_row
from properties.words import counted


@click.command("import", cls=Checked)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@of_logs(required=True)
@click.option(
    "--out", "target", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the history here; without it, to standard output.",
)  # fmt: skip
def import_command(files: tuple[str, ...], kind: str, quiescent: bool, target: Path | None) -> int:
    """Make a history of logs, each event with the file and line that it was made from.

    \b
    ringplug import --from corosync p0.log p1.log p2.log --out run.jsonl
    ringplug import --from corosync 1=p0.log 1=p0-later.log 2=p1.log --out run.jsonl
    ringplug import --from galera 'logs/*.log.gz' | ringplug judge -

    What is read, and what is not, is in docs/importing.md. Exit codes: 0 there is a history, 3 bad input.
    """
    with ExitStack() as stack:
        found = imported_logs(kind, files, stack, quiescent=quiescent)
        if target is None:
            _write(found, sys.stdout.buffer.write)
            return ALL_HOLD
        if is_among(target, (file.path for log in found.logs for file in log.files)):
            raise click.UsageError(f"--out {target}: a log to import; name another")
        with target.open("wb") as file:
            count = _write(found, file.write)
    console = out()
    for line in (*found.first_lines(), *found.last_lines()):
        print_row(console, plain(line))
    processes = counted(len(found.history.processes), "process", "processes")
    print_row(console, f"{target}: {counted(count, 'event')} of {processes}.")
    print_row(console, f"next: ringplug judge {target}")
    return ALL_HOLD


def _write(found: Imported, write: Callable[[bytes], object]) -> int:
    """Write the history, in the order in which it is read; how many events it has."""
    history = found.history
    observes: tuple[Facet, ...] = tuple(facet for facet in FACETS if facet in history.observes)
    encode = msgspec.json.encode
    source = f"imported from logs of {found.kind}"
    meta = Meta(FORMAT, observes, history.processes, source, without=tuple(sorted(history.without)))
    write(encode(meta) + b"\n")
    count = 0
    for event in history.events():
        count += 1
        write(encode(event) + b"\n")
    return count
