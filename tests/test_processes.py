"""Clusters of real processes: through a crash, a pause, a partition, and among hostile datagrams; judged and repeated.

Nothing here waits for a time: each step waits for what it is about, and only gives up after `LIMIT_SECONDS`.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket

import pytest
from msgspec import structs

from properties.judge.judgement import OK, JudgedClaim
from properties.lockstep.recorded.calls import RecordedStep
from properties.lockstep.recorded.follower import follow
from properties.processes.cluster import Cluster, Course, Outcome, run
from properties.processes.keyboard import Keyboard
from properties.processes.processes import Plan, Power
from properties.processes.replayed import ReplayError, in_order, replay
from properties.processes.verdict import judged
from reference.node import configuration
from reference.node.client import Client, ClientError, Lost
from reference.node.requests import Event
from reference.ring.effects import PlugStep
from tests.command import RINGPLUG
from tests.test_node_hostile import Hostile

LIMIT_SECONDS = 60.0
QUICK = {
    "token_loss_us": 500_000, "token_retransmission_us": 120_000, "token_hold_us": 60_000, "join_us": 40_000,
    "consensus_us": 600_000, "merge_us": 150_000,
}  # fmt: skip
MUST_BE_MET = {
    "EVS-1.3", "EVS-2.1", "EVS-3", "EVS-4", "EVS-5", "EVS-6.3", "EVS-7.1", "EVS-7.2", "RING-S2", "RING-S3", "RING-H1",
    "CFG-S1", "PLUG-H1", "PLUG-H2", "PLUG-H3", "CLM-S1", "CLM-S2", "CLM-S3", "EVT-S1", "EVT-S2", "EVT-S3", "LIVE-3",
    "STEP-1", "STEP-2", "LOCKSTEP",
}  # fmt: skip
"""Claims whose premise occurs when members leave and come back."""


async def until(what: Callable[[], bool], why: str) -> None:
    """Wait until it is so."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < LIMIT_SECONDS, why
        await asyncio.sleep(0.02)


def played(
    plan: Plan, out: Path, scenario: Callable[[Cluster], Awaitable[None]], per_second: float
) -> tuple[Course, Outcome]:
    """Run a cluster with a hand in it; the scenario ends it."""
    failed: list[BaseException] = []

    async def begun(cluster: Cluster) -> None:
        try:
            await until(lambda: members(cluster, *cluster.course.plan.nodes), "all are in one ring")
            await scenario(cluster)
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            cluster.is_over.set()

    told = Course(plan, None, per_second)
    outcome = asyncio.run(run(told, out, begun=begun))
    if failed and not isinstance(failed[0], asyncio.CancelledError):
        raise failed[0]
    return told, outcome


def verdicts(course: Course, outcome: Outcome, out: Path) -> dict[str, JudgedClaim]:
    verdict = judged(course, outcome, out, lambda words: None)
    assert (verdict.faults, verdict.violated, verdict.divergence) == ([], [], None), outcome.said
    return {one.claim: one for one in verdict.claims}


def members(cluster: Cluster, *numbers: int) -> bool:
    """Whether these are a ring of their own, with open gates."""
    views = [cluster.watching.views[number] for number in numbers]
    rings = {view.ring for view in views}
    return len(rings) == 1 and all(
        view.state.get("members") == [*numbers] and view.state["gate_open"] for view in views
    )


async def bombard(cluster: Cluster, count: int) -> None:
    """Send node 1 what nobody should take, by a socket of one's own, until it has turned away so many datagrams."""
    to = configuration.read(cluster.processes.nodes[1].config).address
    hostile, began = iter(Hostile(Random("bombard"))), time.monotonic()
    with socket(AF_INET, SOCK_DGRAM) as one:
        while turned_away(cluster) < count:
            assert time.monotonic() - began < LIMIT_SECONDS, cluster.watching.views[1].state
            for _ in range(100):
                one.sendto(next(hostile), to)
            await asyncio.sleep(0.02)


def turned_away(cluster: Cluster) -> int:
    return sum(cluster.watching.views[1].state.get("turned_away", {}).values())


async def through_everything(cluster: Cluster) -> None:
    """A crash and a new life, a pause, a partition, all by keys; and hostile datagrams before that."""
    keyboard, nodes = Keyboard(cluster), cluster.processes.nodes

    async def press(keys: str) -> None:
        for key in keys:
            await keyboard.pressed(key)

    await bombard(cluster, 1_000)
    await press("3k")
    await until(lambda: members(cluster, 1, 2), "two go on without the third")
    await press("r")
    await until(lambda: members(cluster, 1, 2, 3), "the third is back")
    await press("2p")
    await until(lambda: members(cluster, 1, 3), "two go on without the second")
    assert nodes[2].power is Power.PAUSED
    await press("p1x")
    await until(lambda: members(cluster, 1) and members(cluster, 2, 3), "each side is a ring")
    await press("h")
    await until(lambda: members(cluster, 1, 2, 3), "all are together again")
    await press("?9q")
    assert cluster.is_over.is_set()


