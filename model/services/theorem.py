"""The theorem of the mail: the services' machine, and what each decision is for (mail M12).

A companion: every step is a step of the machine, or one that only delivers, but for D12, which keeps a gate closed that
the machine would open. Giving a decision up is a feature named `no-…`: it takes guard parts away, adds the step that
the decision forbids, or sets a bit or opens a gate sooner. So a run with more decisions taken is one with fewer.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, any_of, empty, same, several, when, within
from model.language.sorts import Handle, Message, Ring, Seat
from model.plug.configuration import install
from model.plug.token import plug_step
from model.services.actions import ADD_NODE, NODEJOIN, NODEJOIN_FIRST, ServicesState, is_on_its_way, is_sent_to_all

GIVEN_UP = {
    "M4": "no-m4",
    "D4": "no-d4",
    "D8": "no-d8",
    "D10": "no-d10",
    "D11": "no-d11",
    "D12": "no-d12",
    "D13": "no-d13",
    "order": "no-order",
    "fifo": "no-fifo",
}
"""What the theorem is about: each decision, and the feature that gives it up."""
MEANS = {
    "M4": "unplug is called only when the service's own recovery messages were delivered to it (M4, read strictly)",
    "D4": "an unplug called before the regular configuration is installed does not count",
    "D8": "the token carries the ring id",
    "D10": "a message half sent waits for the gate, and is whole at every receiver",
    "D11": "the bit waits for the recovery queue",
    "D12": "the gate waits for the delivery of what was originated before the bitmap was full",
    "D13": "recovery messages of an older configuration carry its tag, and are ignored",
    "order": "clm is registered before evt, so its nodejoin is queued first",
    "fifo": "recovery messages of one processor are sent first in, first out",
}
"""Each decision as a sentence."""

OTHER_DELIVERED = "messages of its own were delivered to p"


# leave and install ----------------------------------------------------------------------------------------------------


def keeps_what_is_queued(now: ServicesState, then: ServicesState, p: Processor) -> None:
    """Without D13: what is queued stays queued, and nothing tells it from what is queued later."""
    then.old.each(lambda m: now.old[m] | (p & now.waits[m]))


def install_with_an_old_unplug(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Guard:
    """Without D4: p installs r, and an unplug that was called before counts for it.

    Source: D4.
    """
    yield from install(now, then, p, r)
    yield "unplug was called at p", within(p, now.asked)
    then.plugged.keep()


def forgets_the_call(now: ServicesState, then: ServicesState, p: Processor) -> None:
    """Without D4: a call is forgotten at the next install."""
    then.asked = now.asked - p


def owes_its_own(now: ServicesState, then: ServicesState, p: Processor) -> None:
    """Without D13: from the install on, p waits for a message of its own of each kind that it has queued."""
    then.owed.each(lambda m: now.owed[m] | (p & then.waits[m]))


# unplug ---------------------------------------------------------------------------------------------------------------


def remembers_the_call(now: ServicesState, then: ServicesState, p: Processor) -> None:
    """Without D4: a call is remembered until the next install, over the configuration change."""
    then.asked = now.asked | p


def after_any_delivery_of_its_own(now: ServicesState, then: ServicesState, p: Processor) -> Guard:
    """M4 without D13: a service takes a leftover of its own for what it waits for."""
    yield OTHER_DELIVERED, empty(p & any_of(Message, lambda m: now.owed[m]))


# send_recovery and send_leftover --------------------------------------------------------------------------------------


def send_stale(now: ServicesState, then: ServicesState, p: Processor, r: Ring, m: Message, i: Seat) -> Guard:
    """Without D13: a recovery message of an older configuration is sent in ring r as if it were one of r.

    Source: D13; corosync 40263892.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "p may send", within(p, now.turn)
    yield "p sits in seat i", within(p, now.seat[i])
    yield "m is left over at p", within(p, now.old[m])
    yield NODEJOIN_FIRST, same(m, NODEJOIN) | ~within(p, now.old[NODEJOIN])
    then.old[m] = now.old[m] - p
    then.leftover = now.leftover - (p - any_of(Message, lambda k: then.old[k]))
    then.turn = now.turn - p
    is_on_its_way(now, then, p, r, m, i)


def drops_what_was_kept(now: ServicesState, then: ServicesState, p: Processor) -> None:
    """Without D13: a leftover that is sent and ignored all the same is no longer kept."""
    then.old.each(lambda m: now.old[m] - p)


# finish_long ----------------------------------------------------------------------------------------------------------


def finish_rest(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Guard:
    """Without D10: the rest of a half sent message goes out first, its gate judged when it was begun.

    Who has its first half completes it; here that is p alone.
    Source: D10; openais gmi.c:1533.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "p may send", within(p, now.turn)
    yield "a message is half sent", within(p, now.half)
    yield from is_sent_to_all(now, then, p, r)
    then.half = now.half - p
    then.turn = now.turn - p
    then.reads[r] = p


# visit ----------------------------------------------------------------------------------------------------------------


def ignores_the_queue(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> None:
    """Without D11: the bit is set while recovery messages are queued."""
    then.bits[r] = now.bits[r] | (p - any_of(Handle, lambda h: now.plugged[h]))
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


def opens_at_once(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> None:
    """Without D12: a full bitmap opens the gate."""
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


def visit_of_another_ring(now: ServicesState, then: ServicesState, p: Processor, r: Ring, x: Ring) -> Guard:
    """Without D8: the token of ring x arrives at p, which takes it for that of its own ring r.

    Source: D8; openais gmi.c:341.
    """
    yield "x has a token", several(now.member[x])
    yield "p has installed r", within(p, now.installed[r])
    yield "x is another ring", ~same(x, r)
    then.bits[x] = plug_step(now, then, p, r, now.bits[x])
    then.turn = now.turn | p


def opens_on_another_rings_bitmap(now: ServicesState, then: ServicesState, p: Processor, r: Ring, x: Ring) -> None:
    """Without D12 and D8: the other ring's full bitmap opens the gate."""
    then.gate = now.gate | when(within(now.member[r], then.bits[x]), p)


# deliver_nodejoin and deliver_add_node --------------------------------------------------------------------------------


def has_its_own_nodejoin(now: ServicesState, then: ServicesState, p: Processor, i: Seat) -> None:
    """Without D13: any nodejoin of its own will do, of whatever configuration."""
    then.owed[NODEJOIN] = now.owed[NODEJOIN] - (p & now.seat[i])


def has_its_own_add_node(now: ServicesState, then: ServicesState, p: Processor, i: Seat) -> None:
    """Without D13: any add-node of its own will do, of whatever configuration."""
    then.owed[ADD_NODE] = now.owed[ADD_NODE] - (p & now.seat[i])
