"""The command `mutants`: what notices each part that is dropped."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click
from rich.console import Console

from model.variants import Variant
from model.variants.mutants import MUTANTS
from properties.export import pages
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, UNDETERMINED
from properties.terminal.names import MUTANT
from properties.terminal.options import variants_named
from properties.terminal.output import print_lines, write_json
from properties.terminal.progress import Progress, saying
from properties.variants.mutants import Fate, fate_of


@click.command("mutants")
@click.argument("names", metavar="[NAME]...", type=MUTANT, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `mutants` and the score.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/mutants.md.")
def mutants_command(names: tuple[str, ...], as_json: bool, as_markdown: bool) -> int:
    """Drop each guard part and each effect of the protocol, one at a time, and show which claim notices it.

    \b
    ringplug mutants                                      (all of them: minutes)
    ringplug mutants leave-without-effect:gate
    ringplug trace PLUG-S6 --variant leave-without-effect:gate

    docs/mutants.md has the result for all. Exit code 2 if one is noticed by nothing, and has no argument.
    """
    chosen = variants_named(names, MUTANTS)
    if as_markdown and (names or as_json):
        raise click.UsageError("--markdown prints the whole page: leave out the rest")
    show = None if as_json or as_markdown else report.out()
    with Progress() as progress:
        fates = list(_fates(chosen, progress, show))
    if as_markdown:
        sys.stdout.write("\n".join(pages.mutants_page(fates)) + "\n")
    elif as_json:
        write_json(pages.mutants_record(fates))
    elif not names:
        report.out().print(pages.mutants_summary(fates), markup=False, soft_wrap=True)
    return ALL_HOLD if all(fate.explained for fate in fates) else UNDETERMINED


def _fates(mutants: Sequence[Variant], progress: Progress, show: Console | None) -> Iterator[Fate]:
    for number, mutant in enumerate(mutants, 1):
        fate = fate_of(mutant, on_scope=saying(progress, mutant.id, number, len(mutants)))
        print_lines(progress, show, [pages.mutant_line(fate)])
        yield fate
