"""LIVE-T: a ring that can open does so in time, some run needs nearly all of it, and a slow bit is noticed."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import pytest

from properties.judge.judgement import OK
from properties.simulate.faults import copy_of
from properties.simulate.opening import Opening, Openings
from properties.simulate.run import DRAIN_US, bound_us, run
from reference.simulator.campaigns import script_of
from reference.simulator.script import Script, parse
from reference.simulator.world import SIMULATED, World

SLOW = "bit-in-every-fifth-rotation"


def even(members: int, seed: int) -> Script:
    """Nothing fails, and every hop takes as long."""
    return parse(f"members {members}\nseed {seed}\nlasts 200ms\nload 0\ndelay 3ms to 3ms\n")


def opened(script: Script, fault: str | None = None) -> Openings:
    """What LIVE-T alone says of a run."""
    openings, copy = Openings(), copy_of(fault)
    copy.world(copy.parse(script.text()), openings.take, patience_us=bound_us(script, SIMULATED) + DRAIN_US).run()
    return openings


def test_a_run_comes_within_a_tenth_of_the_bound() -> None:
    found = run(even(members=5, seed=3))
    assert found.violated == []
    assert {one.claim: one.verdict for one in found.claims}["LIVE-T"] == OK
    assert found.nearest == pytest.approx(0.938, abs=0.001)


def test_a_slow_bit_takes_longer() -> None:
    assert opened(even(members=5, seed=3)).broken is None
    broken = opened(even(members=5, seed=3), SLOW).broken
    assert broken
    assert "all gates are open only" in broken[1]


def test_a_ring_that_never_opens_is_judged_when_it_ends() -> None:
    broken = opened(even(members=3, seed=1), "bitmap-is-not-sent-on").broken
    assert broken
    assert "a gate is closed still" in broken[1]


def test_the_bound_is_of_what_was_counted() -> None:
    ring = Opening((1, 2, 3))
    ring.begin(1_000)
    for member, now_us, is_drained in ((1, 3_000, False), (2, 8_000, False), (3, 9_000, True), (1, 10_000, False)):
        ring.visited(member, now_us, is_drained=is_drained)
    assert (ring.visits_to_drain, ring.longest_us, ring.bound_us) == (2, 5_000, (2 + 2) * 3 * 5_000)
    ring.begin(11_000)
    assert ring.bound_us == 0


def drawn(seed: int) -> Script:
    campaign = ("heavy", "parted", "light", "none")[seed % 4]
    return script_of(campaign, members=2 + seed // 4 % 5, seed=seed, lasts_us=1_000_000, load=40)


def what_is_said(seed: int) -> tuple[int, float, str]:
    """How many rings were judged, the largest share of a bound, and what is wrong."""
    found = opened(drawn(seed))
    return found.met, found.nearest, f"seed {seed}: {found.broken[1]}" if found.broken else ""


@pytest.mark.deep
def test_ten_thousand_seeds() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(what_is_said, range(10_000), chunksize=50))
    assert [wrong for _, _, wrong in said if wrong] == []
    assert sum(met for met, _, _ in said) > 10_000
    assert max(nearest for _, nearest, _ in said) <= 1
