"""Try to keep synchronization from ending, as issue 660 reports: faults one after the other while it goes on.

    python docs/corosync/storm.py --runs 20 --out storm [--binary PATH]

Three nodes under the heavy load, token 200 ms. Frames get lost and come twice, the network parts and joins again about
as fast as rings form and synchronize, and daemons stop for a while; then all faults are taken back. Printed is, of each
run, how many rings its daemons formed, how many of these they synchronized, and whether all were synchronized at the
end. Exit code 1 if a run did not come to rest, or a member's last ring is not synchronized.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from properties.corosync.judge import judge_run
from properties.corosync.laboratory.plan import (
    Disturb,
    Heal,
    Pause,
    Plan,
    Resume,
    Settle,
    Split,
    Step,
    Traffic,
    Wait,
)
from properties.corosync.recording import record
from properties.judge.judgement import VIOLATED

NODES, ROUNDS = 3, 12


def storm(draw: random.Random) -> Iterator[Step]:
    """The steps of one run."""
    yield Settle(30_000)
    yield Disturb(loss=draw.uniform(0.02, 0.3), duplicate=0.1, delay_ms=draw.uniform(0, 8), jitter_ms=20.0)
    for _ in range(ROUNDS):
        alone, paused = draw.sample(range(1, NODES + 1), 2)
        yield Split([[alone], [node for node in range(1, NODES + 1) if node != alone]])
        yield Wait(draw.randint(20, 500))
        yield Heal()
        yield Wait(draw.randint(10, 200))
        yield Pause(paused)
        yield Wait(draw.randint(20, 400))
        yield Resume(paused)
        yield Wait(draw.randint(10, 150))
    yield Disturb()
    yield Settle(40_000)


def one(seed: int, out: Path, binary: str) -> bool:
    """One run; whether it ended as it should."""
    steps = list(storm(random.Random(seed)))
    plan = Plan("storm", NODES, seed, "heavy", "udpu", "tap", Traffic(300.0), steps, binary=binary)
    recorded = record(plan, out, lambda words: None)
    logs = [path.read_text(errors="replace") for path in sorted(out.glob("n?.log"))]
    formed, done = (sum(log.count(what) for log in logs) for what in ("A new membership", "Completed service sync"))
    rest = "came to rest" if recorded.settled else "did not come to rest"
    bad = sorted({finding.claim for finding in judge_run(out) if finding.verdict == VIOLATED})
    print(
        f"seed {seed}: {formed} formed, {done} synchronized, {rest}; violated: {', '.join(bad) or 'nothing'}",
        flush=True,
    )
    return recorded.settled and "LIVE-2" not in bad


def main() -> int:
    """All runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--binary", default="")
    told = parser.parse_args()
    ended = [one(seed, told.out / str(seed), told.binary) for seed in range(1, told.runs + 1)]
    print(f"{sum(ended)} of {len(ended)} came to rest, synchronized")
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
