"""Names that were forgotten: of each only a hash is kept, so that one that comes again is noticed.

A hash has 64 bits, and takes 8 bytes: the last ones are in a set, the others in sorted runs, each at least twice as
long as the next. Two names with one hash only cost a second reading.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left

MOST_RECENT = 1 << 13
MASK = (1 << 64) - 1


class ForgottenNames:
    """A growing set of names."""

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._runs: list[array[int]] = []

    def add(self, name: str) -> None:
        """One more."""
        self._recent.add(hash(name) & MASK)
        if len(self._recent) > MOST_RECENT:
            self._pack()

    def _pack(self) -> None:
        run = array("Q", sorted(self._recent))
        self._recent = set()
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = array("Q", sorted([*self._runs.pop(), *run]))
        self._runs.append(run)

    def __contains__(self, name: str) -> bool:
        """Whether it may have been added: True if it was."""
        number = hash(name) & MASK
        return number in self._recent or any(_has(run, number) for run in self._runs)


def _has(run: array[int], number: int) -> bool:
    at = bisect_left(run, number)
    return at < len(run) and run[at] == number
