"""What it costs to start: processor time of calls that do next to nothing, the median of several.

A call that takes more than its limit makes exit code 1.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED

TIMES = 7
LIMIT_S = 0.15
RINGPLUG = str(Path(sys.executable).with_name("ringplug"))
HISTORY = """\
{"event":"meta","format":"ringplug-history-1","observes":["regular","deliver","sender"],"processes":["n1","n2"]}
{"event":"start","process":"n1","seq":1,"incarnation":1}
{"event":"configuration","process":"n1","seq":2,"kind":"regular","ring":["n1",4],"members":["n1","n2"]}
{"event":"deliver","process":"n1","seq":3,"message":"m1","sender":"n2"}
"""
COMPLETE = {"_RINGPLUG_COMPLETE": "bash_complete", "COMP_WORDS": "ringplug check --claim PLUG", "COMP_CWORD": "3"}


@dataclass(frozen=True)
class Call:
    """A call, and how much processor time it may take."""

    title: str
    command: Sequence[str]
    limit_s: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def seconds(self, folder: Path) -> float:
        """Processor time of one call, its own and the system's for it."""
        call = subprocess.Popen(
            self.command, cwd=folder, env=os.environ | self.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, _, used = os.wait4(call.pid, 0)
        call.returncode = 0
        return used.ru_utime + used.ru_stime


def calls(folder: Path) -> list[Call]:
    """The calls, in a folder with a small history and a test that does nothing."""
    (folder / "small.jsonl").write_text(HISTORY)
    (folder / "test_nothing.py").write_text("def test_nothing() -> None:\n    pass\n")
    python = sys.executable
    return [
        Call("python -c pass", [python, "-c", "pass"]),
        Call("ringplug --help", [RINGPLUG, "--help"], LIMIT_S),
        Call("ringplug --version", [RINGPLUG, "--version"], LIMIT_S),
        Call("ringplug check --help", [RINGPLUG, "check", "--help"], LIMIT_S),
        Call("completion of check --claim PLUG", [RINGPLUG], LIMIT_S, COMPLETE),
        Call("ringplug claims PLUG-S1", [RINGPLUG, "claims", "PLUG-S1"]),
        Call("ringplug judge of three events", [RINGPLUG, "judge", "small.jsonl"], 2 * LIMIT_S),
        Call("pytest of one empty test", [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]),
    ]


def main() -> int:
    """Print a row for each call."""
    table, code = Table("call", "processor s", "limit s", box=None), ALL_HOLD
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for call in calls(folder):
            call.seconds(folder)
            seconds = statistics.median(call.seconds(folder) for _ in range(TIMES))
            over = call.limit_s is not None and seconds > call.limit_s
            table.add_row(call.title, f"{seconds:.2f}", f"{call.limit_s:g}" if call.limit_s else "")
            code = SOME_VIOLATED if over else code
    report.out().print(table)
    return code


if __name__ == "__main__":
    sys.exit(main())
