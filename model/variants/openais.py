"""The plug as it was built in openais, September 2004 to January 2005: each deviation alone, and all together.

The lines are those of exec/gmi.c at its last revision. A member that has not installed the new ring was there in one of
several states, with its old configuration still in force; here the ring is pending at it and the old one installed.
"""

from __future__ import annotations

from model.language.machine import Guard, Kind
from model.language.sets import Processor, Processors, Set, any_of, several, some, when, within
from model.language.sorts import Handle, Ring
from model.plug.state import PlugState
from model.variants.messages import half_sent_goes_first, leftovers_count
from model.variants.variant import VARIANTS, Argument, Harmless, Variant, adds, edits, name_of, together


def _plugged(state: PlugState) -> Set:
    return any_of(Handle, lambda h: state.plugged[h])


def _in_a_ring(now: PlugState, p: Processor) -> Set:
    return p & any_of(Ring, lambda r: now.installed[r])


@edits("install")
def gmi_plugs_before_transitional(
    now: PlugState, then: PlugState, p: Processor, called: Handle, callers: Processors
) -> None:
    """The handles are plugged before the transitional configuration is told: a service may unplug while it is told.

    Source: openais gmi.c:2084.
    """
    then.plugged[called] = then.plugged[called] - (p & callers)


@edits("reject")
def gmi_token_without_ring_id(now: PlugState, then: PlugState, p: Processor, r: Ring, own: Ring) -> Guard:
    """The token carries no ring id: one of another ring is taken for the token of the ring that p has installed.

    Source: openais gmi.c:3040; corosync 212126fa (the old ring id stayed valid).
    """
    yield "p has installed another ring", within(p, now.installed[own])
    ready = p - _plugged(now) - now.queued
    then.bits[own] = now.bits[r] | ready
    then.gate = now.gate | when(within(now.member[own], then.bits[own]), ready)
    then.turn = (now.turn - now.installed[own]) | p


