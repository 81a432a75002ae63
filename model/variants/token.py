"""Variants of the token step: when a bit is set, when a gate opens, what is sent on, whose token it is."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, any_of, several, some, when, within
from model.language.sorts import Handle, Ring
from model.plug.messages import recovery_messages
from model.plug.state import PlugState
from model.variants.variant import edits


@edits("visit")
def open_on_own_bit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member opens its gate as soon as its own bit is set.

    Source: against mail M6.
    """
    then.gate = now.gate | (p & then.bits[r])


@edits("visit")
def open_on_a_majority(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member opens its gate when two bits are set: a majority of a ring of three.

    Source: against mail M6.
    """
    then.gate = then.gate | when(several(then.bits[r]), p)


@edits("visit", without=("p has installed r",))
def any_visitor_sets_its_bit(now: PlugState, then: PlugState) -> None:
    """The ring id in the token is ignored: whoever receives it takes the plug step.

    Source: against D8.
    """


@edits("visit", without=("p has installed r",))
def plug_step_while_pending(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A member at which the ring is still pending takes the plug step.

    Source: against mail M9 and D8.
    """
    yield "p has installed r, or may", within(p, now.installed[r] | now.pending[r])


@edits("visit")
def open_member_forwards_zeros(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member whose gate is open no longer copies the bitmap, and sends zeros on.

    Source: openais gmi.c:1823, with memory that is zero.
    """
    then.bits[r] = when(~within(p, now.gate), then.bits[r])


@edits("visit")
def judge_only_when_setting(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member looks for the full bitmap only in the visit in which it sets its own bit.

    Source: against mail M6.
    """
    full = within(now.member[r], then.bits[r])
    then.gate = now.gate | when(full, p & then.bits[r] - now.bits[r])


@edits("visit")
def all_gates_open_together(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """Whoever finds the bitmap full opens the gates of all members.

    Source: what N3 says is not so.
    """
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), now.member[r])


@edits("visit")
def bit_every_other_visit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member sets its bit only in a visit that finds another bit set, or a turn unused since the last.

    Source: against LIVE-1.
    """
    then.bits[r] = now.bits[r] | when(some(now.bits[r]) | within(p, now.turn), then.bits[r])
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


@edits("visit")
def bit_needs_an_unplug(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """Only an unplug call makes a processor ready, so one without handles never is.

    Source: against D3.
    """
    registered = any_of(Handle, lambda h: now.handles[h])
    then.bits[r] = now.bits[r] | (then.bits[r] & registered)


@edits("visit", "sole_visit")
def bit_on_any_unplug(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member sets its bit as soon as one of its handles is unplugged.

    Source: against mail M9 (all handles).
    """
    unplugged = any_of(Handle, lambda h: now.handles[h] - now.plugged[h])
    then.bits[r] = then.bits[r] | (p & unplugged - now.queued)
    then.gate = then.gate | when(within(now.member[r], then.bits[r]), p)


@edits("visit")
def bit_ignores_the_queue(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member sets its bit while recovery messages are still queued at it.

    Source: against D11.
    """
    then.bits[r] = now.bits[r] | (p - any_of(Handle, lambda h: now.plugged[h]))
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


@edits("reject")
def rejected_token_gives_the_turn(now: PlugState, then: PlugState, p: Processor) -> None:
    """A token that is rejected still lets its receiver send.

    Source: corosync 79c60fd0, b8878d2e, 40d636e9 (a rejected token still had effects).
    """
    then.turn = now.turn | p


@edits("reject")
def rejected_token_leaves_its_bits(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The bits of a token that is rejected are merged into the token of the receiver's own ring.

    Source: against D14.
    """
    then.bits.each(lambda x: now.bits[x] | when(within(p, now.installed[x]), now.bits[r]))


@edits("sole_visit")
def sole_member_waits_for_a_token(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """The member of a ring of one waits for a token like any other.

    Source: against D7.
    """
    yield "r has a token", several(now.member[r])


@edits("visit")
def idle_token_is_held(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A token with which nobody has a message to send is held where it is.

    Source: corosync da51942e (a held token must be released when someone waits for it).
    """
    yield "somebody has a message to send", some(now.installed[r] & (recovery_messages(now) | now.half))
