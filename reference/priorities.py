"""The four priorities of the group messaging interface. Which of them a closed gate stops is all that is said here."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """A priority, the most urgent first.

    Source: mail M1; openais (priorities 0 to 3)
    """

    RECOVERY = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3

    def __init__(self, number: int) -> None:
        self.is_gated = number != 0
        """Whether the plug holds it back: all but recovery.

        Source: mail M1, M7
        """
