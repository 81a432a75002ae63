"""The verdicts on one run: of its history, and of its logs against the abstract barrier.

A claim that a history of this source would show by how it was put together, not by what was seen, has no verdict here.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from properties.corosync.barrier import Finding, judge_logs, logs_of
from properties.corosync.histories import history_of
from properties.corosync.laboratory.namespaces import LaboratoryError
from properties.corosync.laboratory.plan import Plan
from properties.corosync.laboratory.requirements import versions
from properties.corosync.laboratory.run import Outcome
from properties.corosync.recording import HISTORY, write_lines
from properties.history.reader import FileHistory
from properties.judge.judgement import NOT_OBSERVABLE, JudgedClaim, judge

PLACED = {
    "PLUG-H2": "where a synchronization ends among a client's deliveries is not seen, only put there",
}
"""Claims about events whose place in a history rests on the claim itself."""


class UnreadableError(LaboratoryError):
    """A history of our own is not one."""


def read_run(directory: Path) -> tuple[Plan, Outcome]:
    """What a run was, and how it ended."""
    plan = msgspec.json.decode((directory / "plan.json").read_bytes(), type=Plan)
    return plan, msgspec.json.decode((directory / "outcome.json").read_bytes(), type=Outcome)


def rebuild(directory: Path) -> None:
    """Make the history again from what the clients and daemons wrote."""
    plan, outcome = read_run(directory)
    events = history_of(plan, directory, settled=outcome.settled, versions=versions())
    write_lines(directory / HISTORY, events)


def judge_run(directory: Path) -> list[Finding]:
    """All verdicts on the run in this directory."""
    plan, outcome = read_run(directory)
    history = FileHistory.open([directory / HISTORY])
    claims = judge(history).claims
    if history.faults:
        raise UnreadableError(str(history.faults[0]))
    return [*map(_of_history, claims), *judge_logs(logs_of(plan, directory, settled=outcome.settled))]


def _of_history(judged: JudgedClaim) -> Finding:
    if judged.claim in PLACED:
        return Finding(judged.claim, NOT_OBSERVABLE, PLACED[judged.claim], of="history")
    lines = [f"{Path(shown.file).name}:{shown.line}" for shown in judged.events]
    return Finding(judged.claim, judged.verdict, judged.reason, lines, of="history")
