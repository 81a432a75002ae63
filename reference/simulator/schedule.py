"""Virtual time: what is to happen, and one order of it."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Schedule:
    """What is to happen when. Of two things at one moment the one that was planned first comes first."""

    def __init__(self) -> None:
        self.now_us = 0
        self.is_over = False
        """Nothing more is to happen."""
        self.count_now = 0
        """How many things have happened at this moment."""
        self._planned_count = 0
        self._heap: list[tuple[int, int, Callable[..., None], tuple[object, ...]]] = []

    def at(self, at_us: int, do: Callable[..., None], *arguments: object) -> None:
        """Plan something."""
        self._planned_count += 1
        heapq.heappush(self._heap, (at_us, self._planned_count, do, arguments))

    def until(self, end_us: int) -> None:
        """Let time pass."""
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= end_us and not self.is_over:
            at_us, _, do, arguments = pop(heap)
            if at_us > self.now_us:
                self.now_us, self.count_now = at_us, 0
            self.count_now += 1
            do(*arguments)
        if not self.is_over:
            self.now_us = max(self.now_us, end_us)
