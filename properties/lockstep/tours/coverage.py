"""The scopes of transition tours, and what a tour of one covered."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from properties.catalogue.scopes import NamedScope
from properties.lockstep.follower import ScopedMachine
from properties.lockstep.implementation import Starts
from properties.lockstep.tours.tour import Tour
from properties.lockstep.tours.transitions import Transitions

SCOPES = (NamedScope(2, 1, 2, machine="ordered"), NamedScope(3, 1, 1, machine="ordered"), NamedScope(2, 1, 2))
"""The companion with a fixed order at both sizes, and the machine itself, where any member may be visited next."""


class TourCounts(msgspec.Struct):
    """The counts of one tour."""

    scope: str
    states: int
    transitions: int
    changing: int
    """Transitions that change something."""
    taken: int
    for_nobody: int
    """Of those taken, calls and tokens at a processor that is down."""
    left_out: int
    """Transitions that send a recovery message that was queued within the turn, where none waited."""
    classes: int
    classes_taken: int
    classes_left_out: int
    seconds: float

    @property
    def words(self) -> str:
        """The counts, for a reader."""
        return (
            f"{self.scope}: {self.transitions:,} transitions, {self.changing:,} of them change something; "
            f"{self.taken:,} taken ({self.for_nobody:,} where a processor is down), {self.left_out:,} left out; "
            f"{self.classes_taken:,} of {self.classes:,} classes taken, {self.classes_left_out:,} left out; "
            f"{self.seconds:.1f} s"
        )

    @property
    def row(self) -> str:
        """The counts that do not depend on how it was toured, as a row of `docs/lockstep.md`."""
        counts = (self.states, self.transitions, self.changing, self.classes)
        return " | ".join(["", self.scope, *(f"{count:,}" for count in counts), ""]).strip()


def graph_of(scope: NamedScope, progress: Callable[[str], None] | None = None) -> Transitions:
    """Every transition of the scope."""
    return Transitions(ScopedMachine(scope.members, scope.handles, scope.rings, scope.machine), progress)


def tour(graph: Transitions, kind: str, start: Starts, progress: Callable[[str], None] | None = None) -> TourCounts:
    """Take every transition (`all`), or one of each class; DivergedError if one does not fit."""
    began = time.perf_counter()
    walked = Tour(graph, start)
    if kind == "all":
        walked.all(progress)
    else:
        walked.classwise()
    return TourCounts(
        graph.machine.title, graph.state_count, len(graph.source), graph.changing_count, walked.taken,
        walked.for_nobody, walked.left_out, len(graph.classes), len(walked.classes), len(walked.classes_left_out),
        time.perf_counter() - began,
    )  # fmt: skip
