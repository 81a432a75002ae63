"""Standard output, and lines of columns on it: in as many rows as a terminal needs, elsewhere as they are.

A line is a head and what stands beside it, and gaps of two spaces or more between cells. Rows break between cells if
every cell has room, else between words, and go on below the beginning of what stands beside the head.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

GAP = re.compile(r"\S {3,}(?=\S)")
NARROWEST = 20
"""Columns that what stands beside a head has at least; else the rows below begin further left."""
JOINED = "\xa0"
PLAIN_WIDTH = 140


def out() -> Console:
    """Standard output: colours on a terminal only, and lines as wide as they are elsewhere."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def print_row(console: Console, line: str, *, hang: int | None = None, mark: Callable[[str], Text] = Text) -> None:
    """Print a line of columns; `mark` colours a row, and `hang` is where further rows begin."""
    for row in rows(line, console.width, hang) if console.is_terminal else [line]:
        console.print(mark(row), soft_wrap=True)


def rows(line: str, width: int, hang: int | None = None) -> list[str]:
    """The line in rows of at most so many columns, unless a word is longer."""
    if len(line) <= width:
        return [line]
    hang = _beside(line) if hang is None else hang
    begin = hang if hang <= width - NARROWEST else _indent(line) + 2
    cells = _broken(re.sub(r"(?<! ) (?! )", JOINED, line), width, begin)
    return cells if max(map(len, cells)) <= width else _broken(line, width, begin)


def _broken(line: str, width: int, begin: int) -> list[str]:
    wrapper = textwrap.TextWrapper(
        width, initial_indent=" " * _indent(line), subsequent_indent=" " * begin, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return [row.replace(JOINED, " ") for row in wrapper.wrap(line.lstrip())]


def _beside(line: str) -> int:
    """Where what stands beside the head begins: after the first wide gap, else a little further in than the line."""
    if found := GAP.search(line):
        return found.end()
    return _indent(line) + 2


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
