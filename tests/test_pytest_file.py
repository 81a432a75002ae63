"""Runs written as a test file: it passes as it is, and fails when the run no longer shows what it showed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ringplug

ROOT = Path(__file__).parent.parent


def outcome(file: Path) -> tuple[int, str]:
    """Run a test file by itself, away from this project's settings."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={file.parent}", file],
        cwd=file.parent, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def write(file: Path, *arguments: str) -> str:
    ringplug("trace", *arguments, "--format", "pytest", "--out", file)
    return file.read_text()


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (("PLUG-C1", "--variant", "create-plugs-at-once", "--most", "2"), 4),
        (("PLUG-S3", "--witness"), 1),
        (("LIVE-1", "--variant", "bit-every-other-visit"), 2),
    ],
)
def test_a_written_file_runs(tmp_path: Path, arguments: tuple[str, ...], passed: int) -> None:
    file = tmp_path / "test_run.py"
    write(file, *arguments)
    code, says = outcome(file)
    assert code == 0, says
    assert f"{passed} passed" in says


def test_a_written_file_is_as_clean_as_ours(tmp_path: Path) -> None:
    file = tmp_path / "test_run.py"
    write(file, "PLUG-S8", "--variant", "rest-passes-a-closed-gate")
    for arguments in (["check", "--ignore", "I001"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--no-cache", "--config", ROOT / "pyproject.toml", file],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_a_file_fails_when_its_run_shows_something_else(tmp_path: Path) -> None:
    file = tmp_path / "test_run.py"
    written = write(file, "PLUG-S1", "--variant", "open-on-own-bit")
    file.write_text(written.replace('variant="open-on-own-bit"', 'variant="leave-keeps-gate-open"'))
    assert "1 failed, 1 passed" in outcome(file)[1]
    file.write_text(written.replace('TraceStep("unplug"', 'TraceStep("reject"').replace('"h": 0', '"r": 0'))
    assert "1 failed, 1 passed" in outcome(file)[1]
