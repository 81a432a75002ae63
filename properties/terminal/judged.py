"""What a reader sees of claims that were judged: what is violated first, and what a source could see to decide more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.markup import escape
from rich.table import Table

from properties.history.catalogue import HISTORY_CLAIMS, Needs
from properties.history.events import Facet
from properties.history.reader import plain
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, VIOLATED, JudgedClaim
from properties.words import counted

STYLES = {VIOLATED: "bold red", OPEN: "yellow", OK: "green", NOT_OBSERVABLE: "dim"}
"""In the order in which they matter."""


def verdict_table(claims: Sequence[JudgedClaim]) -> Table:
    """Claims that the source could decide: the violated ones, then the open ones, then those that hold."""
    table = Table(box=None, pad_edge=False)
    for heading in ("claim", "verdict", "times", "says"):
        justify = "right" if heading == "times" else "left"
        table.add_column(heading, overflow="fold", no_wrap=heading != "says", justify=justify)
    for verdict, style in STYLES.items():
        for one in claims:
            if one.verdict == verdict != NOT_OBSERVABLE:
                says = HISTORY_CLAIMS[one.claim].sentence if verdict == OK else plain(one.reason)
                met = f"{one.met:,}" if one.met else ""
                table.add_row(one.claim, f"[{style}]{verdict}[/]", met, escape(says))
    return table


def violation_lines(one: JudgedClaim, *, spaced: bool) -> Iterator[str]:
    """A violation: who did what, and where; what is promised; its events, with spaces between their fields or not."""
    where = ", ".join(f"{plain(shown.file)}:{shown.line}" for shown in one.events)
    yield f"{one.claim} violated: {plain(one.reason)} ({where})."
    yield f"  {HISTORY_CLAIMS[one.claim].sentence}"
    for shown in one.events:
        event = msgspec.json.encode(shown.event)
        event = msgspec.json.format(event, indent=0) if spaced else event
        yield f"  {plain(shown.file)}:{shown.line}: {plain(event.decode())}"
    yield f"  shortest beginning: {', '.join(f'{plain(file)} to line {line}' for file, line in one.prefix.items())}"


def unobserved_lines(claims: Sequence[JudgedClaim], observes: frozenset[Facet]) -> Iterator[str]:
    """What a source would have to see, and which claims are then decided; and what is not observable otherwise."""
    unseen = [one for one in claims if one.verdict == NOT_OBSERVABLE]
    if not unseen:
        return
    yield f"Not observable: {counted(len(unseen), 'claim')}."
    steps: dict[Needs, list[str]] = {}
    for one in unseen:
        steps.setdefault(HISTORY_CLAIMS[one.claim].lacking(observes), []).append(one.claim)
    for lacking, ids in sorted(steps.items(), key=lambda step: (len(step[0]), -len(step[1]))):
        if lacking:
            yield f"  observe {_facets(lacking)} to decide {', '.join(ids)}"
    for one in unseen:
        if not HISTORY_CLAIMS[one.claim].lacking(observes):
            yield f"  {one.claim}: {plain(one.reason)}"


def _facets(lacking: Needs) -> str:
    """What is lacking: "`queue` and `step`", or "`table` or `group`, and `gate` or `sync`"."""
    groups = [" or ".join(f"`{facet}`" for facet in group) for group in lacking]
    *first, last = groups
    if not first:
        return last
    return f"{', '.join(first)}{',' if any(' or ' in one for one in groups) else ''} and {last}"
