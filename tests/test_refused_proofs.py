"""What the proving engines must refuse: an obligation that fails, or is not decided, is never proved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import z3

from model.language.machine import Guard
from model.language.sets import EVERYBODY, Processor, Truth, empty, within
from properties.check.verdict import Open, Proved
from properties.symbolic import induction
from tests.tiny import Tiny, claim, decided, machine


def enter(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is not in a", empty(p & now.a)
    then.a = now.a | p


def follow(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is in a", within(p, now.a)
    then.b = now.b | p


def b_is_within_a(now: Tiny) -> Truth:
    return within(now.b, now.a)


def everybody_is_in_b(now: Tiny) -> None:
    now.b = EVERYBODY


TWO_STEPS = machine(enter, follow)


def test_what_holds_is_proved() -> None:
    (verdict,) = decided("inductive", TWO_STEPS, claim(b_is_within_a))
    assert isinstance(verdict, Proved)
    assert verdict.extent.obligations == 3


def test_a_claim_that_only_the_initial_state_breaks_is_not_proved() -> None:
    (verdict,) = decided("inductive", machine(enter, initial=everybody_is_in_b), claim(b_is_within_a))
    assert isinstance(verdict, Open)
    assert verdict.reason == "b is within a: not kept by initially"


@pytest.mark.parametrize("asked", ["b_is_within_a at enter", "b_is_within_a at follow", "b_is_within_a initially"])
def test_one_obligation_that_is_not_decided_leaves_the_claim_open(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other query is answered, also that each action is possible."""
    place = asked.partition(" ")[2].removeprefix("at ")
    gives_up_at(place, monkeypatch)
    (verdict,) = decided("inductive", TWO_STEPS, claim(b_is_within_a))
    assert isinstance(verdict, Open)
    assert verdict.reason == f"b is within a: undecided by {place}"
    assert verdict.step == ("z3 gave up: no reason",)


def gives_up_at(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Z3 answers what it is asked about all actions but one."""
    ask: Callable[..., Any] = induction._Round._ask

    def one_is_unknown(self: Any, solver: object, owner: str, part: Any, statement: Truth, action: Any) -> Any:
        here = action.name if action else "initially"
        with pytest.MonkeyPatch.context() as patched:
            if here == place:
                patched.setattr(z3.Solver, "check", lambda *_: z3.unknown)
                patched.setattr(z3.Solver, "reason_unknown", lambda _: "no reason")
            yield from ask(self, solver, owner, part, statement, action)

    monkeypatch.setattr(induction._Round, "_ask", one_is_unknown)
