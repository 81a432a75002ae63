"""The history of one ring, laid out for judging: the views of its members, side by side.

Nearly always all members deliver the same messages in the same order, and some got further than others: `agreed`. Then
one line of messages says everything, and clauses compare lengths. Otherwise that is so but for its middle (`line.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from properties.history.events import Identity
from properties.history.line import Line
from properties.history.views import Bypass, Ending, Message, Observability, Process, Ring, View


class RingHistory:
    """What the members of one ring did in it, once none has a further event there."""

    def __init__(
        self, ring: Ring, observability: Observability, processes: dict[str, Process], quiescent_at: int | None
    ) -> None:
        self.ring, self.observability, self.processes = ring, observability, processes
        self.quiescent_at = quiescent_at
        """Where the history became quiescent, if it did."""
        self.views = ring.views
        self.in_group = "group" in observability
        self.whole = self._all_hear_all()
        """Whether each delivery in it concerns all its views."""
        self.line = Line(self.views, whole=self.whole)
        self.agreed = self.line.agreed

    def _all_hear_all(self) -> bool:
        if not self.in_group:
            return not any(view.attached for view in self.views)
        everybody = {view.identity for view in self.views}
        return all(everybody <= group for view in self.views for group in groups_of_deliveries(view))

    @cached_property
    def messages(self) -> list[Message]:
        """All that were delivered in it, each once."""
        return [*self.line.messages, *self.line.beside]

    def index(self, view: View, message: Message) -> int | None:
        """Which of the view's deliveries it is, if any."""
        return self.line.index(view, message)

    def at(self, view: View, message: Message) -> int:
        """Where the view delivers it."""
        index = self.index(view, message)
        assert index is not None
        return view.places[index]

    def first_delivery(self, message: Message) -> tuple[View, int]:
        """Who delivers it first in reading order, and where."""
        found = [
            (view.places[index], i)
            for i, view in enumerate(self.views)
            if (index := self.index(view, message)) is not None
        ]
        at, i = min(found)
        return self.views[i], at

    def is_delivered(self, message: Message) -> bool:
        """Whether somebody delivers it in the ring."""
        return any(self.index(view, message) is not None for view in self.views)

    @cached_property
    def _audiences(self) -> dict[Message, frozenset[Identity]]:
        found: dict[Message, frozenset[Identity]] = {}
        for view in self.views:
            for i, message in enumerate(view.sequence):
                group = group_at(view, i)
                known = found.get(message, group)
                found[message] = known if known is group else known & group
        return found

    def hears(self, view: View, message: Message) -> bool:
        """Whether a delivered message concerns a view: not before it was attached or joined the group."""
        if self.whole:
            return True
        if self.in_group:
            return view.identity in self._audiences[message]
        return not view.attached

    def names_in_audience(self, message: Message, name: str) -> bool:
        """Whether some incarnation of the process is in the group that a delivered message concerns."""
        return not self.in_group or any(one == name for one, _ in self._audiences[message])

    def is_regular(self, view: View) -> bool:
        """Whether it is known which of its deliveries are regular: who stays, delivers all in the regular one."""
        return self.observability.tells_regular or view.ending is Ending.QUIET

    def is_over(self, view: View) -> bool:
        """Whether all is known of it: the process left or crashed, or the history is quiescent."""
        return view.ending is not Ending.OPEN

    def over_at(self, view: View) -> int:
        """The place from which that is so."""
        if view.ending is Ending.QUIET:
            assert self.quiescent_at is not None
            return self.quiescent_at
        return view.ended_at

    def bypass(self, name: str) -> Bypass | None:
        """How a process went past the ring; of one that began another cluster numbers do not say."""
        process = self.processes.get(name)
        return self.ring.bypassed.get(name) if process and process.anew_at is None else None

    def past(self, name: str) -> int | None:
        """Where it became certain that a process will never install the ring; None while it may."""
        if bypass := self.bypass(name):
            return bypass.at
        return self.quiescent_at


def group_at(view: View, index: int) -> frozenset[Identity]:
    """The group as the process was told of it, after so many deliveries."""
    return view.groups[bisect_right(view.groups, index, key=lambda one: one.after) - 1].members


def groups_of_deliveries(view: View) -> Iterator[frozenset[Identity]]:
    """The group, as told, at each stretch of deliveries of the process."""
    ends = [told.after for told in view.groups[1:]] + [len(view.sequence)]
    for told, end in zip(view.groups, ends, strict=True):
        if end > told.after:
            yield told.members
