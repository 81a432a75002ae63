"""Verdicts: what an engine says of a claim, never more than it decided."""

from __future__ import annotations

import msgspec

from model.machines import PLUG
from properties.traces.trace import Trace

PROVED = "proved"
"""Inductive, for any number: base case, every action, and no action vacuous."""
EXHAUSTIVE = "exhaustive"
"""Every reachable state of the scope, and the claim's witness is among them."""
BOUNDED = "bounded"
"""No counterexample of up to k steps in the scope; a run of at most k steps reaches the claim's witness."""
TESTED = "tested"
"""No counterexample in so many random runs from a seed; some of them reach the claim's witness."""
VIOLATED = "violated"
"""With a trace; or vacuous, if no run reaches the claim's premise."""
OPEN = "open"
"""Not decided: a reason says why."""
DECIDED = frozenset({PROVED, EXHAUSTIVE})
HOLDS = DECIDED | {BOUNDED, TESTED}


class Verdict(msgspec.Struct, omit_defaults=True):
    """One claim, one engine, one scope."""

    claim: str
    engine: str
    verdict: str
    scope: str
    seconds: float
    machine: str = PLUG
    features: list[str] = []
    reason: str | None = None
    beside: bool = False
    """Open because the engine, the scope or the features leave the claim out: counts only if it was asked for."""
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    symmetry: bool | None = None
    obligations: int | None = None
    k: int | None = None
    """Of a bounded verdict: the number of steps."""
    examples: int | None = None
    seed: int | None = None
    steps: int | None = None
    """Of a tested verdict: the runs, the seed that gives them, and the steps that they took together."""
    witnesses: int | None = None
    """Of a tested verdict: how many of the runs reach the claim's witness."""
    again: str | None = None
    """Of a violation that random runs found: the command that finds it again."""
    witness_length: int | None = None
    detail: str | None = None
    trace: Trace | None = None
    step: list[str] = []
    """Of an obligation that was not met: the step that the solver found."""
