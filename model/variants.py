"""Broken protocols: each a small named edit of one action, stated as a difference from the protocol.

They show what each clause is for: every claim of the catalogue names one that it rejects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from model.machine import Edit, Guard, Text
from model.plug import RECOVERY_PLUG
from model.sets import Processor, any_of, when, within
from model.sorts import Handle, Ring
from model.state import PlugState

F = TypeVar("F", bound=Callable[..., Guard | None])


@dataclass(frozen=True)
class Variant:
    """A named edit of the protocol."""

    id: str
    says: str
    edits: tuple[Edit, ...]

    @property
    def text(self) -> Text:
        """The protocol with this edit."""
        return replace(RECOVERY_PLUG, edits=self.edits)


VARIANTS: dict[str, Variant] = {}


def edits(action: str, *, without: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Register a variant: the function runs after the action's own text, `without` these guard parts."""

    def register(write: F) -> F:
        name = write.__name__.replace("_", "-")
        says = " ".join((write.__doc__ or "").split())
        VARIANTS[name] = Variant(name, says, (Edit(action, without, write),))
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
