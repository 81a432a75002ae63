"""Histories that were written by hand, each with what is right and why: both judges are held to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from clauses import naive
from history_notation import Written, read
from history_runs import verdicts
from history_sources import excerpt

from properties.history.catalogue import HISTORY_CLAIMS
from properties.history.ledger import refusals_of
from properties.history.reader import FileHistory
from properties.judge.judgement import judge

HISTORIES = Path(__file__).parent / "histories"
WRITTEN = [one for path in sorted(HISTORIES.glob("*.txt")) for one in read(path)]


def test_there_are_a_hundred_and_each_says_why() -> None:
    assert len(WRITTEN) >= 100
    assert len({one.name for one in WRITTEN}) == len(WRITTEN)
    assert all(one.why.endswith(".") or one.why[0].isupper() for one in WRITTEN)
    assert all(one.says and one.events for one in WRITTEN)


def test_each_claim_is_kept_in_one_and_violated_in_another() -> None:
    said = {(id, verdict) for one in WRITTEN for id, verdict in one.says.items()}
    assert {id for id, _ in said} == set(HISTORY_CLAIMS)
    assert {id for id, verdict in said if verdict == "violated"} == set(HISTORY_CLAIMS)


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: one.name)
def test_both_judges_say_what_is_right(one: Written) -> None:
    past = excerpt(one.events, one.observes, one.without)
    found = verdicts(one.events, one.observes, one.without)
    assert {id: found[id] for id in one.says} == one.says
    violated = {id for id, verdict in one.says.items() if verdict == "violated"}
    assert {id for id, verdict in found.items() if verdict == "violated"} == violated
    assert naive(one.events, one.observes, past.processes, one.without) == found


REPORTED = {
    "a-client-that-is-no-member": "RING-S2 violated, EVS-2.2 ok",
    "a-ghost-and-the-gate-closes-as-the-ring-is-left": "CLM-S3 violated",
    "a-group-with-a-dead-life": "CLM-S3 violated, CFG-S4 violated",
    "a-life-begins-with-a-transitional-configuration": "CFG-S1 violated",
    "a-member-is-listed-twice": "EVS-2.2 violated",
    "a-member-never-unplugs": "PLUG-S1 violated",
    "a-message-that-nobody-delivers": "LIVE-3 violated",
    "a-normal-message-after-synchronization-began-anew": "PLUG-H2 not observable",
    "delivered-again-three-rings-later": "EVS-1.4 violated",
    "directly-together-and-told-to-be-alone": "CFG-S1 violated, EVS-4 violated",
    "directly-together-and-told-to-have-left-and-joined": "CFG-S1 violated, EVS-4 violated",
    "in-both-lists": "CFG-S1 ok",
    "joined-again-and-never-left": "CFG-S3 violated",
    "lists-are-promised-and-missing": "CFG-S1 not observable",
    "lost-with-its-holders": "EVS-4 open, LIVE-3 open",
    "queued-by-a-later-life": "EVS-1.3 violated",
    "synchronization-never-completes": "LIVE-2 violated",
    "the-sender-is-no-member": "EVS-1.3 violated",
    "two-orders": "EVS-6.2 violated, RING-H1 violated",
    "views-as-galera-prints-them": "EVS-2.2 ok, RING-S2 ok, RING-S3 ok",
}
"""Files that were reduced from public reports, or derived by hand, and were once judged wrongly."""


def test_each_report_has_a_file() -> None:
    assert {path.stem for path in HISTORIES.glob("*.jsonl")} == set(REPORTED)


@pytest.mark.parametrize("name", REPORTED)
def test_a_report_is_judged_rightly(name: str) -> None:
    right = dict(one.split(" ", 1) for one in REPORTED[name].split(", "))
    history = FileHistory.open([HISTORIES / f"{name}.jsonl"])
    found = {one.claim: one.verdict for one in judge(history).claims}
    assert not history.faults
    assert {id: found[id] for id in right} == right
    assert {id for id, verdict in found.items() if verdict == "violated"} == {
        id for id, verdict in right.items() if verdict == "violated"
    }


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: one.name)
def test_a_written_history_could_be_a_file(one: Written) -> None:
    refusals = refusals_of(one.observes, one.without)
    refused = [refusals[type(event)](event) for event in one.events if type(event) in refusals]
    assert not [reason for reason in refused if reason]
