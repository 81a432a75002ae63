"""Delta debugging: a small part of what fails that still fails (Zeller and Hildebrandt, 2002).

Whatever fails is a sequence of items, and a part of it is tried by leaving out a stretch: all at first, then halves,
quarters and so on down to single items, each time from the last to the first, since what comes late in a run seldom
matters to what came before. From the part that is left no single item can be left out; two that only undo each other
may be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def shrink(items: Sequence[T], still_fails: Callable[[Sequence[T]], bool], *, at_once: int | None = None) -> list[T]:
    """A part of the items, in their order, that still fails; the items themselves are taken to fail.

    `still_fails` is asked of nothing but parts that are smaller than the best so far. `at_once` is the length of the
    longest stretch that is tried; all items if it is not said.
    """
    left, width = list(items), len(items) if at_once is None else at_once
    while width and left:
        fewer = _one_round(left, width, still_fails)
        if width > 1 or len(fewer) == len(left):
            width //= 2
        left = fewer
    return left


def _one_round(left: list[T], width: int, still_fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """What is left when every stretch of this width was tried once, the last first."""
    end = len(left)
    while end > 0:
        start = max(end - width, 0)
        fewer = [*left[:start], *left[end:]]
        if still_fails(fewer):
            left = fewer
        end = start
    return left
