"""What `make bench` measures with: that it says when it cannot, and that its rule-based machine takes steps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bench import growth
from bench.lockstep import Walk

ROOT = Path(__file__).parent.parent


def test_without_spin_the_search_is_not_measured(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "bench/search.py"], cwd=ROOT, env=os.environ | {"PATH": str(tmp_path)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "spin and gcc not installed" in done.stderr


def test_the_rule_based_machine_walks_the_model() -> None:
    walk = Walk(2)
    chosen = settings(
        max_examples=3, stateful_step_count=40, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    run_state_machine_as_test(walk.machine(), settings=chosen)
    assert 0 < walk.taken_count < walk.tried_count


def test_the_table_of_growth_is_that_of_its_points() -> None:
    curves = growth.read(ROOT / "docs" / "growth.json").values()
    lines = (ROOT / "docs" / "bench.md").read_text().splitlines()
    assert set(growth.SINGLE) == {curve.machine for curve in curves}
    for curve in curves:
        assert f"| {' | '.join(growth.row(curve))} |" in lines
