"""What recording real corosync rests on, without corosync: plans, files, messages, frames, campaigns."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from properties.cli.run.corosync import exit_code
from properties.corosync import campaign, summary
from properties.corosync.campaign import Campaign, cases
from properties.corosync.judge import Finding, judge_run
from properties.corosync.laboratory.clients.payload import LEAST_BYTES, Message, pack, unpack
from properties.corosync.laboratory.configuration import configuration
from properties.corosync.laboratory.namespaces import LaboratoryError
from properties.corosync.laboratory.plan import (
    Burst,
    CutAt,
    CutOneWay,
    Disturb,
    Heal,
    Kill,
    Outcome,
    Pause,
    Plan,
    Resume,
    Settle,
    Split,
    Start,
    Wait,
)
from properties.corosync.laboratory.scenarios import SCENARIOS, plan, without_faults
from properties.corosync.laboratory.switch import Switch, targets
from properties.corosync.laboratory.systems import SYSTEMS
from properties.corosync.laboratory.wire import links_between
from properties.corosync.recording import Recorded

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
        totem = SYSTEMS["corosync"].datagrams
        self.switch = Switch(totem, seed, 3, lambda port, text: self.written.append((port, text)), self.said.append)

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
    wire.obey(
        '{"blocked": [], "cut": {"kind": "commit", "source": 1, "count": 2, "forming": true, "blocked": [[1, 2]]}}'
    )
    for kind in (4, 4, 3, 4):
        wire.switch.take(1, frame(2, kind), 0.0)
    wire.switch.take(2, frame(1, 4), 0.0)
    assert wire.said == ["done"]
    assert len(wire.written) == 5
    wire.switch.take(1, frame(2, 4), 0.0)
    wire.switch.take(1, frame(2, 4), 0.0)
    assert wire.said == ["done", "cut"]
    assert len(wire.written) == 5


def test_a_cut_of_a_ring_that_stays_counts_at_once() -> None:
    wire = Wire()
    wire.obey(json.dumps({"cut": {"kind": "mcast", "source": 1, "count": 2, "forming": False, "blocked": [[1, 2]]}}))
    for _ in range(3):
        wire.switch.take(1, frame(2, 1), 0.0)
    assert wire.said == ["done", "cut"]
    assert len(wire.written) == 1


def test_kinds_of_frames_are_told_apart() -> None:
    is_kind = SYSTEMS["corosync"].datagrams.is_kind
    assert is_kind(frame(2, 1, b"..sync.."), "sync")
    assert not is_kind(frame(2, 0, b"..sync.."), "sync")
    assert not is_kind(b"\xff" * 20, "any")
    assert [is_kind(frame(2, kind), "join") for kind in range(5)] == [False, False, False, True, False]


def test_links_between_groups_are_blocked_both_ways() -> None:
    assert links_between([[1, 2], [3]]) == {(1, 3), (3, 1), (2, 3), (3, 2)}


# Campaigns


def test_a_campaign_covers_every_scenario_size_transport_and_load() -> None:
    chosen = cases(200, 1, list(SCENARIOS))
    ways = {(one.scenario, one.nodes, one.transport, one.load) for one in chosen}
    assert len(ways) == len(SCENARIOS) * 2 * 2 * 3
    assert [one.seed for one in chosen] == list(range(1, 201))
    assert len({one.name for one in chosen}) == 200
    assert cases(7, 1, list(SCENARIOS)) == chosen[:7]
    few = cases(9, 1, ["delay", "loss"], among=campaign.ways("corosync", [5], ["knet"], ["heavy", "light"]))
    assert {(one.nodes, one.transport, one.load) for one in few} == {(5, "knet", "light"), (5, "knet", "heavy")}


LOST = """{"e":"start","node":1,"incarnation":1,"pid":30}
{"e":"ring","ring":[1,5],"members":[1]}
{"e":"group","members":[[1,30,0]],"left":[],"joined":[[1,30,1]]}
"""
"""A client that was told a ring."""


def stub_record(failures: int) -> Callable[..., Recorded]:
    """A recorder that fails so often, then leaves a recording of nothing but its plan."""
    left = [failures]

    def record(plan: Plan, directory: Path, say: object) -> Recorded:
        directory.mkdir(parents=True)
        (directory / "plan.json").write_bytes(msgspec.json.encode(plan))
        if left[0]:
            left[0] -= 1
            raise LaboratoryError("no luck")
        return Recorded("history", plan.scenario, plan.nodes, plan.seed, plan.load, plan.transport, True, [], 1.0, 9)

    return record


def good(directory: Path, say: object) -> list[Finding]:
    """A judge that has no objection."""
    return [Finding("PLUG-S1", "ok")]


@pytest.mark.parametrize(("failures", "failed"), [(0, False), (1, False), (2, True)])
def test_a_run_that_fails_is_tried_again_and_then_counted(
    failures: int, failed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "record", stub_record(failures))
    [case] = cases(1, 1, ["calm"])
    found = Campaign(tmp_path, [case], good).run(lambda words, share: None)
    assert bool(found.runs[0].failed) == failed
    assert exit_code(found) == (2 if failed else 0)
    assert ("1 failed" in next(summary.table(found))) == failed
    monkeypatch.setattr(campaign, "record", stub_record(0 if failed else 9))
    again = Campaign(tmp_path, [case], good).run(lambda words, share: None)
    assert not again.runs[0].failed
    assert failed or again == found


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("n1.1.raw", '{"e":"ring","ring":[1,5]}\n', r"n1\.1\.raw:1: damaged: .*`members`"),
        ("n1.1.raw", '{"e":"end","why":"over"}\n{"e":"ring"', None),
        ("n1.1.raw", '{"e":"end","why":"over"}\n{"e":7}\n', r"n1\.1\.raw:2: damaged: Expected `str`"),
        ("n1.1.raw", LOST, r"n1\.1\.raw:2: the client was told ring \(1, 5\), and n1\.log has no ring of that id"),
        ("outcome.json", "{", r"outcome\.json: damaged: "),
    ],
)
def test_a_damaged_recording_is_bad_input(file: str, text: str, says: str | None, tmp_path: Path) -> None:
    [case] = cases(1, 1, ["calm"])
    folder = tmp_path / case.name
    folder.mkdir()
    (folder / "plan.json").write_bytes(msgspec.json.encode(case.plan))
    (folder / "outcome.json").write_bytes(msgspec.json.encode(Outcome(settled=True, died=[], seconds=1.0)))
    (folder / campaign.RECORDED).write_bytes(
        msgspec.json.encode(Recorded("history", "calm", 3, 1, "light", "udpu", True, [], 1.0, 9))
    )
    for node in (1, 2, 3):
        (folder / f"n{node}.log").write_text("")
    (folder / file).write_text(text)
    found = Campaign(tmp_path, [case], judge_run, judge_again=True).run(lambda words, share: None)
    assert exit_code(found) == (3 if says else 0), "a last line that is not whole was never written"
    if says:
        assert re.search(says, found.runs[0].bad_input)
        assert any(found.runs[0].bad_input in line for line in summary.table(found))


def test_a_plan_with_a_mended_network_ends_healed() -> None:
    """A split that nobody heals would leave the last settling waiting for nothing."""
    for name in SCENARIOS:
        steps = plan(name, nodes=3, seed=2).steps
        cuts = [index for index, step in enumerate(steps) if isinstance(step, Split | CutAt | CutOneWay)]
        heals = [index for index, step in enumerate(steps) if isinstance(step, Heal)]
        assert not cuts or max(heals) > max(cuts)
