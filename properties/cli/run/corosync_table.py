"""`ringplug corosync table`: the tables of a campaign that was run, as Markdown, as JSON or as a page."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import msgspec

from properties.corosync import summary
from properties.corosync.frequencies import frequencies
from properties.corosync.laboratory.scenarios import SCENARIOS
from properties.corosync.results import Kept, of_scenarios, read, write
from properties.corosync.stored import UnreadableError
from properties.files import write_whole
from properties.page.assemble import asset, filled, policy
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import SCENARIO
from properties.terminal.rows import print_row

KINDS = ((re.compile(r"\b\d+v\b"), "violated"), (re.compile(r"\b\d+o\b"), "open"))
"""What a cell of counts is called on a page, by what it has."""


@click.command("table", cls=Checked)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", type=SCENARIO, help="Only these scenarios. Repeatable."
)
@click.option("--without", multiple=True, metavar="NAME", type=SCENARIO, help="Not these scenarios. Repeatable.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False),
              help="Write what is kept of one campaign to this file; it is a SOURCE, too.")  # fmt: skip
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the tables of one as a page.")
@click.option("--json", "as_json", is_flag=True, help="Print what is kept as JSON.")
def table_command(
    sources: tuple[Path, ...], scenarios: tuple[str, ...], without: tuple[str, ...], save: Path | None,
    html: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Print the tables of a campaign as Markdown, or those of several side by side; nothing is run.

    A SOURCE is the --out directory of a campaign, finished or under way, or a file that --save wrote. Exit codes: 0
    printed, 3 bad input.

    \b
    ringplug corosync table runs
    ringplug corosync table runs --save runs.json --html runs.html
    ringplug corosync table runs.json ours.json --without kill-restart-without-state
    """
    if (save or html) and len(sources) > 1:
        raise click.ClickException(f"--save and --html are for one campaign, and there are {len(sources)}")
    wanted = [name for name in scenarios or SCENARIOS if name not in without]
    try:
        found = [(source.stem, of_scenarios(read(source), wanted)) for source in sources]
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if save:
        write(found[0][1], save)
    if html:
        write_whole(html, campaign_page(found[0][1]))
    if as_json:
        sys.stdout.write(msgspec.json.encode([one for _, one in found]).decode() + "\n")
    else:
        for line in summary.tables(found[0][1]) if len(found) == 1 else summary.side_by_side(found):
            print_row(report.out(), line)
    return ALL_HOLD


def campaign_page(what: Kept) -> str:
    """The tables as a page without any script."""
    parts: list[tuple[str, list[list[str]]]] = [
        (f"Judged on the {of}", list(summary.rows(what, of))) for of in dict.fromkeys(of for of, _ in what.claims)
    ]
    parts += [
        ("By scenario", list(summary.by_scenario(what))),
        ("By size, transport and load", list(summary.by_field(what))),
        ("Each way", list(summary.by_way(what))),
        ("How often, with 95 % intervals", list(frequencies(what))),
    ]
    style = asset("report.css")
    fields = {"policy": policy(None, style), "style": style, "kinds": kind_of, "parts": parts, "unseen": what.unseen}
    return filled(asset("campaign.html.jinja"), {**fields, "title": "A campaign", "summary": summary.head(what)})


def kind_of(cell: str) -> str:
    """What a cell of counts says: that something is violated, or open, or neither."""
    return next((kind for has, kind in KINDS if has.search(cell)), "")
