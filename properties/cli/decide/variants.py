"""The command `variants`: what breaks without each clause."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click
from rich.console import Console

from model.variants import VARIANTS, Variant
from properties.export import pages
from properties.export.pages import Row
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import NAMED_VARIANT
from properties.terminal.options import variants_named
from properties.terminal.output import print_lines, write_json
from properties.terminal.progress import Progress, saying
from properties.variants.matrix import Pair, breaks, pair_with, pairs_to_try


@click.command("variants")
@click.argument("names", metavar="[NAME]...", type=NAMED_VARIANT, nargs=-1)
@click.option("--pairs", "in_pairs", is_flag=True, help="Instead: what breaks nothing of openais, in pairs. Minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `variants`.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/variants.md, pairs and all. Minutes.")
def variants_command(names: tuple[str, ...], in_pairs: bool, as_json: bool, as_markdown: bool) -> int:
    """Show which claims each variant breaks, and in how many steps: the shortest in a list of scopes.

    \b
    ringplug variants                                     (all of them: minutes)
    ringplug variants open-on-own-bit --json
    ringplug variants gmi-2004                            (openais as it was built, and what is left out of it)
    ringplug trace PLUG-S1 --variant open-on-own-bit      (a shortest run)

    docs/variants.md has the result for all.
    """
    chosen = variants_named(names, VARIANTS)
    if as_markdown and (names or in_pairs or as_json):
        raise click.UsageError("--markdown prints the whole page: leave out the rest")
    if in_pairs and names:
        raise click.UsageError("--pairs takes no NAME")
    show = None if as_json or as_markdown else report.out()
    with Progress() as progress:
        rows = [] if in_pairs else list(_rows(chosen, progress, show))
        tried = list(_pairs(progress, show)) if in_pairs or as_markdown else []
    if as_markdown:
        sys.stdout.write("\n".join(pages.variants_page(rows, tried)) + "\n")
    elif as_json:
        write_json({"pairs": tried} if in_pairs else pages.variants_record(rows))
    elif not in_pairs and not names:
        report.out().print(pages.variants_summary(rows), markup=False, soft_wrap=True)
    return ALL_HOLD


def _rows(variants: Sequence[Variant], progress: Progress, show: Console | None) -> Iterator[Row]:
    for number, variant in enumerate(variants, 1):
        row = Row(variant, breaks(variant.edit, on_scope=saying(progress, variant.id, number, len(variants))))
        print_lines(progress, show, pages.variant_lines(row))
        yield row


def _pairs(progress: Progress, show: Console | None) -> Iterator[Pair]:
    to_try = pairs_to_try()
    for number, (harmless, other) in enumerate(to_try, 1):
        title = f"{harmless.id} with {other.id}"
        pair = pair_with(harmless, other, on_scope=saying(progress, title, number, len(to_try)))
        print_lines(progress, show, pages.pair_lines(pair))
        yield pair
