"""Messages from origination to delivery: what the machine of the plug leaves out.

A ring here has a token with the number of the last message and an all-received-up-to, members that receive a message
or lose it, free it once all have it, and exchange what they have when the next ring forms. Processors sit in a fixed
order, which is the order of every ring; its lowest member is the representative.

A message is known by its number. A run gives out each number once, whatever the ring: in Totem every ring begins again
at 1, and a message is known by ring id and number. A number that stands in the token, such as the all-received-up-to,
is one set for each message: all members if it is at least that message's number, else nobody.

Left out on purpose: plugs and priorities, safe delivery (it waits for the same two visits as freeing), flow control,
who asks for a retransmission, and how membership is agreed on.
"""

from __future__ import annotations

from model.language.sets import Truth, at_most, every, implies
from model.language.sorts import Index, Number, Ring, Seat
from model.language.state import State, constant, family
from model.plug.seats import GOING_ROUND, seated, sits_below, sits_between


def numbers_are_ordered(now: DeliveryState) -> Truth:
    """Numbers of messages are ordered, and of one place there may be several: no such number is ever given."""
    return _is_ordered(Number)


def ring_ids_are_ordered(now: DeliveryState) -> Truth:
    """Ring ids are ordered by their numbers."""
    return _is_ordered(Ring)


def _is_ordered(sort: type[Index]) -> Truth:
    """By a total preorder."""
    total = every(sort, sort, lambda i, j: at_most(i, j) | at_most(j, i))
    return total & every(sort, sort, sort, lambda i, j, k: implies(at_most(i, j) & at_most(j, k), at_most(i, k)))


class DeliveryState(State):
    """Variables of the machine. The last one is a ghost: the claims need it, the protocol never reads it."""

    seat = constant(Seat, means="the processor in seat i", table=seated)
    between = constant(
        Seat, Seat, means="the processors strictly between seats i and j, going round", table=sits_between
    )
    below = constant(Seat, means="the processors in seats lower than i", table=sits_below)
    member = family(Ring, means="the members of ring r, as the commit token lists them; nobody while there was none")
    named = family(Ring, means="the processor that r's id names, its representative; nobody while there was none")
    knows = family(Ring, means="the processors whose stored ring number is at least that of r")
    told = family(Ring, means="the members that have put their state into the commit token of r: its first rotation")
    came = family(Ring, Ring, means="for r and x: the members of x that told that r is their old ring")
    pending = family(Ring, means="the members that wait for the commit token of r to return")
    recovers = family(Ring, means="the members that exchange the messages of their old rings in r, and install it next")
    settled = family(Ring, means="all members of r once all of them have what was sent again in r, before that nobody")
    installed = family(Ring, means="the processors whose last regular configuration is r")
    due = family(Ring, means="the member at which the token of r is, or arrives next")
    lowered = family(Ring, means="the member that lowered the all-received-up-to of r's token last (aru_id)")
    by = family(Number, Ring, means="who originated message n in ring r; nobody if n is no message of r")
    given = family(Number, means="all members of n's ring once the token of that ring has given out n")
    aru = family(Number, means="all members of n's ring while the all-received-up-to of its token is at least n")
    last = family(Number, means="the members that found that so when they accepted their ring's token last")
    has = family(Number, means="the processors that have received message n")
    freed = family(Number, means="the members that have freed message n while its ring was installed")
    delivered = family(Number, means="the processors that have delivered message n in its regular configuration")
    late = family(Number, means="the processors that have delivered message n in the transitional one after it")
    owes = family(Number, means="the processors in recovery that have still to send message n of their old ring again")
    heard = family(Number, means="the processors in recovery that know that one who came along has delivered message n")
    lacks = family(Number, means="the processors in recovery that miss message n, which was sent again")
    reached = family(Ring, ghost=True, means="the processors that have ever installed r")

    axioms = (numbers_are_ordered, ring_ids_are_ordered, *GOING_ROUND)


def initial(then: DeliveryState) -> None:
    """No ring exists, and no message."""
