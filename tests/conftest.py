"""What all tests share: programs of the system (`tests/system-packages.txt`), and draws that are the same each time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from properties.collecting import collect_seldom

collect_seldom()

LONGEST = (
    "corosync", "exhaustive", "variants", "inductive", "command", "spin", "claims", "theorem", "recheck", "ring_faults",
    "engines", "conform_cases", "conform", "lockstep", "simulate", "bounded", "stateful",
)  # fmt: skip
"""The files whose tests take longest. They begin first, so that the workers end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {Path(__file__).with_name(f"test_{name}.py"): number for number, name in enumerate(LONGEST)}
    if gone := [path.name for path in place if not path.exists()]:
        raise pytest.UsageError(f"LONGEST in {__file__} names no file of ours: {', '.join(gone)}")
    items.sort(key=lambda item: place.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session")
def needs_program() -> Callable[[str], str]:
    """A function from a program's name to its path. Without the program the test skips; with CI=true it fails."""

    def path_of(program: str) -> str:
        if path := shutil.which(program):
            return path
        reason = f"{program} is not installed; tests/system-packages.txt says what to install"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    return path_of


@pytest.fixture(scope="session", autouse=True)
def _draws_depend_on_nothing_loaded() -> Iterator[None]:
    """Hypothesis draws some numbers from the constants of the modules that are loaded, so from which tests are run."""
    with patch.object(providers, "_get_local_constants", Constants):
        yield


@pytest.fixture(scope="session", autouse=True)
def _what_is_compiled_is_kept_in_one_place() -> Iterator[None]:
    """Also by tests of pytest's pytester, which gives each a home of its own: the search would be compiled anew."""
    place = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    with patch.dict(os.environ, XDG_CACHE_HOME=place):
        yield
