"""Standard output: a console, and lines of words that a terminal does not break within a word."""

from __future__ import annotations

import textwrap

from rich.console import Console

PLAIN_WIDTH = 140


def out() -> Console:
    """Standard output: colours on a terminal only, and lines as wide as they are elsewhere."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def print_line(console: Console, line: str) -> None:
    """Print a line: on a terminal in as many as it needs, broken between words and set in; elsewhere as it is."""
    text = wrapped(line, console.width) if console.is_terminal else line
    console.print(text, markup=False, soft_wrap=True)


def wrapped(line: str, width: int) -> str:
    """The line in lines of at most so many columns, unless a word is longer; those after the first are set in."""
    indent = " " * (len(line) - len(line.lstrip()))
    words = textwrap.TextWrapper(
        width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
    )
    return words.fill(line.strip())


def counted(count: int, singular: str, plural: str = "") -> str:
    """`1 ring`, `2,000 rings`."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"
