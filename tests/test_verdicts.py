"""What an engine says of a claim: one of six words, each with its own fields, and the same flat object in JSON."""

from __future__ import annotations

from typing import get_args

import pytest

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
)

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
