"""What recording real corosync rests on, without corosync: plans, files, logs, frames, histories, campaigns."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from properties.corosync import campaign, summary
from properties.corosync.barrier import CLAIMS, Logs, judge_logs
from properties.corosync.campaign import Campaign, Case, Run, cases
from properties.corosync.configuration import configuration
from properties.corosync.histories import history_of
from properties.corosync.judging import Finding
from properties.corosync.logs import read_log
from properties.corosync.namespaces import LaboratoryError
from properties.corosync.payload import LEAST_BYTES, Message, pack, unpack
from properties.corosync.plan import (
    Burst,
    CutAt,
    CutOneWay,
    Disturb,
    Heal,
    Kill,
    Pause,
    Plan,
    Resume,
    Settle,
    Split,
    Start,
    Wait,
)  # fmt: skip
from properties.corosync.recording import Recorded
from properties.corosync.scenarios import SCENARIOS, plan, without_faults
from properties.corosync.switch import Switch, is_kind, targets
from properties.corosync.wire import links_between
from properties.history.events import Configuration, Crash, Deliver, End, Group, Queue, Sync

# Plans


@pytest.mark.parametrize("nodes", [3, 5])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_seed_decides_a_plan(scenario: str, nodes: int) -> None:
    def encoded(seed: int) -> bytes:
        return msgspec.json.encode(plan(scenario, nodes=nodes, seed=seed, load="backlog"))

    assert encoded(1) == encoded(1)
    assert len({encoded(seed) for seed in range(8)}) == 8
    assert msgspec.json.encode(msgspec.json.decode(encoded(1), type=Plan)) == encoded(1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_plan_can_be_carried_out(scenario: str, seed: int) -> None:
    """Groups part the nodes, times are not negative, who is paused or killed ran, and all run in the end."""
    chosen = plan(scenario, nodes=3 + 2 * (seed % 2), seed=seed, load="backlog")
    nodes, running = set(chosen.node_ids), set(chosen.node_ids)
    for step in chosen.steps:
        if isinstance(step, Split | CutAt):
            assert Counter(node for group in step.groups for node in group) == Counter(nodes)
            assert all(step.groups)
        elif isinstance(step, Wait):
            assert step.ms >= 0
        elif isinstance(step, Kill | Pause):
            assert step.node in running
            running.remove(step.node)
        elif isinstance(step, Start | Resume):
            assert step.node not in running
            running.add(step.node)
    assert running == nodes
    faults = [step for step in chosen.steps if isinstance(step, Split | CutAt | CutOneWay | Disturb | Kill | Pause)]
    assert bool(faults) == (scenario != "calm")


def test_a_backlog_comes_before_each_fault_and_a_control_has_no_fault() -> None:
    chosen = plan("partition-merge", nodes=3, seed=1, load="backlog")
    before = [type(chosen.steps[index - 2]) for index, step in enumerate(chosen.steps) if isinstance(step, Split)]
    assert before == [Burst, Burst]
    assert {type(step) for step in without_faults(chosen).steps} == {Wait, Settle, Burst}


def test_only_wires_of_our_own_are_disturbed() -> None:
    for name in SCENARIOS:
        chosen = plan(name, nodes=3, seed=1)
        needs_tap = any(isinstance(step, Disturb | CutAt) for step in chosen.steps)
        assert (chosen.wire == "tap") == needs_tap
        encrypted = plan(name, nodes=3, seed=1, transport="knet")
        assert all(step.kind == "any" for step in encrypted.steps if isinstance(step, CutAt))


# Files of a daemon


@pytest.mark.parametrize("transport", ["udpu", "knet"])
def test_a_configuration_has_one_key_a_line(transport: str) -> None:
    text = configuration(plan("calm", nodes=5, seed=1, transport=transport), 2, Path("/out"))  # pyright: ignore
    assert all(line.endswith("{") or line == line.rstrip() for line in text.splitlines())
    assert text.count("{") == text.count("}") == 5 + 5
    assert text.count("nodeid:") == 5
    for line in ("token: 200", "consensus: 240", "state_dir: /out/n2.state", "logfile: /out/n2.log", "debug: on"):
        assert f"    {line}\n" in text
    assert ("crypto_cipher: aes256" in text) == ("keyfile: /out/authkey" in text) == (transport == "knet")


# Messages


@pytest.mark.parametrize("length", [LEAST_BYTES, LEAST_BYTES + 1, 200, 1500, 9000])
def test_a_message_survives_and_a_changed_one_is_noticed(length: int) -> None:
    message = Message(3, 2, 77, last=length % 2 == 0)
    text = pack(message, length)
    assert len(text) == length
    assert unpack(text) == message
    assert unpack(text[:-1]) is None
    rng = random.Random(length)
    if length > LEAST_BYTES:
        at = rng.randrange(LEAST_BYTES, length)
        assert unpack(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]) is None


# The switch


def frame(target: int, kind: int, rest: bytes = b"") -> bytes:
    ethernet = b"\x02\x00\x00\x00\x00" + bytes([target]) + b"\x02\x00\x00\x00\x00\x01" + b"\x08\x00"
    return ethernet + bytes(28) + b"\x70\xc0\x03" + bytes([kind]) + rest


class Wire:
    """A switch of three ports, and what it wrote and said."""

    def __init__(self, seed: int = 1) -> None:
        self.written: list[tuple[int, bytes]] = []
        self.said: list[str] = []
        self.switch = Switch(seed, 3, lambda port, text: self.written.append((port, text)), self.said.append)

    def obey(self, text: str) -> None:
        self.switch.obey(text)


def test_frames_go_where_their_address_says_unless_blocked() -> None:
    wire = Wire()
    wire.switch.take(1, frame(2, 0), 0.0)
    wire.switch.take(1, b"\xff" * 60, 0.0)
    assert [port for port, _ in wire.written] == [2, 2, 3]
    wire.obey('{"blocked": [[1, 2]]}')
    wire.switch.take(1, frame(2, 0), 0.0)
    wire.switch.take(2, frame(1, 0), 0.0)
    assert [port for port, _ in wire.written[3:]] == [1]
    assert targets(b"\x33\x33" + bytes(60), 1, 3) == [2, 3]
    assert targets(b"\x02\x00\x00\x00\x00\x09" + bytes(60), 1, 3) == []


def test_the_seed_decides_which_frames_are_lost() -> None:
    def kept(seed: int) -> list[tuple[int, bytes]]:
        wire = Wire(seed)
        wire.obey('{"disturb": {"loss": 0.5}}')
        for number in range(40):
            wire.switch.take(1, frame(2, 0, bytes([number])), 0.0)
        return wire.written

    assert kept(1) == kept(1)
    assert kept(1) != kept(2)
    assert 5 < len(kept(1)) < 35


def test_delay_keeps_the_order_and_reordering_does_not() -> None:
    def arrivals(disturb: str) -> list[int]:
        wire = Wire()
        wire.obey(disturb)
        for number in range(50):
            wire.switch.take(1, frame(2, 0, bytes([number])), number / 1000)
        assert wire.switch.release(0.05) is not None
        wire.switch.release(10.0)
        return [text[-1] for _, text in wire.written]

    assert arrivals('{"disturb": {"delay_ms": 60, "jitter_ms": 30}}') == list(range(50))
    mixed = arrivals('{"disturb": {"reorder": 0.5, "jitter_ms": 100}}')
    assert mixed != sorted(mixed)
    assert sorted(mixed) == list(range(50))
    twice = arrivals('{"disturb": {"duplicate": 1.0, "jitter_ms": 100}}')
    assert sorted(twice) == sorted([*range(50)] * 2)


def test_a_cut_counts_frames_from_the_first_join_on() -> None:
    wire = Wire()
    wire.obey('{"blocked": [], "cut": {"kind": "commit", "source": 1, "count": 2, "blocked": [[1, 2]]}}')
    for kind in (4, 4, 3, 4):
        wire.switch.take(1, frame(2, kind), 0.0)
    wire.switch.take(2, frame(1, 4), 0.0)
    assert wire.said == ["done"]
    assert len(wire.written) == 5
    wire.switch.take(1, frame(2, 4), 0.0)
    wire.switch.take(1, frame(2, 4), 0.0)
    assert wire.said == ["done", "cut"]
    assert len(wire.written) == 5


def test_kinds_of_frames_are_told_apart() -> None:
    assert is_kind(frame(2, 1, b"..sync.."), "sync")
    assert not is_kind(frame(2, 0, b"..sync.."), "sync")
    assert not is_kind(b"\xff" * 20, "any")
    assert [is_kind(frame(2, kind), "join") for kind in range(5)] == [False, False, False, True, False]


def test_links_between_groups_are_blocked_both_ways() -> None:
    assert links_between([[1, 2], [3]]) == {(1, 3), (3, 1), (2, 3), (3, 2)}


# Logs

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


# Campaigns


def test_a_campaign_covers_every_scenario_size_transport_and_load() -> None:
    chosen = cases(200, 1, list(SCENARIOS))
    ways = {(one.scenario, one.nodes, one.transport, one.load) for one in chosen}
    assert len(ways) == len(SCENARIOS) * 2 * 2 * 3
    assert [one.seed for one in chosen] == list(range(1, 201))
    assert len({one.name for one in chosen}) == 200
    assert cases(7, 1, list(SCENARIOS)) == chosen[:7]


def stub_record(failures: int) -> Callable[..., Recorded]:
    """A recorder that fails so often, then leaves an empty recording."""
    left = [failures]

    def record(plan: Plan, directory: Path, say: object) -> Recorded:
        directory.mkdir(parents=True)
        if left[0]:
            left[0] -= 1
            raise LaboratoryError("no luck")
        return Recorded("history", plan.scenario, plan.nodes, plan.seed, plan.load, plan.transport, True, [], 1.0, 9)

    return record


@pytest.mark.parametrize(("failures", "failed"), [(0, False), (1, False), (2, True)])
def test_a_run_that_fails_is_tried_again_and_then_counted(
    failures: int, failed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "record", stub_record(failures))
    monkeypatch.setattr(campaign, "judge_run", lambda _: [Finding("PLUG-S1", "ok")])
    monkeypatch.setattr(campaign, "versions", lambda: {"corosync": "3.1.7"})
    [case] = cases(1, 1, ["calm"])
    found = Campaign(tmp_path, [case]).run(lambda _: None)
    assert bool(found.runs[0].failed) == failed
    assert summary.exit_code(found) == (2 if failed else 0)
    assert ("1 failed" in next(summary.table(found))) == failed
    monkeypatch.setattr(campaign, "record", stub_record(0 if failed else 9))
    again = Campaign(tmp_path, [case]).run(lambda _: None)
    assert not again.runs[0].failed
    assert failed or again == found


def test_a_table_counts_verdicts_and_lists_violations() -> None:
    def run(index: int, verdict: str) -> Run:
        case = Case(index, "calm", 3, "udpu", "light", index)
        return Run(case, "x", findings=[Finding("PLUG-S1", verdict, "because"), Finding("EVS-7.1", "not observable")])

    found = campaign.Found({"corosync": "3.1.7"}, [run(1, "ok"), run(2, "violated"), run(3, "ok"), run(4, "open")])
    lines = list(summary.table(found))
    assert "| PLUG-S1 | 2 1v 1o | 2 1v 1o |" in lines
    assert not [line for line in lines if line.startswith("| EVS-7.1")]
    assert any(line.startswith("- EVS-7.1: not observable") for line in lines)
    assert any("0002-calm-3-udpu-light: because" in line for line in lines)
    assert summary.exit_code(found) == 1


def test_a_plan_with_a_mended_network_ends_healed() -> None:
    """A split that nobody heals would leave the last settling waiting for nothing."""
    for name in SCENARIOS:
        steps = plan(name, nodes=3, seed=2).steps
        cuts = [index for index, step in enumerate(steps) if isinstance(step, Split | CutAt | CutOneWay)]
        heals = [index for index, step in enumerate(steps) if isinstance(step, Heal)]
        assert not cuts or max(heals) > max(cuts)
