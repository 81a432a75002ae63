"""The examples in the documentation are what the commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_there_are_examples() -> None:
    assert {"README.md", "traces.md"} <= {path.name for path in TEXTS}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_the_examples_print_what_the_text_says(path: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command, printed in examples(path.read_text()):
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, timeout=120, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.stdout == printed, command
