"""Visits of a ring, counted in rotations: what the proof of LIVE-1 remembers.

Once all members have unplugged, each of them is to send what it has queued, to get its bit set, and to open its gate.
Each visit brings the member that it visits one of these further: it puts it into the next of five sets. They fill one
after the other, each in one rotation; the first ones are full from the start if nobody has so much queued.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import NOBODY, Processor, Set, Truth, any_of, empty, some, when, within
from model.language.sorts import Handle, Ring
from model.language.state import family
from model.plug.state import PlugState


class CountedState(PlugState):
    """The machine's variables, and who was visited in which rotation since a count was begun."""

    counted = family(Ring, ghost=True, means="the members of ring r, while the visits of their token are counted")
    two_left = family(Ring, ghost=True, means="of those, who was visited: its queue takes at most two visits more")
    one_left = family(Ring, ghost=True, means="who was visited when all were in two_left: at most one visit more")
    drained = family(Ring, ghost=True, means="who was visited when all were in one_left: nothing is queued any more")
    marked = family(Ring, ghost=True, means="who was visited when all were drained: its bit is set")
    opened = family(Ring, ghost=True, means="who was visited when all were marked, or was the last: its gate is open")


def plugged_anywhere(now: PlugState) -> Set:
    """The processors with a handle plugged."""
    return any_of(Handle, lambda h: now.plugged[h])


def all_have_unplugged(now: PlugState, r: Ring) -> Truth:
    """All members have installed the ring, and no handle of them is plugged."""
    return some(now.member[r]) & within(now.member[r], now.installed[r] - plugged_anywhere(now))


def needs_two(now: PlugState) -> Set:
    """Who has two recovery messages of this configuration to send, or one behind a leftover."""
    return now.queued_two | (now.queued & now.leftover)


def needs_three(now: PlugState) -> Set:
    """Who has two of them behind a leftover."""
    return now.queued_two & now.leftover


def begin_to_count(now: CountedState, then: CountedState, r: Ring) -> Guard:
    """From now on the visits of ring r are counted: an observer begins, and no processor takes part.

    The first sets are full at once if no queue needs so many visits.

    Source: LIVE-1.
    """
    yield "all members of r have unplugged", all_have_unplugged(now, r)
    members = now.member[r]
    then.counted[r] = members
    then.two_left[r] = when(empty(members & needs_three(now)), members)
    then.one_left[r] = when(empty(members & needs_two(now)), members)
    then.drained[r] = when(empty(members & now.queued), members)
    then.marked[r] = then.opened[r] = NOBODY


def ends_the_count(now: CountedState, then: CountedState) -> None:
    """A count ends when a member has not unplugged any more, or more is queued at it."""
    more = (then.queued - now.queued) | (then.queued_two - now.queued_two) | (then.leftover - now.leftover)
    hinders = plugged_anywhere(then) | more
    then.counted.each(lambda r: when(within(then.counted[r], then.installed[r] - hinders), then.counted[r]))


def counts_a_visit(now: CountedState, then: CountedState, p: Processor, r: Ring) -> None:
    """A visit puts a member into the next set; into the last at once, if all are marked with it."""
    then.two_left[r] = now.two_left[r] | p
    then.one_left[r] = now.one_left[r] | (p & now.two_left[r])
    then.drained[r] = now.drained[r] | (p & now.one_left[r])
    then.marked[r] = now.marked[r] | (p & now.drained[r])
    then.opened[r] = now.opened[r] | when(within(now.member[r], then.marked[r]), p)
