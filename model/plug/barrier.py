"""The abstract barrier: what the plug is, with tokens, bitmaps, plugs and messages forgotten.

A member may open in a configuration only when all its members have recovered in it. The recovery plug implements this
barrier (BAR-1); whatever else does, corosync's later sync among them, can be held against the same few actions.
"""

from __future__ import annotations

from model.language.machine import Guard, Kind, Rule, Text
from model.language.sets import Processor, Processors, any_of, empty, some, within
from model.language.sorts import NewRing, Ring
from model.language.state import State, family, single


class BarrierState(State):
    """The variables of the barrier."""

    members = family(Ring, means="the members of configuration r; nobody while it was never formed")
    inside = family(Ring, means="the processors whose configuration is r")
    recovered = family(Ring, means="the members that have recovered their state in r")
    opened = single(means="the processors that may do ordinary work")


def form(now: BarrierState, then: BarrierState, r: NewRing, members: Processors) -> Guard:
    """A new configuration r forms of any processors.

    Source: mail M8.
    """
    yield "r is unused", empty(now.members[r])
    yield "r has a member", some(members)
    then.members[r] = members


def enter(now: BarrierState, then: BarrierState, p: Processor, r: Ring, at_once: Processors) -> Guard:
    """P enters configuration r, closed; it has recovered at once if it has nothing to recover.

    Source: mail M8, M9.
    """
    yield "p is a member of r", within(p, now.members[r])
    yield "p is in no configuration", empty(p & any_of(Ring, lambda x: now.inside[x]))
    then.inside[r] = now.inside[r] | p
    then.recovered[r] = now.recovered[r] | (p & at_once)


def recover(now: BarrierState, then: BarrierState, p: Processor) -> Guard:
    """P has recovered in the configuration it is in.

    Source: mail M4.
    """
    yield "p is in a configuration", within(p, any_of(Ring, lambda x: now.inside[x]))
    then.recovered.each(lambda x: now.recovered[x] | (p & now.inside[x]))


def open_up(now: BarrierState, then: BarrierState, p: Processor, r: Ring) -> Guard:
    """P opens in configuration r: all its members have recovered in it.

    Source: mail M6, M7.
    """
    yield "p is in r", within(p, now.inside[r])
    yield "every member of r has recovered in it", within(now.members[r], now.recovered[r])
    then.opened = now.opened | p


def go(now: BarrierState, then: BarrierState, p: Processor) -> Guard:
    """P leaves its configuration, or fails, and is closed.

    Source: mail M7, M8.
    """
    yield from ()
    then.inside.each(lambda x: now.inside[x] - p)
    then.opened = now.opened - p


def initial(then: BarrierState) -> None:
    """No configuration exists."""


RULES = tuple(Rule(write, Kind.PROTOCOL) for write in (form, enter, recover, open_up, go))
BARRIER = Text(BarrierState, initial, RULES)
