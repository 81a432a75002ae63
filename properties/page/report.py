"""The page of a check: every verdict, the runs of what is violated, what was searched, and what each variant breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from model.variants import VARIANTS
from properties.check.verdict import States, Verdict, Word
from properties.claims import CLAIMS
from properties.explain.replayed import told
from properties.explored.growth import growth
from properties.page.assemble import asset, filled, policy
from properties.page.charts import by_depth, by_members
from properties.page.drawing import picture_of
from properties.page.run import MOST_LANES
from properties.traces.trace import Trace
from properties.variants import record

HOLDS, VIOLATED, OPEN, NONE = "holds", "violated", "open", "none"
SHADES = ((4, "at-once"), (8, "near"), (12, "on"))
"""Of the matrix: up to how many steps, and what the shade is called."""
SIGNS = {HOLDS: "✓", VIOLATED: "✗", OPEN: "?", NONE: ""}


class Shown(msgspec.Struct):
    """The run of a violation: its picture, its words, and the command that makes a page of it."""

    title: str
    picture: str
    words: str
    command: str


class Searched(msgspec.Struct):
    """A scope that was searched."""

    where: str
    states: int
    transitions: int
    depth: int
    seconds: float
    bars: str
    """States by depth, as a picture."""


class Said(msgspec.Struct):
    """What a terminal is shown of verdicts: lines in all, rows of a table under their headings, the shortest runs."""

    lines: list[str]
    rows: list[tuple[str, ...]]
    runs: list[Trace]


def report_page(verdicts: Sequence[Verdict], said: Said, variant: str | None) -> str:
    """The page. It has no script: what is on it can be read and printed, and nothing runs."""
    styles = (asset("report.css"), asset("picture.css"))
    of = f"the variant {variant}" if variant else "the protocol"
    fields = {
        "policy": policy(None, *styles),
        "style": styles[0],
        "picture_style": styles[1],
        "title": f"ringplug check of {of}",
        "summary": said.lines,
        "rows": said.rows,
        "kinds": kind_of,
        "signs": SIGNS,
        "sentences": {id: claim.sentence for id, claim in CLAIMS.items()},
        "runs": [_shown(trace) for trace in said.runs],
        "searches": list(_searched(verdicts)),
        "growth": None if variant else by_members(growth()),
        "version": record.variants().version,
        "claims": list(CLAIMS),
        "matrix": [] if variant else list(_matrix()),
    }
    return filled(asset("report.html.jinja"), fields)


def kind_of(cell: str) -> str:
    """What a cell of the table of verdicts says: that the claim holds so far, is violated, or is open."""
    if cell == "-":
        return NONE
    first = cell.split(" ")[0]
    return {Word.VIOLATED.value: VIOLATED, Word.OPEN.value: OPEN}.get(first, HOLDS)


def _shown(trace: Trace) -> Shown:
    picture = picture_of(trace, styled=False) if trace.scope.processors <= MOST_LANES else ""
    variant = f" --variant {trace.variant}" if trace.variant else ""
    command = f"ringplug trace {trace.claim}{variant} --format html --out {trace.claim}.html"
    return Shown(f"{trace.claim} violated", picture, "\n".join(told(trace)), command)


def _searched(verdicts: Sequence[Verdict]) -> Iterator[Searched]:
    """Each scope once, the largest first."""
    found: dict[str, Searched] = {}
    for one in verdicts:
        if isinstance(one.extent, States):
            where = f"{one.scope} with {', '.join(one.features) or 'no feature'}"
            extent = one.extent
            found[where] = Searched(
                where, extent.states, extent.transitions, extent.depth, one.seconds, by_depth(extent.levels)
            )
    yield from sorted(found.values(), key=lambda one: -one.states)


def _matrix() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each variant, and for each claim the steps of the run that breaks it, with its shade."""
    for name, tried in record.variants().variants.items():
        lengths = {one.claim: one.length for one in tried.broken}
        if name in VARIANTS:
            yield name, [_cell(id in lengths, lengths.get(id)) for id in CLAIMS]


def _cell(broken: bool, length: int | None) -> tuple[str, str]:
    """A cell of the matrix: what stands in it, and how dark it is: the fewer steps, the darker."""
    if not broken:
        return "·", "no"
    if length is None:
        return "○", "breaks none"
    return str(length), f"breaks {shade_of(length)}"


def shade_of(length: int) -> str:
    """How dark the cell of a run of so many steps is."""
    return next((name for most, name in SHADES if length <= most), "far")
