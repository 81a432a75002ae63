"""How traces come from files, and how they are put on standard output and into files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec

from properties.explain.ahead import TooFarError
from properties.explain.regression import write_test
from properties.explain.replayed import why
from properties.files import write_whole
from properties.terminal import report
from properties.terminal.rows import print_row
from properties.traces import render
from properties.traces.itf import read_any, write_itf
from properties.traces.trace import Trace, TraceError, write_trace

TEXT, ITF, PYTEST, HTML, SVG = "text", "itf", "pytest", "html", "svg"
FORMATS = (TEXT, ITF, PYTEST, HTML, SVG)
LOOKED_AT = (HTML, SVG)
"""Formats that nobody reads on a terminal: where they go into a file, the run is shown in words."""


def saved_trace(file: Path) -> Trace:
    """The trace in a file, ours or ITF; TraceError says what is wrong with it."""
    try:
        return read_any(file.read_bytes())
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error


def show_traces(traces: Sequence[Trace], form: str, *, read: bool = False, lanes: bool = False) -> None:
    """Print the traces, replayed: in words and explained, or as one file of another format."""
    if form == TEXT:
        for number, trace in enumerate(traces):
            if number:
                report.out().print()
            show_trace(trace, read=read)
            if lanes:
                show_lanes(trace)
            for line in why(trace):
                print_row(report.out(), line)
    else:
        sys.stdout.write(written(traces, form))


def show_trace(trace: Trace, *, read: bool = False) -> None:
    """Print the trace, replayed, in words and marked."""
    console, lines = report.out(), list(render.trace_lines(trace))
    print_row(console, render.trace_title(trace, read=read))
    for line in lines:
        print_row(console, line, mark=render.marked)


def show_lanes(trace: Trace) -> None:
    """Print the run as lanes."""
    from properties.page.lanes import lane_lines

    try:
        for line in lane_lines(trace):
            print_row(report.out(), line)
    except TraceError as error:
        raise click.ClickException(str(error)) from error


def show_json(traces: Sequence[Trace], *, several: bool = False) -> None:
    """Print the traces, replayed, as JSON: one, or an object with `traces`."""
    for trace in traces:
        for _ in render.trace_lines(trace):
            pass
    if several:
        sys.stdout.write(msgspec.json.encode({"traces": traces}).decode() + "\n")
    else:
        sys.stdout.write(write_trace(traces[0]).decode())


def written(traces: Sequence[Trace], form: str) -> str:
    """Traces as one file: of our format, ITF, a page or a picture, which hold just one, or a test."""
    try:
        if form == HTML:
            return page_of(traces[0])
        if form == SVG:
            return _picture_of(traces[0])
        if form == PYTEST:
            return write_test(traces, render.trace_title(traces[0]).rpartition("; ")[2])
    except TooFarError as error:
        raise click.ClickException(str(error)) from error
    return (write_itf(traces[0], render.trace_title(traces[0])) if form == ITF else write_trace(traces[0])).decode()


def page_of(trace: Trace, first: int | None = None) -> str:
    """The page of a run, opened at this step."""
    from properties.page.run import run_page

    try:
        return run_page(trace, first=first)
    except TraceError as error:
        raise click.ClickException(str(error)) from error


def _picture_of(trace: Trace) -> str:
    from properties.page.drawing import picture_of

    try:
        return picture_of(trace)
    except TraceError as error:
        raise click.ClickException(str(error)) from error


def write_page(page: Callable[[], str], out: Path) -> None:
    """Write a page beside what is printed: if there is more than a page holds, say so; an error names the file."""
    try:
        write_whole(out, page())
    except TraceError as error:
        click.echo(f"ringplug: {out} is not written: {error}", err=True)


def write_files(traces: Sequence[Trace], form: str, out: Path) -> None:
    """Write the traces: a test into one file; of the other formats the second into `name-2.json`, and so on."""
    if form == PYTEST:
        write_whole(out, written(traces, form))
        return
    name, dot, suffix = out.name.partition(".")
    for number, trace in enumerate(traces, 1):
        file = out if number == 1 else out.with_name(f"{name}-{number}{dot}{suffix}")
        write_whole(file, written([trace], form))
