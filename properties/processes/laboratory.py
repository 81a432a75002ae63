"""What is said of a run of our own nodes in the laboratory that runs corosync: all that `ringplug run` says, and more.

The histories that the nodes wrote are judged, their journals repeated, the machine follows; and beside that the
programs at the nodes, which wrote down what they sent and were given, are compared with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from properties.corosync.barrier import Finding
from properties.corosync.judge import of_history, read_run
from properties.corosync.laboratory.node import raw_file
from properties.corosync.laboratory.plan import Outcome
from properties.corosync.laboratory.plan import Plan as LaboratoryPlan
from properties.corosync.laboratory.systems import settings
from properties.corosync.recording import NODE_HISTORIES
from properties.corosync.stored import UnreadableError, as_recorded, read_lines, read_steps
from properties.history.reader import FileHistory
from properties.judge.judgement import OK, OPEN, VIOLATED, judge
from properties.processes.cluster import Course
from properties.processes.processes import Plan
from properties.processes.replayed import verdicts

Name = tuple[int, ...]
"""A message: node, incarnation, number."""


def judge_node_run(directory: Path, say: Callable[[str], None] = lambda words: None) -> list[Finding]:
    """All verdicts on the run of our nodes in this directory."""
    plan, outcome = read_run(directory)
    files = [directory / NODE_HISTORIES.format(id) for id in plan.node_ids]
    history = FileHistory.open(files)
    claims = judge(history, lambda count, what: say(f"{what}: {count:,} events" if count else what)).claims
    if history.faults:
        raise UnreadableError(str(history.faults[0]))
    journals = {id: directory / f"n{id}.journal.jsonl" for id in plan.node_ids}
    followed, divergence = verdicts(journals, say)
    seen = [] if divergence is None else list(divergence.lines())
    run = [Finding(one.claim, one.verdict, one.reason, seen if one.claim == "LOCKSTEP" else []) for one in followed]
    with as_recorded(directory):
        run = [_live(plan, outcome, directory), _steps(outcome), *run]
        programs = [*of_programs(plan, outcome, directory)]
    for one in run:
        one.of = "run"
    return [*map(of_history, claims), *run, *programs]


def _steps(outcome: Outcome) -> Finding:
    """STEP-1: a node that ends by itself has raised an error."""
    dead = ", ".join(f"node {id}" for id in outcome.died)
    return Finding("STEP-1", VIOLATED if dead else OK, f"ended by itself: {dead}" if dead else "")


def _live(plan: LaboratoryPlan, outcome: Outcome, directory: Path) -> Finding:
    """LIVE-3: each clique was one ring with open gates in time, whenever the plan let it settle, and at the end."""
    bound_ms = bound_seconds(plan) * 1000
    waits = [step for step in read_steps(directory / "steps.jsonl") if "settled" in step]
    late = [one for one in waits if not one["settled"] or one["after_ms"] > bound_ms]
    if late:
        return Finding("LIVE-3", VIOLATED, f"no ring with open gates within {bound_ms:.0f} ms: {late[0]}")
    if not outcome.settled:
        return Finding("LIVE-3", VIOLATED, "what was queued is not delivered")
    return Finding("LIVE-3", OK if waits else OPEN)


def bound_seconds(plan: LaboratoryPlan) -> float:
    """The bound of LIVE-3, with what it has for a machine that is busy."""
    return Course(Plan(plan.nodes, settings=settings(plan)), None).bound_seconds


@dataclass
class Program:
    """What one incarnation of a program wrote down."""

    file: str
    sent: list[Name] = field(default_factory=list[Name])
    """Events that the node has taken."""
    given: list[Name] = field(default_factory=list[Name])
    mangled: int = 0
    lost: int = 0
    """Events of which it was told that they were not given to it."""
    is_whole: bool = False
    """Whether its node lived to the end of the run."""

    def take(self, line: Mapping[str, Any], node: int, incarnation: int) -> None:
        """A line of its record."""
        match line["e"]:
            case "send" if not line["safe"]:
                self.sent.append((node, incarnation, line["n"]))
            case "deliver":
                self.given.append(tuple(line["m"]))
            case "mangled":
                self.mangled += 1
            case "lost":
                self.lost += line["count"]
            case "end":
                self.is_whole = line["why"] == "the run is over"
            case _:
                pass


def programs_of(plan: LaboratoryPlan, directory: Path) -> Iterator[Program]:
    """Every incarnation of every program."""
    for node in plan.node_ids:
        incarnation = 1
        while (path := raw_file(directory, node, incarnation)).exists():
            program = Program(path.name)
            for line in read_lines(path):
                program.take(line, node, incarnation)
            yield program
            incarnation += 1


def of_programs(plan: LaboratoryPlan, outcome: Outcome, directory: Path) -> Iterator[Finding]:
    """What the programs say: nothing is changed, twice, lost, or in another order."""
    programs = [*programs_of(plan, directory)]
    told: dict[str, Callable[[list[Program]], Iterator[str]]] = {
        "EVS-1.3": _changed, "EVS-1.4": _twice, "EVS-6.2": _otherwise,
    }  # fmt: skip
    for claim, check in told.items():
        reason = next(check(programs), "")
        yield Finding(claim, VIOLATED if reason else OK, reason, of="programs")
    reason = next(_missing(programs), "") if outcome.settled else "the run did not come to rest"
    verdict = OK if not reason else VIOLATED if outcome.settled else OPEN
    yield Finding("EVS-3", verdict, reason, of="programs")


def _changed(programs: list[Program]) -> Iterator[str]:
    """Who is given bytes that nobody sent."""
    yield from (f"{one.file}: {one.mangled} messages are not what was sent" for one in programs if one.mangled)


def _twice(programs: list[Program]) -> Iterator[str]:
    """Who is given a message twice."""
    yield from (f"{one.file}: a message is given twice" for one in programs if len({*one.given}) < len(one.given))


def _missing(programs: list[Program]) -> Iterator[str]:
    """Who is not given what it sent itself, though its node took it and lived to the end."""
    for one in programs:
        missing = {*one.sent} - {*one.given}
        if one.is_whole and len(missing) > one.lost:
            yield f"{one.file}: {len(missing)} of its own are not given, of which it was told of {one.lost}"


def _otherwise(programs: list[Program]) -> Iterator[str]:
    """Which two are given the same messages in another order."""
    places = [{name: at for at, name in enumerate(one.given)} for one in programs]
    for (one, of_one), (other, of_other) in combinations(zip(programs, places, strict=True), 2):
        common = [of_other[name] for name in of_one if name in of_other]
        if common != sorted(common):
            yield f"{one.file} and {other.file} are given messages in another order"
