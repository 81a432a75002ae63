"""The command line as a user meets it, by its output and exit code: in this process, or as one of its own.

In this process it is the same `main` with the same arguments, only that Python is up and has read its modules, and that
jobs are done one after the other: processes for them, which `test_pool.py` is about, would read these modules again.
"""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

from properties import pool
from properties.cli import main

RINGPLUG = Path(sys.executable).with_name("ringplug")
SOONER = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--assert=plain")
"""Options of a user's pytest. Without them it may compile all of Hypothesis, as it does in test_wheel.py."""
PYTEST = (sys.executable, "-m", "pytest", "-q", *SOONER)
Done = subprocess.CompletedProcess[str]
R = TypeVar("R")


def process(*arguments: str | Path, lines: str = "", timeout: float = 120) -> Done:
    """A process of its own."""
    return subprocess.run(
        [RINGPLUG, *arguments], input=lines, capture_output=True, text=True, timeout=timeout, check=False
    )


def ringplug(*arguments: str | Path, lines: str = "", together: bool = False) -> Done:
    """In this process, with `lines` as its input; errors go where the output goes if they are taken `together`."""
    words = [str(one) for one in arguments]
    given, out, err = (_stream(text) for text in (lines, "", ""))
    err = out if together else err
    with (
        patch.multiple(sys, argv=["ringplug", *words], stdin=given, stdout=out, stderr=err),
        patch.object(sys.modules["__main__"], "__package__", None),
        patch.object(pool, "_side_by_side", _one_by_one),
        _signals_kept(),
    ):
        try:
            code: object = main.main()
        except SystemExit as end:
            code = end.code
    said = "" if together else _text(err)
    return subprocess.CompletedProcess(words, code if isinstance(code, int) else 0, _text(out), said)


def _one_by_one(jobs: Sequence[pool.Job[R]], on_tick: pool.Reports, most: int) -> Iterator[pool.Done[R]]:
    """Each job as one that is alone, in order."""
    for number, job in enumerate(jobs):
        for done in pool._alone(job, lambda tick, number=number: on_tick(replace(tick, job=number))):
            yield replace(done, job=number)


def refused(*arguments: str | Path) -> str:
    """The one line that a refused call prints."""
    done = ringplug(*arguments)
    assert done.returncode == 3, done
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def _stream(text: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """The command line answers signals in its own way; afterwards they are answered as before."""
    before = {one: signal.getsignal(one) for one in (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
