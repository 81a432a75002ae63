"""How long the exhaustive search takes, compiled and by numpy, against spin on the same machine written out in Promela.

All count every reachable state, without symmetry, on one core: processor seconds, so that other work on the computer
counts little. A row in which the counts differ is void. Ours include recording and grounding the machine; what is
compiled for them is compiled once, before. Spin's time is that of its verifier alone; writing the model and compiling
it, which spin needs for every machine and scope, has a column of its own.

Exit codes: 0 all rows stand, 1 a row is void, 2 spin or gcc is not installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.table import Table

from model.language.ground import GroundMachine
from model.machines import MACHINES
from properties.catalogue.scopes import CORE, FEATURES, NamedScope
from properties.explicit import compiled
from properties.explicit.compiled import CompiledSearch
from properties.explicit.search import Search
from properties.export.promela import COMMANDS, START_STATES, START_TRANSITIONS, promela
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED, UNDETERMINED
from tests.plugring import PLUGRING, Size
from tests.test_spin import Counts, as_spin_prints, counted

SCOPES = (
    NamedScope(3, 1, 2, CORE),
    NamedScope(3, 1, 1, FEATURES - {"late-copies"}),
    NamedScope(2, 1, 2, FEATURES - {"late-copies"}),
    NamedScope(3, 1, 1).of("ordered"),
)
PUBLISHED = (Size(4, 2, 1, 8),)
"""Sizes of the plugring benchmark model that other tools were measured on."""
HEADINGS = ("scope", "states", "transitions", "compiled s", "numpy s", "spin s", "spin compiles s", "spin/compiled")
Record = Callable[[], GroundMachine]


def scope_machine(scope: NamedScope) -> GroundMachine:
    """The machine in a scope."""
    return GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground)


def cases() -> list[tuple[str, Record]]:
    """What is counted."""
    published = [(f"plugring {size}", partial(size.ground, PLUGRING)) for size in PUBLISHED]
    return [*((scope.title, partial(scope_machine, scope)) for scope in SCOPES), *published]


def ours(record: Record, make: type[Search], **options: int) -> tuple[Counts, float]:
    """The counts of our search as spin would print them, and its seconds."""
    began = time.process_time()
    found = make(record(), symmetry=False, **options).run()
    exact = found.states + START_STATES, found.transitions + found.stutters + START_TRANSITIONS
    return as_spin_prints(*exact), time.process_time() - began


def spins(record: Record) -> tuple[Counts, float, float]:
    """The counts of spin, its seconds, and those to compile."""
    *compiling, running = [command.split() for command in COMMANDS]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plug.pml").write_text(promela(record()))
        began = of_children()
        for command in compiling:
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        compiled = of_children()
        done = subprocess.run(running, cwd=folder, check=True, capture_output=True, text=True)
        return counted(done.stdout), of_children() - compiled, compiled - began


def of_children() -> float:
    """Processor seconds of the processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> int:
    """Print a row for each scope."""
    missing = [program for program in ("spin", "gcc") if not shutil.which(program)]
    if missing:
        sys.stderr.write(f"bench/search.py: {' and '.join(missing)} not installed (tests/system-packages.txt)\n")
        return UNDETERMINED
    if why := compiled.why_numpy():
        sys.stderr.write(f"bench/search.py: {why}\n")
        return UNDETERMINED
    table, code = Table(*HEADINGS, box=None), ALL_HOLD
    for title, record in cases():
        mine, seconds = ours(record, CompiledSearch, threads=1)
        twins, twin_seconds = ours(record, Search)
        theirs, spin_seconds, compile_seconds = spins(record)
        if not mine == twins == theirs:
            code = SOME_VIOLATED
            table.add_row(title, f"void: {mine} compiled, {twins} by numpy, {theirs} by spin")
            continue
        times = (f"{one:.2f}" for one in (seconds, twin_seconds, spin_seconds, compile_seconds))
        table.add_row(title, f"{mine[0]:,}", f"{mine[1]:,}", *times, f"{spin_seconds / seconds:.1f}")
    report.out().print(table)
    return code


if __name__ == "__main__":
    sys.exit(main())
