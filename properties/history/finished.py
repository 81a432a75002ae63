"""A ring whose members have no further event in it, laid out for judging.

Nearly always all members deliver the same messages in the same order, and some got further than others: `agreed`. Then
one line of messages says everything, and clauses compare lengths. Otherwise each stay has its own index.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from properties.history.events import Identity
from properties.history.views import Ending, Eyes, Message, Process, Ring, Stay


class Settled:
    """A ring to judge."""

    def __init__(self, ring: Ring, eyes: Eyes, processes: dict[str, Process], quiescent_at: int | None) -> None:
        self.ring, self.eyes, self.processes = ring, eyes, processes
        self.quiescent_at = quiescent_at
        """Where the history became quiescent, if it did."""
        self.stays = ring.stays
        self.in_group = "group" in eyes
        self.whole = self._all_hear_all()
        """Whether each delivery in it concerns all its stays."""
        self.line = max((stay.sequence for stay in self.stays), key=len, default=list[Message]())
        self.depth = {message: i for i, message in enumerate(self.line)}
        self.agreed = self._prefixes() and self._turns_agree() and self._sends_agree()

    def _all_hear_all(self) -> bool:
        if not self.in_group:
            return not any(stay.attached for stay in self.stays)
        everybody = {stay.identity for stay in self.stays}
        return all(everybody <= view for stay in self.stays for view in views_of_deliveries(stay))

    def _prefixes(self) -> bool:
        if not self.whole or any(stay.twice for stay in self.stays):
            return False
        return all(stay.sequence == self.line[: len(stay.sequence)] for stay in self.stays)

    def _turns_agree(self) -> bool:
        """One transitional configuration begins after the same delivery everywhere."""
        at: dict[object, int] = {}
        return all(at.setdefault(stay.follows, stay.turn.index) == stay.turn.index for stay in self.stays if stay.turn)

    def _sends_agree(self) -> bool:
        """No message comes before what its sender delivered first."""
        beyond = len(self.line)
        return all(self.depth.get(sent.message, beyond) >= sent.index for stay in self.stays for sent in stay.sends)

    @cached_property
    def messages(self) -> list[Message]:
        """All that were delivered in it, each once."""
        if self.agreed:
            return self.line
        return list({id(message): message for stay in self.stays for message in stay.sequence}.values())

    @cached_property
    def _indices(self) -> dict[int, dict[Message, int]]:
        found: dict[int, dict[Message, int]] = {}
        for stay in self.stays:
            first = found[id(stay)] = {}
            for i, message in enumerate(stay.sequence):
                first.setdefault(message, i)
        return found

    def index(self, stay: Stay, message: Message) -> int | None:
        """Which of the stay's deliveries it is, if any."""
        if not self.agreed:
            return self._indices[id(stay)].get(message)
        depth = self.depth.get(message)
        return depth if depth is not None and depth < len(stay.sequence) else None

    def at(self, stay: Stay, message: Message) -> int:
        """Where the stay delivers it."""
        index = self.index(stay, message)
        assert index is not None
        return stay.places[index]

    def first_delivery(self, message: Message) -> tuple[Stay, int]:
        """Who delivers it first in reading order, and where."""
        found = [
            (stay.places[index], i)
            for i, stay in enumerate(self.stays)
            if (index := self.index(stay, message)) is not None
        ]
        at, i = min(found)
        return self.stays[i], at

    def is_delivered(self, message: Message) -> bool:
        """Whether somebody delivers it in the ring."""
        return any(self.index(stay, message) is not None for stay in self.stays)

    @cached_property
    def _audiences(self) -> dict[Message, frozenset[Identity]]:
        found: dict[Message, frozenset[Identity]] = {}
        for stay in self.stays:
            for i, message in enumerate(stay.sequence):
                view = view_at(stay, i)
                known = found.get(message, view)
                found[message] = known if known is view else known & view
        return found

    def hears(self, stay: Stay, message: Message) -> bool:
        """Whether a delivered message concerns a stay: not before it was attached or joined the group."""
        if self.whole:
            return True
        if self.in_group:
            return stay.identity in self._audiences[message]
        return not stay.attached

    def names_in_audience(self, message: Message, name: str) -> bool:
        """Whether some incarnation of the process is in the group that a delivered message concerns."""
        return not self.in_group or any(one == name for one, _ in self._audiences[message])

    def is_over(self, stay: Stay) -> bool:
        """Whether all is known of it: the process left or crashed, or the history is quiescent."""
        return stay.ending is not Ending.OPEN

    def over_at(self, stay: Stay) -> int:
        """The place from which that is so."""
        if stay.ending is Ending.QUIET:
            assert self.quiescent_at is not None
            return self.quiescent_at
        return stay.ended_at

    def past(self, name: str) -> int | None:
        """Where it became certain that a process will never install the ring; None while it may."""
        if crossing := self.ring.crossed.get(name):
            return crossing.at
        return self.quiescent_at


def view_at(stay: Stay, index: int) -> frozenset[Identity]:
    """The group as the process was told of it, after so many deliveries."""
    return stay.views[bisect_right(stay.views, index, key=lambda one: one[0]) - 1][1]


def views_of_deliveries(stay: Stay) -> Iterator[frozenset[Identity]]:
    """The views of the group in which the process delivered something."""
    ends = [index for index, _ in stay.views[1:]] + [len(stay.sequence)]
    for (index, view), end in zip(stay.views, ends, strict=True):
        if end > index:
            yield view
