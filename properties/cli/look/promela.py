"""The command `promela`: the machine for spin."""

from __future__ import annotations

import sys

import click

from properties.catalogue.scopes import FEATURES, NamedScope
from properties.export.promela import machine_model
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.options import of_machine, sized


@click.command("promela")
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
    scope = NamedScope(members or 2, handles or 1, rings or 1, FEATURES - set(off)).of(machine)
    sys.stdout.write(machine_model(scope, variant))
    return ALL_HOLD
