"""The services of the mail on simulated rings: what must hold holds, and what each rule is for is seen without it."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from properties.judge.judgement import OK
from properties.replay.service_variants import SERVICE_VARIANTS
from properties.replay.services import repetition
from properties.simulate.services import ServiceRun, run
from reference.services.evt.channels import Channels
from reference.services.evt.recovery import Recovery
from reference.simulator.campaigns import script_of
from reference.simulator.services import Kinds
from tests.command import refused, ringplug

DOCUMENT = (Path(__file__).parent.parent / "docs" / "services.md").read_text()
MUST_BE_MET = ("CLM-S1", "CLM-S2", "CLM-S3", "EVT-S1", "EVT-S2", "EVT-S3", "PLUG-H1", "PLUG-H2", "EVT-OPENS", "LIVE-3")
"""Claims whose premise occurs in every run."""


def simulated(campaign: str, seed: int, members: int = 4) -> ServiceRun:
    return run(script_of(campaign, members=members, seed=seed, lasts_us=5_000_000, load=60))


SEEDS = [
    ("none", 0),
    *(("light", seed) for seed in range(2)),
    *(("heavy", seed) for seed in range(5)),
    *(pytest.param("heavy", seed, marks=pytest.mark.deep) for seed in range(5, 1000)),
]


@pytest.mark.parametrize(("campaign", "seed"), SEEDS)
def test_the_services_keep_every_promise(campaign: str, seed: int) -> None:
    """CLM-S1 to S3, EVT-S1 to S3, PLUG-H1 to H3, no event lost, every open counted, every gate open in the end."""
    done = simulated(campaign, seed, members=3 + seed % 3)
    repeat = f"simulated({campaign!r}, {seed}, members={3 + seed % 3})"
    assert not done.violated, repeat
    verdicts = {one.claim: one.verdict for one in done.claims}
    assert [id for id in MUST_BE_MET if verdicts[id] != OK] == [], repeat


def test_a_run_is_its_seed() -> None:
    first, second = (run(script_of("heavy", members=3, seed=5, lasts_us=2_000_000, load=60), keep=True) for _ in "12")
    assert first.history == second.history


@pytest.mark.parametrize("name", SERVICE_VARIANTS)
def test_a_variant_repeats_the_run_of_the_model(name: str) -> None:
    """Mail M12: the same lookup finds nothing, after the same steps."""
    variant = SERVICE_VARIANTS[name]
    found = repetition(variant, variant.trace())
    assert found.is_whole, found
    assert re.search(rf"^\| `{name}` \| .* \| {variant.claim} \| {len(found.lines)} \|$", DOCUMENT, re.MULTILINE)
    held = run(variant.script(found.seed), Kinds(recovery_granted=("clm", "evt", "evs")))
    assert variant.claim not in held.violated


def only_the_leader(recovery: Recovery) -> frozenset[int]:
    return frozenset() if recovery.leader is None else frozenset({recovery.leader})


@contextmanager
def half_is_enough() -> Generator[None]:
    """More than half of the members have to check in, and the oldest of them leads."""
    half = property(lambda self: len(self.checked_in) * 2 > len(self.members))
    leader = property(lambda self: min(self.checked_in) if self.all_checked_in else None)
    nobody = property(lambda self: frozenset())
    with patch.multiple(Recovery, all_checked_in=half, leader=leader, spokesmen=nobody):
        yield


BROKEN: dict[str, tuple[str, AbstractContextManager[object]]] = {
    "openais: the leader alone sends what is retained": (
        "EVT-RETAINED",
        patch.object(Recovery, "spokesmen", property(only_the_leader)),
    ),
    "opens are not told": ("EVT-OPENS", patch.object(Channels, "opens_of", lambda *_: {})),
    "more than half of the check-ins are enough": ("EVT-S3", half_is_enough()),
    "everybody leads": ("EVT-S2", patch.object(Recovery, "leader", property(lambda self: min(self.group)))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_judged_can_fail(name: str) -> None:
    claim, broken = BROKEN[name]
    with broken:
        found = {id for seed in range(2) for id in simulated("light", seed).violated}
    assert claim in found


def test_the_command_shows_both_runs_side_by_side() -> None:
    shown = ringplug("theorem", "--run", "evt-before-clm")
    assert shown.returncode == 0
    assert re.search(r"deliver_add_node p1 s0 r0 +\d+\.\d{6} s  processor 1 delivers add-node", shown.stdout)
    assert "6 of 6 steps repeated" in shown.stdout
    as_json = ringplug("theorem", "--run", "evt-before-clm", "--json")
    assert [one["whole"] for one in json.loads(as_json.stdout)["runs"]] == [True]


def test_wrong_use_of_run_says_what_is_wrong() -> None:
    assert "unknown variant 'nobody'" in refused("theorem", "--run", "nobody")
    assert "--run does not go with --claim" in refused("theorem", "--run", "no-plug", "--claim", "CLM-S1")


def test_the_command_judges_a_run(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    shown = ringplug("services", "--members", "3", "--seed", "3", "--seconds", "1", "--out", str(history))
    assert shown.returncode == 0, shown
    assert re.search(r"^EVT-RETAINED +ok", shown.stdout, re.MULTILINE)
    judged = ringplug("judge", str(history), "--claim", "CLM-S1")
    assert judged.returncode == 0, judged
    assert "--out does not go with --runs" in refused("services", "--runs", "2", "--out", str(history))
