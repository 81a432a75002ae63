"""The token of a ring, its bitmap, and the gate: mail M5-M9.

A token is its bitmap and its ring id. Where it is and whom it visits next is forgotten, so every order of visits is
covered, also none; a lost token that is retransmitted is a late one.
"""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, Set, any_of, several, when, within
from model.language.sorts import Copy, Handle, Ring
from model.notes.decisions import decide
from model.plug.rules import protocol
from model.plug.state import PlugState

decide(
    "D8",
    "Who zeroes the bitmap, and how does a member know that a token is of its ring?",
    "The representative zeroes it when it creates the token, at formation. The token carries the ring id: a member "
    "that has installed the ring takes the plug step, a member for which it is pending passes the bitmap on unchanged, "
    "anyone else rejects the token.",
    rejected={
        "any-visitor-sets-its-bit": "PLUG-S4",
        "plug-step-while-pending": "PLUG-S7",
        "gmi-token-without-ring-id": "PLUG-S3",
        "first-token-is-not-zero": "PLUG-S6",
    },
)
decide(
    "D7",
    "What does a ring of one member do, which has no token?",
    "Its member counts as holding one: it takes the same plug step, at any moment after it has installed the ring.",
    rejected={
        "sole-member-waits-for-a-token": "LIVE-2",
        "sole-install-plugs-nothing": "PLUG-S6",
        "sole-member-needs-no-gate": "PLUG-S8",
    },
)
decide(
    "D11",
    "When is a processor ready whose recovery messages are still queued?",
    "Its bit waits until they are sent. The test is made when the token arrives, before sending: with k visits needed "
    "to drain the longest queue, all of a ring of n open within (2+k)n-1 visits (LIVE-1). Tested after sending it "
    "would be (2+max(0,k-1))n-1, and as safe: variant bit-after-sending.",
    rejected={"bit-ignores-the-queue": "PLUG-S11"},
    both_sound="Testing after sending, too: `bit-after-sending` breaks nothing but that the bound is attained.",
)
decide(
    "D3",
    "When is a processor with no handle ready?",
    "At once: M9 holds of it vacuously. Its first visit sets its bit, so it never holds up the ring.",
    rejected={"bit-needs-an-unplug": "PLUG-C3"},
)


def plug_step(now: PlugState, then: PlugState, p: Processor, r: Ring, bitmap: Set) -> Set:
    """The bitmap that p sends on: its own bit added if it is ready. A full bitmap opens p's gate.

    Source: mail M6, M7, M9; D3, D11.
    """
    ready = p - any_of(Handle, lambda h: now.plugged[h]) - now.queued
    sent_on = bitmap | ready
    then.gate = now.gate | when(within(now.member[r], sent_on), p)
    return sent_on


@protocol()
def visit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """The token of ring r visits p, which has installed r: p takes the plug step, and may then originate.

    Whoever held this token before has sent it on.
    Source: mail M5, M6, M9; D3, D8.
    """
    yield "r has a token", several(now.member[r])
    yield "p has installed r", within(p, now.installed[r])
    then.bits[r] = plug_step(now, then, p, r, now.bits[r])
    then.turn = (now.turn - now.installed[r]) | p


@protocol(feature="late-copies")
def late_visit(now: PlugState, then: PlugState, p: Processor, r: Ring, c: Copy) -> Guard:
    """A late or duplicated token of ring r arrives at p, which has installed r, and is taken for the token.

    Source: mail M5, M6, M9; D8.
    Differs: a ring that numbers its tokens rejects it; this machine does not, and stays safe.
    """
    yield "r has a token", several(now.member[r])
    yield "p has installed r", within(p, now.installed[r])
    then.copy[c, r] = plug_step(now, then, p, r, now.copy[c, r])
    then.turn = now.turn | p


@protocol()
def pass_on(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A token of ring r, late or not, visits p, at which r is pending: p passes it on unchanged.

    Whoever held the token before has sent it on.
    Source: D8; mail M9 (nothing counts before the configuration change).
    """
    yield "r has a token", several(now.member[r])
    yield "r is pending at p", within(p, now.pending[r])
    then.turn = now.turn - now.installed[r]


@protocol()
def reject(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A token of ring r, late or not, arrives at p, which has r neither installed nor pending: nothing changes.

    Source: D8.
    """
    yield "r has a token", several(now.member[r])
    yield "r is neither installed nor pending at p", ~within(p, now.installed[r] | now.pending[r])


@protocol()
def sole_visit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """The only member of ring r counts as holding a token: it takes the plug step on a bitmap of its own.

    Source: D7; openais gmi.c:1173.
    Differs: the code opens the gate inside the unplug call; here it is a step of its own.
    """
    yield "r has no token", ~several(now.member[r])
    yield "p has installed r", within(p, now.installed[r])
    then.bits[r] = plug_step(now, then, p, r, now.bits[r])
    then.turn = now.turn | p
