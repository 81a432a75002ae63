"""A schedule for the switch: what becomes of single frames, from one event of the ring to the next.

The steps are taken in order, each as soon as the one before it is done; what is to be lost stays so until it is lifted.
A frame is told by its kind and by who sends it, so it must not be encrypted. Left out on purpose: rings, numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from properties.corosync.laboratory.plan import Again, Await, FrameKind, FrameStep, Lift, Lose, Split, Wait

ANYONE = 0
REMEMBERED: tuple[FrameKind, ...] = ("token", "mcast")
"""The kinds of which the last frame of each sender is kept, to be repeated."""
IsKind = Callable[[bytes, str], bool]


class Schedule:
    """The steps that are still to be taken, and what is lost meanwhile."""

    def __init__(
        self, steps: Sequence[FrameStep], is_kind: IsKind, write: Callable[[int, bytes], None],
        part: Callable[[list[list[int]]], None],
    ) -> None:  # fmt: skip
        self.steps, self.is_kind, self.write, self.part = list(steps), is_kind, write, part
        self.lost: list[Lose] = []
        self.latest: dict[tuple[str, int], bytes] = {}
        self.due: float | None = None

    @property
    def is_done(self) -> bool:
        return not self.steps

    def seen(self, source: int, frame: bytes, now: float) -> None:
        """A frame has come in, and was passed on or lost."""
        for kind in REMEMBERED:
            if self.is_kind(frame, kind):
                self.latest[kind, source] = frame
        match self.steps[:1]:
            case [Await(kind, sender)] if sender in (ANYONE, source) and self.is_kind(frame, kind):
                self.steps.pop(0)
                self.go_on(now)
            case _:
                pass

    def loses(self, source: int, target: int, frame: bytes) -> bool:
        """Whether this frame does not reach this target now."""
        return any(
            one.source == source and target in one.targets and self.is_kind(frame, one.kind) for one in self.lost
        )

    def go_on(self, now: float) -> float | None:
        """Take the steps that wait for nothing; the seconds until the next is due, if it waits for the time."""
        while self.steps and not isinstance(self.steps[0], Await):
            if isinstance(self.steps[0], Wait):
                self.due = self.due or now + self.steps[0].ms / 1000
                if now < self.due:
                    return self.due - now
                self.due = None
            self.take(self.steps.pop(0))
        return None

    def take(self, step: FrameStep) -> None:
        """One step that is not an Await."""
        match step:
            case Lose():
                self.lost.append(step)
            case Lift():
                self.lost.clear()
            case Again(kind, source, target):
                if frame := self.latest.get((kind, source)):
                    self.write(target, frame)
            case Split(groups):
                self.part(groups)
            case Wait() | Await():
                pass
            case _:
                assert_never(step)
