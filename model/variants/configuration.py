"""Variants of the configuration change: what is reset, when, and at whom."""

from __future__ import annotations

from model.language.machine import Guard, Kind
from model.language.sets import Processor, Processors, any_of, several, when, within
from model.language.sorts import Handle, Ring
from model.plug.state import PlugState
from model.variants.variant import adds, edits


@edits("install")
def bit_at_install(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The bit is set when the regular configuration is installed, not when the handles are unplugged.

    Source: against mail M9.
    """
    then.bits[r] = now.bits[r] | p


@edits("install")
def old_unplug_counts(now: PlugState, then: PlugState) -> None:
    """Install leaves plugged what was plugged: an unplug of the old configuration still counts.

    Source: against mail M9 and D4.
    """
    then.plugged.keep()


@edits("leave")
def leave_keeps_gate_open(now: PlugState, then: PlugState) -> None:
    """The gate is closed at install only, not when the old ring is left.

    Source: against mail M7.
    """
    then.families["gate"].keep()


@edits("leave", "install")
def change_keeps_gate_open(now: PlugState, then: PlugState) -> None:
    """A configuration change leaves the gate as it is.

    Source: against mail M8.
    """
    then.families["gate"].keep()


@edits("install", without=("p has left its old ring",))
def install_before_leaving(now: PlugState, then: PlugState) -> None:
    """A ring is installed while an older one still is.

    Source: against EVS 1994 (transitional, then regular).
    """


@edits("install")
def sole_install_plugs_nothing(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """Only a ring of several plugs the handles: the path to a ring of one forgets to.

    Source: against mail M9 and D7.
    """
    then.plugged.each(lambda h: now.plugged[h] | when(several(now.member[r]), p & now.handles[h]))


@edits("install")
def interrupted_recovery_goes_on(now: PlugState, then: PlugState, p: Processor) -> None:
    """A configuration change during recovery does not begin it again: what is done of it stays done.

    Source: corosync 0fab390a, 7e7a32ff (a configuration change did not abort the second sync engine).
    """
    at_work = any_of(Handle, lambda h: now.plugged[h])
    then.plugged.each(lambda h: now.plugged[h] | (p & now.handles[h] - at_work))


@edits("install")
def one_service_is_skipped(now: PlugState, then: PlugState, p: Processor, skipped: Handle) -> None:
    """The handle of one service is not plugged at install.

    Source: corosync cbaa6601, 197b2331 (services skipped by the barrier).
    """
    then.plugged[skipped] = now.plugged[skipped]


@edits("form_ring")
def first_token_is_not_zero(now: PlugState, then: PlugState, r: Ring, members: Processors, found: Processors) -> None:
    """The first token's bitmap is whatever was found in memory.

    Source: against mail M8 and D8.
    """
    then.bits[r] = members & found


@adds(Kind.PROTOCOL)
def old_ring_is_installed_again(now: PlugState, then: PlugState, p: Processor, r: Ring, old: Ring) -> Guard:
    """A processor that has left its ring for another gives that up and installs the old one again, as it was.

    Source: corosync 107ef199 (the old ring id restored after token loss in recovery).
    """
    yield "r is pending at p", within(p, now.pending[r])
    yield "p has left its old ring", ~within(p, any_of(Ring, lambda x: now.installed[x]))
    yield "p was a member of the old ring", within(p, now.member[old] - now.pending[old])
    then.pending[r] = now.pending[r] - p
    then.installed[old] = now.installed[old] | p
