"""The membership service (clm) and the event service (evt) on top of the plug, and messages that are received.

At a regular configuration change clm queues its nodejoin, and evt its add-node if that has recovery priority. A
processor's table is a set of nodes; a lookup of whom it does not have finds nothing. Mail M10-M12.

Left out on purpose: crashes, handles created later, more than one plug a processor, more than one normal message of a
ring on its way at once (the others change nothing that a lookup depends on), a second nodejoin of one processor in one
ring, nodejoins left out where nobody joined.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, Set, Truth, any_of, empty, every, implies, same, some, when, within
from model.language.sorts import Message, Ring, Seat
from model.language.state import constant, family, single
from model.plug.seats import PLACES, seated
from model.plug.state import PlugState

NODEJOIN, ADD_NODE = Message.element(0), Message.element(1)
RECOVERY_ADD_NODE = "recovery-add-node"
"""The feature: evt's add-node has recovery priority, as it was built. Without, it is a normal message, as mailed."""


class ServicesState(PlugState):
    """The machine's variables, what services have queued, what is on its way, and the tables of nodes."""

    seat = constant(Seat, means="the processor in seat i", table=seated)
    waits = family(Message, means="the processors with message m of their configuration queued")
    old = family(Message, means="the processors with message m of an older configuration queued")
    owed = family(Message, means="the processors that wait for their own message m to be delivered to them")
    asked = single(means="the processors where unplug was called since the last install")
    announced = family(Ring, means="the members whose nodejoin was originated in ring r")
    coming = family(
        Message, Seat, Ring, means="to whom message m, originated in ring r by the processor in seat i, is on its way"
    )
    bare = family(Ring, means="the members whose add-node was originated in r before their nodejoin")
    reads = family(Ring, means="to whom the normal message of ring r is on its way")
    by = family(Ring, means="who originated that message")
    ahead = family(Ring, means="the members whose nodejoin was originated before that message")
    last = family(Ring, means="the processors in a transitional configuration that follows ring r")
    table = family(Seat, means="the processors whose clm knows the node in seat i")

    axioms = PLACES


# What services do at a configuration change ---------------------------------------------------------------------------


