"""Variants of what services are told, and of delivery."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, some, when, within
from model.language.sorts import Ring
from model.plug.state import PlugState
from model.services.actions import NODEJOIN_FIRST, ServicesState
from model.variants.variant import edits


@edits("install")
def nodes_in_the_form_token(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The node information of all members comes with the token that forms the ring, which the mail rejects.

    Source: mail M13.
    """
    if isinstance(then, ServicesState) and isinstance(now, ServicesState):
        seat, member = now.seat, now.member[r]
        then.table.each(lambda i: then.table[i] | when(some(seat[i] & member), p))


@edits("deliver_normal")
def closed_gate_stops_delivery(now: ServicesState, then: ServicesState, p: Processor) -> Guard:
    """A member also delivers no normal message while its own gate is closed.

    Source: mail M7, read of delivery.
    """
    yield "p's gate is open", within(p, now.gate)


@edits("send_recovery", without=(NODEJOIN_FIRST,))
def evt_before_clm(now: PlugState, then: PlugState) -> None:
    """Evt is registered before clm, so its add-node may be queued, and sent, before the nodejoin.

    Source: mail M10, M11, read without an order of services.
    """
