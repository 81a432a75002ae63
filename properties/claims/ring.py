"""Tokens with numbers: RING-S1, RING-S4 and PLUG-A1, claims about the companion with numbered tokens."""

from __future__ import annotations

from collections.abc import Callable

from model.language.sets import (
    Processor,
    Set,
    Truth,
    at_most,
    empty,
    equal,
    every,
    implies,
    same,
    several,
    some,
    within,
)
from model.language.sorts import NewToken, Ring, Token
from model.plug.numbered import NumberedState
from properties.catalogue.claim import Least, auxiliary, claim
from properties.catalogue.unchanged import unchanged

NUMBERED = "numbered"


def acceptable(now: NumberedState, t: Token, r: Ring) -> Set:
    """Whom token t of ring r is addressed to, if it would accept it."""
    return now.to[t, r] - now.seen[t, r]


def of_every_token(now: NumberedState, statement: Callable[[Ring, Token], Truth]) -> Truth:
    """The statement holds of every token that would be accepted, in a ring of several."""
    return every(
        Ring, Token, lambda r, t: implies(some(acceptable(now, t, r)) & several(now.member[r]), statement(r, t))
    )


RING_S1 = claim(
    "RING-S1",
    least=Least(2, 1, 1),
    mutant="accept-the-last-number-again",
    machine=NUMBERED,
)


@RING_S1.always
def tokens_that_would_be_accepted_are_the_same(now: NumberedState) -> Truth:
    def both(t: Token, u: Token, r: Ring) -> Truth:
        return some(acceptable(now, t, r)) & some(acceptable(now, u, r))

    return every(Ring, Token, Token, lambda r, t, u: implies(both(t, u, r), same(t, u)))


@RING_S1.always
def the_token_that_would_be_accepted_carries_the_bitmap_of_its_ring(now: NumberedState) -> Truth:
    return of_every_token(now, lambda r, t: equal(now.carries[t, r], now.bits[r]))


@RING_S1.at("visit", "pass_on")
def who_accepts_the_token_sends_it_to_a_member_that_will_accept_it(
    now: NumberedState, then: NumberedState, r: Ring, u: NewToken
) -> Truth:
    return some(acceptable(then, u, r)) & within(then.to[u, r], now.member[r])


@RING_S1.witnessed(at="reject_old")
def a_token_arrives_again(now: NumberedState, then: NumberedState, p: Processor, r: Ring, t: Token) -> Truth:
    return several(now.member[r])


RING_S4 = claim(
    "RING-S4",
    least=Least(3, 1, 1),
    mutant="rejected-token-gives-the-turn",
    machine=NUMBERED,
)


@RING_S4.at("reject", "reject_old")
def rejecting_changes_nothing(now: NumberedState, then: NumberedState) -> Truth:
    return unchanged(now, then, of=NumberedState)


@RING_S4.at("pass_on")
def passing_on_changes_no_bit_and_no_gate(now: NumberedState, then: NumberedState) -> Truth:
    return equal(then.gate, now.gate) & every(Ring, lambda r: equal(then.bits[r], now.bits[r]))


@RING_S4.witnessed(at="reject")
def a_token_with_a_bit_arrives_at_a_stranger(now: NumberedState, then: NumberedState, p: Processor, r: Ring) -> Truth:
    return some(now.bits[r]) & empty(p & now.member[r])


A1 = claim(
    "PLUG-A1",
    least=Least(2, 1, 1),
    mutant="accept-the-last-number-again",
    machine=NUMBERED,
    correction="The second half, that then every member can open, is PLUG-A2.",
)


@A1.always
def behind_an_open_gate_the_token_is_full(now: NumberedState) -> Truth:
    return of_every_token(
        now, lambda r, t: implies(some(now.gate & now.installed[r]), equal(now.carries[t, r], now.member[r]))
    )


@A1.witnessed()
def a_gate_is_open_while_a_token_is_on_its_way(now: NumberedState) -> Truth:
    return ~of_every_token(now, lambda r, t: empty(now.gate & now.installed[r]))


@auxiliary(needed_by="RING-S1", action="visit", machine=NUMBERED)
def a_token_is_addressed_to_one(now: NumberedState) -> Truth:
    return every(Ring, Token, lambda r, t: ~several(now.to[t, r]))


@auxiliary(needed_by="RING-S1", action="form_ring", machine=NUMBERED)
def a_token_is_addressed_to_a_member(now: NumberedState) -> Truth:
    return every(Ring, Token, lambda r, t: within(now.to[t, r], now.member[r]))


@auxiliary(needed_by="RING-S1", action="visit", machine=NUMBERED)
def nobody_has_seen_the_token_that_would_be_accepted(now: NumberedState) -> Truth:
    return every(Ring, Token, lambda r, t: implies(some(acceptable(now, t, r)), empty(now.seen[t, r])))


@auxiliary(needed_by="nobody has seen the token that would be accepted", action="visit", machine=NUMBERED)
def who_has_seen_a_number_has_seen_the_lower_ones(now: NumberedState) -> Truth:
    return every(Ring, Token, Token, lambda r, t, u: implies(at_most(t, u), within(now.seen[u, r], now.seen[t, r])))


@auxiliary(needed_by="nobody has seen the token that would be accepted", action="form_ring", machine=NUMBERED)
def who_has_seen_a_token_is_a_member(now: NumberedState) -> Truth:
    return every(Ring, Token, lambda r, t: within(now.seen[t, r], now.member[r]))