def leaves_for_a_transitional_configuration(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> None:
    """P is in the transitional configuration of r until it installs another ring."""
    then.last[r] = now.last[r] | p
    then.waits.each(lambda m: now.waits[m] - p)


def begins_to_recover(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> None:
    """P's clm forgets the nodes that left, and queues its nodejoin; what was on its way in older rings is gone.

    Source: mail M10; openais clm.c:388.
    """
    then.waits[NODEJOIN] = now.waits[NODEJOIN] | p
    then.queued = now.queued | p
    then.table.each(lambda i: (now.table[i] - when(empty(now.seat[i] & now.member[r]), p)) | (p & now.seat[i]))
    then.last.each(lambda x: now.last[x] - p)
    then.coming.each(lambda m, i, x: now.coming[m, i, x] - when(~same(x, r), p))
    then.reads.each(lambda x: now.reads[x] - when(~same(x, r), p))


def queues_an_add_node(now: ServicesState, then: ServicesState, p: Processor) -> None:
    """Evt queues its add-node at recovery priority too.

    Source: mail M11; openais evt.c:2466.
    """
    then.waits[ADD_NODE] = now.waits[ADD_NODE] | p
    then.queued_two = now.queued_two | p


# When a plug is out, and when a gate opens ----------------------------------------------------------------------------

OWN_DELIVERED = "p's own recovery messages were delivered to it"
IN_A_CONFIGURATION = "p has had a configuration"


def after_its_own_delivery(now: ServicesState, then: ServicesState, p: Processor, i: Seat) -> Guard:
    """M4, read strictly: a service has recovered when its own recovery messages were delivered to it."""
    on_its_way = any_of(Ring, Message, lambda r, m: now.coming[m, i, r])
    queued = any_of(Message, lambda m: now.waits[m]) | (now.leftover & any_of(Ring, lambda r: now.last[r]))
    yield "p sits in seat i", within(p, now.seat[i])
    yield IN_A_CONFIGURATION, within(p, any_of(Ring, lambda r: now.installed[r] | now.last[r]))
    yield OWN_DELIVERED, empty(p & (on_its_way | queued))


def waits_for_delivery(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> None:
    """D12: the gate stays closed while a message that was originated before is still on its way to p."""
    on_its_way = any_of(Message, Seat, lambda m, i: now.coming[m, i, r]) | now.reads[r]
    then.gate = now.gate | (then.gate - on_its_way)


# Recovery messages ----------------------------------------------------------------------------------------------------

NODEJOIN_FIRST = "a nodejoin is sent before the add-node"


def sends_one_of_them(now: ServicesState, then: ServicesState, p: Processor, r: Ring, m: Message, i: Seat) -> Guard:
    """P, in seat i, originates message m in ring r: it is on its way to all members."""
    yield "p sits in seat i", within(p, now.seat[i])
    yield "m is queued at p", within(p, now.waits[m])
    yield NODEJOIN_FIRST, same(m, NODEJOIN) | ~within(p, now.waits[NODEJOIN])
    then.waits[m] = now.waits[m] - p
    is_on_its_way(now, then, p, r, m, i)


def is_on_its_way(now: ServicesState, then: ServicesState, p: Processor, r: Ring, m: Message, i: Seat) -> None:
    """Message m of p, in seat i, is on its way to every member of ring r.

    A second nodejoin of p in r, which only a leftover can be, is not followed: whoever has the first one has the node.
    Source: Totem 1995 (total order).
    """
    nodejoin = same(m, NODEJOIN)
    again = nodejoin & within(p, now.announced[r])
    then.coming[m, i, r] = when(~again, now.member[r]) | when(again, now.coming[m, i, r])
    then.announced[r] = now.announced[r] | when(nodejoin, p)
    then.bare[r] = now.bare[r] | when(~nodejoin, p - now.announced[r])


def deliver_nodejoin(now: ServicesState, then: ServicesState, p: Processor, i: Seat, r: Ring) -> Guard:
    """The nodejoin that the processor in seat i originated in ring r is delivered at p: p's clm knows the node.

    Source: mail M10; openais clm.c:431.
    """
    yield "p is in r, or in its transitional configuration", within(p, now.installed[r] | now.last[r])
    yield "the nodejoin is on its way to p", within(p, now.coming[NODEJOIN, i, r])
    then.coming[NODEJOIN, i, r] = now.coming[NODEJOIN, i, r] - p
    then.table[i] = now.table[i] | p


def deliver_add_node(now: ServicesState, then: ServicesState, p: Processor, i: Seat, r: Ring) -> Guard:
    """The add-node that the processor in seat i originated in ring r is delivered at p, which looks that node up.

    Source: mail M11; openais evt.c:2999.
    """
    yield "p is in r, or in its transitional configuration", within(p, now.installed[r] | now.last[r])
    yield "the add-node is on its way to p", within(p, now.coming[ADD_NODE, i, r])
    yield (
        "what its sender sent before it was delivered at p",
        some(now.seat[i] & now.bare[r]) | ~within(p, now.coming[NODEJOIN, i, r]),
    )
    then.coming[ADD_NODE, i, r] = now.coming[ADD_NODE, i, r] - p


# High, medium and low priority messages -------------------------------------------------------------------------------


def is_sent_to_all(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Guard:
    """The message is on its way to all members, behind every nodejoin that was originated before it."""
    yield "the last one was delivered", empty(now.reads[r])
    then.reads[r] = now.member[r]
    then.by[r] = p
    then.ahead[r] = now.announced[r]


def deliver_normal(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Guard:
    """The normal message of ring r is delivered at p, in order; p may look up any member of r.

    Source: mail M10, M12; EVS 1994 (total order).
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "the message is on its way to p", within(p, now.reads[r])
    yield "every nodejoin before it was delivered at p", empty(p & any_of(Seat, lambda i: missing(now, r, i)))
    _is_delivered(now, then, p, r)


def deliver_in_transition(now: ServicesState, then: ServicesState, p: Processor, r: Ring, x: Ring) -> Guard:
    """The normal message of ring r is delivered at p in the transitional configuration on the way to ring x.

    Its sender came along. A nodejoin before it is missing only if nobody who came along has it.
    Source: EVS 1994 (specifications 3, 4 and 6.3); Totem 1995 (recovery).
    """

    def had_by_nobody(i: Seat) -> Truth:
        return empty(together(now, r, x) & (now.seat[i] | ~now.coming[NODEJOIN, i, r]))

    yield "p is in the transitional configuration of r", within(p, now.last[r])
    yield "x is pending at p", within(p, now.pending[x])
    yield "the message is on its way to p", within(p, now.reads[r])
    yield "its sender came along", some(now.by[r] & together(now, r, x))
    yield (
        "every nodejoin before it that can be recovered was delivered at p",
        every(Seat, lambda i: implies(within(p, missing(now, r, i)), had_by_nobody(i))),
    )
    _is_delivered(now, then, p, r)


def together(now: ServicesState, r: Ring, x: Ring) -> Set:
    """Who comes along from ring r to ring x."""
    return now.member[x] & (now.installed[r] | now.last[r])


def missing(now: ServicesState, r: Ring, i: Seat) -> Set:
    """To whom the nodejoin of seat i is still on its way, if it was originated before the normal message of r."""
    return when(some(now.seat[i] & now.ahead[r]), now.coming[NODEJOIN, i, r])


def _is_delivered(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> None:
    """What was told of a message is forgotten when the last member has it."""
    then.reads[r] = now.reads[r] - p
    then.by[r] = when(some(then.reads[r]), now.by[r])
    then.ahead[r] = when(some(then.reads[r]), now.ahead[r])
