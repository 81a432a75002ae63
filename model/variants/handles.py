"""Variants of the plug interface: create, unplug and destroy."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, any_of, some
from model.language.sorts import Handle, Ring
from model.plug.state import PlugState
from model.variants.variant import edits


@edits("unplug")
def unplug_asks_again(now: PlugState, then: PlugState, p: Processor) -> None:
    """Any unplug call makes the processor wait for the next full bitmap, also behind an open gate.

    Source: against D5; corosync b6b81153 (activate called more than once).
    """
    then.gate = now.gate - p


@edits("unplug")
def unplug_registers_what_it_does_not_know(now: PlugState, then: PlugState, p: Processor, h: Handle) -> None:
    """Unplug of an unknown handle is no error: the handle is registered on the way.

    Source: against D6.
    """
    then.handles[h] = now.handles[h] | p


@edits("unplug")
def unplug_waits_for_a_normal_message(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """A service unplugs when it has seen a message of normal priority: it needs the gate that it keeps closed.

    Source: against mail M3 (recovery messages are for recovery).
    """
    yield "a normal message was sent in p's ring", some(p & any_of(Ring, lambda r: now.installed[r] & now.normal[r]))


@edits("create")
def create_plugs_at_once(now: PlugState, then: PlugState, p: Processor, h: Handle) -> None:
    """A new handle is plugged, and the gate is evaluated again.

    Source: against D1.
    """
    then.plugged[h] = now.plugged[h] | p
    then.gate = now.gate - p


@edits("create")
def create_plugs_before_the_bit(now: PlugState, then: PlugState, p: Processor, h: Handle) -> None:
    """A new handle is plugged at once if the processor's bit is not yet set.

    Source: against D1, its other reading.
    """
    signed = any_of(Ring, lambda r: now.installed[r] & now.bits[r])
    then.plugged[h] = now.plugged[h] | (p & any_of(Ring, lambda r: now.installed[r]) - signed)


@edits("destroy")
def destroy_forgets_the_plug(now: PlugState, then: PlugState) -> None:
    """The handle is removed and nothing is evaluated: what it held plugged stays so.

    Source: against D2.
    """
    then.plugged.keep()


@edits("destroy")
def destroy_unplugs_everything(now: PlugState, then: PlugState, p: Processor) -> None:
    """Destroy of any handle, known or not, unplugs all handles of its processor.

    Source: against D6.
    """
    then.plugged.each(lambda x: now.plugged[x] - p)


@edits("crash")
def crash_keeps_what_is_pending(now: PlugState, then: PlugState) -> None:
    """A restarted processor may install a ring that was formed with its former self.

    Source: corosync 3675dace (taken for its former self).
    """
    then.pending.keep()


@edits("crash")
def crash_keeps_the_ring(now: PlugState, then: PlugState) -> None:
    """A restarted processor still has its ring: it is taken for its former self.

    Source: corosync 3675dace, d99fba72 (the same ring id again, before the loss was noticed).
    """
    then.installed.keep()
