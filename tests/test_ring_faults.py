"""Every fault of the ring is found, by the claim and in the run that its patch names; there the ring errs nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.simulate.faults import FAULTS, Found, described
from properties.simulate.faults import run_that_shows as found

DOCUMENT = (Path(__file__).parent.parent / "docs" / "ring-faults.md").read_text()
RUNS = sorted({(one.members, one.seed, one.campaign, one.seconds) for one in map(found, FAULTS.names())})


def test_there_are_faults_of_many_kinds() -> None:
    assert len(FAULTS.names()) >= 25
    assert len({found(name).claim for name in FAULTS.names()}) >= 10


@pytest.mark.parametrize("name", FAULTS.names())
def test_a_fault_is_found_by_its_claim(name: str) -> None:
    one = found(name)
    violated = one.run(name).violated
    assert one.claim in violated, f"python -m tests.ring_fault_finding {name} looks for another run"


@pytest.mark.parametrize(("members", "seed", "campaign", "seconds"), RUNS)
def test_the_ring_violates_nothing_in_these_runs(members: int, seed: int, campaign: str, seconds: int) -> None:
    assert Found("", members, seed, campaign, seconds).run(None).violated == []


def test_the_document_has_the_table() -> None:
    for name in FAULTS.names():
        one = found(name)
        assert f"| `{name}` | {described(name)} | {one.claim} | {one.members} | {one.seed} |" in DOCUMENT
    assert DOCUMENT.count("\n| `") == len(FAULTS.names())
