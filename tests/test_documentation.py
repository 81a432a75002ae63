"""The examples in the documentation are what the commands print."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import SOONER, ringplug

ROOT = Path(__file__).parent.parent


def examples(text: str) -> list[tuple[str, str]]:
    """Each command of the console blocks, with what is printed below it."""
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [
        (command, printed)
        for block in blocks
        for command, _, printed in (part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    ]


TEXTS = [one for one in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if examples(one.read_text())]


def written_in(text: str) -> list[tuple[str, str]]:
    """The Python files of a text whose first line is their name, as in `# test_mine.py`."""
    return re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_there_are_examples() -> None:
    assert {"README.md", "traces.md"} <= {path.name for path in TEXTS}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_the_examples_print_what_the_text_says(path: Path, tmp_path: Path) -> None:
    for name, text in written_in(path.read_text()):
        (tmp_path / name).write_text(text)
    for command, printed in examples(path.read_text()):
        assert said(command, tmp_path) == printed, command


def said(command: str, folder: Path) -> str:
    """What is printed in this folder; only what needs a shell gets one."""
    ours, pipe, others = command.partition(" | ")
    call, _, file = ours.partition(" > ")
    if not call.startswith("ringplug ") or set(call + file) & set("|&;$<>*"):
        return said_by_shell(command, folder)
    with contextlib.chdir(folder):
        done = ringplug(*shlex.split(call)[1:], together=not (file or pipe))
        if file:
            Path(file).write_text(done.stdout)
    if pipe:
        return done.stderr + said_by_shell(others, folder, done.stdout)
    return done.stderr if file else done.stdout


def said_by_shell(command: str, folder: Path, given: str = "") -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "PYTEST_ADDOPTS": shlex.join(SOONER)}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=variables, timeout=120, check=False, text=True, input=given,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ).stdout  # fmt: skip
