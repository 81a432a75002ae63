"""How a trace is put on standard output."""

from __future__ import annotations

import sys

from properties import report
from properties.traces import Trace, write_trace


def show_trace(trace: Trace, as_json: bool, *, read: bool = False) -> None:
    """Print the trace, replayed: as JSON, or in words and marked."""
    if as_json:
        for _ in report.trace_lines(trace):
            pass
        sys.stdout.write(write_trace(trace).decode())
        return
    console, lines = report.out(), list(report.trace_lines(trace))
    console.print(report.trace_title(trace, read=read), markup=False, soft_wrap=True)
    for line in lines:
        console.print(report.marked(line), soft_wrap=True)
