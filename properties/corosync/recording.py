"""One recording: run the plan in the laboratory, watched from outside, and make a history of what it left.

The laboratory is the first process of its own namespaces and dies with this one, and everything with it. All files
are in the directory of the run.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from properties.corosync.histories import history_of
from properties.corosync.laboratory.namespaces import LaboratoryError, outer
from properties.corosync.laboratory.plan import Outcome, Plan
from properties.corosync.laboratory.systems import SYSTEMS
from properties.files import write_whole
from reference.node.disk.history import ended_by_a_crash

HISTORY, NODE_HISTORIES = "history.jsonl", "n{}.history.jsonl"
LONGEST_S = 300.0
LOOK_S = 0.05


class RecordingError(Exception):
    """There is no recording, and why."""


class Recorded(msgspec.Struct):
    """What a recording is, for people and for scripts."""

    history: str
    scenario: str
    nodes: int
    seed: int
    load: str
    transport: str
    settled: bool
    died: list[int]
    seconds: float
    events: int


def empty_directory(path: Path) -> Path:
    """The directory, made if need be; a run never mixes with another one's files."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RecordingError(f"{path} is not an empty directory; a run needs one of its own")
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def record(plan: Plan, directory: Path, say: Callable[[str], None]) -> Recorded:
    """Run it, and write the history there."""
    out = empty_directory(directory)
    write_whole(out / "plan.json", msgspec.json.format(msgspec.json.encode(plan)))
    run_laboratory(out, say)
    outcome = msgspec.json.decode((out / "outcome.json").read_bytes(), type=Outcome)
    count = sum(map(_line_count, histories(plan, out, outcome)))
    name = HISTORY if plan.system == "corosync" else NODE_HISTORIES.format("*")
    return Recorded(
        str(directory / name), plan.scenario, plan.nodes, plan.seed, plan.load, plan.transport,
        outcome.settled, outcome.died, outcome.seconds, count,
    )  # fmt: skip


def histories(plan: Plan, out: Path, outcome: Outcome) -> list[Path]:
    """The histories of a run: our own nodes have written theirs, corosync's is made of what was written."""
    if plan.system == "corosync":
        events = history_of(plan, out, settled=outcome.settled, versions=SYSTEMS[plan.system].versions(plan))
        write_lines(out / HISTORY, events)
        return [out / HISTORY]
    files = [out / NODE_HISTORIES.format(id) for id in plan.node_ids if plan.history]
    for file in files:
        ended_by_a_crash(file, "found dead at the end of the run")
    return files


def _line_count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def run_laboratory(out: Path, say: Callable[[str], None]) -> None:
    """Run the plan in `out` to its end; whatever happens here, nothing of it survives."""
    errors = out / "errors.txt"
    with errors.open("ab") as file:
        process = outer(
            [sys.executable, "-P", "-m", "properties.corosync.laboratory.run", str(out / "plan.json")],
            says=file.fileno(),
        )  # fmt: skip
    try:
        _watch(process, out, say)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        said = errors.read_text(errors="replace").strip().splitlines()
        raise LaboratoryError(f"the laboratory failed: {said[-1] if said else f'exit {process.returncode}'}")


def _watch(process: subprocess.Popen[bytes], out: Path, say: Callable[[str], None]) -> None:
    end = time.monotonic() + LONGEST_S
    steps = out / "steps.jsonl"
    while process.poll() is None:
        if time.monotonic() > end:
            raise LaboratoryError(f"the run took longer than {LONGEST_S:.0f} s; {steps} shows how far it came")
        if steps.exists() and (lines := steps.read_bytes().splitlines()):
            say(f"step {len(lines)}: {lines[-1].decode(errors='replace')}")
        time.sleep(LOOK_S)


def write_lines(path: Path, events: Sequence[msgspec.Struct]) -> None:
    """One event a line."""
    write_whole(path, b"".join(msgspec.json.encode(event) + b"\n" for event in events))
