"""The command `spec`: the specification as a text."""

from __future__ import annotations

import sys

import click

from properties.export.specification import specification
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD


@click.command("spec", cls=Checked)
def spec_command() -> int:
    """Print the specification: actions, claims, decisions and what is forgotten, made from the model.

    \b
    ringplug spec > SPEC.md
    """
    sys.stdout.write(specification())
    return ALL_HOLD
