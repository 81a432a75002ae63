"""The command `mutants`: what notices each part that is dropped."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click
from rich.console import Console

from model.variants import Variant
from model.variants.mutants import MUTANTS
from properties.export import pages
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD, UNDETERMINED
from properties.terminal.names import MUTANT
from properties.terminal.progress import Progress, saying
from properties.terminal.recorded import print_lines, recorded_lines, variants_named, write_json
from properties.terminal.rows import out
from properties.variants import record
from properties.variants.arguments import ARGUMENTS
from properties.variants.results import Fate


@click.command("mutants", cls=Checked)
@click.argument("names", metavar="[NAME]...", type=MUTANT, nargs=-1)
@click.option("--compute", is_flag=True, help="Compute what is recorded again: seconds for most, minutes for all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `mutants` and the score.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/mutants.md.")
def mutants_command(names: tuple[str, ...], compute: bool, as_json: bool, as_markdown: bool) -> int:
    """Drop each guard part and each effect of the protocol, one at a time, and show which claim notices it.

    \b
    ringplug mutants                                      (all of them, as recorded)
    ringplug mutants leave-without-effect:gate --compute
    ringplug trace PLUG-S6 --variant leave-without-effect:gate

    What is recorded was computed for this version, and tests compute it again. docs/mutants.md has it, too.
    Exit code 2 if one is noticed by nothing, and has no argument.
    """
    chosen = variants_named(names, MUTANTS)
    show = None if as_json or as_markdown else out()
    fates = list(_fates(chosen, compute, show))
    if as_markdown:
        sys.stdout.write("\n".join(pages.mutants_page(fates)) + "\n")
    elif as_json:
        write_json(pages.mutants_record(fates))
    else:
        print_lines(show, [] if names else [pages.mutants_summary(fates)])
        print_lines(show, recorded_lines([fate.recorded for fate in fates], " ".join(("mutants", *names))))
    return ALL_HOLD if all(fate.explained for fate in fates) else UNDETERMINED


def _fates(mutants: Sequence[Variant], compute: bool, show: Console | None) -> Iterator[Fate]:
    """What is recorded, and then what is not."""
    known = record.mutants()
    recorded = {} if compute else known.mutants
    for mutant in mutants:
        if mutant.id in recorded:
            fate = Fate(mutant.id, recorded[mutant.id], ARGUMENTS.get(mutant.id), known.version)
            print_lines(show, [pages.mutant_line(fate)])
            yield fate
    if to_compute := [one for one in mutants if one.id not in recorded]:
        yield from _computed(to_compute, show)


def _computed(mutants: Sequence[Variant], show: Console | None) -> Iterator[Fate]:
    from properties.variants.mutants import fate_of  # here: what is recorded needs no engine

    with Progress() as progress:
        for number, mutant in enumerate(mutants, 1):
            fate = fate_of(mutant, on_scope=saying(progress, mutant.id, number, len(mutants)))
            if show:
                progress.result(show, pages.mutant_line(fate))
            yield fate
