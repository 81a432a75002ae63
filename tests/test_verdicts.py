"""What an engine says of a claim: one of six words, each with its own fields, and the same flat object in JSON."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec.structs import replace

from properties.check.job import Job
from properties.check.testing import Engine, UndecidedError, ViolatedError
from properties.check.verdict import (
    About,
    Bounded,
    Exhaustive,
    Obligations,
    Open,
    Proved,
    Runs,
    States,
    Steps,
    Tested,
    Verdict,
    Violated,
    Word,
    record,
    unless,
)
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED, UNDETERMINED, exit_code
from properties.terminal.verdicts import best, summary

ABOUT: About = {
    "claim": "A-1", "engine": "exhaustive", "scope": "2/1/1", "seconds": 0.5, "machine": "plug", "features": (),
}  # fmt: skip
STATES = States(states=5, transitions=4, depth=3, symmetry=False, witness_length=2)
VERDICTS: list[tuple[Verdict, dict[str, object]]] = [
    (
        Proved(**ABOUT, extent=Obligations(7)),
        {"verdict": "proved", "obligations": 7},
    ),
    (
        Exhaustive(**ABOUT, extent=STATES),
        {"verdict": "exhaustive", "states": 5, "transitions": 4, "depth": 3, "symmetry": False, "witness_length": 2},
    ),
    (
        Bounded(**ABOUT, extent=Steps(k=4)),
        {"verdict": "bounded", "k": 4},
    ),
    (
        Tested(
            **ABOUT,
            extent=Runs(examples=3, seed=1, steps=60, witnesses=2),
        ),
        {"verdict": "tested", "examples": 3, "seed": 1, "steps": 60, "witnesses": 2},
    ),
    (
        Violated(**ABOUT, extent=Steps(k=4), reason="why"),
        {"verdict": "violated", "k": 4, "reason": "why"},
    ),
    (
        Open(**ABOUT, reason="why", beside=True),
        {"verdict": "open", "reason": "why", "beside": True},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "fields"), VERDICTS, ids=lambda one: getattr(one, "verdict", ""))
def test_a_verdict_is_a_flat_object_in_json(verdict: Verdict, fields: dict[str, object]) -> None:
    common = {name: value for name, value in ABOUT.items() if name != "features"}
    assert record(verdict) == common | fields


def test_there_is_a_verdict_for_every_word() -> None:
    assert {type(one) for one, _ in VERDICTS} == set(get_args(Verdict))
    assert {one.verdict for one, _ in VERDICTS} == set(Word)


def test_no_verdict_changes() -> None:
    for verdict, _ in VERDICTS:
        with pytest.raises(AttributeError):
            verdict.claim = "A-2"  # pyright: ignore[reportAttributeAccessIssue]


PROVED, SEARCHED, LOOKED, TRIED, BROKEN, BESIDE = (one for one, _ in VERDICTS)
UNDECIDED = Open(**ABOUT, reason="why")


@pytest.mark.parametrize(
    ("verdicts", "asked", "code"),
    [
        ([PROVED], set(), ALL_HOLD), ([LOOKED, TRIED], {"A-1"}, ALL_HOLD), ([PROVED, BESIDE], {"A-1"}, ALL_HOLD),
        ([PROVED, BROKEN], set(), SOME_VIOLATED), ([BROKEN, UNDECIDED], set(), SOME_VIOLATED),
        ([PROVED, UNDECIDED], set(), UNDETERMINED), ([BESIDE], {"A-1"}, UNDETERMINED), ([], set(), UNDETERMINED),
        ([BESIDE], set(), UNDETERMINED), ([PROVED], {"A-1", "A-2"}, UNDETERMINED),
    ],
)  # fmt: skip
def test_the_exit_code_counts_what_is_violated_open_and_left_out(
    verdicts: list[Verdict], asked: set[str], code: int
) -> None:
    assert exit_code(verdicts, frozenset(asked)) == code


def test_a_reason_leaves_what_would_hold_open_and_hides_no_violation() -> None:
    for one in (PROVED, SEARCHED, LOOKED, TRIED):
        assert unless(None, one) is one
        assert unless("why", one) == Open(**ABOUT, reason="why", extent=one.extent)
    for one in (BROKEN, BESIDE):
        assert unless("another", one) is one


def under_pytest(*verdicts: Verdict) -> str:
    """What becomes of a test whose engine says this. A skip that is not caught would skip the test that asks."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Job, "decide", lambda *_: list(verdicts))
        try:
            Engine("exhaustive", "2/1/1").check("PLUG-S1")
        except ViolatedError:
            return "violated"
        except UndecidedError:
            return "undecided"
        except pytest.skip.Exception:
            return "skipped"
    return "passed"


def test_under_pytest_only_what_holds_passes() -> None:
    for one in (PROVED, SEARCHED, LOOKED, TRIED):
        assert under_pytest(one) == under_pytest(one, BESIDE) == "passed"
        for bad, word in ((BROKEN, "violated"), (UNDECIDED, "undecided")):
            assert under_pytest(bad) == under_pytest(one, bad) == under_pytest(bad, one) == word
    assert under_pytest(BESIDE) == "skipped"


def test_the_summary_calls_proved_only_what_is_proved() -> None:
    assert list(summary([said(SEARCHED)])) == ["1 claim holds: 1 searched only."]
    assert list(summary([said(PROVED), said(SEARCHED)])) == ["1 claim holds: 1 proved for any number."]
    assert list(summary([said(LOOKED)])) == ["No counterexample to 1 claim was found: that is no proof."]
    assert best([said(SEARCHED), said(BROKEN), said(PROVED)]) == said(BROKEN)


def said(one: Verdict) -> Verdict:
    """The same of a claim and a scope that there are."""
    return replace(one, claim="PLUG-S1", scope="2/1/1")
