"""Verdicts of the engines that look for counterexamples beyond the reach of the search: `bounded` and `tested`.

Neither decides a claim: the one looks no further than k steps, the other at some runs. So a claim is only held against
them where they also reach its premise; else it is open.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.language.ground import GroundMachine, Step
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import FEATURES, NamedScope, too_small
from properties.check.task import Progress, Task
from properties.check.verdict import About, Bounded, Open, Runs, Steps, Tested, Verdict, Violated
from properties.symbolic import bounded
from properties.traces.trace import Trace, record_trace, replay

if TYPE_CHECKING:
    from properties.sampling.stateful import Sampled


def unroll(task: Task, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    """What the bounded engine says of these claims."""
    started, scope = time.perf_counter(), task.finite
    missing = {claim.id: left_out(claim, scope) for claim in claims}
    fitting = [claim for claim in claims if not missing[claim.id]]
    found = bounded.unroll(task.record_machine(), scope.ground, fitting, task.depth, progress)
    return task.verdicts(claims, missing, started, lambda claim, about: _bounded(claim, found, task, about))


def _bounded(claim: Claim, found: bounded.Unrolled, task: Task, about: About) -> Bounded | Violated | Open:
    violation, witness = found.violation(claim), found.witness(claim)
    extent = Steps(k=found.depth, witness_length=witness.length if witness else None)
    if violation:
        clause = violation.probe.label
        trace = _trace(found.ground, violation.run, clause, about, task)
        return Violated(**about, extent=extent, reason=clause, trace=trace)
    if found.gave_up:
        reason = f"z3 gave up after {found.depth} steps: {found.gave_up}"
        return Open(**about, extent=extent, reason=reason)
    if not witness:
        reason = f"premise not reached in {found.depth} steps"
        return Open(**about, extent=extent, reason=reason, beside=True)
    return Bounded(**about, extent=extent)


def try_runs(task: Task, claims: Sequence[Claim], progress: Progress | None) -> list[Verdict]:
    """What the stateful engine says of these claims."""
    from properties.sampling import stateful  # Hypothesis takes a sixth of the start of a check that does without.

    started, scope = time.perf_counter(), task.finite
    missing = {claim.id: left_out(claim, scope) for claim in claims}
    fitting = [claim for claim in claims if not missing[claim.id]]
    found = stateful.run_tests(task.record_machine(), scope.ground, fitting, task.tries, progress)
    return task.verdicts(claims, missing, started, lambda claim, about: _tested(claim, found, task, about))


def _tested(claim: Claim, found: Sampled, task: Task, about: About) -> Tested | Violated | Open:
    extent = Runs(
        examples=found.runs_count, seed=task.tries.seed, steps=found.steps_count,
        witnesses=found.witnesses_count(claim),
    )  # fmt: skip
    if violation := found.violation(claim):
        clause = violation.probe.label
        trace = _trace(found.ground, violation.run, clause, about, task)
        again = _again(claim, task.finite, task)
        return Violated(**about, extent=extent, reason=clause, trace=trace, again=again)
    if not extent.witnesses:
        reason = f"premise never reached in {found.runs_count} examples"
        return Open(**about, extent=extent, reason=reason, beside=True)
    return Tested(**about, extent=extent)


def _again(claim: Claim, scope: NamedScope, task: Task) -> str:
    """The command that draws the same runs; which claims are watched does not matter to them."""
    tries = task.tries
    off = [f"--without {feature}" for feature in sorted(FEATURES - scope.features)]
    variant = [f"--variant {task.variant}"] if task.variant else []
    return " ".join([
        f"ringplug check --engine stateful --claim {claim.id} --members {scope.members} --handles {scope.handles}",
        f"--rings {scope.rings} --examples {tries.examples} --steps {tries.steps} --seed {tries.seed}", *off, *variant,
    ])  # fmt: skip


def left_out(claim: Claim, scope: NamedScope) -> str | None:
    """Why these engines say nothing of the claim in this scope, or None."""
    if claim.reach or claim.bound:
        return "what can still be reached is not seen in one run"
    return too_small(claim, scope)


def _trace(ground: GroundMachine, run: Sequence[Step], clause: str, about: About, task: Task) -> Trace:
    """The run as a trace, replayed."""
    trace = record_trace(
        run, ground, machine=about["machine"], variant=task.variant, claim=about["claim"], shows=clause
    )
    for _ in replay(ground, trace.steps):
        pass
    return trace
