"""Exit codes of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from properties.check.verdict import Verdict

ALL_HOLD, SOME_VIOLATED, UNDETERMINED, BAD_INPUT = range(4)
INTERRUPTED = 130
"""Exit codes."""


def code_of(*, violated: bool, decided: bool) -> int:
    """The one rule: 1 if anything is violated; else 0 if all that was asked for is decided; else 2."""
    return SOME_VIOLATED if violated else ALL_HOLD if decided else UNDETERMINED


def exit_code(verdicts: Sequence[Verdict], asked: frozenset[str]) -> int:
    """Of a check: it is undecided if a proof is open, or a claim that was asked for by name."""
    from properties.check.verdict import Holds, Open, Violated  # here: help and completion need the numbers alone

    violated = any(isinstance(one, Violated) for one in verdicts)
    decided = {one.claim for one in verdicts if isinstance(one, Holds)}
    undecided = [one for one in verdicts if isinstance(one, Open) and not one.beside]
    return code_of(violated=violated, decided=bool(decided) and not undecided and not asked - decided)
