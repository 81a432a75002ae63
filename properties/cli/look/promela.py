"""The command `promela`: the machine for spin."""

from __future__ import annotations

import sys

import click

from properties.catalogue.scopes import NamedScope
from properties.export.promela import machine_model
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.options import features_on, of_machine, sized, suiting


@click.command("promela", cls=Checked)
@sized
@of_machine
def promela_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    machine: str,
) -> int:  # fmt: skip
    """Print the machine in one scope as a Promela model, so that spin counts its states: an outside witness.

    \b
    ringplug promela --members 2 --handles 1 --rings 2 > plug.pml     (its head says how to run it)
    """
    scope = NamedScope(members or 2, handles or 1, rings or 1, features_on(off, machine)).of(machine)
    sys.stdout.write(machine_model(scope, suiting(variant, machine)))
    return ALL_HOLD
