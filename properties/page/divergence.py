"""The page of a divergence: the machine's run up to it, and what the implementation did there."""

from __future__ import annotations

from properties.lockstep.divergence import Divergence
from properties.page.run import Told, run_page
from properties.words import counted


def divergence_page(divergence: Divergence) -> str:
    """The page; TraceError if the run is larger than a page holds."""
    lines = list(divergence.lines())
    steps = len(divergence.trace.steps)
    title = f"An implementation parts from the machine: {divergence.event}"
    differs = [
        f"{one.variable} is {one.implementation}, and {one.machine} in the machine" for one in divergence.differences
    ]
    reasons = "; ".join([divergence.reason, *divergence.refusing, *differs])
    summary = f"{lines[0]}, after {counted(steps, 'step')} of the machine: {reasons}"
    return run_page(divergence.trace, told=Told(title, summary, lines, {steps: lines}))
