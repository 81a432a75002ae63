"""Auxiliary invariants of the machine of the services: what its proofs need besides the claims.

They are stated so that they serve whichever decisions are taken: a proof uses those that hold there.
"""

from __future__ import annotations

from model.language.sets import Set, Truth, any_of, empty, every, implies, same, several, some, within
from model.language.sorts import Handle, Message, Ring, Seat
from model.services.actions import ADD_NODE, NODEJOIN, RECOVERY_ADD_NODE, ServicesState
from model.services.theorem import GIVEN_UP
from properties.catalogue.claim import auxiliary
from properties.claims.services import SERVICES

AS_BUILT = (RECOVERY_ADD_NODE,)
BY_THE_QUEUE = (GIVEN_UP["M4"], GIVEN_UP["D4"], GIVEN_UP["D8"])
"""Else whoever has unplugged has sent what was queued."""
WITHOUT_D13 = (GIVEN_UP["D13"],)
OF_THE_SENDER = (GIVEN_UP["D8"], GIVEN_UP["D10"], GIVEN_UP["D11"])
"""Else the sender is found because every member is."""


def inside(now: ServicesState, r: Ring) -> Set:
    """Who is in the regular configuration of r, or in the transitional one after it."""
    return now.installed[r] | now.last[r]


# Who is where ---------------------------------------------------------------------------------------------------------


@auxiliary(needed_by="a nodejoin is on its way or in the table", action="send_recovery", machine=SERVICES)
def who_takes_part_is_a_member(now: ServicesState) -> Truth:
    return every(Ring, lambda r: within(now.pending[r] | inside(now, r) | now.announced[r], now.member[r]))


@auxiliary(needed_by="a nodejoin is on its way or in the table", action="install", machine=SERVICES)
def one_ring_is_pending(now: ServicesState) -> Truth:
    return every(Ring, Ring, lambda r, x: same(r, x) | empty(now.pending[r] & now.pending[x]))


@auxiliary(needed_by="a nodejoin waits until it is announced", action="leave", machine=SERVICES)
def nobody_is_in_two_configurations(now: ServicesState) -> Truth:
    apart = every(Ring, Ring, lambda r, x: same(r, x) | empty(inside(now, r) & inside(now, x)))
    return apart & every(Ring, lambda r: empty(now.installed[r] & now.last[r]))


@auxiliary(needed_by="a nodejoin is on its way or in the table", action="deliver_nodejoin", machine=SERVICES)
def who_is_to_install_a_ring_was_never_in_it(now: ServicesState) -> Truth:
    return every(Ring, lambda r: empty(now.pending[r] & (inside(now, r) | now.announced[r])))


# What is queued -------------------------------------------------------------------------------------------------------


@auxiliary(
    needed_by="a message that others read is behind its senders nodejoin",
    action="originate",
    machine=SERVICES,
    features=BY_THE_QUEUE,
)  # fmt: skip
def what_waits_is_queued(now: ServicesState) -> Truth:
    return every(Message, lambda m: within(now.waits[m], now.queued))


@auxiliary(needed_by="what waits is queued", action="send_recovery", machine=SERVICES, features=BY_THE_QUEUE)
def two_that_wait_are_two_queued(now: ServicesState) -> Truth:
    return within(now.waits[NODEJOIN] & now.waits[ADD_NODE], now.queued_two)


@auxiliary(needed_by="two that wait are two queued", action="install", machine=SERVICES, features=BY_THE_QUEUE)
def what_waits_is_of_the_ring_that_is_installed(now: ServicesState) -> Truth:
    return within(any_of(Message, lambda m: now.waits[m]), any_of(Ring, lambda r: now.installed[r]))


@auxiliary(needed_by="who has unplugged is announced", action="unplug", machine=SERVICES)
def a_nodejoin_waits_until_it_is_announced(now: ServicesState) -> Truth:
    return every(Ring, lambda r: within(now.installed[r] - now.announced[r], now.waits[NODEJOIN]))


@auxiliary(needed_by="who has unplugged is announced", action="unplug", machine=SERVICES, features=WITHOUT_D13)
def a_nodejoin_is_owed_until_it_is_announced(now: ServicesState) -> Truth:
    return every(Ring, lambda r: within(now.installed[r] - now.announced[r], now.owed[NODEJOIN]))


@auxiliary(needed_by="CLM-S2", action="visit", machine=SERVICES)
def who_has_unplugged_is_announced(now: ServicesState) -> Truth:
    return every(Ring, Handle, lambda r, h: within(now.installed[r] - now.announced[r], now.plugged[h]))


# What is on its way ---------------------------------------------------------------------------------------------------


