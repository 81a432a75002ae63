"""Corosync's synchronization held against the abstract barrier, on the logs of a run.

`model/plug/barrier.py` has five actions. In a log, `form` is a ring id with its members; `enter` is "call init";
`recover` is a member's own barrier message for the last service, of which one sees that the services before it are
committed; `open_up` is "Completed service synchronization", whereupon other messages are let out ("waiting_trans_ack
changed to 0"); `go` is the next ring or the end of the incarnation. What one member did in a ring is compared with what
the others did in the ring of the same id, as sets: no clock and no order between files is used. Left out on purpose:
when a member's barrier message arrived, which no log shows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from properties.corosync.laboratory.configuration import log_file
from properties.corosync.laboratory.plan import Plan, Start
from properties.corosync.logs import SERVICES, LoggedLife, LoggedRing, read_log
from properties.judge.judgement import OK, OPEN, VIOLATED

ORDER = list(SERVICES.values())


class Finding(msgspec.Struct):
    """What the logs say of one claim."""

    claim: str
    verdict: str
    reason: str = ""
    events: list[str] = []
    """Files and lines."""
    of: str = "logs"
    """What was judged: the logs, or the history."""


@dataclass(frozen=True)
class View:
    """One node's view of a ring, in one incarnation."""

    node: int
    incarnation: int
    logged: LoggedRing

    def at(self, line: int) -> str:
        return f"n{self.node}.log:{line}"

    @property
    def finished(self) -> bool:
        return self.logged.complete

    @property
    def waits_at_last(self) -> bool:
        """All services but the last are committed, so the last one's barrier message can be out."""
        return self.logged.committed[: len(ORDER) - 1] == ORDER[:-1]


Rings = Mapping[tuple[int, int], list[View]]


class Logs:
    """All logs of a run."""

    def __init__(self, plan: Plan, lives: Mapping[int, list[LoggedLife]], *, settled: bool) -> None:
        self.plan, self.lives, self.settled = plan, lives, settled
        self.views = [
            View(node, life.incarnation, ring) for node, all_ in lives.items() for life in all_ for ring in life.rings
        ]
        rings: dict[tuple[int, int], list[View]] = {}
        for view in self.views:
            rings.setdefault(view.logged.ring, []).append(view)
        self.rings: Rings = rings
        self.kept_state = not any(isinstance(step, Start) and not step.keep_state for step in plan.steps)


def opens_when_all_recovered(logs: Logs) -> Iterator[Finding]:
    """A member opens in a ring only if every member has recovered in it."""
    for view in logs.views:
        if not view.finished:
            continue
        beside = logs.rings[view.logged.ring]
        for member in view.logged.members:
            if not any(other.node == member and (other.finished or other.waits_at_last) for other in beside):
                lines = [view.at(view.logged.sync[-1].line), *(other.at(other.logged.line) for other in beside)]
                yield Finding("", VIOLATED, f"n{view.node} opened, n{member} had not recovered", lines[:3])


def all_services_again(logs: Logs) -> Iterator[Finding]:
    """Each configuration starts from nothing: all services synchronize in it, in order and once."""
    for view in logs.views:
        committed = view.logged.committed
        if committed != ORDER[: len(committed)] or (view.finished and committed != ORDER):
            yield Finding("", VIOLATED, f"n{view.node} committed {committed}", [view.at(view.logged.line)])


def opens_after_completion(logs: Logs) -> Iterator[Finding]:
    """Other messages are let out only after the synchronization of the ring that is installed."""
    for view in logs.views:
        complete = [one.line for one in view.logged.sync if one.phase == "complete"]
        for line in view.logged.opened:
            if not complete or line < complete[0]:
                yield Finding("", VIOLATED, f"n{view.node} opened unsynchronized", [view.at(line)])


def opens_once(logs: Logs) -> Iterator[Finding]:
    """A ring is completed once: nothing is committed in it afterwards."""
    for view in logs.views:
        phases = [one.phase for one in view.logged.sync]
        if phases.count("complete") > 1 or (view.finished and phases[-1] != "complete"):
            yield Finding("", VIOLATED, f"n{view.node}: {phases}", [view.at(view.logged.line)])


