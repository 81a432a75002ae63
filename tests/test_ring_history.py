"""Random runs of rings are judged: every clause of EVS, ring ids, freeing, the plug; and the table of transitions."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from ring_runs import a_run

from properties.judge.judgement import VIOLATED
from reference.ring.effects import Transition
from reference.ring.transitions import ROWS, Event

SEEDS = range(40)
DEEP_SEEDS = range(1000, 1600)
OFTEN = {event.value for event in Event} - {Event.FAILED_TO_RECEIVE.value}


@cache
def judged(seed: int) -> tuple[Counter[str], Counter[tuple[str, str, str]], list[str]]:
    """How often each claim was met, which transitions there were, and what is wrong."""
    network = a_run(seed)
    claims = network.recording.judgement().claims
    wrong = [f"{claim.claim}: {claim.reason}" for claim in claims if claim.verdict == VIOLATED]
    effects = [effect for node in network.nodes.values() for effect in node.effects if isinstance(effect, Transition)]
    moves = Counter((effect.before, effect.after, effect.why) for effect in effects)
    return Counter({claim.claim: claim.met for claim in claims}), moves, wrong + network.recording.freed_early


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_run_breaks_no_promise(seed: int) -> None:
    assert not judged(seed)[2]


@pytest.mark.deep
@pytest.mark.parametrize("seed", DEEP_SEEDS)
def test_many_random_runs_break_no_promise(seed: int) -> None:
    assert not judged(seed)[2]


def test_the_runs_put_every_promise_to_the_test() -> None:
    met = sum((judged(seed)[0] for seed in SEEDS), Counter[str]())
    claims = ["EVS-1.3", "EVS-3", "EVS-4", "EVS-5", "EVS-6.3", "EVS-7.1", "EVS-7.2", "RING-S2", "RING-S3", "CFG-S1"]
    assert all(met[claim] > 50 for claim in [*claims, "RING-H1", "PLUG-H1", "PLUG-H2"]), met


def test_the_membership_moves_as_its_table_says_and_every_way() -> None:
    moves = sum((judged(seed)[1] for seed in SEEDS), Counter[tuple[str, str, str]]())
    table = {(row.before.value, row.after.value, row.event.value) for row in ROWS}
    assert set(moves) <= table
    assert {move for move in table if move[2] in OFTEN} <= set(moves)
