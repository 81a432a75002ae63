"""Our own nodes in the laboratory that runs corosync: a run, what is made of what it left, and what it rests on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from properties.corosync.campaign import cases
from properties.corosync.laboratory import requirements
from properties.corosync.laboratory.plan import TRANSPORTS, Outcome, Plan, Settle
from properties.corosync.laboratory.scenarios import SCENARIOS, plan
from properties.corosync.laboratory.systems import SYSTEMS, settings
from properties.judge.judgement import OK, OPEN, VIOLATED
from properties.processes.laboratory import bound_seconds, judge_node_run, of_programs, programs_of
from reference.node import configuration
from reference.ring.datagrams import Join
from reference.ring.settings import Settings
from reference.ring.wire import encode
from reference.rings import ProcessorId, RingSeq
from tests.command import RINGPLUG

pytestmark = pytest.mark.xdist_group("corosync")
RUN_SECONDS = 280
MET = {
    "EVS-1.3", "EVS-2.1", "EVS-3", "EVS-4", "EVS-5", "EVS-6.3", "EVS-7.1", "RING-S2", "RING-S3", "CFG-S1", "PLUG-S1",
    "PLUG-H1", "PLUG-H2", "PLUG-H3", "CLM-S1", "EVT-S1", "LIVE-2", "LIVE-3", "STEP-1", "STEP-2", "LOCKSTEP",
}  # fmt: skip
"""Claims whose premise occurs when the network parts and merges."""


@pytest.fixture(scope="session")
def laboratory(needs_program: Callable[[str], str]) -> None:
    """Nodes can run in namespaces here; else the test skips, and with CI=true it fails."""
    needs_program("nft")
    lacking = requirements.missing(plan("cut-in-sync", nodes=3, seed=1, transport="sealed"))
    if lacking and os.environ.get("CI") == "true":
        pytest.fail("; ".join(lacking))
    if lacking:
        pytest.skip("; ".join(lacking))


def ringplug(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [RINGPLUG, "corosync", *arguments, "--system", "ringplug"]
    return subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)


@pytest.mark.usefixtures("laboratory")
def test_nodes_through_a_partition_keep_every_promise_and_the_machine_follows(tmp_path: Path) -> None:
    """Recorded and judged by the command; a second call reads what is there, and a changed journal is noticed."""
    runs = tmp_path / "runs"
    arguments = ("campaign", "--runs", "1", "--scenario", "moving-partition-slow", "--out", runs)
    done = ringplug(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = json.loads(done.stdout)["runs"]
    assert run["recorded"]["settled"]
    verdicts = {(one["of"], one["claim"]): one["verdict"] for one in run["findings"]}
    assert {claim for (_, claim), verdict in verdicts.items() if verdict == OK} >= MET
    assert {claim for (of, claim) in verdicts if of == "programs"} == {"EVS-1.3", "EVS-1.4", "EVS-3", "EVS-6.2"}
    assert "1 run (ringplug" in ringplug(*arguments).stdout
    the_programs_were_told_of_it(Path(run["directory"]))
    a_journal_that_was_changed_is_noticed(Path(run["directory"]))


def the_programs_were_told_of_it(directory: Path) -> None:
    """Each sent something and was given what the others sent; its node's log is where it is looked for."""
    programs = [*programs_of(msgspec.json.decode((directory / "plan.json").read_bytes(), type=Plan), directory)]
    assert [one.file for one in programs] == ["n1.1.raw", "n2.1.raw", "n3.1.raw"]
    assert all(one.sent and {node for node, _, _ in one.given} == {1, 2, 3} for one in programs)
    assert '"start"' in (directory / "n1.log").read_text()


def a_journal_that_was_changed_is_noticed(directory: Path) -> None:
    journal = directory / "n2.journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if number > 100 and '"gmi_mcast"' in line)
    journal.write_text("".join([*lines[:at], *lines[at + 1 :]]))
    found = {one.claim: one for one in judge_node_run(directory) if one.of == "run"}
    assert found["STEP-2"].verdict == VIOLATED
    assert f"n2.journal.jsonl:{at + 1}" in found["STEP-2"].reason or "sends something else" in found["STEP-2"].reason


