"""The change of the configuration: what is kept of messages in parts is dropped.

A sender whose message is half sent knows so, and begins it again. Leaving a ring and installing the next are one step,
for a processor takes no part in either between them.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processors, Set, Truth, empty, every, same, some, when, within
from model.language.sorts import NewRing, Number, Ring
from model.parts.state import PartsState


def alike(whom: Set, what: Set) -> Truth:
    """All of these, or none."""
    return empty(whom & what) | within(whom, what)


def have_received_the_same(now: PartsState, members: Processors) -> Truth:
    """Of those who come along from one ring, each has received there what the others have."""

    def there(x: Ring, n: Number) -> Truth:
        along = members & now.installed[x]
        return alike(along, now.first[n, x]) & alike(along, now.rest[n, x]) & alike(along, now.whole[n, x])

    return every(Ring, Number, there)


def change(now: PartsState, then: PartsState, r: NewRing, members: Processors) -> Guard:
    """New ring r replaces the rings of its members, who have exchanged what they received there, and drop parts.

    Source: EVS 1994 (specification 4); D10.
    Differs: corosync keeps the parts of senders that come along.
    """
    yield "r is unused", empty(now.member[r])
    yield "it has members", some(members)
    yield "those who come along have received the same", have_received_the_same(now, members)
    then.member[r] = members
    then.installed.each(lambda x: (now.installed[x] - members) | when(same(x, r), members))
    then.keeps.each(lambda n, x: now.keeps[n, x] - members)
