"""Variants of sending: the gate, half sent messages, the recovery queue, what is left over of an older ring."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, Truth, any_of, several, when, within
from model.language.sorts import Handle, Ring
from model.plug.state import PlugState
from model.variants.variant import edits

GATE = ("p's gate is open",)


@edits("originate", "begin_long", "finish_long", without=GATE)
def no_plug(now: PlugState, then: PlugState) -> None:
    """There is no plug: normal messages are sent whatever the gate, as before the mail.

    Source: mail M12.
    """


@edits("originate", "begin_long", without=GATE)
def gate_is_tested_at_queueing(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """A message that was queued behind an open gate, in an older ring, is sent whatever the gate is now.

    Source: corosync 40263892 (messages queued before the change went out ahead of the sync messages).
    """
    yield "p's gate is open, or could open in an older ring", within(p, now.gate) | _had_a_full_bitmap(now, p)


def _had_a_full_bitmap(now: PlugState, p: Processor) -> Truth:
    """A ring of which p is a member, and which it has not installed, has a full bitmap."""
    full = any_of(Ring, lambda x: when(within(now.member[x], now.bits[x]), now.member[x] - now.installed[x]))
    return within(p, full)


@edits("originate", without=GATE)
def sole_member_needs_no_gate(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """The member of a ring of one sends normal messages before it has recovered.

    Source: against mail M7 and D7.
    """
    yield "p's gate is open, or p is alone", within(p, now.gate) | ~several(now.member[r])


@edits("finish_long", without=GATE)
def rest_passes_a_closed_gate(now: PlugState, then: PlugState) -> None:
    """The gate is tested when a message is begun only, so its rest goes out through a closed one.

    Source: against mail M7 and D10.
    """


@edits("leave")
def rest_is_forgotten(now: PlugState, then: PlugState, p: Processor) -> None:
    """What is left of a half sent message is thrown away when its ring is left.

    Source: against D10.
    """
    then.half = now.half - p


@edits("send_recovery")
def half_sent_goes_first(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """The send cursor stays on a half sent message, also when the gate closes on it.

    Source: openais gmi.c:1533; corosync 92e0f9c7, e7a82370.
    """
    yield "no message is half sent", ~within(p, now.half)


@edits("send_recovery")
def full_queue_is_stuck(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """A processor whose queue is full sends nothing of it.

    Source: corosync 3226edf8 (sync stuck when the message queue is full).
    """
    yield "p's queue is not full", ~within(p, now.queued_two)


@edits("send_recovery")
def sending_empties_the_queue(now: PlugState, then: PlugState, p: Processor) -> None:
    """One sending takes everything off the queue, though only one message was sent.

    Source: corosync a3d98f16 (later messages thrown away).
    """
    then.queued = now.queued - p


@edits("send_recovery")
def bit_after_sending(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The bit is tested again after sending: whoever sends its last recovery message sets its bit in the same visit.

    Source: the other choice of D11: as safe, and its bound is smaller.
    """
    ready = p - any_of(Handle, lambda h: now.plugged[h]) - then.queued
    then.bits[r] = now.bits[r] | ready
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


@edits("leave")
def leftovers_count(now: PlugState, then: PlugState) -> None:
    """The queue is kept over the change, and its messages lose the tag of their configuration.

    Source: openais gmi.c:93 (the pending queues outlive the change); corosync 2ab885ab.
    """
    then.families["queued"].keep()
    then.families["queued_two"].keep()
    then.families["leftover"].keep()


@edits("send_recovery", without=("no leftover is ahead of it",))
def leftover_is_overtaken(now: PlugState, then: PlugState) -> None:
    """A recovery message of this configuration is sent before a leftover that was queued earlier.

    Source: against D13.
    """


@edits("originate")
def originate_keeps_the_turn(now: PlugState, then: PlugState) -> None:
    """A member originates as many messages as it likes in one visit.

    Source: against Totem 1995 (flow control).
    """
    then.families["turn"].keep()
