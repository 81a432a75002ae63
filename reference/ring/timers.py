"""When a processor wants to be called next: the timers that run, and which of them is due."""

from __future__ import annotations

from enum import Enum


class Timer(Enum):
    """What a processor waits for. Of those that are due at once, the first here is acted upon first.

    Source: Totem 1995 (timers); corosync.conf(5)
    """

    AT_ONCE = "the rest of a step"
    TOKEN_LOSS = "token loss"
    CONSENSUS = "consensus"
    TOKEN_RETRANSMISSION = "token retransmission"
    TOKEN_HOLD = "token hold"
    JOIN = "join"
    MERGE = "merge detection"


_ORDER = {timer: at for at, timer in enumerate(Timer)}


class Timers:
    """The timers that run, each with the time at which it is due."""

    def __init__(self) -> None:
        self._due_us: dict[Timer, int] = {}

    @property
    def deadline_us(self) -> int | None:
        """When the first is due."""
        return min(self._due_us.values(), default=None)

    def start(self, timer: Timer, due_us: int) -> None:
        """Let it run, instead of what ran before."""
        self._due_us[timer] = due_us

    def stop(self, *timers: Timer) -> None:
        """Let them run no more; those that do not run stay so."""
        for timer in timers:
            self._due_us.pop(timer, None)

    def runs(self, timer: Timer) -> bool:
        """Whether it runs."""
        return timer in self._due_us

    def next_due(self, now_us: int) -> Timer | None:
        """The one that is due first; it is stopped."""
        due = [(due_us, _ORDER[timer], timer) for timer, due_us in self._due_us.items() if due_us <= now_us]
        if not due:
            return None
        timer = min(due)[2]
        del self._due_us[timer]
        return timer
