"""What several tests share: programs of the system that they use (`tests/system-packages.txt`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest


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