@edits("pass_on")
def gmi_plug_step_in_evs(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The plug is calculated also before the ring is installed: what was unplugged in the old one sets the bit.

    Source: openais gmi.c:3075.
    """
    then.bits[r] = then.bits[r] | (_in_a_ring(now, p) - _plugged(now) - now.queued - now.gate)


@edits(
    "pass_on",
    argument=Argument(
        Harmless.EQUIVALENT,
        "before it installs a ring a member sets no bit, at no position; it shows together with gmi-plug-step-in-evs.",
    ),
)
def gmi_old_position(now: PlugState, then: PlugState, p: Processor, r: Ring, q: Processor) -> None:
    """The bit is set at the member's position in the list that it has installed: in a newer ring, any member's bit.

    Source: openais gmi.c:1835.
    """
    gained = then.bits[r] - now.bits[r]
    then.bits[r] = now.bits[r] | when(some(gained), q)


@edits("unplug")
def gmi_lost_ring_counts_one_member(now: PlugState, then: PlugState, p: Processor, lost: Processors) -> None:
    """The number of members is set to one when the token is lost: the last unplug then opens the gate.

    Source: openais gmi.c:1173, 2231.
    """
    then.gate = then.gate | (_in_a_ring(now, p) & lost - _plugged(then))


@edits("pass_on", of="gmi-lost-ring-counts-one-member")
def _own_bit_suffices(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """And so does a bit that is set before the ring is installed."""
    then.gate = then.gate | when(some(then.bits[r] - now.bits[r]), p)


@edits("visit", "pass_on")
def gmi_open_member_forwards_anything(
    now: PlugState, then: PlugState, p: Processor, r: Ring, found: Processors
) -> None:
    """A member whose gate is open copies nothing, and sends on whatever its memory holds: also in a ring to come.

    Source: openais gmi.c:1823, 2998.
    """
    is_open = within(p, now.gate)
    then.bits[r] = when(~is_open, then.bits[r]) | when(is_open, found)


@edits("unplug")
def gmi_request_whatever_the_state(now: PlugState, then: PlugState, p: Processor) -> None:
    """The last unplug always makes the processor wait for the next full bitmap, also behind an open gate.

    Source: openais gmi.c:1140.
    """
    then.gate = then.gate - (p - _plugged(then))


@edits("unplug")
def gmi_sole_unplug_opens(now: PlugState, then: PlugState, p: Processor) -> None:
    """In a ring of one the last unplug opens the gate at once, whatever is queued.

    Source: openais gmi.c:1173.
    """
    alone = any_of(Ring, lambda r: when(~several(now.member[r]), now.installed[r]))
    then.gate = then.gate | (p & alone - _plugged(then))


@edits("destroy")
def gmi_destroy_evaluates_nothing(now: PlugState, then: PlugState) -> None:
    """Destroy of the last plugged handle does not make the processor ready; the next unplug, or install, does.

    Source: openais gmi.c:1117.
    """
    then.plugged.keep()


@edits("unplug", of="gmi-destroy-evaluates-nothing")
def _looks_at_what_is_registered(now: PlugState, then: PlugState, p: Processor, h: Handle) -> None:
    """Unplug looks at the handles that are registered."""
    known = p & now.handles[h]
    then.plugged.each(lambda x: then.plugged[x] - (known - now.handles[x]))


@edits("install", of="gmi-destroy-evaluates-nothing")
def _plugs_what_is_registered(now: PlugState, then: PlugState, p: Processor) -> None:
    """And so does install."""
    then.plugged.each(lambda x: (now.plugged[x] - p) | (p & now.handles[x]))


@adds(
    Kind.PROTOCOL,
    argument=Argument(
        Harmless.SOUND, "nothing of the new ring was installed, so the old one goes on as if it had not been formed."
    ),
)
def gmi_back_to_the_old_ring(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A processor that nobody answers while a ring forms goes on in its old one, and plugs nothing.

    Source: openais gmi.c:2491.
    """
    yield "r is pending at p", within(p, now.pending[r])
    yield "p has a ring installed", within(p, _in_a_ring(now, p))
    then.pending[r] = now.pending[r] - p


DEVIATIONS = (
    gmi_destroy_evaluates_nothing,
    gmi_plugs_before_transitional,
    gmi_token_without_ring_id,
    gmi_plug_step_in_evs,
    gmi_old_position,
    gmi_request_whatever_the_state,
    gmi_sole_unplug_opens,
    gmi_lost_ring_counts_one_member,
    gmi_open_member_forwards_anything,
    gmi_back_to_the_old_ring,
    half_sent_goes_first,
    leftovers_count,
)
LEFT_OUT = (
    "Gather, commit, form and evs (gmi.c:399-405) are one state here: the ring is pending. A token that reaches a "
    "processor in the state form is swallowed (3056); here it is passed on or not seen.",
    "Leaving the old ring and installing the new one happen in one visit (2017-2152). Here they are two steps, and "
    "services may act between them.",
    "The transitional configuration is not told if the surviving members are the old ones (2090).",
    "Positions: a bit is the processor itself. The comparison that sorts the members returns only 0 or 1 (1368), "
    "and a bitmap has 16 positions (104).",
    "The hop counter separates tokens, and a token numbered 0 is never dropped (3040). Here late tokens are copies.",
    "The member of a ring of one fakes a token from a timer (947) and may send 99 messages; here it takes a visit, "
    "and sends one.",
    "Allowances, flow control, retransmission and the common received-up-to of the old rings (2162, 1757, 3107): "
    "here one message a visit.",
    "High, medium and low priority are one. Queues hold 172 packets each (93); here two recovery messages.",
    "Messages are delivered, and callbacks run, in the middle of a visit (3017, 3114, 3146). Here service calls "
    "are steps between visits.",
    "The token that forms a ring overwrites the stored one before it is judged (3796), and ring ids are wall-clock "
    "times. Here an oracle forms rings.",
    "The services themselves: clm, amf, ckpt, evt and evs.",
)
GMI_2004 = together(
    Variant(
        "gmi-2004",
        "The plug as it was built: all deviations of openais together.",
        "openais gmi.c, revision 454a5af4",
        leaves_out=LEFT_OUT,
    ),
    [VARIANTS[name_of(write)] for write in DEVIATIONS],
)
VARIANTS[GMI_2004.id] = GMI_2004
