"""The page of a divergence: the machine's run up to it, and what the implementation did there."""

from __future__ import annotations

from properties.lockstep.divergence import Divergence
from properties.page.run import run_page


def divergence_page(divergence: Divergence) -> str:
    """The page; TraceError if the run is larger than a page holds."""
    lines = list(divergence.lines())
    return run_page(divergence.trace, account_lines=lines, notes={len(divergence.trace.steps): lines})
