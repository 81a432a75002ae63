"""Exit codes of the command line."""

from __future__ import annotations

from collections.abc import Sequence

from properties.check.verdict import HOLDS, OPEN, VIOLATED, Verdict

ALL_HOLD, SOME_VIOLATED, UNDETERMINED, BAD_INPUT = range(4)
"""Exit codes."""


def exit_code(verdicts: Sequence[Verdict], asked: frozenset[str]) -> int:
    """1 if anything is violated; 2 if a proof is open, or a claim that was asked for by name; else 0."""
    if any(one.verdict == VIOLATED for one in verdicts):
        return SOME_VIOLATED
    decided = {one.claim for one in verdicts if one.verdict in HOLDS}
    undecided = [one for one in verdicts if one.verdict == OPEN and not one.beside]
    return UNDETERMINED if undecided or not decided or asked - decided else ALL_HOLD