@pytest.fixture(scope="module")
def through(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Outcome, Path]:
    """One run, of which several tests tell."""
    out = tmp_path_factory.mktemp("run")
    return *played(Plan(3, recovery_ms=100, settings=QUICK), out, through_everything, 60.0), out


def test_a_cluster_goes_through_faults_and_keeps_its_promises(through: tuple[Course, Outcome, Path]) -> None:
    course, outcome, out = through
    assert outcome.is_quiet, outcome.said
    claims = verdicts(course, outcome, out)
    assert {id for id in MUST_BE_MET if claims[id].verdict != OK} == set()
    assert outcome.ring_count >= 4
    assert {*outcome.faults} == {"kill", "restart", "pause", "resume", "partition", "heal"}


def test_no_process_is_left(through: tuple[Course, Outcome, Path]) -> None:
    _, _, out = through
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _is_readable(path)]
    assert not [one for one in commands if os.fsencode(out) in one]


def _is_readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


def test_hostile_datagrams_are_counted_by_reason_and_none_is_taken(through: tuple[Course, Outcome, Path]) -> None:
    _, outcome, _ = through
    turned = outcome.states[1]["turned_away"]
    assert {"truncated", "foreign", "other_cluster"} <= {*turned}
    assert {*outcome.states[2]["turned_away"]} <= {"older_life", "replayed", "too_late"}


def test_a_run_on_sockets_is_repeated_step_by_step_and_a_change_is_noticed(
    through: tuple[Course, Outcome, Path], tmp_path: Path
) -> None:
    _, _, out = through
    journals = {number: out / f"n{number}.journal.jsonl" for number in (1, 2, 3)}
    replayed = {number: replay(path) for number, path in journals.items()}
    assert min(one.sent for one in replayed.values()) > 100
    steps = in_order(replayed)
    assert follow(with_a_gate_too_early(steps[:400])), "the machine does not follow everything"
    lines = journals[1].read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if number > 200 and '"gmi_mcast"' in line)
    changed = tmp_path / "changed.jsonl"
    changed.write_text("".join([*lines[:at], *lines[at + 1 :]]))
    with pytest.raises(ReplayError, match=r"changed\.jsonl:\d+: the step at \d+ us sends something else"):
        replay(changed)


def with_a_gate_too_early(steps: list[RecordedStep]) -> list[RecordedStep]:
    """The same steps, but the first processor that installs a ring of several says that its gate is open."""
    at, step = next(
        (at, one.step)
        for at, one in enumerate(steps)
        if isinstance(one.step, PlugStep) and one.step.call == "regular_configuration"
    )
    opened = structs.replace(step, state=structs.replace(step.state, gate_open=True))
    return [*steps[:at], replace(steps[at], step=opened), *steps[at + 1 :]]


def test_a_program_publishes_watches_and_is_told_what_it_lost(tmp_path: Path) -> None:
    async def scenario(cluster: Cluster) -> None:
        nodes = cluster.processes.nodes
        assert stat.S_IMODE(nodes[1].socket.stat().st_mode) == 0o600, "for its owner alone"
        async with Client.connect(nodes[2].socket) as other, Client.connect(nodes[1].socket) as one:
            first = await one.publish("alarms", b"disk 7 is full", patterns=[b"disk"], retention_us=10**9)
            events = await other.watch("alarms", b"disk")
            event = await asyncio.wait_for(anext(events), LIMIT_SECONDS)
            assert not isinstance(event, Lost)
            assert (event.data, event.patterns, event.publisher) == (b"disk 7 is full", (b"disk",), 1)
            assert (event.publisher, event.boot_time_us, event.number) == first.id
            await one.publish("alarms", b"another thing", patterns=[b"fan"])
            await one.publish("alarms", b"disk 8 is full", patterns=[b"disk"])
            event = await asyncio.wait_for(anext(events), LIMIT_SECONDS)
            assert not isinstance(event, Lost)
            assert event.data == b"disk 8 is full"
            with pytest.raises(ClientError, match="Expected"):
                await one.publish("x" * 300, b"")
        await the_commands_say_the_same(cluster)
        await a_program_that_does_not_read(cluster)
        await a_program_that_goes_before_it_is_answered(cluster)
        await the_key_is_changed_and_the_ring_goes_on(cluster)
        cluster.processes.nodes[2].leave()
        await until(lambda: members(cluster, 1), "who leaves is not waited for")
        with pytest.raises(ClientError, match="no node answers there: No such file"):
            async with Client.connect(tmp_path / "nowhere"):
                pass

    plan = Plan(2, settings={**QUICK, "token_loss_us": 1_000_000_000})
    course, outcome = played(plan, tmp_path, scenario, 0.0)
    claims = verdicts(course, outcome, tmp_path)
    assert claims["EVT-S1"].verdict == OK


