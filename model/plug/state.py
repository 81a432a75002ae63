"""The state of the recovery plug machine: a handful of sets of processors.

A ring is known by its id, an unordered name. It is *pending* at a member that may still install it, and *installed* at
a member whose regular configuration it is. Tokens are bitmaps; where a token is, and which member it visits next, is
forgotten: any member may be next.
"""

from __future__ import annotations

from model.language.sets import EVERYBODY
from model.language.sorts import Copy, Handle, Ring
from model.language.state import State, family, single


class PlugState(State):
    """Variables of the machine. The last ones are ghosts: the claims need them, the protocol never reads them."""

    member = family(Ring, means="the members of ring r; nobody while r was never formed")
    pending = family(Ring, means="the members of r that may still install it")
    installed = family(Ring, means="the processors whose regular configuration is r")
    bits = family(Ring, means="the bitmap in the token of ring r: members that have unplugged")
    copy = family(Copy, Ring, means="the bitmap in a late or duplicated token of ring r, kept in place c")
    handles = family(Handle, means="the processors at which handle h is registered")
    plugged = family(Handle, means="the processors at which handle h is registered and not yet unplugged")
    gate = single(means="the processors that may originate high, medium and low priority messages")
    turn = single(means="the processors that hold the token of their ring and may still originate in this visit")
    queued = single(means="the processors with a recovery message queued in their configuration")
    queued_two = single(means="the processors with two of them queued")
    leftover = single(means="the processors with a recovery message queued in an older configuration")
    half = single(means="the processors with a long message half sent")
    down = single(means="the processors that have crashed and not restarted")
    normal = family(Ring, means="the members that a high, medium or low priority message of ring r is addressed to")
    done = family(Ring, ghost=True, means="the members that, in ring r, had no handle plugged at some moment")
    owes = family(Handle, ghost=True, means="the processors that have not released h since their last install")
    signed = family(Ring, ghost=True, means="the members whose bit was ever set in a token of r")
    early = single(ghost=True, means="the processors with a recovery message queued before their own bit was set")
    kept = single(ghost=True, means="the processors with a message of an older configuration that was not sent since")
    begun = single(ghost=True, means="the processors that have begun a long message and not finished it")
    stale = single(ghost=True, means="the processors where a message of an older configuration would count in this one")


def initial(then: PlugState) -> None:
    """No ring exists, and every service has called create in its init function.

    Source: mail M3; the adversary forms the first ring too.
    """
    then.handles.each(lambda h: EVERYBODY)
