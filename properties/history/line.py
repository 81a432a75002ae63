"""The one line of messages that the members of a ring deliver, and the middle of it, where some of them differ.

Nearly always all deliver the same, and some got further than others. Where one lacks a message or has two in another
order, all go the same way again soon after. So what compares members looks at the middle alone: before it and after it
nothing is out of order, nothing is missing before what is there, and one line of messages says everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from properties.history.views import Message, View


def common(one: Sequence[Message], other: Sequence[Message]) -> int:
    """How many of the first are the same in both."""
    same, differ = 0, min(len(one), len(other))
    if one[:differ] == other[:differ]:
        return differ
    while differ - same > 1:
        half = (same + differ) // 2
        if one[same:half] == other[same:half]:
            same = half
        else:
            differ = half
    return same


class Line:
    """The longest of the views' sequences, and where its middle is: from `first` to before `last`.

    Each view follows the line to the middle, and again after it, as far as it goes; there it delivers what is at a
    depth of the line as many places earlier as its `shift` says. The line is not kept to where something other than
    deliveries is out of order either: a transitional configuration that some begin earlier, or a message that comes
    before what its sender delivered first. With `whole` untrue, or where a view has a message twice, all is middle.
    """

    def __init__(self, views: Sequence[View], *, whole: bool) -> None:
        self.views = views
        self.messages = max((view.sequence for view in views), key=len, default=list[Message]())
        self.depth = {message: i for i, message in enumerate(self.messages)}
        self.first = self.last = len(self.messages)
        self.whole = self.agreed = whole and not any(view.twice for view in views)
        self.shift = {id(view): 0 for view in views}
        if not self.agreed:
            self.first = 0
            self.shift = {id(view): len(self.messages) - len(view.sequence) for view in views}
            self.beside = self._beside()
            return
        self._find_middle()
        self.beside = [] if self.agreed else self._beside()
        self._take_in_transitions()
        self._take_in_sends()

    def _find_middle(self) -> None:
        for view in self.views:
            same = common(view.sequence, self.messages)
            if same < len(view.sequence):
                again = self._back_on_the_line(view)
                apart = view.sequence[same : len(view.sequence) - again]
                depths = [self.depth[message] for message in apart if message in self.depth]
                back = self.shift[id(view)] + len(view.sequence) - again
                self._take_in(min([same, *depths]), max([back, *(depth + 1 for depth in depths)]))

    def _back_on_the_line(self, view: View) -> int:
        """How many of its last deliveries a view that left the line has in common with it; its shift is set."""
        end = self.depth.get(view.sequence[-1])
        deep = len(self.messages) if end is None else end + 1
        self.shift[id(view)] = deep - len(view.sequence)
        return 0 if end is None else common(view.sequence[::-1], self.messages[end::-1])

    def _take_in(self, first: int, last: int) -> None:
        """All between these depths belongs to the middle."""
        self.first, self.last = (first, last) if self.agreed else (min(self.first, first), max(self.last, last))
        self.agreed = False

    def _take_in_transitions(self) -> None:
        """One transitional configuration begins after the same delivery everywhere, or in the middle."""
        at: dict[object, set[int]] = {}
        for view in self.views:
            if view.transition:
                at.setdefault(view.departure, set()).add(self._depth_at(view, view.transition.index))
        for depths in at.values():
            if len(depths) > 1:
                self._take_in(min(depths), max(depths))

    def _take_in_sends(self) -> None:
        """What a message is delivered before that its sender delivered first, belongs to the middle."""
        depths = self.depth | dict.fromkeys(self.beside, self.first) if self.beside else self.depth
        early = [one for view in self.views for one in self._early(view, depths)]
        for depth, after in early:
            self._take_in(depth, after)

    def _early(self, view: View, depths: dict[Message, int]) -> Iterator[tuple[int, int]]:
        """What the view sends that comes too early in the line: where it comes, and where it was sent."""
        beyond, (start, stop) = len(self.messages), self.bounds(view)
        for sent in view.sends:
            depth, index = depths.get(sent.message, beyond), sent.index
            if self.agreed or index < start:
                after = index
            else:
                after = index + self.shift[id(view)] if index > stop else self.first
            if depth < after:
                yield depth, after

    def _depth_at(self, view: View, index: int) -> int:
        """How deep in the line a view is after so many deliveries; anywhere in the middle counts as its beginning."""
        start, stop = self.bounds(view)
        if self.agreed or index < start:
            return index
        return index + self.shift[id(view)] if index > stop else self.first

    @property
    def middle(self) -> list[Message]:
        """All that some deliver in the middle, each once."""
        return [*self.messages[self.first : self.last], *self.beside]

    def agree_in_the_middle(self, view: View, other: View) -> bool:
        """Whether two views deliver the same there, in one order."""
        (start, stop), (first, last) = self.bounds(view), self.bounds(other)
        return view.sequence[start:stop] == other.sequence[first:last]

    def bounds(self, view: View) -> tuple[int, int]:
        """Which of a view's deliveries are in the middle: from the first to before the second."""
        length = len(view.sequence)
        start = min(self.first, length)
        return start, min(length, max(start, self.last - self.shift[id(view)]))

    def index(self, view: View, message: Message) -> int | None:
        """Which of the view's deliveries it is, if any."""
        depth = self.depth.get(message)
        if depth is None or self.first <= depth < self.last:
            return self._in_the_middle[id(view)].get(message)
        index = depth if depth < self.first else depth - self.shift[id(view)]
        return index if index < len(view.sequence) else None

    @cached_property
    def _in_the_middle(self) -> dict[int, dict[Message, int]]:
        """By view, where it delivers first what is in the middle."""
        found: dict[int, dict[Message, int]] = {}
        for view in self.views:
            start, stop = self.bounds(view)
            found[id(view)] = {view.sequence[i]: i for i in range(stop - 1, start - 1, -1)}
        return found

    def _beside(self) -> list[Message]:
        """What some deliver that is not in the line, each once: all of it is in the middle."""
        found: dict[Message, None] = {}
        for view in self.views:
            start, stop = self.bounds(view)
            found.update((one, None) for one in view.sequence[start:stop] if one not in self.depth)
        return list(found)
