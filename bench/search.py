"""How long the exhaustive search takes, against spin on the same machine written out in Promela.

Both count every reachable state, without symmetry, on one core. A row in which the counts differ is void. Spin's time
is that of its verifier alone; writing the model and compiling it has a column of its own.

Exit codes: 0 all rows stand, 1 a row is void, 2 spin or gcc is not installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.table import Table

from model.language.ground import GroundMachine
from model.machines import MACHINES
from properties.catalogue.scopes import CORE, FEATURES, NamedScope
from properties.explicit.search import Search
from properties.export.promela import COMMANDS, START_STATES, START_TRANSITIONS, machine_model
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED, UNDETERMINED
from tests.test_spin import Counts, as_spin_prints, counted

SCOPES = (
    NamedScope(3, 1, 2, CORE),
    NamedScope(3, 1, 1, FEATURES - {"late-copies"}),
    NamedScope(2, 1, 2, FEATURES - {"late-copies"}),
    NamedScope(3, 1, 1).of("ordered"),
)
HEADINGS = ("scope", "states", "transitions", "search s", "spin s", "spin compiles s", "states/s", "spin's states/s")


def ours(scope: NamedScope) -> tuple[Counts, float]:
    """The counts of our search as spin would print them, and its seconds."""
    began = time.perf_counter()
    ground = GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground)
    found = Search(ground, symmetry=False).run()
    exact = found.states + START_STATES, found.transitions + found.stutters + START_TRANSITIONS
    return as_spin_prints(*exact), time.perf_counter() - began


def spins(scope: NamedScope) -> tuple[Counts, float, float]:
    """The counts of spin, its seconds, and those to compile."""
    *compiling, running = [command.split() for command in COMMANDS]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        (Path(folder) / "plug.pml").write_text(machine_model(scope))
        for command in compiling:
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        compiled = time.perf_counter()
        done = subprocess.run(running, cwd=folder, check=True, capture_output=True, text=True)
        return counted(done.stdout), time.perf_counter() - compiled, compiled - began


def main() -> int:
    """Print a row for each scope."""
    missing = [program for program in ("spin", "gcc") if not shutil.which(program)]
    if missing:
        sys.stderr.write(f"bench/search.py: {' and '.join(missing)} not installed (tests/system-packages.txt)\n")
        return UNDETERMINED
    table, code = Table(*HEADINGS, box=None), ALL_HOLD
    for scope in SCOPES:
        mine, seconds = ours(scope)
        theirs, spin_seconds, compile_seconds = spins(scope)
        if mine != theirs:
            code = SOME_VIOLATED
            table.add_row(scope.title, f"void: {mine} here, {theirs} by spin")
            continue
        rates = (f"{mine[0] / seconds:,.0f}", f"{mine[0] / spin_seconds:,.0f}")
        times = (f"{seconds:.1f}", f"{spin_seconds:.1f}", f"{compile_seconds:.1f}")
        table.add_row(scope.title, f"{mine[0]:,}", f"{mine[1]:,}", *times, *rates)
    report.out().print(table)
    return code


if __name__ == "__main__":
    sys.exit(main())
