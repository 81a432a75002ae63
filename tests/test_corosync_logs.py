"""What the logs of corosync say, what the barrier claims of them, and the histories that are made with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from properties.corosync.barrier import CLAIMS, Logs, judge_logs
from properties.corosync.histories import HistoryError, history_of
from properties.corosync.laboratory.scenarios import plan
from properties.corosync.logs import read_log
from properties.history.events import Configuration, Crash, Deliver, End, Group, Queue, Sync

STAMP = "Nov 22 17:18:13.322 [27] n1 corosync debug   "
SERVICES = (
    "corosync configuration map access",
    "corosync cluster closed process group service v1.01",
    "corosync cluster quorum service v0.1",
    "corosync vote quorum service v1.0",
)


def life(*rings: list[str], incarnation: int = 1) -> list[str]:
    return [f"ringplug: incarnation {incarnation} starts", *(line for ring in rings for line in ring)]


def ring(number: int, members: str, *, came: str = "", commits: int = 4, done: bool = True) -> list[str]:
    """The lines of one ring; its representative is its first member."""
    lines = ["[TOTEM ] entering RECOVERY state."]
    lines += [f"[TOTEM ] TRANS [{i}] member {node}:" for i, node in enumerate(came.split())]
    lines += ["[TOTEM ] waiting_trans_ack changed to 1", "[SYNC  ] call init for locally known services"]
    lines += [f"[QUORUM] Sync members[{len(members.split())}]: {members}"]
    lines += [f"[TOTEM ] A new membership ({members[0]}.{number:x}) was formed. Members joined: 2"]
    lines += [f"[SYNC  ] Committing synchronization for {service}" for service in SERVICES[:commits]]
    if done:
        lines += ["[MAIN  ] Completed service synchronization, ready to provide service."]
        lines += ["[TOTEM ] waiting_trans_ack changed to 0"]
    return [STAMP + line for line in lines]


def test_a_log_says_rings_in_decimal_and_how_far_each_one_came() -> None:
    [one] = read_log(life(ring(0x1D, "1 2", came="1", commits=1, done=False), ring(0x21, "1", came="1")))
    first, second = one.rings
    assert (first.ring, first.members, first.transitional) == ((1, 29), (1, 2), (1,))
    assert [(phase.phase, phase.service) for phase in first.sync] == [("start", ""), ("commit", "cmap"), ("abort", "")]
    assert second.committed == ["cmap", "cpg", "quorum", "votequorum"]
    assert second.complete
    assert second.opened


def test_a_log_that_breaks_off_has_no_abort_and_keeps_whole_lines() -> None:
    lines = life(ring(5, "1"), ring(9, "1 2", commits=2, done=False))
    [one] = read_log([*lines, STAMP + "[SYNC  ] Committing synchr"])
    assert [phase.phase for phase in one.rings[-1].sync] == ["start", "commit", "commit"]
    assert read_log(["no daemon wrote this", "\x00\xff"]) == []
    [cut] = read_log(life(ring(5, "1"), ring(9, "1 2")[:4]))
    assert [ring.ring for ring in cut.rings] == [(1, 5)]


# The barrier on logs


def logs(two: list[str] | None = None, one: list[str] | None = None, *, settled: bool = True) -> Logs:
    """Two nodes that come together; either log may be replaced."""
    good = life(ring(5, "1"), ring(13, "1 2", came="1"))
    other = life(ring(9, "2"), ring(13, "1 2", came="2"))
    lives = {1: read_log(one or good), 2: read_log(two or other)}
    return Logs(plan("calm", nodes=3, seed=1), lives, settled=settled)


def verdicts(of: Logs) -> dict[str, str]:
    return {one.claim: one.verdict for one in judge_logs(of)}


def test_a_good_log_keeps_every_claim_of_the_barrier() -> None:
    assert verdicts(logs()) == dict.fromkeys(CLAIMS, "ok")


def moved(lines: list[str], text: str, by: int) -> list[str]:
    """The lines with the last one that has this text moved."""
    at = max(index for index, line in enumerate(lines) if text in line)
    rest = lines[:at] + lines[at + 1 :]
    return [*rest[: at + by], lines[at], *rest[at + by :]]


JOINLIST = STAMP + "[CPG   ] joinlist_messages[0] group:ringplug, ip:r(0) ip(10.77.0.{}) , pid:30"
LAST = life(ring(9, "2"), ring(13, "1 2", came="2"))
CORRUPTIONS: dict[str, Callable[[], Logs]] = {
    "PLUG-S1": lambda: logs(life(ring(9, "2"), ring(13, "1 2", came="2", commits=1, done=False)), settled=False),
    "PLUG-S6": lambda: logs(moved(LAST, "cluster quorum service", -1)),
    "PLUG-S8": lambda: logs(moved(LAST, "waiting_trans_ack changed to 0", -3)),
    "PLUG-S9": lambda: logs([*moved(LAST, "Completed", -1), LAST[-2]]),
    "PLUG-H3": lambda: logs([*LAST, JOINLIST.format(3)]),
    "LIVE-2": lambda: logs(life(ring(9, "2"), ring(13, "1 2"), ring(17, "2", commits=3, done=False))),
    "RING-S2": lambda: logs(life(ring(14, "2"), ring(13, "1 2", came="2"))),
    "RING-S3": lambda: logs(life(ring(9, "2"), ring(13, "1 2 3", came="2"))),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_one_corruption_of_a_log_breaks_its_claim(claim: str) -> None:
    found = {one.claim: one for one in judge_logs(CORRUPTIONS[claim]())}
    bad = {id for id, one in found.items() if one.verdict == "violated"}
    assert claim in bad
    # A commit after completion is out of order as well, and who is a member of a ring is asked by S1, too.
    assert bad - {claim} <= {"PLUG-S9": {"PLUG-S6"}, "RING-S3": {"PLUG-S1"}}.get(claim, set())
    assert found[claim].reason
    assert all(".log:" in line for line in found[claim].events)


def test_an_id_that_comes_back_after_its_store_was_deleted_says_so() -> None:
    again = life(ring(5, "1")) + life(ring(5, "1"), incarnation=2)
    chosen = plan("kill-restart-without-state", nodes=3, seed=1)
    found = {one.claim: one for one in judge_logs(Logs(chosen, {1: read_log(again)}, settled=True))}
    assert found["RING-S3"].verdict == found["RING-S2"].verdict == "violated"
    assert "the stored number was deleted" in found["RING-S3"].reason
    kept = {one.claim: one for one in judge_logs(logs(one=again))}
    assert "deleted" not in kept["RING-S3"].reason


def test_a_list_that_is_counted_twice_is_from_an_older_ring() -> None:
    found = {one.claim: one for one in judge_logs(logs([*LAST, JOINLIST.format(1), JOINLIST.format(1)]))}
    assert found["PLUG-H3"].verdict == "violated"
    assert "twice in [n1 13] of n1 n2" in found["PLUG-H3"].reason


def test_what_did_not_come_to_rest_is_open() -> None:
    assert verdicts(logs(settled=False))["LIVE-2"] == "open"


# Histories


def test_a_ring_that_the_log_does_not_have_is_no_history(tmp_path: Path) -> None:
    write_run(tmp_path, {"n1.1": ONE}, {1: life(ring(5, "1")), 2: [], 3: []})
    with pytest.raises(HistoryError, match="has no ring"):
        history_of(plan("calm", nodes=3, seed=1), tmp_path, settled=True, versions={})


def write_run(out: Path, raws: dict[str, list[dict[str, object]]], logged: dict[int, list[str]]) -> None:
    for name, lines in raws.items():
        (out / f"{name}.raw").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    for node, text in logged.items():
        (out / f"n{node}.log").write_text("\n".join(text) + "\n")


def told(node: int, number: int, *members: int) -> dict[str, object]:
    return {"e": "ring", "ring": [node, number], "members": list(members)}


def grouped(now: list[list[int]], left: list[list[int]], joined: list[list[int]]) -> dict[str, object]:
    return {"e": "group", "members": now, "left": left, "joined": joined}


def sent(number: int, code: int = 1) -> dict[str, object]:
    return {"e": "send", "n": number, "size": 16, "refused": 0, "code": code}


def got(node: int, incarnation: int, number: int, pid: int) -> dict[str, object]:
    return {"e": "deliver", "m": [node, incarnation, number], "from": [node, pid], "size": 16}


ONE: list[dict[str, object]] = [
    {"e": "start", "node": 1, "incarnation": 1, "pid": 30},
    sent(1),
    told(1, 5, 1),
    told(1, 5, 1),
    grouped([[1, 30, 0]], [], [[1, 30, 1]]),
    got(1, 1, 1, 30),
    grouped([[1, 30, 0], [2, 31, 0]], [], [[2, 31, 4]]),
    told(1, 13, 1, 2),
    got(2, 1, 1, 31),
    sent(2, code=2),
    sent(3, code=2),
    {"e": "end", "why": "the daemon is gone"},
]
TWO: list[dict[str, object]] = [
    {"e": "start", "node": 2, "incarnation": 1, "pid": 31},
    told(1, 13, 1, 2),
    grouped([[1, 30, 0], [2, 31, 0]], [], [[2, 31, 1]]),
    sent(1),
    got(2, 1, 1, 31),
    got(1, 1, 2, 30),
    {"e": "mangled", "from": [1, 30], "size": 16, "head": "00ff"},
    {"e": "end", "why": "the run is over"},
]


def history(tmp_path: Path, *, settled: bool = True) -> list[msgspec.Struct]:
    lines = life(ring(5, "1"), ring(9, "1 3", came="1", commits=1, done=False), ring(13, "1 2", came="1"))
    write_run(tmp_path, {"n1.1": ONE, "n2.1": TWO}, {1: lines, 2: LAST, 3: []})
    chosen = plan("calm", nodes=3, seed=1)
    return history_of(chosen, tmp_path, settled=settled, versions={"corosync": "3.1.7"})


def test_a_history_has_the_clients_order_and_the_rings_of_the_log(tmp_path: Path) -> None:
    mine = [one for one in history(tmp_path)[1:] if one.process == "n1"]  # pyright: ignore
    shape: list[object] = []
    for one in mine:
        if isinstance(one, Configuration):
            shape.append((one.ring[1], one.attached))
        elif isinstance(one, Sync):
            shape.append(f"{one.phase} {one.service}".strip())
        elif isinstance(one, Queue | Deliver):
            shape.append(one.message)
        else:
            shape.append(type(one).__name__)
    assert shape == [
        "Start", "n1.1:1", (5, True), "Group", "n1.1:1",
        (9, False), "start", "commit cmap", "abort",
        (13, False), "start", "commit cmap", "commit cpg", "Group", "commit quorum", "commit votequorum", "complete",
        "n2.1:1", "n1.1:2", "Crash",
    ]  # fmt: skip
    assert [one.seq for one in mine] == list(range(1, len(mine) + 1))  # pyright: ignore


def test_what_only_the_log_says_is_marked(tmp_path: Path) -> None:
    found = [one for one in history(tmp_path) if isinstance(one, Configuration)]
    assert [one.ring for one in found if "never told to the client" in one.note] == [("n1", 9)]
    assert "n1.log:" in found[1].note
    assert "transitional members n1" in found[1].note


def test_a_message_of_unknown_fate_counts_as_queued_only_if_it_was_delivered(tmp_path: Path) -> None:
    queued = [one.message for one in history(tmp_path) if isinstance(one, Queue)]
    assert queued == ["n1.1:1", "n1.1:2", "n2.1:1"]


def test_bytes_that_nobody_sent_are_a_message_that_nobody_queued(tmp_path: Path) -> None:
    [bad] = [one for one in history(tmp_path) if isinstance(one, Deliver) and one.note]
    assert bad.message.startswith("mangled:n2.1:")


@pytest.mark.parametrize("settled", [True, False])
def test_only_a_run_that_came_to_rest_is_quiescent(tmp_path: Path, settled: bool) -> None:
    ends = [one for one in history(tmp_path, settled=settled) if isinstance(one, End | Crash)]
    assert [type(one) for one in ends] == [Crash, End]
    assert [one.quiescent for one in ends if isinstance(one, End)] == [settled]


def test_members_of_a_group_are_incarnations(tmp_path: Path) -> None:
    groups = [one for one in history(tmp_path) if isinstance(one, Group)]
    assert groups[-1].members == (("n1", 1), ("n2", 1))
