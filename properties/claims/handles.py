"""What the three calls do to handles: PLUG-C1 to PLUG-C3."""

from __future__ import annotations

from model.language.sets import Processor, Set, Truth, any_of, empty, equal, every, implies, same, when, within
from model.language.sorts import Handle, Ring
from model.plug.state import PlugState
from properties.catalogue.claim import Least, claim
from properties.catalogue.unchanged import unchanged

CREATE_DESTROY = frozenset({"create-destroy"})

C1 = claim(
    "PLUG-C1",
    least=Least(1, 1, 1, CREATE_DESTROY),
    mutant="create-plugs-at-once",
    covers_writers_of=("handles",),
    but=("destroy", "crash", "restart"),
)


@C1.at("create")
def create_changes_no_bit(now: PlugState, then: PlugState) -> Truth:
    return every(Ring, lambda r: equal(then.bits[r], now.bits[r]))


@C1.at("create")
def create_changes_no_gate(now: PlugState, then: PlugState) -> Truth:
    return equal(then.gate, now.gate)


@C1.at("create")
def create_plugs_nothing(now: PlugState, then: PlugState) -> Truth:
    return every(Handle, lambda h: equal(then.plugged[h], now.plugged[h]))


@C1.at("create")
def create_registers_the_handle(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Truth:
    return within(p, then.handles[h])


@C1.witnessed(at="create")
def a_handle_is_created_behind_an_open_gate(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.gate)


C2 = claim(
    "PLUG-C2",
    least=Least(1, 1, 1, CREATE_DESTROY),
    mutant="destroy-forgets-the-plug",
    correction="That the last destroy makes the processor ready is the first two parts: ready means that no handle is "
    "plugged. LIVE-2 has the rest.",
    covers_writers_of=("handles",),
    but=("create", "crash", "restart"),
)


@C2.at("destroy")
def a_destroyed_handle_is_not_plugged(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Truth:
    return empty(p & then.plugged[h])


@C2.at("destroy")
def a_destroyed_handle_is_not_registered(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Truth:
    return empty(p & then.handles[h])


@C2.at("unplug", "destroy")
def other_handles_are_untouched(now: PlugState, then: PlugState, h: Handle) -> Truth:
    return every(
        Handle,
        lambda x: same(x, h) | equal(then.plugged[x], now.plugged[x]) & equal(then.handles[x], now.handles[x]),
    )


@C2.at("unplug", "destroy")
def a_call_with_an_unknown_handle_changes_nothing(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Truth:
    return implies(empty(p & now.handles[h]), unchanged(now, then))


@C2.witnessed(at="destroy")
def the_last_plugged_handle_is_destroyed(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Truth:
    return within(p, now.plugged[h] - plugged_elsewhere(now, h))


def plugged_elsewhere(now: PlugState, h: Handle) -> Set:
    """The processors with a plugged handle other than h."""
    return any_of(Handle, lambda x: when(~same(x, h), now.plugged[x]))


C3 = claim(
    "PLUG-C3",
    least=Least(2, 1, 1, CREATE_DESTROY),
    mutant="bit-needs-an-unplug",
    correction="Stated of the steps install, visit and sole_visit, so that a member that is never counted as ready is "
    "caught here and not only by LIVE-2.",
    covers_writers_of=("installed",),
    but=("leave", "crash"),
)


def without_handles(now: PlugState, p: Processor) -> Set:
    """p if no handle is registered at it, else nobody."""
    return p - any_of(Handle, lambda h: now.handles[h])


@C3.at("install")
def who_installs_without_handles_is_done(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(without_handles(now, p), then.done[r])


@C3.at("visit", "sole_visit")
def a_visit_without_handles_sets_the_bit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(without_handles(now, p) - now.queued, then.bits[r])


@C3.witnessed(at="visit")
def the_token_visits_a_member_without_handles(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, without_handles(now, p))
