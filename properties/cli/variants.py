"""Commands about protocols that are not this one: variants, mutants."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

import click
import msgspec
from rich.console import Console

from model.variants import VARIANTS, Variant
from model.variants.mutants import MUTANTS
from properties.cli import report
from properties.cli.exit_codes import ALL_HOLD, UNDETERMINED
from properties.cli.progress import Progress
from properties.export import pages
from properties.export.pages import Row
from properties.variants.matrix import Pair, breaks, pair_with, pairs_to_try
from properties.variants.mutants import Fate, fate_of


@click.command("variants")
@click.argument("names", metavar="[NAME]...", nargs=-1)
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
    chosen = _known(names, VARIANTS)
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
        _write_json({"pairs": tried} if in_pairs else pages.variants_record(rows))
    elif not in_pairs and not names:
        report.out().print(pages.variants_summary(rows), markup=False, soft_wrap=True)
    return ALL_HOLD


@click.command("mutants")
@click.argument("names", metavar="[NAME]...", nargs=-1)
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
    chosen = _known(names, MUTANTS)
    if as_markdown and (names or as_json):
        raise click.UsageError("--markdown prints the whole page: leave out the rest")
    show = None if as_json or as_markdown else report.out()
    with Progress() as progress:
        fates = list(_fates(chosen, progress, show))
    if as_markdown:
        sys.stdout.write("\n".join(pages.mutants_page(fates)) + "\n")
    elif as_json:
        _write_json(pages.mutants_record(fates))
    elif not names:
        report.out().print(pages.mutants_summary(fates), markup=False, soft_wrap=True)
    return ALL_HOLD if all(fate.explained for fate in fates) else UNDETERMINED


def _known(names: tuple[str, ...], known: dict[str, Variant]) -> list[Variant]:
    for name in names:
        if name not in known:
            raise click.ClickException(f"unknown name {name!r}; there are {', '.join(known)}")
    return [known[name] for name in names or known]


def _rows(variants: Sequence[Variant], progress: Progress, show: Console | None) -> Iterator[Row]:
    for number, variant in enumerate(variants, 1):
        row = Row(variant, breaks(variant.edit, on_scope=_saying(progress, variant.id, number, len(variants))))
        _print(progress, show, pages.variant_lines(row))
        yield row


def _pairs(progress: Progress, show: Console | None) -> Iterator[Pair]:
    to_try = pairs_to_try()
    for number, (harmless, other) in enumerate(to_try, 1):
        title = f"{harmless.id} with {other.id}"
        pair = pair_with(harmless, other, on_scope=_saying(progress, title, number, len(to_try)))
        _print(progress, show, pages.pair_lines(pair))
        yield pair


def _fates(mutants: Sequence[Variant], progress: Progress, show: Console | None) -> Iterator[Fate]:
    for number, mutant in enumerate(mutants, 1):
        fate = fate_of(mutant, on_scope=_saying(progress, mutant.id, number, len(mutants)))
        _print(progress, show, [pages.mutant_line(fate)])
        yield fate


def _saying(progress: Progress, what: str, number: int, count: int) -> Callable[[str], None]:
    return lambda scope: progress.say(f"{number} of {count}: {what} at {scope}")


def _print(progress: Progress, console: Console | None, lines: Sequence[str]) -> None:
    for line in lines if console else ():
        progress.result(console or report.out(), line)


def _write_json(record: dict[str, object]) -> None:
    sys.stdout.write(msgspec.json.encode(record).decode() + "\n")
