"""What is said of a run of processes: claims about its histories, and those of `DECIDED`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from properties.history.reader import Fault, FileHistory
from properties.judge.judgement import OK, OPEN, VIOLATED, JudgedClaim, Judgement, judge
from properties.lockstep.divergence import Divergence
from properties.processes.cluster import Course, Outcome
from properties.processes.replayed import verdicts

DECIDED = ("LIVE-3", "STEP-1", "STEP-2", "LOCKSTEP")
"""What is decided beside the histories."""
RANK = {VIOLATED: 0, OK: 1, OPEN: 2}
"""Which verdict stands where a claim is decided twice."""


@dataclass
class Verdict:
    """A run that was judged."""

    judgement: Judgement
    claims: list[JudgedClaim]
    faults: list[Fault]
    """What is wrong with the files: a defect of the recorder."""
    divergence: Divergence | None = None

    @property
    def violated(self) -> list[str]:
        """The ids of the claims that are violated."""
        return [one.claim for one in self.claims if one.verdict == VIOLATED]


def judged(course: Course, outcome: Outcome, out: Path, say: Callable[[str], None]) -> Verdict:
    """Judge what a run has recorded."""
    history = FileHistory.open([out / f"n{number}.history.jsonl" for number in course.plan.nodes])
    judgement = judge(history, lambda count, what: say(f"{what}: {count:,} events" if count else what))
    claims, divergence = [*_with_live(judgement.claims, _live(course, outcome)), _steps(outcome)], None
    if course.plan.follow:
        more, divergence = verdicts({n: out / f"n{n}.journal.jsonl" for n in course.plan.nodes}, say)
        claims += more
    return Verdict(judgement, claims, history.faults, divergence)


def _with_live(claims: list[JudgedClaim], live: JudgedClaim) -> list[JudgedClaim]:
    """LIVE-3 once: what the histories say of it and what the clock says, violated if either is."""
    said = [*(one for one in claims if one.claim == live.claim), live]
    worst = min(said, key=lambda one: RANK.get(one.verdict, len(RANK)))
    return [*(one for one in claims if one.claim != live.claim), worst]


def _steps(outcome: Outcome) -> JudgedClaim:
    """STEP-1: a node that ends by itself has raised an error, or its machine has failed it."""
    if outcome.stopped:
        return JudgedClaim("STEP-1", VIOLATED, reason="; ".join(outcome.stopped))
    return JudgedClaim("STEP-1", OK, len(outcome.states))


def _live(course: Course, outcome: Outcome) -> JudgedClaim:
    """LIVE-3 on a real clock: there the bound has slack for a machine that is busy."""
    bound = f"within {course.bound_seconds:.1f} s"
    if outcome.settled_seconds is None:
        return JudgedClaim("LIVE-3", VIOLATED, reason=f"not one ring with open gates {bound}")
    if not outcome.is_quiet:
        return JudgedClaim("LIVE-3", VIOLATED, reason=f"what was queued is not delivered {bound}")
    return JudgedClaim("LIVE-3", OK, 1) if outcome.states else JudgedClaim("LIVE-3", OPEN, reason="nobody was up")
