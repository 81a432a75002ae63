"""Standard output, as a console."""

from __future__ import annotations

from rich.console import Console

PLAIN_WIDTH = 140


def out() -> Console:
    """Standard output: colours on a terminal only, and lines as wide as they are elsewhere."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)
