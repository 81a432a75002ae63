"""How often a claim was violated, and how often it would be: counts of runs with the interval that they leave open."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

from properties.corosync.results import LETTERS, Kept, KeptRun
from properties.judge.judgement import OK, VIOLATED

CONFIDENCE = 0.95
FIELDS = ("nodes", "transport", "load")


def interval(count: int, of: int) -> tuple[float, float]:
    """Where the part lies of which `count` of so many independent runs is a sample, with 95 % confidence.

    Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle = count + z * z / 2
    half = z * math.sqrt(count * (of - count) / of + z * z / 4)
    return max(0.0, (middle - half) / (of + z * z)), min(1.0, (middle + half) / (of + z * z))


def share(count: int, of: int) -> str:
    """`3 of 40: 8 % (3 to 20)`, with the interval in brackets."""
    if not of:
        return "-"
    least, most = interval(count, of)
    return f"{count} of {of}: {100 * count / of:.0f} % ({100 * least:.0f} to {100 * most:.0f})"


def frequencies(what: Kept) -> Iterator[list[str]]:
    """A heading, then a row for each claim that is violated somewhere: in which share of the runs that decide it."""
    groups = list(_groups(what.runs))
    yield ["claim", *(name for name, _ in groups)]
    for index, (of, claim) in enumerate(what.claims):
        if any(run.verdicts[index] == LETTERS[VIOLATED] for run in what.runs):
            yield [f"{claim}, {of}", *(_share(runs, index) for _, runs in groups)]


def _groups(runs: Sequence[KeptRun]) -> Iterator[tuple[str, list[KeptRun]]]:
    """All runs, then those of each size, transport and load."""
    yield "all", list(runs)
    for field in FIELDS:
        values = list(dict.fromkeys(getattr(run, field) for run in runs))
        for value in sorted(values) if field == "nodes" else values:
            mine = [run for run in runs if getattr(run, field) == value]
            yield (f"{value} nodes" if field == "nodes" else value), mine


def _share(runs: Sequence[KeptRun], index: int) -> str:
    violated = sum(run.verdicts[index] == LETTERS[VIOLATED] for run in runs)
    return share(violated, violated + sum(run.verdicts[index] == LETTERS[OK] for run in runs))
