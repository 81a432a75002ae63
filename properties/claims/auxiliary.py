"""Auxiliary invariants: what proofs need besides the claims. Each names an obligation that fails without it."""

from __future__ import annotations

from model.language.sets import Truth, any_of, empty, every, implies, same, some, within
from model.language.sorts import Handle, Ring
from model.plug.state import PlugState
from properties.catalogue.claim import auxiliary
from properties.catalogue.progress import IN_SOME_STATE
from properties.claims.bitmap import in_any_token


@auxiliary(needed_by="PLUG-H1", action="originate")
def who_has_installed_is_a_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.installed[r], now.member[r]))


@auxiliary(needed_by="CFG-S1", action="install")
def who_may_install_is_a_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.pending[r], now.member[r]))


@auxiliary(needed_by="PLUG-S2", action="visit")
def who_has_nothing_plugged_is_done(now: PlugState) -> Truth:
    plugged = any_of(Handle, lambda h: now.plugged[h])
    return every(Ring, lambda r: within(now.installed[r] - plugged, now.done[r]))


@auxiliary(needed_by="PLUG-S3", action="visit")
def what_is_owed_is_plugged(now: PlugState) -> Truth:
    return every(Ring, Handle, lambda r, h: within(now.installed[r] & now.owes[h], now.plugged[h]))


@auxiliary(needed_by="who may install is not done", action="unplug")
def who_may_install_has_not_installed(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.pending[r] & now.installed[r]))


@auxiliary(needed_by="PLUG-C2", action="destroy")
def what_is_plugged_is_registered(now: PlugState) -> Truth:
    return every(Handle, lambda h: within(now.plugged[h], now.handles[h]))


@auxiliary(needed_by="PLUG-H1", action="queue_recovery")
def a_normal_message_was_signed_for_by_every_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: implies(some(now.normal[r]), within(now.member[r], now.signed[r])))


@auxiliary(needed_by="a normal message was signed for by every member", action="originate")
def behind_an_open_gate_every_member_has_signed(now: PlugState) -> Truth:
    return every(Ring, lambda r: implies(some(now.gate & now.installed[r]), within(now.member[r], now.signed[r])))


@auxiliary(needed_by="PLUG-H1", action="originate")
def who_has_signed_has_nothing_early(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.installed[r] & now.signed[r] & now.early))


@auxiliary(needed_by="who has signed has nothing early", action="visit")
def what_is_early_is_queued(now: PlugState) -> Truth:
    return within(now.early, now.queued)


@auxiliary(needed_by="who has signed has nothing early", action="visit")
def whose_bit_is_set_has_signed(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(in_any_token(now, r), now.signed[r]))


@auxiliary(needed_by="a normal message was signed for by every member", action="form_ring")
def a_normal_message_is_addressed_to_members(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.normal[r], now.member[r]))


@auxiliary(needed_by="LIVE-2", action="install")
def one_ring_is_pending(now: PlugState) -> Truth:
    return every(Ring, Ring, lambda r, x: same(r, x) | empty(now.pending[r] & now.pending[x]))


@auxiliary(needed_by="PLUG-A2", action=IN_SOME_STATE)
def who_is_done_has_nothing_plugged(now: PlugState) -> Truth:
    return every(Ring, Handle, lambda r, h: empty(now.installed[r] & now.done[r] & now.plugged[h]))


@auxiliary(needed_by="who is done has nothing plugged", action="install")
def who_may_install_is_not_done(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.pending[r] & now.done[r]))


@auxiliary(needed_by="who may install is not done", action="form_ring")
def who_is_done_is_a_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.done[r], now.member[r]))
