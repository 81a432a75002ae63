"""Large sizes of the plugring benchmark: whole processes, compiling and start-up counted on both sides, and memory.

Ours is `bench/large.py COUNT SIZE` in a process of its own: Python, what it loads, recording, grounding and the search,
in one thread. Spin's is `spin -a`, the compiler and the verifier, with a slot of its hash table for each state. Seconds
are processor seconds of all of them, memory is the most that a process held at a time. A row in which the counts differ
is void. Where spin fails, or goes over its memory, the row says so, and nothing is compared.

    bench/large.py             (sizes C, 5 2 1 10, and D, 5 2 2 10: 30,944,724 states; spin needs some minutes)
    bench/large.py "5 2 1 10"  (C alone)

Exit codes: 0 all rows stand, 1 a row is void, 2 spin or gcc is not installed, or spin did not count a row.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from rich.table import Table

from properties.explicit.compiled import CompiledSearch
from properties.export.promela import START_STATES, START_TRANSITIONS, commands, promela
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED, UNDETERMINED
from tests.plugring import PLUGRING, Size
from tests.test_spin import Counts, as_spin_prints, counted

COUNT = "COUNT"
SIZES = ("5 2 1 10", "5 2 2 10")
"""C and D."""
OVER_MEMORY = "pan: reached -DMEMLIM bound"
HEADINGS = ("plugring", "states", "transitions", "compiled s", "MiB", "spin s", "MiB", "spin/compiled")


@dataclass(frozen=True)
class Cost:
    """What a process printed, its processor seconds, and the most memory that it held."""

    output: str
    seconds: float
    peak_mib: float


def cost(
    command: Sequence[str], folder: str | None = None, *, stderr: IO[str] | None = None, seconds: int | None = None
) -> Cost:
    """Run a process to its end, which it may not reach within processor seconds. CalledProcessError: it failed."""
    limit = partial(resource.setrlimit, resource.RLIMIT_CPU, (seconds, seconds + 1)) if seconds else None
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True, preexec_fn=limit)
    output = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    kib = used.ru_maxrss if sys.platform != "darwin" else used.ru_maxrss / 1024
    return Cost(output, used.ru_utime + used.ru_stime, kib / 1024)


def ours(size: str) -> tuple[Counts, Cost]:
    """Count in a process of its own."""
    found = cost([sys.executable, __file__, COUNT, size])
    states, transitions = map(int, found.output.split())
    return (states, transitions), found


def spins(size: str, states: int) -> tuple[Counts, float, float] | str:
    """Spin's counts, the seconds of all its steps, and the memory of the verifier; or why there is no count."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plug.pml").write_text(promela(size_of(size).ground(PLUGRING)))
        try:
            costs = [cost(command.split(), folder) for command in commands(states=states)]
        except subprocess.CalledProcessError as error:
            return f"{error.cmd[0]} ended with {error.returncode}"
    if OVER_MEMORY in costs[-1].output:
        return f"over memory after {costs[-1].seconds:.1f} s, {costs[-1].peak_mib:,.0f} MiB"
    return counted(costs[-1].output), sum(one.seconds for one in costs), costs[-1].peak_mib


def size_of(words: str) -> Size:
    """A size in words, such as "5 2 1 10"."""
    return Size(*map(int, words.split()))


def count(size: str) -> None:
    """Print our counts as spin would."""
    found = CompiledSearch(size_of(size).ground(PLUGRING), symmetry=False, threads=1).run()
    exact = found.states + START_STATES, found.transitions + found.stutters + START_TRANSITIONS
    print(*as_spin_prints(*exact))


def main(sizes: list[str]) -> int:
    """Print a row for each size."""
    if missing := [program for program in ("spin", "gcc") if not shutil.which(program)]:
        sys.stderr.write(f"bench/large.py: {' and '.join(missing)} not installed (tests/system-packages.txt)\n")
        return UNDETERMINED
    table, code = Table(*HEADINGS, box=None), ALL_HOLD
    for size in sizes:
        mine, cost_of_ours = ours(size)
        found = spins(size, mine[0])
        ours_only = (
            size, f"{mine[0]:,}", f"{mine[1]:,}", f"{cost_of_ours.seconds:.1f}", f"{cost_of_ours.peak_mib:.0f}",
        )  # fmt: skip
        if isinstance(found, str):
            code = code or UNDETERMINED
            table.add_row(*ours_only, f"not compared: {found}")
            continue
        theirs, seconds, peak_mib = found
        if mine != theirs:
            code = SOME_VIOLATED
            table.add_row(size, f"void: {mine} compiled, {theirs} by spin")
            continue
        table.add_row(*ours_only, f"{seconds:.1f}", f"{peak_mib:.0f}", f"{seconds / cost_of_ours.seconds:.1f}")
    report.out().print(table)
    return code


if __name__ == "__main__":
    if sys.argv[1:2] == [COUNT]:
        count(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:] or [*SIZES]))
