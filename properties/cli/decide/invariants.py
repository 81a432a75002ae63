"""The command `invariants`: finds invariants by templates, search and proof."""

from __future__ import annotations

import sys

import click
import msgspec

from model.machines import MACHINES, PLUG
from properties.invariants.finding import Finding, Found, claims_of
from properties.invariants.words import found_lines, found_record
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import VARIANT, OneOf
from properties.terminal.options import suiting
from properties.terminal.progress import Progress
from properties.terminal.rows import out, print_row

FINDABLE = [name for name in MACHINES if claims_of(name)]


@click.command("invariants", cls=Checked)
@click.option(
    "--machine", type=OneOf("machine to prove", FINDABLE), default=PLUG, show_default=True, help="Which machine."
)
@click.option("--variant", metavar="NAME", type=VARIANT, help="A variant instead of the protocol.")
@click.option("--list", "whole", is_flag=True, help="Print each invariant that was found.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `results`.")
def invariants_command(machine: str, variant: str | None, whole: bool, as_json: bool) -> int:
    """Find a machine's invariants, and say what they are worth.

    \b
    ringplug invariants
    ringplug invariants --machine numbered --list
    ringplug invariants --variant open-on-own-bit
    ringplug check --minimal            (which obligations need those that were written by hand)

    Candidates are statements of a few forms about a machine's sets that hold in every state of its smaller standard
    scopes; which sets stand together is read off the actions that fill them. Those are kept that support each other in
    a proof for any number of processors. Then it is asked which of the auxiliary invariants of the catalogue follow
    from them, which of them follow from the catalogue, and which claims are proved if nothing else is assumed. It is a
    measurement and decides no claim: the exit code is 0.
    """
    with Progress() as progress:
        found = Finding(machine, suiting(variant, machine)).run(progress.say)
    _show(found, whole=whole, as_json=as_json)
    return ALL_HOLD


def _show(found: Found, *, whole: bool, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode({"results": [found_record(found)]}).decode() + "\n")
        return
    for line in found_lines(found, whole=whole):
        print_row(out(), line)
