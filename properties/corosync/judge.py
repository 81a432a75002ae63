"""The verdicts on one run: of its history, and of its logs against the abstract barrier.

A claim that a history of this source would show by how it was put together, not by what was seen, has no verdict here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from properties.corosync.barrier import Finding, judge_logs, logs_of
from properties.corosync.histories import HistoryError
from properties.corosync.laboratory.plan import Outcome, Plan
from properties.corosync.recording import HISTORY, histories
from properties.corosync.stored import UnreadableError, as_recorded, read_json
from properties.history.reader import FileHistory
from properties.judge.judgement import NOT_OBSERVABLE, JudgedClaim, judge

PLACED = {
    "PLUG-H2": "where a synchronization ends among a client's deliveries is not seen, only put there",
}
"""Claims about events whose place in a history rests on the claim itself."""


def read_run(directory: Path) -> tuple[Plan, Outcome]:
    """What a run was, and how it ended."""
    return read_json(directory / "plan.json", Plan), read_json(directory / "outcome.json", Outcome)


def rebuild(directory: Path) -> None:
    """Make the history again from what the clients and daemons wrote."""
    plan, outcome = read_run(directory)
    with as_recorded(directory):
        try:
            histories(plan, directory, outcome)
        except HistoryError as error:
            raise UnreadableError(f"{directory}/{error}") from error


def judge_run(directory: Path, say: Callable[[str], None] = lambda words: None) -> list[Finding]:
    """All verdicts on the run of corosync in this directory."""
    plan, outcome = read_run(directory)
    history = FileHistory.open([directory / HISTORY])
    claims = judge(history).claims
    if history.faults:
        raise UnreadableError(str(history.faults[0]))
    with as_recorded(directory):
        return [*map(_unless_placed, claims), *judge_logs(logs_of(plan, directory, settled=outcome.settled))]


def _unless_placed(judged: JudgedClaim) -> Finding:
    if judged.claim in PLACED:
        return Finding(judged.claim, NOT_OBSERVABLE, PLACED[judged.claim], of="history")
    return of_history(judged)


def of_history(judged: JudgedClaim) -> Finding:
    """What a history says of a claim."""
    lines = [f"{Path(shown.file).name}:{shown.line}" for shown in judged.events]
    return Finding(judged.claim, judged.verdict, judged.reason, lines, of="history")
