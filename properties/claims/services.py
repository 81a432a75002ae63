"""What services may look up, and when: CLM-S1, CLM-S2, CLM-S4, EVT-S1, and N1, N2, N5 (mail M10-M12)."""

from __future__ import annotations

from model.language.sets import Processor, Set, Truth, every, exists, implies, several, some, within
from model.language.sorts import Ring, Seat
from model.services.actions import RECOVERY_ADD_NODE, ServicesState
from properties.catalogue.claim import Least, claim

SERVICES = "services"


def knows_every_member(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Truth:
    return _knows(now, p, now.member[r])


def knows_the_sender(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Truth:
    return _knows(now, p, now.by[r])


def _knows(now: ServicesState, p: Set, nodes: Set) -> Truth:
    """The tables of these processors have all these nodes."""
    return every(Seat, lambda i: implies(some(now.seat[i] & nodes), within(p, now.table[i])))


CLM_S1 = claim(
    "CLM-S1",
    least=Least(2, 1, 1),
    mutant="no-plug",
    machine=SERVICES,
    correction="Split: what is delivered in the transitional configuration is CLM-S4, which needs D12.",
    covers_writers_of=("reads",),
    but=("install", "install_with_an_old_unplug", "originate", "finish_long", "finish_rest", "deliver_in_transition"),
)
CLM_S1.at("deliver_normal")(knows_every_member)


@CLM_S1.witnessed(at="deliver_normal")
def a_message_of_another_member_is_delivered(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Truth:
    return several(now.member[r]) & ~within(p, now.by[r])


CLM_S2 = claim(
    "CLM-S2",
    least=Least(2, 1, 1),
    mutant="open-on-own-bit",
    machine=SERVICES,
)


@CLM_S2.each_step
def who_opens_knows_every_member(now: ServicesState, then: ServicesState) -> Truth:
    opens = then.gate - now.gate
    return every(Ring, lambda r: _knows(now, opens & now.installed[r], now.member[r]))


@CLM_S2.witnessed(at="visit")
def a_gate_opens_in_a_ring_of_several(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Truth:
    return within(p, then.gate - now.gate)


CLM_S4 = claim(
    "CLM-S4",
    least=Least(2, 1, 2),
    mutant="open-on-own-bit",
    machine=SERVICES,
    correction="Added: the other half of CLM-S1.",
    covers_writers_of=("reads",),
    but=("install", "install_with_an_old_unplug", "originate", "finish_long", "finish_rest", "deliver_normal"),
)
CLM_S4.at("deliver_in_transition")(knows_every_member)


@CLM_S4.witnessed(at="deliver_in_transition")
def a_message_is_delivered_after_a_member_is_gone(now: ServicesState, then: ServicesState, r: Ring, x: Ring) -> Truth:
    return ~within(now.member[r], now.member[x])


EVT_S1 = claim(
    "EVT-S1",
    least=Least(2, 1, 1, frozenset({RECOVERY_ADD_NODE})),
    mutant="evt-before-clm",
    machine=SERVICES,
    covers_writers_of=("reads", "coming"),
    but=(
        "install",
        "install_with_an_old_unplug",
        "originate",
        "finish_long",
        "finish_rest",
        "send_recovery",
        "send_stale",
        "deliver_nodejoin",
    ),
)
EVT_S1.at("deliver_normal", "deliver_in_transition")(knows_the_sender)


@EVT_S1.at("deliver_add_node")
def knows_who_sent_the_add_node(now: ServicesState, then: ServicesState, p: Processor, i: Seat) -> Truth:
    return within(p, now.table[i])


@EVT_S1.witnessed(at="deliver_add_node")
def an_add_node_of_another_member_is_delivered(now: ServicesState, then: ServicesState, p: Processor, i: Seat) -> Truth:
    return ~within(p, now.seat[i])


N1 = claim(
    "N1",
    least=Least(2, 1, 1),
    mutant="nodes-in-the-form-token",
    machine=SERVICES,
)


@N1.witnessed(at="install")
def a_member_is_unknown_at_install(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Truth:
    return ~_knows(then, p, now.member[r])


N2 = claim(
    "N2",
    least=Least(2, 1, 1),
    mutant="closed-gate-stops-delivery",
    machine=SERVICES,
)


@N2.witnessed(at="deliver_normal")
def a_message_is_delivered_behind_a_closed_gate(now: ServicesState, then: ServicesState, p: Processor) -> Truth:
    return ~within(p, now.gate)


N5 = claim(
    "N5",
    least=Least(2, 1, 1, frozenset({RECOVERY_ADD_NODE})),
    mutant="nodes-in-the-form-token",
    machine=SERVICES,
)


@N5.witnessed(at="deliver_add_node")
def an_add_node_is_delivered_where_a_member_is_unknown(
    now: ServicesState, then: ServicesState, p: Processor, r: Ring
) -> Truth:
    return exists(Seat, lambda i: some(now.seat[i] & now.member[r]) & ~within(p, now.table[i]))
