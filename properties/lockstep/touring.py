"""The scopes that are toured, and what a tour of one came to."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from properties.lockstep.following import Grounded
from properties.lockstep.implementation import Starts
from properties.lockstep.tour import Tour
from properties.lockstep.transitions import Transitions
from properties.scopes import NamedScope

SCOPES = (NamedScope(2, 1, 2, machine="ordered"), NamedScope(3, 1, 1, machine="ordered"), NamedScope(2, 1, 2))
"""The companion with a fixed order at both sizes, and the machine itself, where any member may be visited next."""


class Toured(msgspec.Struct):
    """The counts of one tour."""

    scope: str
    states: int
    transitions: int
    taken: int
    changing: int
    left_out: int
    """Transitions that originate what was queued within the turn."""
    classes: int
    classes_taken: int
    classes_left_out: int
    seconds: float

    @property
    def words(self) -> str:
        """The counts, for a reader."""
        return (
            f"{self.scope}: {self.taken:,} of {self.transitions:,} transitions taken, {self.changing:,} of them change "
            f"something, {self.left_out:,} left out; {self.classes_taken} of {self.classes} classes, "
            f"{self.classes_left_out} left out; {self.seconds:.1f} s"
        )


def graph_of(scope: NamedScope, progress: Callable[[str], None] | None = None) -> Transitions:
    """Every transition of the scope."""
    return Transitions(Grounded(scope.members, scope.handles, scope.rings, scope.machine), progress)


def tour(graph: Transitions, kind: str, start: Starts, progress: Callable[[str], None] | None = None) -> Toured:
    """Take every transition (`all`), or one of each class; DivergedError if one does not fit."""
    began = time.perf_counter()
    toured = Tour(graph, start)
    if kind == "all":
        toured.all(progress)
    else:
        toured.classwise()
    return Toured(
        graph.grounded.title, graph.state_count, len(graph.source), toured.taken, toured.changing, toured.left_out,
        len(graph.classes), len(toured.classes), len(toured.classes_left_out), time.perf_counter() - began,
    )  # fmt: skip
