"""What the tests draw is the same each time, whatever else is loaded."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from history_runs import SEEDS, examples
from hypothesis import given


def drawn() -> list[int]:
    """All that a test of so many examples draws."""
    seeds = list[int]()

    @examples(300)
    @given(SEEDS)
    def test(seed: int) -> None:
        seeds.append(seed)

    test()
    return seeds


def test_draws_do_not_depend_on_the_modules_that_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    constants = range(100_000_000, 200_000_000, 1_000_003)
    (tmp_path / "full_of_numbers.py").write_text("\n".join(f"N{number} = {number}" for number in constants))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("full_of_numbers")
    assert drawn() == before
    assert len(before) == 300
