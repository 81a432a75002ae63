"""The command `variants`: what breaks without each clause."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

import click
from rich.console import Console

from model.variants import VARIANTS, Variant
from properties.export import pages
from properties.export.pages import Row
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import EXECUTOR, NAMED_VARIANT
from properties.terminal.progress import Progress, saying
from properties.terminal.recorded import print_lines, recorded_line, recorded_lines, variants_named, write_json
from properties.terminal.rows import out
from properties.variants import record
from properties.variants.results import Pair


@click.command("variants", cls=Checked)
@click.argument("names", metavar="[NAME]...", type=NAMED_VARIANT, nargs=-1)
@click.option("--pairs", "in_pairs", is_flag=True, help="Instead: what breaks nothing of openais, in pairs.")
@click.option("--compute", is_flag=True, help="Compute what is recorded again: seconds for most, minutes for all.")
@EXECUTOR
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `variants`.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/variants.md, pairs and all.")
def variants_command(
    names: tuple[str, ...], in_pairs: bool, compute: bool, executor: str, as_json: bool, as_markdown: bool
) -> int:
    """Show which claims each variant breaks, and in how many steps: the shortest in a list of scopes.

    \b
    ringplug variants                                     (all of them, as recorded)
    ringplug variants open-on-own-bit --compute           (computed again)
    ringplug variants gmi-2004                            (openais as it was built, and what is left out of it)
    ringplug trace PLUG-S1 --variant open-on-own-bit      (a shortest run)

    What is recorded was computed for this version, and tests compute it again. docs/variants.md has it, too.
    """
    chosen = variants_named(names, VARIANTS)
    show = None if as_json or as_markdown else out()
    if in_pairs:
        return _show_pairs(compute, show)
    rows = list(_rows(chosen, compute, show, executor))
    if as_markdown:
        sys.stdout.write("\n".join(pages.variants_page(rows, _pairs(compute, show)[0])) + "\n")
    elif as_json:
        write_json(pages.variants_record(rows))
    else:
        print_lines(show, [] if names else [pages.variants_summary(rows)])
        print_lines(show, recorded_lines([row.recorded for row in rows], " ".join(("variants", *names))))
    return ALL_HOLD


def _rows(variants: Sequence[Variant], compute: bool, show: Console | None, executor: str) -> Iterator[Row]:
    """What is recorded, and then what is not."""
    known = record.variants()
    recorded = {} if compute else known.variants
    for variant in variants:
        if variant.id in recorded:
            row = Row(variant, recorded[variant.id], known.version)
            print_lines(show, pages.variant_lines(row))
            yield row
    if to_compute := [one for one in variants if one.id not in recorded]:
        yield from _computed_rows(to_compute, show, executor)


def _computed_rows(variants: Sequence[Variant], show: Console | None, executor: str) -> Iterator[Row]:
    """In order, each as soon as it and all before it are there."""
    from properties.pool import run_jobs  # here: what is recorded needs no engine
    from properties.variants.matrix import BreaksOf

    jobs, found, shown = [BreaksOf(variant.id) for variant in variants], dict[int, Row](), 0
    with Progress() as progress:
        results = run_jobs(
            jobs, lambda tick: progress.say(f"{jobs[tick.job].title} at {tick.words}"), executor=executor
        )
        with closing(results):
            for number, result in results:
                if isinstance(result, Exception):
                    raise result
                found[number] = Row(variants[number], result)
                progress.count(len(found), len(jobs), "variant")
                while shown in found:
                    for line in pages.variant_lines(found[shown]) if show else ():
                        progress.result(show or out(), line)
                    yield found[shown]
                    shown += 1


def _show_pairs(compute: bool, show: Console | None) -> int:
    pairs, version = _pairs(compute, show)
    if not show:
        write_json({"pairs": pairs, "recorded": version})
    if version:
        print_lines(show, [line for pair in pairs for line in pages.pair_lines(pair)])
        print_lines(show, [recorded_line(version, "variants --pairs")])
    return ALL_HOLD


def _pairs(compute: bool, show: Console | None) -> tuple[list[Pair], str | None]:
    """The pairs, and the version for which they are recorded, unless they are computed."""
    known = record.variants()
    return (list(_computed_pairs(show)), None) if compute else (known.pairs, known.version)


def _computed_pairs(show: Console | None) -> Iterator[Pair]:
    from properties.variants.matrix import pair_with, pairs_to_try  # here: what is recorded needs no engine

    to_try = pairs_to_try()
    with Progress() as progress:
        for number, (harmless, other) in enumerate(to_try, 1):
            title = f"{harmless.id} with {other.id}"
            pair = pair_with(harmless, other, on_scope=saying(progress, title, number, len(to_try)))
            for line in pages.pair_lines(pair) if show else ():
                progress.result(show or out(), line)
            yield pair
