"""Traces as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from model.language.ground import GroundMachine
from model.machines import PLUG
from properties.traces.trace import Played, Trace, replay, show_changes, show_step, trace_machine


def trace_lines(trace: Trace) -> Iterator[str]:
    """The trace, replayed: one line a step, what changed marked + and -."""
    ground = trace_machine(trace)
    played = list(replay(ground, trace.steps))
    steps = [show_step(one.step) for one in played]
    width = max(map(len, steps), default=0)
    for number, (one, step) in enumerate(zip(played, steps, strict=True), 1):
        yield f"{number:3}  {step:<{width}}   {_changes(ground, one)}"


def _changes(ground: GroundMachine, played: Played) -> str:
    return "  ".join(show_changes(ground, played)) or "(changes nothing)"


def trace_title(trace: Trace, *, read: bool = False) -> str:
    """What the trace is of; one that was read is only said to show it."""
    scope = trace.scope
    machine = f"variant {trace.variant}" if trace.variant else "the protocol"
    machine += f" ({trace.machine})" if trace.machine != PLUG else ""
    features = ", ".join(trace.features) or "no feature"
    what = f"{trace.claim}{', said to show' if read else ''}: {trace.shows}; " if trace.claim else ""
    return f"{what}{machine} at {scope.processors}/{scope.handles}/{scope.rings} with {features}"


def marked(line: str) -> Text:
    """A line of a trace with what came and what went in colour."""
    text = Text(line)
    text.highlight_regex(r"\+p\d+", "bold green")
    text.highlight_regex(r"-p\d+", "bold red")
    return text
