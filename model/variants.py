"""Variants, most of them broken: each a small named edit of one action, stated as a difference from the protocol.

They show what each clause is for: every claim of the catalogue names one that it rejects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from model.machine import Edit, Guard, Text
from model.sets import Processor, any_of, some, when, within
from model.sorts import Handle, Ring
from model.state import PlugState

F = TypeVar("F", bound=Callable[..., Guard | None])


@dataclass(frozen=True)
class Variant:
    """A named edit of the protocol."""

    id: str
    says: str
    edits: tuple[Edit, ...]
    sound: str | None = None
    """Of a variant that breaks nothing: why."""

    def edit(self, machine: Text) -> Text:
        """The machine with this edit made last."""
        return replace(machine, edits=(*machine.edits, *self.edits))


VARIANTS: dict[str, Variant] = {}


def edits(action: str, *, without: tuple[str, ...] = (), sound: str | None = None) -> Callable[[F], F]:
    """Register a variant: the function runs after the action's own text, `without` these guard parts."""

    def register(write: F) -> F:
        name = write.__name__.replace("_", "-")
        says = " ".join((write.__doc__ or "").split())
        VARIANTS[name] = Variant(name, says, (Edit(action, without, write),), sound)
        return write

    return register


@edits("visit")
def open_on_own_bit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member opens its gate as soon as its own bit is set."""
    then.gate = now.gate | (p & then.bits[r])


@edits("install")
def bit_at_install(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The bit is set when the regular configuration is installed, not when the handles are unplugged."""
    then.bits[r] = now.bits[r] | p


@edits("install")
def old_unplug_counts(now: PlugState, then: PlugState) -> None:
    """Install leaves plugged what was plugged: an unplug of the old configuration still counts."""
    then.plugged.keep()


@edits("visit", without=("p has installed r",))
def any_visitor_sets_its_bit(now: PlugState, then: PlugState) -> None:
    """The ring id in the token is ignored: whoever receives it takes the plug step."""


@edits("visit", without=("p has installed r",))
def plug_step_while_pending(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A member at which the ring is still pending takes the plug step."""
    yield "p has installed r, or may", within(p, now.installed[r] | now.pending[r])


@edits("visit")
def open_member_forwards_zeros(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member whose gate is open no longer copies the bitmap, and sends zeros on."""
    then.bits[r] = when(~within(p, now.gate), then.bits[r])


@edits("leave")
def leave_keeps_gate_open(now: PlugState, then: PlugState) -> None:
    """The gate is closed at install only, not when the old ring is left."""
    then.families["gate"].keep()


@edits("install", without=("p has left its old ring",))
def install_before_leaving(now: PlugState, then: PlugState) -> None:
    """A ring is installed while an older one still is."""


@edits("unplug")
def unplug_asks_again(now: PlugState, then: PlugState, p: Processor) -> None:
    """Any unplug call makes the processor wait for the next full bitmap, also behind an open gate."""
    then.gate = now.gate - p


@edits("create")
def create_plugs_at_once(now: PlugState, then: PlugState, p: Processor, h: Handle) -> None:
    """A new handle is plugged, and the gate is evaluated again."""
    then.plugged[h] = now.plugged[h] | p
    then.gate = now.gate - p


@edits("destroy")
def destroy_forgets_the_plug(now: PlugState, then: PlugState) -> None:
    """The handle is removed and nothing is evaluated: what it held plugged stays so."""
    then.plugged.keep()


@edits("visit")
def bit_needs_an_unplug(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """Only an unplug call makes a processor ready, so one without handles never is."""
    registered = any_of(Handle, lambda h: now.handles[h])
    then.bits[r] = now.bits[r] | (then.bits[r] & registered)


@edits("visit")
def judge_only_when_setting(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member looks for the full bitmap only in the visit in which it sets its own bit."""
    full = within(now.member[r], then.bits[r])
    then.gate = now.gate | when(full, p & then.bits[r] - now.bits[r])


@edits("finish_long", without=("p's gate is open",))
def rest_passes_a_closed_gate(now: PlugState, then: PlugState) -> None:
    """The gate is tested when a message is begun only, so its rest goes out through a closed one."""


@edits("send_recovery")
def half_sent_goes_first(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """The send cursor stays on a half sent message, also when the gate closes on it."""
    yield "no message is half sent", ~within(p, now.half)


@edits("visit")
def bit_ignores_the_queue(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member sets its bit while recovery messages are still queued at it."""
    then.bits[r] = now.bits[r] | (p - any_of(Handle, lambda h: now.plugged[h]))
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


@edits("leave")
def leftovers_count(now: PlugState, then: PlugState) -> None:
    """The queue is kept over the change, and its messages lose the tag of their configuration."""
    then.families["queued"].keep()
    then.families["queued_two"].keep()
    then.families["leftover"].keep()


@edits("reject")
def rejected_token_gives_the_turn(now: PlugState, then: PlugState, p: Processor) -> None:
    """A token that is rejected still lets its receiver send."""
    then.turn = now.turn | p


@edits("visit", without=("p has accepted no token numbered t or higher",))
def accept_the_last_number_again(now: PlugState, then: PlugState) -> None:
    """A token that was already accepted is accepted again; tokens have numbers in a companion only."""


@edits("visit")
def all_gates_open_together(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """Whoever finds the bitmap full opens the gates of all members."""
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), now.member[r])


@edits("visit")
def bit_every_other_visit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """A member sets its bit only in a visit that finds another bit set, or a turn unused since the last."""
    then.bits[r] = now.bits[r] | when(some(now.bits[r]) | within(p, now.turn), then.bits[r])
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


@edits("send_recovery", sound="the other choice of D11: no recovery message is left when the bit is set")
def bit_after_sending(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The bit is tested again after sending: whoever sends its last recovery message sets its bit in the same visit."""
    ready = p - any_of(Handle, lambda h: now.plugged[h]) - then.queued
    then.bits[r] = now.bits[r] | ready
    then.gate = now.gate | when(within(now.member[r], then.bits[r]), p)


@edits("originate")
def originate_keeps_the_turn(now: PlugState, then: PlugState) -> None:
    """A member originates as many messages as it likes in one visit."""
    then.families["turn"].keep()


@edits("crash")
def crash_keeps_what_is_pending(now: PlugState, then: PlugState) -> None:
    """A restarted processor may install a ring that was formed with its former self."""
    then.pending.keep()
