"""Auxiliary invariants: what proofs need besides the claims. Each names an obligation that fails without it."""

from __future__ import annotations

from model.sets import Truth, any_of, empty, every, within
from model.sorts import Handle, Ring
from model.state import PlugState
from properties.catalogue import auxiliary
from properties.claims.bitmap import in_any_token


@auxiliary(needed_by="PLUG-S4", action="visit")
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
    return every(Ring, lambda r: every(Handle, lambda h: within(now.installed[r] & now.owes[h], now.plugged[h])))


@auxiliary(needed_by="PLUG-S3", action="install")
def who_may_install_has_no_bit(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.pending[r] & in_any_token(now, r)))


@auxiliary(needed_by="who may install has no bit", action="visit")
def who_may_install_has_not_installed(now: PlugState) -> Truth:
    return every(Ring, lambda r: empty(now.pending[r] & now.installed[r]))


@auxiliary(needed_by="PLUG-C2", action="destroy")
def what_is_plugged_is_registered(now: PlugState) -> Truth:
    return every(Handle, lambda h: within(now.plugged[h], now.handles[h]))
