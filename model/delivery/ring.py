"""A ring at work: messages are originated, received and delivered in order, the token goes round, messages are freed.

In one visit of the token a member accepts it, frees, originates, lowers or raises the all-received-up-to, and sends the
token on. Here originating is a step of its own while the token is at the member, before the step that does the rest.
"""

from __future__ import annotations

from model.delivery.state import DeliveryState
from model.language.machine import Guard
from model.language.sets import (
    TRUE,
    Processor,
    Processors,
    Set,
    Truth,
    any_of,
    at_most,
    empty,
    every,
    implies,
    same,
    some,
    when,
    within,
)
from model.language.sorts import Number, Ring, Seat


def is_of(now: DeliveryState, n: Number, r: Ring) -> Truth:
    """Message n was originated in ring r."""
    return some(now.by[n, r])


def misses(now: DeliveryState, n: Number, r: Ring, but: Number | None = None) -> Set:
    """Who has not received some message of r that is numbered no higher than n; `but` one is not counted."""

    def missed(k: Number) -> Truth:
        return at_most(k, n) & is_of(now, k, r) & (TRUE if but is None else ~same(k, but))

    return any_of(Number, lambda k: when(missed(k), ~now.has[k]))


def operational(now: DeliveryState, r: Ring) -> Set:
    """Who has installed r and takes part in no other ring."""
    return now.installed[r] - any_of(Ring, lambda x: now.pending[x] | now.recovers[x])


def listens(now: DeliveryState, r: Ring) -> Set:
    """Which members take messages of r in: also one that waits for a commit token, or that recovers for r."""
    return now.member[r] & ((now.installed[r] - any_of(Ring, lambda x: now.recovers[x])) | now.recovers[r])


def deliver_in_order(now: DeliveryState, then: DeliveryState, p: Set, r: Ring, received: Number | None = None) -> None:
    """P delivers each message of r up to which it misses none, with the one `received` in this step."""
    then.delivered.each(lambda n: now.delivered[n] | when(is_of(now, n, r), p - misses(now, n, r, received)))


def holds_the_token(now: DeliveryState, p: Processor, r: Ring) -> Guard:
    """When p may act as the holder of r's token."""
    yield "the token of r is due at p", within(p, now.due[r])
    yield "p is operational in r", within(p, operational(now, r))


def multicast(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring, n: Number, lost: Processors) -> Guard:
    """P, which has the token of ring r, originates message n. Other members receive it, or it is lost there.

    Who has received all before it delivers it at once.
    Source: Totem 1995 (regular token); openais gmi.c:1494.
    """
    yield from holds_the_token(now, p, r)
    yield (
        "n is the number after the token's",
        empty(now.given[n]) & every(Number, lambda k: implies(at_most(k, n) & ~same(k, n), some(now.given[k]))),
    )
    yield "it is lost at others that listen", within(lost, listens(now, r) - p)
    then.by[n, r] = now.by[n, r] | p
    then.given[n] = now.member[r]
    then.has[n] = now.has[n] | (listens(now, r) - lost)
    then.delivered[n] = now.delivered[n] | (operational(now, r) - lost - misses(now, n, r))


def receive_late(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring, n: Number) -> Guard:
    """Message n of ring r arrives at p, which has missed it: sent again by a member, or delayed.

    Source: Totem 1995 (retransmission).
    """
    yield "n is a message of r", is_of(now, n, r)
    yield "p takes in messages of r", within(p, listens(now, r))
    yield "p has not received n", ~within(p, now.has[n])
    then.has[n] = now.has[n] | p
    deliver_in_order(now, then, p & operational(now, r), r, n)


def pass_token(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """P sends the token of ring r on, and frees what it said all have, now and when p accepted it last.

    P puts its own all-received-up-to into the token if that is lower, or if p lowered it last, or nobody did.
    Source: Totem 1995 (aru, aru_id); openais gmi.c:2984.
    """
    yield from holds_the_token(now, p, r)
    then.freed.each(lambda n: now.freed[n] | (p & now.has[n] & now.last[n] & now.aru[n]))
    then.last.each(lambda n: (now.last[n] - p) | when(is_of(now, n, r), p & now.aru[n]))
    puts = puts_its_own(now, p, r)
    then.aru.each(
        lambda n: (
            when(empty(puts) | ~is_of(now, n, r), now.aru[n])
            | when(some(puts) & is_of(now, n, r) & ~within(p, misses(now, n, r)), now.member[r])
        )
    )
    then.lowered[r] = when(empty(puts), now.lowered[r]) | (puts & is_behind(now, r))
    then.due[r] = successor(now, p, now.member[r])


def puts_its_own(now: DeliveryState, p: Processor, r: Ring) -> Set:
    """P, if it puts its own all-received-up-to into r's token: a lower one, or p or nobody was the last to lower it."""
    lower = any_of(Number, lambda n: when(is_of(now, n, r), now.aru[n] & misses(now, n, r)))
    return p & (lower | now.lowered[r] | when(empty(now.lowered[r]), p))


def is_behind(now: DeliveryState, r: Ring) -> Set:
    """Who has not received some message of r."""
    return any_of(Number, lambda n: when(is_of(now, n, r), ~now.has[n]))


def successor(now: DeliveryState, p: Processor, members: Set) -> Set:
    """The member that follows p in the ring; p itself if it is the only one."""

    def follows(i: Seat) -> Set:
        return any_of(Seat, lambda j: when(empty(now.between[i, j] & members), now.seat[j] & members))

    return any_of(Seat, lambda i: when(within(p, now.seat[i]), follows(i)))


def token_again(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """The token of ring r that p accepted last arrives at p once more: p rejects it, and nothing changes.

    Source: D14; Totem 1995 (token retransmission).
    """
    yield "p is operational in r", within(p, operational(now, r))
    yield "the token of r has gone on", ~within(p, now.due[r])
