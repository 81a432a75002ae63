"""Runs written as a test file: it passes as it is, and fails when the run no longer shows what it showed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from properties.cli.look import trace
from properties.explain import replayed
from tests.command import PYTEST, ringplug

assert trace
assert replayed  # both stay imported when pytester takes away what its runs imported
ROOT = Path(__file__).parent.parent
pytest_plugins = ["pytester"]


def outcome(file: Path, pytester: pytest.Pytester) -> tuple[int, str]:
    """Run a test file by itself, away from this project's settings, in this process."""
    done = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", f"--rootdir={file.parent}", file)
    return int(done.ret), done.stdout.str()


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
def test_a_written_file_runs(
    tmp_path: Path, arguments: tuple[str, ...], passed: int, pytester: pytest.Pytester
) -> None:
    file = tmp_path / "test_run.py"
    write(file, *arguments)
    code, says = outcome(file, pytester)
    assert code == 0, says
    assert f"{passed} passed" in says


def test_a_written_file_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "test_run.py"
    write(file, "PLUG-S1", "--variant", "open-on-own-bit")
    done = subprocess.run(
        [*PYTEST, f"--rootdir={tmp_path}", file],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_written_file_is_as_clean_as_ours(tmp_path: Path) -> None:
    file = tmp_path / "test_run.py"
    write(file, "PLUG-S8", "--variant", "rest-passes-a-closed-gate")
    for arguments in (["check", "--ignore", "I001"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--no-cache", "--config", ROOT / "pyproject.toml", file],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_a_file_fails_when_its_run_shows_something_else(tmp_path: Path, pytester: pytest.Pytester) -> None:
    file = tmp_path / "test_run.py"
    written = write(file, "PLUG-S1", "--variant", "open-on-own-bit")
    file.write_text(written.replace('variant="open-on-own-bit"', 'variant="leave-keeps-gate-open"'))
    assert "1 failed, 1 passed" in outcome(file, pytester)[1]
    file.write_text(written.replace('TraceStep("unplug"', 'TraceStep("reject"').replace('"h": 0', '"r": 0'))
    assert "1 failed, 1 passed" in outcome(file, pytester)[1]
