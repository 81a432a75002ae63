"""Verdicts of the exhaustive engine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

from properties.catalogue.claim import Claim
from properties.catalogue.scopes import too_small
from properties.check.task import Progress, Task
from properties.check.verdict import About, Exhaustive, Open, States, Verdict, Violated
from properties.explicit.exhaustive import Exploration, explore, found_trace

CUT = "too many states to visit them all: --deep does"
VACUOUS = "vacuous: no run reaches the claim's premise"


def search(task: Task, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    """What holds of every reachable state of the scope."""
    started, scope = time.perf_counter(), task.finite
    missing = {claim.id: too_small(claim, scope) for claim in claims}
    found = explore(
        task.record_machine(), scope.ground, [claim for claim in claims if not missing[claim.id]],
        symmetry=task.symmetry, memory_gib=task.memory_gib, kept=task.kept, most_states=task.most_states, cut=True,
        until_violated=True, progress=lambda report: progress(report.words) if progress else None,
    )  # fmt: skip
    return task.verdicts(claims, missing, started, lambda claim, about: _verdict(about, found, task.variant))


def _verdict(about: About, found: Exploration, variant: str | None) -> Exhaustive | Violated | Open:
    outcome, extent = found.outcomes[about["claim"]], _extent(found, about["claim"])
    if outcome.violation:
        trace = found_trace(found, outcome.violation, about["machine"], variant, about["claim"])
        return Violated(**about, extent=extent, reason=outcome.clause, trace=trace)
    if found.cut:
        return Open(**about, extent=extent, reason=CUT)
    if outcome.unattained:
        return Violated(**about, extent=extent, reason=outcome.unattained)
    if outcome.witness is None:
        return Violated(**about, extent=extent, reason=VACUOUS)
    return Exhaustive(**about, extent=extent)


def _extent(found: Exploration, claim: str) -> States:
    report, outcome = found.report, found.outcomes[claim]
    return States(
        states=report.states, transitions=report.transitions, depth=report.depth, symmetry=found.search.symmetry,
        witness_length=outcome.witness.length if outcome.witness else None, detail=outcome.detail,
        levels=tuple(after - before for before, after in pairwise(found.search.starts)),
        ended_early=found.cut is not None,
    )  # fmt: skip
