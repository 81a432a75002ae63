"""What the proofs cost: processor time of each proof job of `ringplug check`, and how soon its first verdict is there.

All proofs together may take 30 s of a processor, which is 15 s on two; the first verdict 3 s. More is exit code 1.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from properties.check.job import Job
from properties.check.plan import Plan
from properties.check.verdict import Proved, Verdict
from properties.claims import CLAIMS
from properties.sampling.tries import DEFAULT_TRIES
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, SOME_VIOLATED

TOGETHER_S, FIRST_S, TIMES = 30.0, 3.0, 3
RINGPLUG = str(Path(sys.executable).with_name("ringplug"))


def jobs() -> list[Job]:
    """The proof jobs of a check of all claims, in its order."""
    plan = Plan(list(CLAIMS.values()), True, (), None, frozenset(), None, False, None, DEFAULT_TRIES, True, 4.0)
    return [job for job in plan.jobs() if job.scope is None]


def obligations(verdicts: list[Verdict]) -> int:
    """How many obligations of claims were met."""
    return sum(one.extent.obligations for one in verdicts if isinstance(one, Proved))


def first_verdict() -> Iterator[tuple[float, float]]:
    """Wall and processor seconds of the first job by itself, with the start of the command."""
    command = [RINGPLUG, "check", "--engine", "inductive", "--claim", jobs()[0].claims[0]]
    for _ in range(TIMES):
        began = time.monotonic()
        call = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, _, used = os.wait4(call.pid, 0)
        call.returncode = 0
        yield time.monotonic() - began, used.ru_utime + used.ru_stime


def main() -> int:
    """Print a row for each job, then the sum and the first verdict."""
    table, together = Table("proof job", "claims", "obligations", "processor s", box=None), 0.0
    for job in jobs():
        began = time.process_time()
        verdicts = job.run()
        seconds = time.process_time() - began
        together += seconds
        features = ", ".join(sorted(job.features - jobs()[0].features))
        title = f"{job.machine} with {features}" if features else job.machine
        table.add_row(title, str(len(job.claims)), str(obligations(verdicts)), f"{seconds:.1f}")
    wall, used = map(statistics.median, zip(*first_verdict(), strict=True))
    table.add_row("together", "", "", f"{together:.1f}")
    table.add_row("the first verdict, with the start of the command", "", "", f"{used:.1f}, after {wall:.1f} s")
    report.out().print(table)
    return SOME_VIOLATED if together > TOGETHER_S or used > FIRST_S else ALL_HOLD


if __name__ == "__main__":
    sys.exit(main())
