"""What a configuration change does: PLUG-S6, and the machine's part of CFG-S1."""

from __future__ import annotations

from model.language.sets import Processor, Processors, Truth, any_of, empty, equal, every, same, some, within
from model.language.sorts import Handle, Ring
from model.plug.state import PlugState
from properties.catalogue.claim import Least, claim

S6 = claim(
    "PLUG-S6",
    least=Least(1, 1, 2),
    mutant="leave-keeps-gate-open",
    correction="Also for a ring of one: install closes its gate, and the member's first plug step after it may open it "
    "(D7). A pending request is not a variable here: a member is ready when no handle of it is plugged.",
    covers_writers_of=("installed", "member"),
    but=("crash",),
)


@S6.at("form_ring")
def the_first_token_is_empty(now: PlugState, then: PlugState, r: Ring) -> Truth:
    return empty(then.bits[r])


@S6.at("leave")
def leaving_closes_the_gate(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & then.gate)


@S6.at("leave")
def who_has_left_has_no_regular_configuration(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & any_of(Ring, lambda r: then.installed[r]))


@S6.at("install")
def installing_leaves_the_gate_closed(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & then.gate)


@S6.at("install")
def installing_plugs_every_handle(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return every(Handle, lambda h: equal(p & then.plugged[h], p & now.handles[h]))


@S6.witnessed(at="leave")
def a_member_leaves_with_its_gate_open(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.gate)


CFG_S1 = claim(
    "CFG-S1",
    least=Least(1, 1, 2),
    mutant="install-before-leaving",
    correction="The machine's part of the clause. The member lists of transitional configurations are a claim about "
    "histories.",
)


@CFG_S1.always
def at_most_one_ring_is_installed(now: PlugState) -> Truth:
    return every(Ring, Ring, lambda r, other: same(r, other) | empty(now.installed[r] & now.installed[other]))


@CFG_S1.each_step
def who_installs_has_no_ring_installed(now: PlugState, then: PlugState) -> Truth:
    somewhere = any_of(Ring, lambda r: now.installed[r])
    return every(Ring, lambda r: empty((then.installed[r] - now.installed[r]) & somewhere))


@CFG_S1.each_step
def who_installs_is_a_pending_member(now: PlugState, then: PlugState) -> Truth:
    return every(Ring, lambda r: within(then.installed[r] - now.installed[r], now.pending[r] & now.member[r]))


@CFG_S1.at("leave")
def who_leaves_has_another_ring_pending(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, any_of(Ring, lambda r: now.pending[r]))


@CFG_S1.witnessed(at="install")
def a_second_ring_is_installed(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return some(p & any_of(Ring, lambda old: now.done[old]))


CFG_S2 = claim(
    "CFG-S2",
    least=Least(1, 1, 1, frozenset({"crash"})),
    mutant="crash-keeps-what-is-pending",
    correction="Added: the machine's part of RING-S3.",
)


@CFG_S2.always
def who_is_down_has_no_ring(now: PlugState) -> Truth:
    return empty(now.down & any_of(Ring, lambda r: now.pending[r] | now.installed[r]))


@CFG_S2.always
def who_is_down_has_no_handle(now: PlugState) -> Truth:
    return empty(now.down & any_of(Handle, lambda h: now.handles[h] | now.plugged[h]))


@CFG_S2.always
def who_is_down_has_no_message_and_no_turn(now: PlugState) -> Truth:
    messages = now.queued | now.queued_two | now.leftover | now.half
    return empty(now.down & (messages | now.gate | now.turn))


@CFG_S2.at("crash")
def who_crashes_is_down(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, then.down)


@CFG_S2.at("form_ring")
def a_new_ring_has_live_members(now: PlugState, then: PlugState, members: Processors) -> Truth:
    return empty(members & now.down)


@CFG_S2.witnessed(at="restart")
def who_was_in_a_ring_restarts(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, any_of(Ring, lambda r: now.member[r]))
