"""How long ten logs of corosync take, each of 100 MB, and how much memory: made here, imported and judged.

`make bench` prints the row; `python bench/importers.py 5` takes logs of 5 MB. Ten nodes are in one ring, part in two
and merge again, with `debug: on`: most lines are of the ring protocol, of services, and of other programs.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from properties.importers.importing import import_logs
from properties.importers.kinds import KINDS
from properties.judge.judgement import judge, violated

NODES = tuple(range(1, 11))
MEGABYTE = 1_000_000
FOREIGN_LINES = 800
"""In each ring: about 100 kB, as with a ring every few minutes."""
SERVICES = ("configuration map access", "cluster closed process group service v1.01", "vote quorum service v1.0")
NOISE = (
    "corosync debug   [TOTEM ] mcasted message added to pending queue",
    "corosync debug   [TOTEM ] Delivering MCAST message with seq 1af to pending delivery queue",
    "pacemaker-controld  [4711] (update_dc)  info: Set DC to p1 (3.19.0)",
    "corosync debug   [VOTEQ ] nodeinfo message[3]: votes: 1, expected: 3 flags: 1",
)


def ring(node: int, number: int, members: tuple[int, ...], before: tuple[int, ...]) -> Iterator[str]:
    """What one node logs of a ring."""
    joined = [one for one in members if one not in before]
    left = [one for one in before if one not in members]
    yield "corosync debug   [SYNC  ] call init for locally known services"
    for what, nodes in (("members", members), ("joined", joined), ("left", left)):
        if nodes:
            yield f"corosync notice  [QUORUM] Sync {what}[{len(nodes)}]: {' '.join(map(str, nodes))}"
    lists = "".join(f" {what}: {' '.join(map(str, of))}" for what, of in (("joined", joined), ("left", left)) if of)
    yield f"corosync notice  [TOTEM ] A new membership ({min(members):x}.{number:x}) was formed. Members{lists}"
    for service in SERVICES:
        yield f"corosync debug   [SYNC  ] Committing synchronization for corosync {service}"
    yield "corosync notice  [MAIN  ] Completed service synchronization, ready to provide service."


def write_log(path: Path, node: int, size_bytes: int) -> None:
    """A log of about this size."""
    number, before, written, at = 1, (node,), 0, 0
    noise = [NOISE[i % len(NOISE)] for i in range(FOREIGN_LINES)]
    with path.open("w") as out:
        while written < size_bytes:
            number += 4
            parted = number % 8 == 1
            members = next(part for part in (NODES[:6], NODES[6:]) if node in part) if parted else NODES
            for text in (*ring(node, number, members, before), *noise):
                at += 1
                written += out.write(
                    f"Nov 26 {at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02} [28] p{node} {text}\n"
                )
            before = members


def main() -> int:
    """Measure, and print a row; 1 if the logs, which are legal, are not judged so."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        logs = [directory / f"p{node}.log" for node in NODES]
        for node, path in zip(NODES, logs, strict=True):
            write_log(path, node, size * MEGABYTE)
        began, wall = time.process_time(), time.perf_counter()
        found = import_logs(
            KINDS["corosync"], [f"{node}={path}" for node, path in zip(NODES, logs, strict=True)], directory
        )
        imported = time.process_time() - began
        judgement = judge(found.history)
        barrier = found.barrier()
        seconds = time.process_time() - began
        lines = sum(log.line_count for log in found.logs)
        wrong = violated(judgement.claims) | {one.claim for one in barrier if one.verdict == "violated"}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        megabytes = sum(path.stat().st_size for path in logs) / MEGABYTE
        print("| logs | lines | events | rings | import | import and judge | MB/s | wall | memory |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        elapsed = time.perf_counter() - wall
        counts = f"{megabytes:,.0f} MB | {lines:,} | {judgement.event_count:,} | {judgement.ring_count:,}"
        times = f"{imported:.1f} s | {seconds:.1f} s | {megabytes / seconds:.0f} | {elapsed:.0f} s"
        print(f"| {counts} | {times} | {peak} MiB |")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
