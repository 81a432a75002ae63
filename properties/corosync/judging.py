"""The verdicts on one run: of its history, and of its logs against the abstract barrier."""

from __future__ import annotations

from pathlib import Path

import msgspec

from properties.corosync.barrier import Finding, judge_logs, logs_of
from properties.corosync.histories import history_of
from properties.corosync.laboratory import Outcome
from properties.corosync.plan import Plan
from properties.corosync.recording import write_lines
from properties.corosync.requirements import versions


def read_run(directory: Path) -> tuple[Plan, Outcome]:
    """What a run was, and how it ended."""
    plan = msgspec.json.decode((directory / "plan.json").read_bytes(), type=Plan)
    return plan, msgspec.json.decode((directory / "outcome.json").read_bytes(), type=Outcome)


def rebuild(directory: Path) -> None:
    """Make the history again from what the clients and daemons wrote."""
    plan, outcome = read_run(directory)
    events = history_of(plan, directory, settled=outcome.settled, versions=versions())
    write_lines(directory / "history.jsonl", events)


def judge_run(directory: Path) -> list[Finding]:
    """All verdicts on the run in this directory."""
    plan, outcome = read_run(directory)
    return [*judge_logs(logs_of(plan, directory, settled=outcome.settled))]
