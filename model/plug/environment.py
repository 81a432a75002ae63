"""What the adversary may do, at any time: form rings, keep copies of tokens, crash and restart processors.

Left out on purpose: how a ring is agreed on (an oracle forms it, at once, from any processors), losses (a lost token is
one that nobody receives), time.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import NOBODY, Processor, Processors, empty, several, some, within
from model.language.sorts import Copy, NewRing, Ring
from model.plug.state import PlugState


def form_ring(now: PlugState, then: PlugState, r: NewRing, members: Processors) -> Guard:
    """A new ring r forms of any live processors. One creates its token with a zero bitmap; r is pending at them all.

    What was pending at them no longer is. Also covers the first ring, joins, partitions, merges and a ring of one.
    Source: mail M8; D7, D8; Totem 1995 (membership).
    """
    yield "r is unused", empty(now.member[r])
    yield "r has a member", some(members)
    yield "its members are up", empty(members & now.down)
    then.member[r] = members
    then.bits[r] = NOBODY
    then.pending.each(lambda x: now.pending[x] - members)
    then.pending[r] = members


def duplicate(now: PlugState, then: PlugState, r: Ring, c: Copy) -> Guard:
    """The token of ring r is copied as it is now into place c, to arrive anywhere at any later time.

    Source: Totem 1995 (token retransmission); D8.
    """
    yield "r has a token", several(now.member[r])
    then.copy[c, r] = now.bits[r]


def duplicate_late(now: PlugState, then: PlugState, r: Ring, c: Copy, d: Copy) -> Guard:
    """The late token of ring r in place c is copied as it is now into place d.

    Source: Totem 1995 (token retransmission); D8.
    """
    yield "r has a token", several(now.member[r])
    then.copy[d, r] = now.copy[c, r]


def crash(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """P stops, and all that it held in memory is gone.

    Source: EVS 1994 (fail events).
    """
    yield "p is up", ~within(p, now.down)
    then.down = now.down | p
    then.pending.each(lambda r: now.pending[r] - p)
    then.installed.each(lambda r: now.installed[r] - p)
    then.handles.each(lambda h: now.handles[h] - p)
    then.plugged.each(lambda h: now.plugged[h] - p)
    then.gate, then.turn, then.half = now.gate - p, now.turn - p, now.half - p
    then.queued, then.queued_two, then.leftover = now.queued - p, now.queued_two - p, now.leftover - p


def restart(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """P starts again as a fresh incarnation: its services call create in their init functions.

    Source: mail M3; Totem 1995 (a restarted processor).
    """
    yield "p is down", within(p, now.down)
    then.down = now.down - p
    then.handles.each(lambda h: now.handles[h] | p)