@auxiliary(needed_by="an add node is behind a nodejoin", action="form_ring", machine=SERVICES, features=AS_BUILT)
def what_is_on_its_way_is_for_members(now: ServicesState) -> Truth:
    return every(Message, Seat, Ring, lambda m, i, r: within(now.coming[m, i, r], now.member[r]))


@auxiliary(
    needed_by="a nodejoin is owed until it is announced",
    action="deliver_nodejoin",
    machine=SERVICES,
    features=WITHOUT_D13,
)  # fmt: skip
def who_waits_for_its_own_nodejoin_is_announced(now: ServicesState) -> Truth:
    return every(Seat, Ring, lambda i, r: within(now.seat[i] & now.coming[NODEJOIN, i, r], now.announced[r]))


@auxiliary(needed_by="CLM-S1", action="deliver_normal", machine=SERVICES)
def a_nodejoin_is_on_its_way_or_in_the_table(now: ServicesState) -> Truth:
    def announced(i: Seat, r: Ring) -> Truth:
        way = now.coming[NODEJOIN, i, r]
        known = within(inside(now, r), way | now.table[i]) & within(now.pending[r], way)
        return implies(some(now.seat[i] & now.announced[r]), known)

    return every(Seat, Ring, announced)


@auxiliary(needed_by="EVT-S1", action="deliver_add_node", machine=SERVICES, features=AS_BUILT)
def an_add_node_is_behind_a_nodejoin(now: ServicesState) -> Truth:
    def behind(i: Seat, r: Ring) -> Truth:
        way, add_node = now.coming[NODEJOIN, i, r], now.coming[ADD_NODE, i, r]
        return within(inside(now, r) & add_node, way | now.table[i]) & within(now.pending[r] & add_node, way)

    return every(Seat, Ring, behind)


@auxiliary(needed_by="EVT-S1", action="deliver_add_node", machine=SERVICES, features=AS_BUILT)
def no_add_node_is_sent_before_the_nodejoin(now: ServicesState) -> Truth:
    return every(Ring, lambda r: empty(now.bare[r]))


@auxiliary(needed_by="EVT-S1", action="deliver_normal", machine=SERVICES, features=OF_THE_SENDER)
def everybody_knows_itself(now: ServicesState) -> Truth:
    return every(Seat, Ring, lambda i, r: within(inside(now, r) & now.seat[i], now.table[i]))


# Bits, gates and normal messages --------------------------------------------------------------------------------------


@auxiliary(needed_by="CLM-S2", action="visit", machine=SERVICES)
def whose_bit_is_set_is_announced(now: ServicesState) -> Truth:
    return every(Ring, lambda r: within(now.bits[r], now.announced[r]))


@auxiliary(needed_by="every nodejoin is before a normal message", action="originate", machine=SERVICES)
def behind_an_open_gate_every_bit_is_set(now: ServicesState) -> Truth:
    return every(Ring, lambda r: implies(some(now.gate & now.installed[r]), within(now.member[r], now.bits[r])))


@auxiliary(needed_by="CLM-S1", action="deliver_normal", machine=SERVICES)
def every_nodejoin_is_before_a_normal_message(now: ServicesState) -> Truth:
    return every(Ring, lambda r: implies(some(now.by[r] | now.reads[r]), within(now.member[r], now.ahead[r])))


@auxiliary(needed_by="CLM-S1", action="deliver_normal", machine=SERVICES)
def what_is_before_a_message_is_announced(now: ServicesState) -> Truth:
    return every(Ring, lambda r: within(now.ahead[r], now.announced[r]))


@auxiliary(needed_by="every nodejoin is before a normal message", action="form_ring", machine=SERVICES)
def a_message_is_for_members(now: ServicesState) -> Truth:
    return every(Ring, lambda r: within(now.by[r] | now.reads[r], now.member[r]))


@auxiliary(needed_by="EVT-S1", action="deliver_normal", machine=SERVICES, features=OF_THE_SENDER)
def a_message_has_one_sender(now: ServicesState) -> Truth:
    return every(Ring, lambda r: ~several(now.by[r]))


@auxiliary(needed_by="EVT-S1", action="deliver_normal", machine=SERVICES, features=OF_THE_SENDER)
def a_message_that_others_read_is_behind_its_senders_nodejoin(now: ServicesState) -> Truth:
    return every(Ring, lambda r: implies(some(now.reads[r] - now.by[r]), within(now.by[r], now.ahead[r])))


@auxiliary(needed_by="CLM-S4", action="deliver_in_transition", machine=SERVICES)
def whoever_opens_or_sends_has_every_nodejoin(now: ServicesState) -> Truth:
    return every(
        Seat, Ring, lambda i, r: empty(now.coming[NODEJOIN, i, r] & ((now.gate & now.installed[r]) | now.by[r]))
    )
