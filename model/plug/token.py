"""The token of a ring, its bitmap, and the gate: mail M5-M9.

A token is its bitmap and its ring id. Where it is and whom it visits next is forgotten, so every order of visits is
covered, also none; a lost token that is retransmitted is a late one.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, Set, any_of, several, when, within
from model.language.sorts import Copy, Handle, Ring
from model.plug.state import PlugState


def plug_step(now: PlugState, then: PlugState, p: Processor, r: Ring, bitmap: Set) -> Set:
    """The bitmap that p sends on: its own bit added if it is ready. A full bitmap opens p's gate.

    Source: mail M6, M7, M9; D3, D11.
    """
    ready = p - any_of(Handle, lambda h: now.plugged[h]) - now.queued
    sent_on = bitmap | ready
    then.gate = now.gate | when(within(now.member[r], sent_on), p)
    return sent_on


def visit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """The token of ring r visits p, which has installed r: p takes the plug step, and may then originate.

    Whoever held this token before has sent it on.
    Source: mail M5, M6, M9; D3, D8.
    """
    yield "r has a token", several(now.member[r])
    yield "p has installed r", within(p, now.installed[r])
    then.bits[r] = plug_step(now, then, p, r, now.bits[r])
    then.turn = (now.turn - now.installed[r]) | p


def late_visit(now: PlugState, then: PlugState, p: Processor, r: Ring, c: Copy) -> Guard:
    """A late or duplicated token of ring r arrives at p, which has installed r, and is taken for the token.

    Source: mail M5, M6, M9; D8.
    Differs: a ring that numbers its tokens rejects it; this machine does not, and stays safe.
    """
    yield "r has a token", several(now.member[r])
    yield "p has installed r", within(p, now.installed[r])
    then.copy[c, r] = plug_step(now, then, p, r, now.copy[c, r])
    then.turn = now.turn | p


def pass_on(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A token of ring r, late or not, visits p, at which r is pending: p passes it on unchanged.

    Whoever held the token before has sent it on.
    Source: D8; mail M9 (nothing counts before the configuration change).
    """
    yield "r has a token", several(now.member[r])
    yield "r is pending at p", within(p, now.pending[r])
    then.turn = now.turn - now.installed[r]


def reject(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A token of ring r, late or not, arrives at p, which has r neither installed nor pending: nothing changes.

    Source: D8.
    """
    yield "r has a token", several(now.member[r])
    yield "r is neither installed nor pending at p", ~within(p, now.installed[r] | now.pending[r])


def sole_visit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """The only member of ring r counts as holding a token: it takes the plug step on a bitmap of its own.

    Source: D7; openais gmi.c:1173.
    Differs: the code opens the gate inside the unplug call; here it is a step of its own.
    """
    yield "r has no token", ~several(now.member[r])
    yield "p has installed r", within(p, now.installed[r])
    then.bits[r] = plug_step(now, then, p, r, now.bits[r])
    then.turn = now.turn | p
