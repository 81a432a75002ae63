"""The command `claims`: what each claim says."""

from __future__ import annotations

import sys

import click
import msgspec

from properties.catalogue import notation
from properties.export import markdown
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import CLAIM
from properties.terminal.options import claims_named
from properties.terminal.rows import print_row


@click.command("claims")
@click.argument("ids", metavar="[ID]...", type=CLAIM, nargs=-1)
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
            msgspec.json.encode({"claims": [notation.claim_record(claim) for claim in claims]}).decode() + "\n"
        )
        return ALL_HOLD
    for claim in claims:
        for line in notation.claim_lines(claim) if ids else [f"{claim.id:<8}  {claim.sentence}"]:
            print_row(console, line, hang=14 if line.startswith(" ") else 10)
    return ALL_HOLD