async def the_commands_say_the_same(cluster: Cluster) -> None:
    """What one terminal publishes at a node, another one shows at another node, also later if it is retained."""
    here, there = (cluster.processes.nodes[number].socket for number in (1, 2))
    said = await spoken(
        "publish", "news", "one", "two\x1b[31m", "--retain", "600", "--pattern", "a/b", "--socket", here
    )
    assert said == "2 events published\n"
    said = await spoken("watch", "news", "--count", "2", "--socket", there)
    assert re.fullmatch(r"1:(\d+) \[a/b\] one\n1:\d+ \[a/b\] two\\x1b\[31m\n", said)
    said = await spoken("watch", "news", "--prefix", "a/", "--count", "1", "--json", "--socket", there)
    assert json.loads(said)["data"] == "b25l"
    said = await spoken("publish", "news", "--priority", "low", "--json", "--socket", here, lines=b"three\nfour\n")
    assert json.loads(said)["published"] == 2


async def spoken(*arguments: str | Path, lines: bytes = b"") -> str:
    """What a command prints."""
    process = await asyncio.create_subprocess_exec(
        RINGPLUG, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, errors = await asyncio.wait_for(process.communicate(lines), LIMIT_SECONDS)
    assert process.returncode == 0, errors
    return said.decode()


async def a_program_that_does_not_read(cluster: Cluster) -> None:
    """It loses events and is told how many, and nobody else waits for it."""
    nodes, size, count = cluster.processes.nodes, 60_000, 80
    async with (
        Client.connect(nodes[2].socket) as idle, Client.connect(nodes[2].socket) as awake,
        Client.connect(nodes[1].socket) as one,
    ):  # fmt: skip
        events, marks = await idle.watch("bulk"), await awake.watch("mark")
        for _ in range(count):
            await one.publish("bulk", bytes(size))
        await one.publish("mark", b"")
        await asyncio.wait_for(anext(marks), LIMIT_SECONDS)  # One sender's events come in order: all are delivered.
        ends = asyncio.create_task(publish_again_and_again(one))
        given = lost = 0
        async with asyncio.timeout(LIMIT_SECONDS):
            async for event in events:
                if isinstance(event, Lost):
                    lost += event.count
                elif event.data == b"end":
                    break
                else:
                    given += 1
        ends.cancel()
        assert min(given, lost) > 0
        assert given <= count <= given + lost


async def publish_again_and_again(client: Client) -> None:
    """So that something comes once the program reads again."""
    while True:
        await client.publish("bulk", b"end")
        await asyncio.sleep(0.05)


async def a_program_that_goes_before_it_is_answered(cluster: Cluster) -> None:
    """The node writes to nobody, and goes on."""
    for _ in range(20):
        reader, writer = await asyncio.open_unix_connection(cluster.processes.nodes[1].socket)
        writer.write(b'{"do":"state"}\n{"do":"publish","channel":"a","data":""}\n' * 5)
        await writer.drain()
        writer.close()
        assert reader
    async with Client.connect(cluster.processes.nodes[1].socket) as client:
        assert (await client.state())["node"] == 1


SOAK_SECONDS = float(os.environ.get("RINGPLUG_SOAK_SECONDS", "30"))
MEMORY_BYTES_MOST, FILES_MOST = 200 << 20, 48


@pytest.mark.deep
def test_a_soak_under_faults_leaves_memory_and_files_as_they_were(tmp_path: Path) -> None:
    """A fault every ten seconds, or more often if it is short; `make soak` takes an hour."""
    seen: list[tuple[int, int]] = []

    def look(cluster: Cluster) -> None:
        states = [view.state for view in cluster.watching.views.values() if "files" in view.state]
        if states:
            seen.append((max(state["memory_bytes"] for state in states), max(state["files"] for state in states)))

    plan = Plan(5, recovery_ms=50, follow=False, settings=QUICK)
    course = Course(plan, SOAK_SECONDS, 30.0, min(10.0, SOAK_SECONDS / 15), seed=7)
    outcome = asyncio.run(run(course, tmp_path, show=look))
    claims = verdicts(course, outcome, tmp_path)
    assert {id for id in MUST_BE_MET - {"STEP-2", "LOCKSTEP"} if claims[id].verdict != OK} == set(), outcome.said
    quarter = len(seen) // 4
    early, late = seen[quarter : 2 * quarter], seen[3 * quarter :]
    assert max(memory for memory, _ in seen) < MEMORY_BYTES_MOST
    assert max(files for _, files in seen) < FILES_MOST
    assert max(memory for memory, _ in late) < 1.25 * max(memory for memory, _ in early)
    assert max(files for _, files in late) <= max(files for _, files in early) + 8


@pytest.mark.deep
@pytest.mark.parametrize("members", [2, 3, 5, 9])
def test_a_cluster_under_faults_by_chance_keeps_its_promises(members: int, tmp_path: Path) -> None:
    """Followed by the machine, and with multicast where all are many."""
    group = "239.192.77.1:45405" if members == 9 else ""
    plan = Plan(members, recovery_ms=50, settings=QUICK, multicast=group)
    course = Course(plan, 15.0, 40.0, 1.5, seed=members)
    outcome = asyncio.run(run(course, tmp_path))
    claims = verdicts(course, outcome, tmp_path)
    met = {"LIVE-3", "LOCKSTEP", "STEP-2", "PLUG-H2"} | ({"EVS-4"} if members > 2 else set[str]())
    assert {id for id in met if claims[id].verdict != OK} == set()


async def the_key_is_changed_and_the_ring_goes_on(cluster: Cluster) -> None:
    """A second key is added, put first, and the first one taken away; the ring is the same, and carries events."""
    one, two = (cluster.processes.nodes[number] for number in (1, 2))
    ring = cluster.watching.views[1].ring
    file = configuration.read(one.config).key
    assert file
    old, new = file.read_text(), "ab" * 32 + "\n"
    for count, text in enumerate((old + new, new + old, new), 1):
        file.write_text(text)
        for node in (one, two):
            assert node.process
            node.process.send_signal(signal.SIGHUP)
        for node in (one, two):
            await until(lambda log=node.log, n=count: log.read_text().count('"keys-read"') >= n, "the key is read")
    async with Client.connect(two.socket) as there, Client.connect(one.socket) as here:
        events = await there.watch("rekeyed")
        await here.publish("rekeyed", b"on")
        event = await asyncio.wait_for(anext(events), LIMIT_SECONDS)
    assert isinstance(event, Event)
    assert event.data == b"on"
    await cluster.watching.look()
    assert [view.ring for view in cluster.watching.views.values()] == [ring, ring]
    assert not {"unknown_key", "forged"} & {*cluster.watching.views[2].state["turned_away"]}


# The command.


def test_the_command_runs_a_cluster_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [RINGPLUG, "run", "--members", "2", "--seconds", "0.5", "--recovery", "0.2", "--json"],
        capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["violated"], said["bad_input"], said["quiescent"]) == ([], [], True)
    assert len({one["claim"] for one in said["verdicts"]}) == len(said["verdicts"])
    assert {"EVS-1.3", "LIVE-3", "STEP-2", "LOCKSTEP"} <= {
        one["claim"] for one in said["verdicts"] if one["verdict"] == OK
    }
    assert said["nodes"]["1"]["members"] == [1, 2]
    assert [*tmp_path.iterdir()] == []


