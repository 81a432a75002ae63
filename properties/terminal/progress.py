"""Progress on standard error: a live line on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text

PLAIN_EVERY_SECONDS = 5.0


class Progress:
    """Says how far the work has come, for as long as it lasts."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.status: Status | None = None
        self.said = time.monotonic()

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self.status = self.console.status("starting")
            self.status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.status:
            self.status.stop()

    def result(self, console: Console, line: str) -> None:
        """Print a line of the result, out of the way of a live line."""
        if self.status:
            self.status.stop()
        console.print(line, markup=False, soft_wrap=True)
        if self.status:
            self.status.start()

    def say(self, line: str) -> None:
        """Show where the work stands; on a terminal it replaces the last such line."""
        if self.status:
            self.status.update(Text(line, no_wrap=True, overflow="ellipsis"))
        elif time.monotonic() - self.said > PLAIN_EVERY_SECONDS:
            self.said = time.monotonic()
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)


def saying(progress: Progress, what: str, number: int, count: int) -> Callable[[str], None]:
    """A function that says at which scope of which variant the work is."""
    return lambda scope: progress.say(f"{number} of {count}: {what} at {scope}")
