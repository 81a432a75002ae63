"""What the adversary may do, at any time: form rings, keep copies of tokens.

Left out on purpose: how a ring is agreed on (an oracle forms it, at once, from any processors), losses (a lost token is
one that nobody receives), time.
"""

from __future__ import annotations

from model.machine import Guard
from model.rules import environment
from model.sets import NOBODY, Processors, empty, several, some
from model.sorts import Copy, NewRing, Ring
from model.state import PlugState


@environment()
def form_ring(now: PlugState, then: PlugState, r: NewRing, members: Processors) -> Guard:
    """A new ring r forms of any processors: one of them creates its token with a zero bitmap; r is pending at them all.

    What was pending at them no longer is. Also covers the first ring, joins, partitions, merges and a ring of one.
    Source: mail M8; D7, D8; Totem 1995 (membership).
    """
    yield "r was never formed", empty(now.member[r])
    yield "r has a member", some(members)
    then.member[r] = members
    then.bits[r] = NOBODY
    then.pending.each(lambda x: now.pending[x] - members)
    then.pending[r] = members


@environment(feature="late-copies")
def duplicate(now: PlugState, then: PlugState, r: Ring, c: Copy) -> Guard:
    """The token of ring r is copied as it is now into place c, to arrive anywhere at any later time.

    Source: Totem 1995 (token retransmission); D8.
    """
    yield "r has a token", several(now.member[r])
    then.copy[c, r] = now.bits[r]
