"""The command `spec`: the specification as a text."""

from __future__ import annotations

import sys

import click

from properties.export.specification import specification
from properties.spec.page import specification_page
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import OneOf

MARKDOWN, HTML = FORMATS = ("markdown", "html")


@click.command("spec", cls=Checked)
@click.option(
    "--format", "form", type=OneOf("format", FORMATS), default=MARKDOWN, show_default=True,
    help="As a text, or as a page with a search and pictures of what each action moves.",
)  # fmt: skip
def spec_command(form: str) -> int:
    """Print the specification: actions, claims, decisions and what is forgotten, made from the model.

    \b
    ringplug spec > SPEC.md
    ringplug spec --format html > spec.html
    """
    sys.stdout.write(specification_page() if form == HTML else specification())
    return ALL_HOLD
