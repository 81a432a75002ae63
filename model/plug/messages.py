"""Messages: recovery messages are queued and sent first, normal ones only through an open gate. Mail M1, M6, M7.

An originated message is not followed further: who receives it, and when, is forgotten. A visit's allowance is one
message, the smallest that shows what a queue longer than the allowance does.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, Set, any_of, within
from model.language.sorts import Ring
from model.plug.state import PlugState

LEFTOVERS_FIRST = "no leftover is ahead of it"


def queue_recovery(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """A service of p queues a recovery message, which belongs to p's configuration.

    Source: mail M1, M3; D11.
    """
    yield "p has installed a ring", within(p, any_of(Ring, lambda r: now.installed[r]))
    yield "p has room in its queue", ~within(p, now.queued_two)
    then.queued_two = now.queued_two | (p & now.queued)
    then.queued = now.queued | p


def send_recovery(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P originates its first queued recovery message in ring r, whatever its gate, and whatever is half sent.

    Source: mail M1; D10.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "p may send", within(p, now.turn)
    yield "p has a recovery message queued", within(p, now.queued)
    yield LEFTOVERS_FIRST, ~within(p, now.leftover)
    then.queued = now.queued - (p - now.queued_two)
    then.queued_two = now.queued_two - p
    then.turn = now.turn - p


def keep_what_is_queued(now: PlugState, then: PlugState, p: Processor) -> None:
    """What is queued when a ring is left stays queued, as a leftover of that configuration."""
    then.leftover = now.leftover | (p & now.queued)


def queue_between(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """A service of p queues a recovery message while no ring is installed: it belongs to no configuration to come.

    Source: D13; EVS 1994 (transitional configuration).
    """
    yield "p is up", ~within(p, now.down)
    yield "p has no ring installed", ~within(p, any_of(Ring, lambda r: now.installed[r]))
    then.leftover = now.leftover | p


def send_leftover(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P originates a leftover in ring r: it carries its own configuration's tag and counts for no other.

    Source: D13.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "p may send", within(p, now.turn)
    yield "p has a leftover", within(p, now.leftover)
    then.leftover = now.leftover - p
    then.turn = now.turn - p


def recovery_messages(now: PlugState) -> Set:
    """The processors with any recovery message to send."""
    return now.queued | now.leftover


def may_originate(now: PlugState, p: Processor, r: Ring) -> Guard:
    """When p may originate a high, medium or low priority message in ring r.

    Source: mail M6, M7; D10.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "p may send", within(p, now.turn)
    yield "p's gate is open", within(p, now.gate)
    yield "no recovery message is queued", ~within(p, recovery_messages(now))


def originate(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P originates a high, medium or low priority message in ring r: it will reach r's members.

    Source: mail M6, M7.
    """
    yield from may_originate(now, p, r)
    yield "no message is half sent", ~within(p, now.half)
    then.normal[r] = now.normal[r] | now.member[r]
    then.turn = now.turn - p


def begin_long(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P originates the first half of a message that is longer than a visit's allowance.

    Source: mail M6, M7; D10; openais gmi.c:1494.
    """
    yield from may_originate(now, p, r)
    yield "no message is half sent", ~within(p, now.half)
    then.half = now.half | p
    then.normal[r] = now.normal[r] | now.member[r]
    then.turn = now.turn - p


def finish_long(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P originates the rest of the message that is half sent, perhaps in a later ring.

    Source: mail M6, M7; D10.
    Differs: openais gmi.c:1533 keeps the half sent message ahead of recovery messages.
    """
    yield from may_originate(now, p, r)
    yield "a message is half sent", within(p, now.half)
    then.half = now.half - p
    then.normal[r] = now.normal[r] | now.member[r]
    then.turn = now.turn - p
