"""When a gate is open: PLUG-S1, PLUG-S7, PLUG-S9; and what a reader would assume of it and is false, N3 and N4."""

from __future__ import annotations

from model.language.sets import Processor, Truth, any_of, empty, every, exists, implies, same, several, some, within
from model.language.sorts import Handle, Ring, Seat
from model.plug.ordered import OrderedState
from model.plug.state import PlugState
from properties.catalogue.claim import Least, claim
from properties.catalogue.unchanged import difference, unchanged

S1 = claim(
    "PLUG-S1",
    least=Least(2, 1, 1),
    mutant="open-on-own-bit",
    correction="That the unplug was called in this configuration is PLUG-S3: `done` looks at what is plugged.",
)


@S1.always
def who_has_an_open_gate_has_installed_a_ring(now: PlugState) -> Truth:
    return within(now.gate, any_of(Ring, lambda r: now.installed[r]))


@S1.always
def behind_an_open_gate_every_member_is_done(now: PlugState) -> Truth:
    return every(Ring, lambda r: implies(some(now.gate & now.installed[r]), within(now.member[r], now.done[r])))


@S1.witnessed()
def a_gate_is_open_in_a_ring_of_several(now: PlugState) -> Truth:
    return exists(Ring, lambda r: several(now.member[r]) & some(now.gate & now.installed[r]))


S7 = claim(
    "PLUG-S7",
    least=Least(2, 1, 1),
    mutant="plug-step-while-pending",
)


@S7.each_step
def bits_change_only_at_who_has_installed(now: PlugState, then: PlugState) -> Truth:
    return every(Ring, lambda r: within(difference(now.bits[r], then.bits[r]), now.installed[r]))


@S7.each_step
def gates_open_only_at_who_has_installed(now: PlugState, then: PlugState) -> Truth:
    return within(then.gate - now.gate, any_of(Ring, lambda r: now.installed[r]))


@S7.at("originate", "begin_long", "finish_long", "send_recovery", "send_leftover")
def the_originator_has_installed(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(p, now.installed[r])


@S7.at("pass_on")
def passing_on_ends_others_turn_and_nothing_else(now: PlugState, then: PlugState) -> Truth:
    return unchanged(now, then, but="turn") & within(then.turn, now.turn)


@S7.at("reject")
def rejecting_changes_nothing(now: PlugState, then: PlugState) -> Truth:
    return unchanged(now, then)


@S7.witnessed(at="pass_on")
def a_token_with_a_bit_visits_a_pending_member(now: PlugState, then: PlugState, r: Ring) -> Truth:
    return some(now.bits[r])


S9 = claim(
    "PLUG-S9",
    least=Least(1, 1, 1),
    mutant="unplug-asks-again",
)


@S9.each_step
def an_open_gate_stays_open(now: PlugState, then: PlugState) -> Truth:
    return every(Ring, lambda r: within(now.gate & now.installed[r] & then.installed[r], then.gate))


@S9.at("unplug")
def a_second_unplug_changes_nothing(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Truth:
    return implies(empty(p & now.plugged[h]), unchanged(now, then))


@S9.witnessed(at="unplug")
def a_second_unplug_behind_an_open_gate(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Truth:
    return within(p, now.gate & now.handles[h] - now.plugged[h])


N3 = claim(
    "N3",
    least=Least(2, 1, 1),
    mutant="all-gates-open-together",
    machine="ordered",
)


@N3.witnessed()
def a_rotation_begins_with_some_gates_open_and_some_closed(now: OrderedState) -> Truth:
    def due_at_the_lowest(r: Ring) -> Truth:
        return exists(Seat, lambda i: within(now.seat[i], now.due[r]) & empty(now.below[i] & now.member[r]))

    def of_several_with_an_open_gate(r: Ring) -> Truth:
        return several(now.member[r]) & some(now.gate & now.installed[r])

    def with_a_closed_gate(r: Ring) -> Truth:
        return some(now.installed[r] - now.gate)

    return exists(Ring, lambda r: of_several_with_an_open_gate(r) & with_a_closed_gate(r) & due_at_the_lowest(r))


N4 = claim(
    "N4",
    least=Least(1, 1, 2),
    mutant="old-unplug-counts",
)


@N4.witnessed()
def who_was_done_in_an_older_ring_is_plugged_again(now: PlugState) -> Truth:
    plugged = any_of(Handle, lambda h: now.plugged[h])
    return exists(Ring, Ring, lambda r, old: ~same(r, old) & some(now.installed[r] & now.done[old] & plugged))
