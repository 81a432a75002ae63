"""Messages in parts: what becomes of one whose first part is sent in a ring, and whose rest in the next.

The plug's machine says who may send the rest of a message that is half sent (D10), and forgets who receives it; in that
of delivery a message has no parts. Here a message is sent in two parts, and a receiver keeps what it has of a sender's
message until the rest comes. It is not told of which message a part is, only that it begins one or that it ends one, so
what it delivers is all that it has kept of that sender. Behind a rest another message may share the packet, whole.

Processors receive what a processor sends in a ring in order and without a gap, and those who come along from it to
another ring have received the same there: that is what the machine of delivery is for, and here it is taken from it.
When a packet arrives makes no difference, for nobody sends by what it has received. So who receives a packet at all
receives it at once.
"""

from __future__ import annotations

from model.language.sorts import Number, Ring
from model.language.state import State, family


class PartsState(State):
    """Variables of the machine; `delivered` and `mixed` are what its claims are about."""

    member = family(Ring, means="the members of ring r; nobody while there was none")
    installed = family(Ring, means="the processors whose last configuration is r")
    sender = family(Number, means="the processor that sends message n; nobody while it is not begun")
    half = family(Number, means="the sender of message n while its rest is still to be sent")
    first = family(Number, Ring, means="the processors that have received the first part of n, as it was sent in r")
    rest = family(Number, Ring, means="the processors that have received the rest of n, as it was sent in r")
    whole = family(Number, Ring, means="the processors that have received n whole, behind a rest that was sent in r")
    keeps = family(Number, Ring, means="the processors that keep the first part of n, as it was sent in r")
    delivered = family(Number, Ring, means="the processors that have delivered n when its end came in r")
    mixed = family(Number, means="the processors that have delivered as n what is not the two parts of n, once each")


def initial(then: PartsState) -> None:
    """No ring exists, and no message."""
