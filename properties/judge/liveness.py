"""What is so when all is quiet: EVS-2.1, LIVE-2 and LIVE-3, which nothing but the end of a history can decide.

A quiet end says that what has not happened by then will not happen. Who is gone takes its messages along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from properties.history.findings import Findings
from properties.history.ring_history import RingHistory
from properties.history.views import Ending, Message, Observability, Process, View

Processes = Mapping[str, Process]


def last_configurations(processes: Processes, findings: Findings, quiescent_at: int | None) -> None:
    """EVS-2.1: the last configuration of who lives is the last of all its members."""
    for process, view in _living_members(processes):
        if quiescent_at is None:
            findings.pending["EVS-2.1"] += 1
            continue
        findings.met["EVS-2.1"] += 1
        for name in view.transition.members if view.transition else view.members:
            other = processes.get(name)
            if other and not (other.alive and other.view and _last(other.view) == _last(view)):
                text = f"{process.name} stays in {view.ring} to the end, and its member {name} {_stands(other, view)}"
                findings.violated("EVS-2.1", text, _last_at(process), _last_at(other), due_at=quiescent_at)


def _living_members(processes: Processes) -> Iterable[tuple[Process, View]]:
    """Those that live in a configuration at the end; an observer, which no configuration lists, is no member."""
    for process in processes.values():
        if process.alive and process.view and process.listed_at is not None:
            yield process, process.view


def _last(view: View) -> object:
    between = view.transition
    return view.ring.id, (between.ring, frozenset(between.members)) if between else None


def _stands(other: Process, view: View) -> str:
    """Where a member is that is not in the configuration."""
    if other.crashed_at is not None:
        return "failed"
    if other.view is None:
        return "is in none"
    same = other.view.ring is view.ring
    return "is told another transitional configuration of it" if same else f"is in {other.view.ring}"


def _last_at(process: Process) -> int:
    """Where its last configuration is told, or its crash."""
    if process.crashed_at is not None or process.view is None:
        return process.last_at if process.crashed_at is None else process.crashed_at
    return process.view.transition.at if process.view.transition else process.view.at


def all_open(processes: Processes, findings: Findings, quiescent_at: int | None) -> None:
    """LIVE-2: if all members of a ring stay in it to a quiet end, each has opened."""
    for process, view in _living_members(processes):
        if quiescent_at is None:
            findings.pending["LIVE-2"] += 1
        elif view.transition is None and not view.attached:
            _opened(processes, process, view, findings, quiescent_at)


def _opened(processes: Processes, process: Process, view: View, findings: Findings, quiescent_at: int) -> None:
    unseen = [name for name in view.members if name not in processes]
    others = [processes[name] for name in view.members if name in processes]
    if view.is_open:
        findings.met["LIVE-2"] += 1
    elif not all(one.alive and one.view and _last(one.view) == _last(view) for one in others):
        return
    elif unseen:
        findings.not_seen("LIVE-2", f"whether {' '.join(unseen)} came into the last ring was not observed")
    else:
        held = sorted({f"{handle} at {one.name}" for one in others for handle in one.plugged})
        why = f"; plugged: {', '.join(held)}" if held else ""
        text = f"all members of {view.ring} are in it at the end, and {process.name} has not opened{why}"
        findings.violated("LIVE-2", text, view.at, due_at=quiescent_at)


def all_is_delivered(
    processes: Processes,
    messages: Iterable[Message],
    observability: Observability,
    findings: Findings,
    quiescent_at: int | None,
) -> None:
    """LIVE-3, first half: what a process that lives has sent, somebody delivers."""
    for process in processes.values():
        if process.alive and process.sends_here:
            (findings.met if quiescent_at is not None else findings.pending)["LIVE-3"] += 1
    for message in messages if quiescent_at is not None else ():
        if not message.delivered_by and _is_owed(processes, message, observability):
            at, by = _sent_by(message)
            text = f"{by} sends {message.id} and lives, and nobody delivers it"
            findings.violated("LIVE-3", text, at, due_at=quiescent_at or 0)


def _sent_by(message: Message) -> tuple[int, str]:
    sent = message.queued or message.sends[0]
    return sent.at, sent.by


def _is_owed(processes: Processes, message: Message, observability: Observability) -> bool:
    """Whether its sender lives, and still owes it: recovery messages of an older ring may be dropped.

    What was originated in an older ring, its sender owed there: that is EVS-3.
    """
    sent = message.queued or next(iter(message.sends), None)
    if sent is None:
        return False
    process = processes[sent.by]
    view, joined = process.view, process.in_group_since
    lives = process.alive and process.incarnation == sent.incarnation and view is not None
    late = any(one.view is not view for one in message.sends) if observability.basis == "originate" else False
    dropped = message.recovery and sent.view is not view
    stays = "group" not in observability or (joined is not None and joined < sent.at)
    return lives and stays and not late and not dropped


def all_have_it(ring: RingHistory, findings: Findings) -> None:
    """LIVE-3, second half: who stays in its last ring delivers there what another that stays does."""
    staying = [view for view in ring.views if view.ending is Ending.QUIET and view.transition is None]
    if not staying or (ring.agreed and len({len(view.sequence) for view in staying}) == 1):
        return
    given = {message: view for view in staying for message in view.sequence}
    for view in staying:
        for message in given.keys() - set(view.sequence):
            if ring.hears(view, message):
                by = given[message]
                text = f"{by.name} delivers {message.id} in {ring.ring}, its last ring, and {view.name} never does"
                findings.violated("LIVE-3", text, ring.at(by, message), view.at, due_at=ring.over_at(view))
