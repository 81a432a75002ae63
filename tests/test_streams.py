"""The command line with standard streams that are closed or cannot be written: the exit code says what is so."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.command import RINGPLUG

FULL = "ringplug: output: No space left on device\n"
COMMANDS = {
    "claims PLUG-S1": 0, "claims --json": 0, "corosync scenarios": 0, "corosync scenarios --json": 0, "spec": 0,
    "replay run.json": 0, "replay run.json --json": 0, "explain run.json --json": 0,
    "trace PLUG-S1 --variant open-on-own-bit": 1, "trace PLUG-S1 --variant open-on-own-bit --json": 1,
    "trace PLUG-S1 --variant open-on-own-bit --format itf": 1, "promela": 0, "tla": 0, "tla --config": 0,
    "explore --rings 1 --json": 0,
    "check --engine inductive --claim PLUG-S1 --json": 0, "variants --json": 0, "mutants --json": 0, "theorem": 0,
    "judge --claims": 0, "judge bad.jsonl": 3, "judge bad.jsonl --json": 3, "judge -": 3, "walk": 0, "--help": 0,
    "simulate --members 2 --seconds 0.3 --json": 0, "services --members 2 --seconds 0.3 --json": 0,
    "lockstep --steps 50 --json": 0, "conform --case only-member -- false": 3, "fly": 3, "check --claim PLUG-S99": 3,
}  # fmt: skip
"""Each with its exit code."""
SAMPLE = ("corosync scenarios --json", "judge bad.jsonl", "judge -")


def done(call: str, streams: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A call by a shell that redirects its streams; what is written is held back until the end, as in a pipe."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    (folder / "bad.jsonl").write_text("[[[\n")
    command = f"{shlex.quote(str(RINGPLUG))} {call} {streams}"
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trace and a history that is none."""
    path = tmp_path_factory.mktemp("streams")
    done("trace PLUG-S1 --variant open-on-own-bit --out run.json", "", path)
    assert (path / "run.json").exists()
    return path


@pytest.mark.parametrize("streams", [">&-", "2>&-", "2>/dev/full", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    "call", [one if one in SAMPLE else pytest.param(one, marks=pytest.mark.deep) for one in COMMANDS]
)
def test_what_is_closed_changes_no_exit_code(call: str, streams: str, folder: Path) -> None:
    found = done(call, streams, folder)
    assert found.returncode == COMMANDS[call], found
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    "call", [one if one in SAMPLE else pytest.param(one, marks=pytest.mark.deep) for one in COMMANDS]
)
def test_a_device_that_is_full_is_bad_input(call: str, folder: Path) -> None:
    found = done(call, ">/dev/full", folder)
    if call == "walk":
        assert found.returncode == 0, "it has printed nothing"
    elif COMMANDS[call] == 3:
        assert found.returncode == 3
        assert "Exception" not in found.stderr
    else:
        assert (found.returncode, found.stderr.splitlines(keepends=True)[-1]) == (3, FULL)
