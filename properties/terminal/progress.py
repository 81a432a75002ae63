"""Progress: a live line below the results on a terminal, a plain line on standard error every few seconds elsewhere.

The live line is cut to the terminal's width, so it is one row however narrow that is. Where results go to the same
terminal they are printed through the live console, which puts them above it. How much is done and how long the rest may
take stand first; the estimate supposes that the rest goes as fast as what is done, and is left out at first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from properties.terminal.rows import out, print_row
from properties.words import counted

PLAIN_EVERY_SECONDS = 5.0
ESTIMATE_AFTER_SECONDS = 2.0
REFRESHED_A_SECOND = 8
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress:
    """Says how far the work has come, for as long as it lasts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.errors, self.results = Console(stderr=True), out()
        self.live: Live | None = None
        self.clock, self.began = clock, clock()
        self.said = self.began
        self.words, self.done, self.share = "starting", "", 0.0

    def __enter__(self) -> Progress:
        if self.errors.is_terminal and not self.errors.is_dumb_terminal:
            console = self.results if self.results.is_terminal else self.errors
            self.live = Live(
                _Cut(self.line), console=console, transient=True, refresh_per_second=REFRESHED_A_SECOND,
                redirect_stdout=False,
            )  # fmt: skip
            self.live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.live:
            self.live.stop()

    def result(self, console: Console, line: str) -> None:
        """Print a line of the result, above a live line."""
        print_row(self.results if self.live and self.results.is_terminal else console, line)

    def say(self, words: str, share: float | None = None) -> None:
        """Show where the work stands, and which share of it is done; it replaces what was said last."""
        self.words = words
        if share is not None:
            self.share = share
        if not self.live and self.clock() - self.said > PLAIN_EVERY_SECONDS:
            self.said = self.clock()
            self.errors.print(self.line(), highlight=False, markup=False, soft_wrap=True)

    def count(self, done: int, of: int, what: str = "job", share: float | None = None) -> None:
        """So many of these are done, and this share of the work if it is not the same."""
        self.done, self.share = f"{done} of {counted(of, what)} done", done / of if share is None else share

    def line(self) -> str:
        """How much is done, how long the rest may take, and where the work stands."""
        return "; ".join(part for part in (self.done, self._left(), self.words) if part)

    def _left(self) -> str:
        taken = self.clock() - self.began
        if taken < ESTIMATE_AFTER_SECONDS or not 0 < self.share < 1:
            return ""
        return f"about {in_words(taken * (1 - self.share) / self.share)} left"


class _Cut:
    """One row of a terminal: something that turns, and as much of the words as there is room for."""

    def __init__(self, words: Callable[[], str]) -> None:
        self.words = words

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        frame = FRAMES[int(console.get_time() * REFRESHED_A_SECOND) % len(FRAMES)]
        row = Text(f"{frame} {self.words()}", end="")
        row.truncate(max(1, options.max_width - 1), overflow="ellipsis")
        yield row


def in_words(seconds: float) -> str:
    """`8 s`, `3 min`, `2 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 90 * 60 else f"{round(seconds / 3600)} h"


def saying(progress: Progress, what: str, number: int, count: int) -> Callable[[str], None]:
    """A function that says at which scope of which variant the work is."""
    progress.count(number - 1, count, "variant")
    return lambda scope: progress.say(f"{what} at {scope}")
