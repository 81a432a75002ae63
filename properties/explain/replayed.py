"""A saved run, replayed: every state, what its end shows, and the text that `ringplug trace` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path

from properties.explain.ahead import TooFarError
from properties.explain.endings import Ending, shown_by
from properties.explain.explanation import explain_run
from properties.explain.wording import account
from properties.traces.itf import read_any
from properties.traces.render import trace_lines, trace_title
from properties.traces.trace import Trace, members, replay, sets_in, show_slot, trace_machine

State = dict[str, frozenset[int]]
"""Each set of a state by name, such as `bits[r0]`, with the numbers of its processors."""


@dataclass(frozen=True)
class Replayed:
    """A run that was replayed on integers from the initial state; `print` shows it as `ringplug trace` does."""

    trace: Trace
    states: tuple[State, ...]
    """The initial state, then the state after each step."""

    @property
    def violates(self) -> list[str]:
        """The words of each clause of the trace's claim that the end violates; TooFarError if that is too much."""
        return [ending.label for ending in self._endings if ending.violates]

    @property
    def reaches(self) -> list[str]:
        """The words of the claim's premise if the end reaches it; TooFarError if that is too much to follow."""
        return [ending.label for ending in self._endings if not ending.violates]

    @cached_property
    def _endings(self) -> list[Ending]:
        return shown_by(self.trace)

    def __str__(self) -> str:
        return "\n".join(told(self.trace))


def replay_trace(trace: Trace | str | PathLike[str]) -> Replayed:
    """Replay a trace, or the one in a file (JSON of ours, or ITF), on integers from the initial state.

    TraceError: it cannot be read, or a step is not enabled: which step, and the guard parts that refuse it.
    OSError: the file cannot be opened.
    """
    run = trace if isinstance(trace, Trace) else read_any(Path(trace).read_bytes())
    ground = trace_machine(run)
    reached = [ground.initial, *(played.after for played in replay(ground, run.steps))]
    states = (
        {show_slot(ground, slot): frozenset(members(bitmap)) for slot, bitmap in sets_in(ground, state).items()}
        for state in reached
    )
    return Replayed(run, tuple(states))


def told(trace: Trace) -> Iterator[str]:
    """A run in words, one line a step, and why its end shows what it shows."""
    yield trace_title(trace)
    yield from trace_lines(trace)
    yield from why(trace)


def why(trace: Trace) -> Iterator[str]:
    """Why the run shows what it shows of its claim; nothing if it names no claim that is known."""
    try:
        explanation = explain_run(trace)
    except TooFarError as error:
        yield f"Its end is not judged: {error}."
        return
    yield from account(explanation) if explanation else ()
