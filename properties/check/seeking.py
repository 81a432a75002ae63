"""Verdicts of the engines that look for counterexamples beyond the reach of the search: `bounded` and `tested`.

Neither decides a claim: the one looks no further than k steps, the other at some runs. So a claim is only held against
them where they also reach its premise; else it is open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from model.language.ground import GroundMachine, Step
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import FEATURES, NamedScope, too_small
from properties.check.verdict import BOUNDED, OPEN, TESTED, VIOLATED, Verdict
from properties.sampling.stateful import Tested, Tries, run_tests
from properties.symbolic.bounded import Bounded, unroll
from properties.traces.trace import machine_text, record_trace, replay

Progress = Callable[[str], None]


def bounded_verdicts(
    claims: Sequence[Claim], scope: NamedScope, variant: str | None, depth: int, progress: Progress | None = None
) -> list[Verdict]:
    """What the bounded engine says of these claims."""
    started, fitting = time.perf_counter(), [claim for claim in claims if not left_out(claim, scope)]
    machine = machine_text(scope.machine, variant).record(scope.features)
    found = unroll(machine, scope.ground, fitting, depth, progress)
    verdicts = [_verdict(claim, scope, "bounded", BOUNDED, started) for claim in claims]
    for claim, verdict in zip(claims, verdicts, strict=True):
        if claim in fitting:
            _judge_bounded(verdict, claim, found, variant)
    return verdicts


def _judge_bounded(verdict: Verdict, claim: Claim, found: Bounded, variant: str | None) -> None:
    violation, witness = found.violation(claim), found.witness(claim)
    verdict.k = found.depth
    verdict.witness_length = witness.length if witness else None
    if violation:
        _show(verdict, found.ground, violation.run, violation.probe.name.partition(": ")[2], variant)
    elif found.gave_up:
        verdict.verdict, verdict.reason = OPEN, f"z3 gave up after {found.depth} steps: {found.gave_up}"
    elif not witness:
        verdict.verdict, verdict.beside = OPEN, True
        verdict.reason = f"premise not reached in {found.depth} steps"


def random_verdicts(
    claims: Sequence[Claim], scope: NamedScope, variant: str | None, tries: Tries, progress: Progress | None = None
) -> list[Verdict]:
    """What the stateful engine says of these claims."""
    started, fitting = time.perf_counter(), [claim for claim in claims if not left_out(claim, scope)]
    machine = machine_text(scope.machine, variant).record(scope.features)
    tested = run_tests(machine, scope.ground, fitting, tries, progress)
    verdicts = [_verdict(claim, scope, "stateful", TESTED, started) for claim in claims]
    for claim, verdict in zip(claims, verdicts, strict=True):
        if claim in fitting:
            _judge_tested(verdict, claim, tested, tries, variant)
    return verdicts


def _judge_tested(verdict: Verdict, claim: Claim, tested: Tested, tries: Tries, variant: str | None) -> None:
    verdict.examples, verdict.steps, verdict.seed = tested.runs_count, tested.steps_count, tries.seed
    verdict.witnesses = tested.witnesses_count(claim)
    if violation := tested.violation(claim):
        _show(verdict, tested.ground, violation.run, violation.clause, variant)
        verdict.again = _again(verdict, tries)
    elif not verdict.witnesses:
        verdict.verdict, verdict.beside = OPEN, True
        verdict.reason = f"premise never reached in {tested.runs_count} examples"


def _again(verdict: Verdict, tries: Tries) -> str:
    """The command that draws the same runs; which claims are watched does not matter to them."""
    members, handles, rings = verdict.scope.split()[-1].split("/")
    off = [f"--without {feature}" for feature in sorted(FEATURES - set(verdict.features))]
    variant = [f"--variant {verdict.trace.variant}"] if verdict.trace and verdict.trace.variant else []
    return " ".join([
        f"ringplug check --engine stateful --claim {verdict.claim} --members {members} --handles {handles}",
        f"--rings {rings} --examples {tries.examples} --steps {tries.steps} --seed {tries.seed}", *off, *variant,
    ])  # fmt: skip


def left_out(claim: Claim, scope: NamedScope) -> str | None:
    """Why these engines say nothing of the claim in this scope, or None."""
    if claim.reach or claim.bound:
        return "what can still be reached is not seen in one run"
    return too_small(claim, scope)


def _verdict(claim: Claim, scope: NamedScope, engine: str, holds: str, started: float) -> Verdict:
    """The verdict if nothing is found; open if the claim is left out."""
    seconds = round(time.perf_counter() - started, 3)
    verdict = Verdict(claim.id, engine, holds, scope.name, seconds, scope.machine, sorted(scope.features))
    if reason := left_out(claim, scope):
        verdict.verdict, verdict.reason, verdict.beside = OPEN, reason, True
    return verdict


def _show(verdict: Verdict, ground: GroundMachine, run: Sequence[Step], clause: str, variant: str | None) -> None:
    """The verdict is a violation, with its run, replayed."""
    verdict.verdict, verdict.reason = VIOLATED, clause
    verdict.trace = record_trace(
        run, ground, machine=verdict.machine, variant=variant, claim=verdict.claim, shows=clause
    )
    for _ in replay(ground, verdict.trace.steps):
        pass
