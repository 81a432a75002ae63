"""A companion of the machine: processors sit in a fixed order, and the token goes round.

The machine plus a variable and guard parts, so each of its steps is a step of the machine. The lowest member is the
representative. A holder sends what it may before the token goes on. Late tokens are left out: they are the adversary's.
"""

from __future__ import annotations

from dataclasses import replace

from model.language.machine import Edit, Ghost, Guard, Kind, Rule
from model.language.sets import Processor, Processors, empty, within
from model.language.sorts import NewRing, Ring, Seat
from model.language.state import constant, family
from model.plug.machine import RECOVERY_PLUG
from model.plug.messages import recovery_messages
from model.plug.rotations import CountedState, begin_to_count, counts_a_visit, ends_the_count
from model.plug.seats import GOING_ROUND, seated, sits_below, sits_between


class OrderedState(CountedState):
    """The machine's variables, the order of processors, and where each token is due."""

    seat = constant(Seat, means="the processor in seat i", table=seated)
    between = constant(
        Seat, Seat, means="the processors strictly between seats i and j, going round", table=sits_between
    )
    below = constant(Seat, means="the processors in seats lower than i", table=sits_below)
    axioms = GOING_ROUND
    due = family(Ring, means="the member that the token of ring r visits next")


def starts_at_the_representative(
    now: OrderedState, then: OrderedState, r: NewRing, members: Processors, i: Seat
) -> Guard:
    """The lowest member creates the token, and is the first that it visits.

    Source: Totem 1995 (representative).
    """
    yield "i is the lowest member's seat", within(now.seat[i], members) & empty(members & now.below[i])
    then.due[r] = now.seat[i]


def goes_round(now: OrderedState, then: OrderedState, p: Processor, r: Ring, i: Seat, j: Seat) -> Guard:
    """The token visits p, in seat i, when it is due there, and goes on to the next member, in seat j.

    Source: Totem 1995 (token ring).
    """
    yield "p sits in seat i", within(p, now.seat[i])
    yield "the token is due at p", within(p, now.due[r])
    yield "j is the next member's seat", within(now.seat[j], now.member[r]) & empty(now.between[i, j] & now.member[r])
    yield from has_sent(now, then, r)
    then.due[r] = now.seat[j]


def has_sent(now: OrderedState, then: OrderedState, r: Ring) -> Guard:
    """Whoever holds the token has sent the recovery message that its allowance permits.

    Source: mail M1; LIVE-1.
    """
    yield "the holder has sent what it may", empty(now.turn & now.installed[r] & recovery_messages(now))


ROTATIONS = "rotations"
"""The feature that counts visits, for the proof of LIVE-1."""
ORDERED = replace(
    RECOVERY_PLUG,
    state=OrderedState,
    rules=(
        *(rule for rule in RECOVERY_PLUG.rules if rule.feature != "late-copies"),
        Rule(begin_to_count, Kind.ENVIRONMENT, ROTATIONS),
    ),
    ghosts=(
        *RECOVERY_PLUG.ghosts,
        Ghost(
            counts_a_visit, ("visit", "sole_visit", "pass_on"), about=("due",), but=("form_ring",), feature=ROTATIONS
        ),
        Ghost(ends_the_count, watches=("installed", "plugged", "queued", "queued_two", "leftover"), feature=ROTATIONS),
    ),
    edits=(
        *RECOVERY_PLUG.edits,
        Edit("form_ring", write=starts_at_the_representative),
        Edit("visit", write=goes_round),
        Edit("pass_on", write=goes_round),
        Edit("sole_visit", write=has_sent),
    ),
)