@pytest.mark.deep
@pytest.mark.usefixtures("laboratory")
@pytest.mark.parametrize("transport", TRANSPORTS["ringplug"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_keeps_every_promise(scenario: str, transport: str, tmp_path: Path) -> None:
    """But where the state folder is lost: then a node is a new one with an old name."""
    out = tmp_path / "run"
    done = ringplug("record", "--scenario", scenario, "--transport", transport, "--load", "backlog", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    bad = {(one.of, one.claim) for one in judge_node_run(out) if one.verdict == VIOLATED}
    assert not bad or scenario == "kill-restart-without-state"


# What programs wrote


@pytest.fixture
def quiet() -> tuple[Plan, Outcome]:
    """A run of three that came to rest."""
    return plan("calm", nodes=3, seed=1, transport="udp"), Outcome(True, [], 1.0)


def send(number: int, *, safe: bool = False) -> dict[str, object]:
    return {"e": "send", "n": number, "safe": safe, "code": 1}


def given(node: int, number: int) -> dict[str, object]:
    return {"e": "deliver", "m": [node, 1, number], "from": [node, 1]}


END: dict[str, object] = {"e": "end", "why": "the run is over"}


def written(out: Path, *programs: list[dict[str, object]]) -> Path:
    """What the program at each node wrote."""
    for node, lines in enumerate(programs, 1):
        (out / f"n{node}.1.raw").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return out


@pytest.mark.parametrize(
    ("programs", "bad"),
    [
        ([[send(1), given(1, 1), END], [given(1, 1), END]], {}),
        ([[send(1), END], [given(1, 1), END]], {"EVS-3": "1 of its own are not given"}),
        ([[send(1), {"e": "lost", "count": 1}, END]], {}),
        ([[send(1), {"e": "end", "why": "the daemon is gone"}]], {}),
        ([[send(1, safe=True), END]], {}),
        ([[given(2, 1), given(2, 1), END]], {"EVS-1.4": "given twice"}),
        ([[{"e": "mangled", "head": "00", "from": [2, 1]}, END]], {"EVS-1.3": "1 messages are not what was sent"}),
        ([[given(2, 1), given(3, 1), END], [given(3, 1), given(2, 2), END], [given(3, 1), given(2, 1), END]],
         {"EVS-6.2": "n1.1.raw and n3.1.raw"}),
    ],
    ids=("whole", "lost", "told-of-it", "dead", "safe", "twice", "changed", "order"),
)  # fmt: skip
def test_what_programs_were_given_is_compared(
    programs: list[list[dict[str, object]]], bad: dict[str, str], quiet: tuple[Plan, Outcome], tmp_path: Path
) -> None:
    found = {one.claim: one for one in of_programs(*quiet, written(tmp_path, *programs))}
    assert {claim for claim, one in found.items() if one.verdict == VIOLATED} == {*bad}
    assert all(words in found[claim].reason for claim, words in bad.items())
    open_ = {one.claim: one.verdict for one in of_programs(quiet[0], Outcome(False, [], 1.0), tmp_path)}
    assert open_["EVS-3"] == OPEN


# What a run rests on


@pytest.mark.parametrize("nodes", [3, 5, 9])
@pytest.mark.parametrize("transport", TRANSPORTS["ringplug"])
def test_a_node_takes_what_it_is_told(nodes: int, transport: str, tmp_path: Path) -> None:
    chosen = plan("loss", nodes=nodes, seed=1, transport=transport)  # pyright: ignore[reportArgumentType]
    SYSTEMS["ringplug"].prepare(chosen, tmp_path)
    read = configuration.read(tmp_path / "n2.toml")
    assert [*read.peers] == [ProcessorId(id) for id in chosen.node_ids if id != 2]
    assert (read.key is not None) == chosen.is_encrypted == (transport == "sealed")
    assert read.settings.token_loss_us == chosen.token_ms * 1000
    assert read.settings.consensus_us > read.settings.token_loss_us


def test_times_follow_from_the_token_as_corosyncs_do() -> None:
    """With the token of the defaults they are the defaults."""
    chosen = msgspec.structs.replace(plan("calm", nodes=3, seed=1, transport="udp"), token_ms=1000, merge_ms=200)
    defaults = Settings()
    told = settings(chosen)
    assert {name: getattr(defaults, name) // 1000 for name in told} == {name: us // 1000 for name, us in told.items()}


def test_who_waits_for_a_ring_waits_as_long_as_is_allowed() -> None:
    for nodes in (3, 5, 9):
        chosen = plan("partition-merge", nodes=nodes, seed=1, transport="udp")
        waits = [step.timeout_ms for step in chosen.steps if isinstance(step, Settle)]
        assert waits
        assert min(waits) > 1000 * bound_seconds(chosen)


def test_the_kinds_of_our_datagrams_are_told_apart() -> None:
    headers, envelope = bytes(12) + b"\x08\x00" + bytes(28), bytes(32)
    frame = headers + envelope + encode(Join(ProcessorId(1), (ProcessorId(1),), (), RingSeq(4)))
    is_kind = SYSTEMS["ringplug"].datagrams.is_kind
    assert [kind for kind in ("any", "token", "mcast", "join", "commit", "sync") if is_kind(frame, kind)] == [
        "any", "join"
    ]  # fmt: skip
    assert not is_kind(frame[:70], "join")


def test_any_part_of_a_campaign_has_all_sizes_transports_and_loads() -> None:
    chosen = cases(288, 1, list(SCENARIOS), "ringplug")
    assert len({(one.scenario, one.nodes, one.transport, one.load) for one in chosen}) == 288
    for part in (chosen[:32], chosen[100:132]):
        assert len({(one.nodes, one.transport, one.load) for one in part}) > 12
    assert "--system ringplug" in chosen[0].command


def test_a_transport_of_another_system_is_refused(tmp_path: Path) -> None:
    done = ringplug("record", "--scenario", "calm", "--transport", "knet", "--out", tmp_path / "run")
    assert (done.returncode, done.stderr) == (
        3, "ringplug: unknown transport of ringplug 'knet'; there are udp, sealed\n"
    )  # fmt: skip
