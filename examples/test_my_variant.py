"""A variant and a claim of one's own, held against every engine: `pytest test_my_variant.py`. See docs/pytest.md."""

from __future__ import annotations

import pytest

from ringplug.sets import (
    Argument,
    Handle,
    Harmless,
    Least,
    PlugState,
    Processor,
    Ring,
    Truth,
    any_of,
    claim,
    edits,
    empty,
    every,
    some,
    when,
    within,
)
from ringplug.testing import Engine, VerdictError, every_engine

# A variant: what is edited, and what is said of it. The function runs after the action's own text.


@edits("visit")
def the_last_bit_opens_all(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """Whoever finds the bitmap full opens the gate of everybody whose bit is set, and not just its own."""
    full = within(now.member[r], then.bits[r])
    then.gate = now.gate | when(full, then.bits[r])


@edits(
    "send_recovery",
    argument=Argument(Harmless.SOUND, "D11: no recovery message is left when the bit is set"),
)
def sets_its_bit_when_it_has_sent(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    """The bit is tested again after sending, so a visit that drains the queue also sets the bit."""
    ready = p - any_of(Handle, lambda h: now.plugged[h]) - then.queued
    then.bits[r] = now.bits[r] | ready


# A claim: what it says in words and in sets, the run without which it would say nothing, and what breaks it.

MY_CLAIM = claim(
    "MY-1",
    "Nobody holds the token while it is down.",
    source="my own",
    least=Least(1, 1, 1, frozenset({"crash"})),
    mutant="crash-keeps-what-is-pending",
)


@MY_CLAIM.always
def who_is_down_has_no_turn(now: PlugState) -> Truth:
    """A part of every state."""
    return empty(now.down & now.turn)


@MY_CLAIM.at("originate")
def the_originator_is_up(now: PlugState, then: PlugState, p: Processor) -> Truth:
    """A part of every step of one action."""
    return ~within(p, now.down)


@MY_CLAIM.witnessed()
def somebody_is_down_that_was_in_a_ring(now: PlugState) -> Truth:
    """The premise: some run must reach it."""
    return some(now.down & any_of(Ring, lambda r: now.done[r]))


WRONG = claim(
    "MY-2",
    "All gates of a ring open together.",
    source="my own",
    least=Least(2, 1, 1),
    mutant="open-on-own-bit",
)


@WRONG.always
def gates_of_a_ring_are_all_open_or_all_closed(now: PlugState) -> Truth:
    """It is not so: see N3."""
    return every(Ring, lambda r: empty(now.gate & now.installed[r]) | within(now.member[r], now.gate))


@WRONG.witnessed()
def a_gate_is_open(now: PlugState) -> Truth:
    """The premise."""
    return some(now.gate)


# The tests: marked, the engines decide before the body runs; or a test takes an engine, and asks it.


@pytest.mark.ringplug(claim=MY_CLAIM)
def test_my_claim_holds() -> None:
    """Of the protocol."""


@pytest.mark.ringplug(claim=[MY_CLAIM, "PLUG-S1", "PLUG-S11"], variant="sets-its-bit-when-it-has-sent")
def test_my_variant_is_safe() -> None:
    """These claims hold of it as well."""


@every_engine
def test_opening_all_gates_at_once_is_noticed(engine: Engine) -> None:
    with pytest.raises(VerdictError, match="BAR-1"):
        engine.check("BAR-1", variant="the-last-bit-opens-all")


@every_engine
def test_a_wrong_claim_is_refuted(engine: Engine) -> None:
    with pytest.raises(VerdictError, match="gates of a ring are all open or all closed"):
        engine.check(WRONG)
