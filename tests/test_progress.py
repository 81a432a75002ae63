"""Progress on a terminal, which a small emulator of one shows as it stands in the end, and in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from io import StringIO
from itertools import count

import pytest
from rich.console import Console

from properties.terminal.progress import PLAIN_EVERY_SECONDS, Progress, in_words
from properties.terminal.rows import out
from properties.terminal.rows import rows as terminal_rows

RESULTS = [f"result {number}: " + " ".join(["some words of it"] * 9) for number in range(9)]
SCRIPT = f"""
import sys, time
from properties.terminal.rows import out
from properties.terminal.progress import Progress
with Progress() as progress:
    for number, line in enumerate({RESULTS!r}):
        progress.say("~" * 300)
        time.sleep(0.06)
        progress.result(out(), line)
        progress.count(number + 1, {len(RESULTS)})
"""
CODE = re.compile(r"\x1b\[(\?25[lh]|\d*[A-Za-z]|[\d;]*m)|\r|\n|[^\x1b\r\n]")


def screen(written: str, width: int) -> tuple[list[str], int]:
    """The rows of a terminal that was sent this, and how many of what it was ever sent stood in its last column."""
    rows, y, x, at_edge = [""], 0, 0, 0
    for code in CODE.finditer(written.replace("\r\n", "\n")):
        text = code[0]
        if text == "\n":
            y, x = y + 1, 0
        elif text == "\r":
            x = 0
        elif text.startswith("\x1b"):
            y -= int(text[2:-1] or 1) if text.endswith("A") else 0
            rows[y] = "" if text == "\x1b[2K" else rows[y]
        else:
            y, x = (y + 1, 0) if x == width else (y, x)
            rows += [""] * (y + 1 - len(rows))
            rows[y] = rows[y].ljust(x)[:x] + text + rows[y][x + 1 :]
            x += 1
            at_edge += x == width and text == "~"
        rows += [""] * (y + 1 - len(rows))
    return [row.rstrip() for row in rows], at_edge


def on_a_terminal(script: str, width: int, **environment: str) -> str:
    """What the script writes on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    terminal = {"TERM": "xterm-256color"} | environment
    child = subprocess.Popen([sys.executable, "-c", script], stdout=theirs, stderr=theirs, env=kept | terminal)
    os.close(theirs)
    pieces = list[bytes]()
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(ours)
    assert child.wait(30) == 0
    return b"".join(pieces).decode()


@pytest.mark.parametrize("width", [40, 80, 100, 200])
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}], ids=["colours", "no colours"])
def test_no_result_is_lost_and_the_live_line_is_one_row(width: int, environment: dict[str, str]) -> None:
    written = on_a_terminal(SCRIPT, width, **environment)
    assert written.count("~") > width
    rows, at_edge = screen(written, width)
    expected = [row for line in RESULTS for row in terminal_rows(line, width)]
    assert [row for row in rows if row] == expected
    assert at_edge == 0
    assert f"of {len(RESULTS)} jobs done" in written


def test_a_dumb_terminal_is_sent_no_codes() -> None:
    written = on_a_terminal(SCRIPT, 80, TERM="dumb")
    assert "\x1b" not in written
    assert "~" not in written


def test_in_a_pipe_results_are_whole_lines_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == RESULTS
    assert done.stderr == ""


def piped(seconds: float) -> tuple[Progress, StringIO]:
    """Progress in a pipe, by a clock that goes so far with each look at it."""
    ticks = count()
    progress, errors = Progress(lambda: next(ticks) * seconds), StringIO()
    progress.errors, progress.results = Console(file=errors), out()
    return progress, errors


def test_in_a_pipe_a_plain_line_comes_every_few_seconds() -> None:
    progress, errors = piped(PLAIN_EVERY_SECONDS / 4)
    with progress:
        progress.count(1, 4)
        for number in range(20):
            progress.say(f"at {number}")
    lines = errors.getvalue().splitlines()
    assert 3 <= len(lines) <= 5
    assert all(line.startswith("1 of 4 jobs done; about ") and " left; at " in line for line in lines)


def test_no_estimate_is_made_at_first_or_of_what_nobody_can_know() -> None:
    progress, _ = piped(0.1)
    progress.say("searching", 0.5)
    assert progress.line() == "searching"
    progress, _ = piped(10.0)
    progress.say("searching")
    assert progress.line() == "searching"
    progress.say("searching", 0.5)
    assert re.fullmatch(r"about \d+ s left; searching", progress.line())


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.1, "1 s"), (42.4, "42 s"), (100, "2 min"), (5000, "83 min"), (8000, "2 h")]
)
def test_times_are_rough(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
