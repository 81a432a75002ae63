"""A mistake in somebody's own variant, claim or action is an error, which names the word, the place and the nearest.

`mistakes.py` has a row for each. What is written there is stated, and given to an engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from types import CodeType
from typing import Any, cast

import pytest

from model.language.machine import Text
from model.language.mistakes import TextError
from model.language.sets import NOBODY
from model.language.sorts import Ring
from model.language.state import State, family
from model.machines import MACHINES, PLUG
from model.plug.state import PlugState
from model.variants import VARIANTS
from properties.catalogue.claim import REGISTERED
from properties.catalogue.scopes import NamedScope
from properties.check.job import ENGINES, Job
from properties.check.task import SECOND_SOLVER
from properties.claims import CLAIMS
from tests.mistakes import HEAD, MISTAKES

VARIANT = "mine"
FILE = "test_mine.py"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Leave the registers as they were."""
    variants, claims = set(VARIANTS), set(REGISTERED)
    yield
    for name in set(VARIANTS) - variants:
        del VARIANTS[name]
    for id in set(REGISTERED) - claims:
        del REGISTERED[id]


def state(written: str) -> None:
    """Run a file of these lines, which stand after the head."""
    code = dedent(written).strip()
    head = compile(HEAD, "head", "exec", dont_inherit=True)
    names: dict[str, object] = {"__name__": "test_mine"}
    exec(head, names)
    exec(_compiled(code), names)


def _compiled(code: str) -> CodeType:
    return compile(code, str(Path.cwd() / FILE), "exec", dont_inherit=True)


def said(written: str, engine: str = "exhaustive") -> str:
    """The error that these lines lead to, when they are stated or when an engine is given what they state."""

    def try_it() -> None:
        state(written)
        ask(engine)

    with pytest.raises(TextError) as caught:
        try_it()
    return str(caught.value)


def ask(engine: str) -> None:
    """Give an engine the claim that was stated, or else PLUG-S1, and the variant if one was."""
    one = REGISTERED.get("MINE-1", CLAIMS["PLUG-S1"])
    scope = None if engine in ("inductive", SECOND_SOLVER) else NamedScope(2, 1, 1, frozenset())
    Job(engine=engine, scope=scope, variant=VARIANT if VARIANT in VARIANTS else None, depth=1).decide([one])


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_an_error_that_says_how_to_mend_it(mistake: str) -> None:
    written, says = MISTAKES[mistake]
    assert said(written) == says


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mistake", ["nothing changed", "no such guard part", "no such variable is read"])
def test_no_engine_passes_a_wrong_variant(engine: str, mistake: str) -> None:
    written, says = MISTAKES[mistake]
    assert said(written, engine) == says


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mistake", ["a claim that says nothing", "a statement that returns nothing"])
def test_no_engine_passes_a_wrong_claim(engine: str, mistake: str) -> None:
    written, says = MISTAKES[mistake]
    assert said(written, engine) == says


def test_what_is_right_is_no_mistake() -> None:
    """Also what changes nothing, if that is meant, and a helper that stands below what uses it."""
    state("""
        @edits("visit", argument=Argument(Harmless.EQUIVALENT, "it changes nothing"))
        def mine(now: PlugState, then: PlugState) -> None: ...

        MINE = claim("MINE-1", "Mine.", source="me", least=Least(2, 1, 1), mutant="mine")

        @MINE.at("visit")
        def it_is_so(now, then, p): return implies(is_open(now, p), is_open(then, p))

        @MINE.witnessed(at="visit")
        def it_is_open(now, then, p): return is_open(now, p)

        def is_open(now, p): return within(p, now.gate)
    """)
    ask("exhaustive")
    ask("bounded")


def test_an_edit_of_a_companion_is_no_edit_of_the_machine() -> None:
    state("""
        @edits("visit")
        def mine(now: OrderedState, then: OrderedState, p: Processor, r: Ring) -> None:
            then.due[r] = now.due[r]
    """)
    scope = NamedScope(2, 1, 1, frozenset(), "ordered")
    with pytest.raises(TextError, match="PlugState has no variable 'due'"):
        ask("exhaustive")
    Job(scope=scope, machine="ordered", variant=VARIANT).decide([CLAIMS["LIVE-1"]])


def test_a_feature_that_the_machine_has_not_is_no_feature_that_is_off() -> None:
    with pytest.raises(TextError, match="the machine has no feature 'crsh'; the nearest is 'crash'"):
        MACHINES[PLUG].record(frozenset({"crsh"}))


def test_a_state_has_no_other_attribute_before_and_after_it_is_recorded() -> None:
    action = MACHINES[PLUG].record().action("visit")
    for state_ in (PlugState(), action.now, action.then, MACHINES[PLUG].record().initial):
        with pytest.raises(TextError, match="PlugState has no variable 'gates'; the nearest is 'gate'"):
            cast(Any, state_).gates = NOBODY
        assert not hasattr(state_, "__gates__")
    for state_ in (action.now, action.then):
        with pytest.raises(TextError, match="gate cannot be assigned to"):
            state_.families["gate"][()] = state_.families["gate"][()]


def test_a_constant_is_never_assigned_to() -> None:
    def moves(then: State) -> None:
        then.families["seat"].each(lambda i: NOBODY)

    with pytest.raises(TextError, match="seat cannot be assigned to"):
        replace(MACHINES["ordered"], initial=moves).record()


def test_the_text_of_a_machine_may_be_anybodys() -> None:
    class Small(State):
        held = family(Ring, means="who holds r")

    assert Text(Small, lambda then: None, ()).record().initial.written().keys() == {"held"}


def test_a_message_names_a_file_from_the_working_directory_and_a_word_as_it_is_written() -> None:
    assert all(re.match(r"test_mine\.py:\d+(, \w+)?: ", says) for _, says in MISTAKES.values())
