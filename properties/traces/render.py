"""Traces as lines of text, and in words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from rich.text import Text

from model.language.ground import GroundMachine, Step
from model.machines import PLUG
from properties.traces.trace import Played, Trace, replay, show_changes, show_step, shown_arguments, trace_machine


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


def told_lines(trace: Trace) -> Iterator[str]:
    """The trace in words, as a list in Markdown: what each action says of itself, and its changes but for ghosts."""
    ground = trace_machine(trace)
    ghosts = {name for name, declared in ground.machine.state.declared.items() if declared.ghost}
    for number, one in enumerate(replay(ground, trace.steps), 1):
        changes = [change for change in show_changes(ground, one) if re.split(r"[\[ ]", change)[0] not in ghosts]
        yield f"{number}. {told_step(one.step)}  "
        yield f"   `{'  '.join(changes) or '(changes nothing)'}`"


def told_step(step: Step) -> str:
    """The first paragraph of the action's docstring, with the step's arguments for its parameters.

    An argument that it does not speak of follows in parentheses.
    """
    says = " ".join((inspect.getdoc(step.action.rule.write) or "").partition("\n\n")[0].split())
    unsaid: list[str] = []
    for name, value in shown_arguments(step).items():
        said = re.sub(rf"\b{name}\b", value, re.sub(r"\bP\b", "p", says) if name == "p" else says)
        unsaid += [f"{name}: {value}"] if said == says else []
        says = said
    return f"{says} ({', '.join(unsaid)})" if unsaid else says


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
