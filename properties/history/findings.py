"""What was found of each clause: how often it was met, what is not yet due, what cannot be seen, what breaks it.

Of several violations the one that is complete first is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """A violation: the events that show it, by their places, and the last place that it needs."""

    events: tuple[int, ...]
    text: str
    complete_at: int

    @property
    def order(self) -> tuple[int, int, tuple[int, ...]]:
        """Earlier ones first, then those of fewer events."""
        return self.complete_at, len(self.events), self.events


class Findings:
    """Tallies by claim id."""

    def __init__(self, ignored: Collection[str] = ()) -> None:
        self.ignored = ignored
        """Claims that nothing is found of."""
        self.met: Counter[str] = Counter()
        self.pending: Counter[str] = Counter()
        self.unseen: dict[str, str] = {}
        self.violations: dict[str, Violation] = {}
        self.suspicious = False
        """Whether what was judged and forgotten comes again, or is told more of, or may be."""
        self.tangled = False
        """Whether events may go round in a circle through several rings."""

    def tangle(self) -> None:
        """Rings are not in one order: that of the whole history has to be looked at, with nothing forgotten."""
        self.suspicious = self.tangled = True

    def violated(self, claim: str, text: str, *events: int, due_at: int = -1) -> None:
        """The clause is broken by these events, which is certain once the place `due_at` is reached, too."""
        if claim in self.ignored:
            return
        self.keep(claim, Violation(tuple(sorted(set(events))), text, max(*events, due_at)))

    def keep(self, claim: str, found: Violation) -> None:
        """Of this violation and the one that is known, keep the first."""
        known = self.violations.get(claim)
        if known is None or found.order < known.order:
            self.violations[claim] = found

    def not_seen(self, claim: str, why: str) -> None:
        """Some instance of the clause cannot be decided by what the source sees."""
        self.unseen.setdefault(claim, why)