def counts_its_own_ring_only(logs: Logs) -> Iterator[Finding]:
    """What counts as recovery in a ring was sent for it: each member's list of group members, once."""
    for view in logs.views:
        for node, _, line in view.logged.counted:
            if node not in view.logged.members:
                reason = f"n{view.node} counts a list of n{node}, which is not in {ring_text(view)}: from an older ring"
                yield Finding("", VIOLATED, reason, [view.at(view.logged.line), view.at(line)])
    for view in logs.views:
        seen: dict[tuple[int, int], int] = {}
        for node, pid, line in view.logged.counted:
            if (node, pid) in seen:
                reason = f"n{view.node} counts a list of n{node} twice in {ring_text(view)}: one is from an older ring"
                yield Finding("", VIOLATED, reason, [view.at(one) for one in (view.logged.line, seen[node, pid], line)])
            seen[node, pid] = line


def ring_text(view: View) -> str:
    """The ring with its members."""
    node, number = view.logged.ring
    return f"[n{node} {number}] of {' '.join(f'n{member}' for member in view.logged.members)}"


def all_open_in_the_end(logs: Logs) -> Iterator[Finding]:
    """If the ring stays, all its members open."""
    if not logs.settled:
        yield Finding("", OPEN, "the run did not come to rest")
        return
    for node, lives in logs.lives.items():
        last = lives[-1].rings[-1] if lives and lives[-1].rings else None
        if last and not last.complete:
            yield Finding("", VIOLATED, f"n{node} did not open in its last ring", [f"n{node}.log:{last.line}"])


def numbers_grow(logs: Logs) -> Iterator[Finding]:
    """A node's rings have growing numbers, over restarts too."""
    for node, lives in logs.lives.items():
        rings = [View(node, life.incarnation, ring) for life in lives for ring in life.rings]
        for before, after in itertools.pairwise(rings):
            if after.logged.ring[1] <= before.logged.ring[1]:
                lines = [view.at(view.logged.line) for view in (before, after)]
                yield _without_state(logs, f"{before.logged.ring} then {after.logged.ring} at n{node}", lines)


def one_id_one_ring(logs: Logs) -> Iterator[Finding]:
    """A ring id names one membership, and each member was in it in one incarnation."""
    for ring, views in logs.rings.items():
        first = views[0]
        for index, view in enumerate(views):
            again = [other for other in views[:index] if other.node == view.node]
            if again or view.logged.members != first.logged.members:
                other = again[0] if again else first
                lines = [one.at(one.logged.line) for one in (other, view)]
                yield _without_state(logs, f"{ring} names two rings", lines)


def _without_state(logs: Logs, reason: str, lines: list[str]) -> Finding:
    return Finding("", VIOLATED, reason if logs.kept_state else f"{reason}; the stored number was deleted", lines)


CLAIMS: dict[str, Callable[[Logs], Iterator[Finding]]] = {
    "PLUG-S1": opens_when_all_recovered,
    "PLUG-S6": all_services_again,
    "PLUG-S8": opens_after_completion,
    "PLUG-S9": opens_once,
    "PLUG-H3": counts_its_own_ring_only,
    "LIVE-2": all_open_in_the_end,
    "RING-S2": numbers_grow,
    "RING-S3": one_id_one_ring,
}
"""The claim of the plug, or of the ring, that each is the counterpart of."""


def logs_of(plan: Plan, out: Path, *, settled: bool) -> Logs:
    """The logs in a run's directory."""
    lives: dict[int, list[LoggedLife]] = {}
    for node in plan.node_ids:
        with log_file(out, node).open(errors="replace") as log:
            lives[node] = read_log(log)
    return Logs(plan, lives, settled=settled)


def judge_logs(logs: Logs) -> list[Finding]:
    """One finding a claim: the first violation, or that there is none."""
    findings: list[Finding] = []
    for id, claim in CLAIMS.items():
        found = next(claim(logs), Finding("", OK))
        findings.append(msgspec.structs.replace(found, claim=id))
    return findings
