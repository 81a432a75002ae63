"""The command `tla`: the machine for TLC."""

from __future__ import annotations

import sys

import click

from properties.catalogue.scopes import NamedScope
from properties.export.tla_module import tla_configuration, tla_module
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.options import features_on, of_machine, sized, suiting


@click.command("tla", cls=Checked)
@sized
@of_machine
@click.option("--config", is_flag=True, help="Print the configuration of TLC, which has the scope, and not the module.")
def tla_command(
    members: int | None, handles: int | None, rings: int | None, off: tuple[str, ...], variant: str | None,
    machine: str, config: bool,
) -> int:  # fmt: skip
    """Print the machine as a TLA+ module with its invariants, or one scope as a configuration of TLC.

    \b
    ringplug tla > Plug.tla                                (its head says how to run it)
    ringplug tla --config --members 2 --rings 2 > Plug.cfg
    ringplug tla --variant open-on-own-bit > Plug.tla      TLC shows what it breaks
    """
    scope = NamedScope(members or 2, handles or 1, rings or 1, features_on(off, machine)).of(machine)
    written = tla_configuration if config else tla_module
    sys.stdout.write(written(scope, suiting(variant, machine)))
    return ALL_HOLD
