"""The command `claims`: what each claim says, and who decides it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
import msgspec

from properties.catalogue import notation
from properties.catalogue.register import REGISTER, Entry
from properties.claims import CLAIMS
from properties.export import markdown
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import ENTRY
from properties.terminal.rows import print_row


@click.command("claims", cls=Checked)
@click.argument("ids", metavar="[ID]...", type=ENTRY, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `claims`.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the README's table.")
def claims_command(ids: tuple[str, ...], as_json: bool, as_markdown: bool) -> int:
    """List the claims, or everything about some of them: what is stated, its source, who decides it.

    \b
    ringplug claims
    ringplug claims PLUG-S5 EVS-4 LIVE-3
    """
    entries, console = entries_named(ids), report.out()
    if as_markdown:
        sys.stdout.write("\n".join(markdown.verdict_rows()) + "\n")
        return ALL_HOLD
    if as_json:
        sys.stdout.write(msgspec.json.encode({"claims": [_record(entry) for entry in entries]}).decode() + "\n")
        return ALL_HOLD
    for entry in entries:
        for line in _lines(entry) if ids else [f"{entry.id:<12}  {entry.sentence}"]:
            print_row(console, line, hang=14)
    return ALL_HOLD


def entries_named(ids: tuple[str, ...]) -> list[Entry]:
    """The entries with these ids; without any, all."""
    return [entry for entry in REGISTER.values() if not ids or entry.id in ids]


def _lines(entry: Entry) -> Iterator[str]:
    return notation.claim_lines(CLAIMS[entry.id]) if entry.id in CLAIMS else notation.entry_lines(entry)


def _record(entry: Entry) -> dict[str, object]:
    return notation.claim_record(CLAIMS[entry.id]) if entry.id in CLAIMS else notation.entry_record(entry)
