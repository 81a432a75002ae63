"""A companion of the machine: tokens are numbered, and a processor accepts each number once.

The machine plus variables and guard parts, so each of its steps is a step of the machine. A token is never used up: it
may arrive again at any time, which covers loss with retransmission, duplicates and delay. A late token is one that is
no longer accepted, so late visits are left out.
"""

from __future__ import annotations

from dataclasses import replace

from model.language.machine import Edit, Ghost, Guard, Kind, Rule
from model.language.sets import Processor, Processors, at_most, empty, every, same, several, when, within
from model.language.sorts import NewRing, NewToken, Ring, Token
from model.language.state import family
from model.plug.machine import RECOVERY_PLUG
from model.plug.state import PlugState


class NumberedState(PlugState):
    """The machine's variables, and the tokens that were sent."""

    to = family(Token, Ring, means="whom token t of ring r is addressed to; nobody while it was never sent")
    carries = family(
        Token, Ring, ghost=True, means="the bitmap in token t of ring r; RING-S1 says that it is `bits[r]`"
    )
    seen = family(Token, Ring, means="who has accepted, in ring r, a token numbered t or higher")


def creates_the_first(
    now: NumberedState, then: NumberedState, r: NewRing, members: Processors, t: NewToken, q: Processor
) -> Guard:
    """The representative creates token t, with a zero bitmap, and addresses it to member q; a ring of one has none.

    Source: mail M8; D7, D8.
    """
    yield "t is unused", every(Ring, lambda x: empty(now.to[t, x]))
    yield "q is a member", within(q, members)
    then.to[t, r] = when(several(members), q)


def accepts_once(
    now: NumberedState, then: NumberedState, p: Processor, r: Ring, t: Token, u: NewToken, q: Processor
) -> Guard:
    """P accepts token t, which is addressed to it, and sends token u, numbered higher, to member q.

    Source: Totem 1995 (token_seq); D14.
    """
    yield "t is addressed to p", within(p, now.to[t, r])
    yield "p has accepted no token numbered t or higher", ~within(p, now.seen[t, r])
    yield "u is unused", every(Ring, lambda x: empty(now.to[u, x]))
    yield "u is numbered higher", ~at_most(u, t)
    yield "q is a member", within(q, now.member[r])
    then.seen.each(lambda x, y: now.seen[x, y] | when(same(y, r) & at_most(x, t), p))
    then.to[u, r] = q


def carries_the_first_bitmap(now: NumberedState, then: NumberedState, r: Ring, t: Token) -> None:
    """The first token carries the bitmap of its ring."""
    then.carries[t, r] = then.bits[r]


def carries_the_bitmap(now: NumberedState, then: NumberedState, r: Ring, u: Token) -> None:
    """So does every token that is sent on."""
    then.carries[u, r] = then.bits[r]


def reject_old(now: NumberedState, then: NumberedState, p: Processor, r: Ring, t: Token) -> Guard:
    """Token t of ring r arrives again at p, which has accepted it or a later one: nothing changes.

    Source: Totem 1995 (token_seq); D14.
    """
    yield "t is addressed to p", within(p, now.to[t, r])
    yield "p has accepted a token numbered t or higher", within(p, now.seen[t, r])


NUMBERED = replace(
    RECOVERY_PLUG,
    state=NumberedState,
    rules=(
        *(rule for rule in RECOVERY_PLUG.rules if rule.feature != "late-copies"),
        Rule(reject_old, Kind.PROTOCOL),
    ),
    ghosts=(
        *RECOVERY_PLUG.ghosts,
        Ghost(carries_the_first_bitmap, after=("form_ring",), about=("to",), but=("visit", "pass_on")),
        Ghost(carries_the_bitmap, after=("visit", "pass_on"), about=("to",), but=("form_ring",)),
    ),
    edits=(
        *RECOVERY_PLUG.edits,
        Edit("form_ring", write=creates_the_first),
        Edit("visit", write=accepts_once),
        Edit("pass_on", write=accepts_once),
    ),
)