@pytest.mark.deep
def test_keys_on_a_terminal_disturb_a_cluster(tmp_path: Path) -> None:
    """Each key is pressed when what the one before it did is seen."""
    master, slave = pty.openpty()
    variables = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "40", "TMPDIR": str(tmp_path)}
    command = [RINGPLUG, "run", "--members", "2", "--recovery", "0.3", "--no-follow"]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=variables)
    os.close(slave)
    try:
        seen = ""
        for wanted, key in PRESSED:
            seen = seen_until(master, wanted, seen)
            os.write(master, key.encode())
        seen_until(master, r"\d+ ok: EVS-1\.1", seen)
        assert process.wait(LIMIT_SECONDS) == 0
    finally:
        process.terminate()
        process.wait(LIMIT_SECONDS)
        os.close(master)
    assert [*tmp_path.iterdir()] == []


PRESSED = (
    ("closed", "2"), ("> 2 ", ""), (r"node 2 is in ring 1:\d+ of 1 2", ""), ("opens its gate", "p"),
    ("node 2 is paused", "p"), ("node 2 goes on", "k"), ("node 2 is killed", "r"), ("started again", "x"),
    (r"partition 2 \| 1", "h"), ("everybody hears everybody", "q"), ("the quiet end", ""),
)  # fmt: skip
"""What is seen, and the key that is pressed then."""


def seen_until(terminal: int, wanted: str, seen: str) -> str:
    """Read the terminal until it shows this; what came after it."""
    began = time.monotonic()
    while not (found := re.search(wanted, seen)):
        assert time.monotonic() - began < LIMIT_SECONDS, f"{wanted!r} is not seen in {seen[-3000:]}"
        if select.select([terminal], [], [], 1.0)[0]:
            try:
                seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(terminal, 65536).decode(errors="replace"))
            except OSError:
                assert re.search(wanted, seen), f"{wanted!r} is not seen in {seen[-3000:]}"
    return seen[found.start() :]
