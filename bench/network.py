"""Our nodes against corosync: in the same namespaces, on the same wire, with clients that send the same.

Three tables. How fast: each client sends a few messages at its own pace, of which the latency is measured, from the
call that sends one to its delivery at each client; then every client sends a burst as fast as it is let. What it costs:
processor time of the daemons in that burst, and the most memory of one. How soon after a fault: from the fault to when
the last member may send again, which is when a node's gate opens, and when a client of corosync is told the ring.

All is measured on one machine, one run at a time: read the ratios. It needs what `ringplug corosync` needs; without it
the exit code is 2, and 1 if a run does not come to rest. Names of tables as arguments print those only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import msgspec
from rich.table import Table

from properties.corosync.laboratory.plan import (
    TRANSPORTS,
    Burst,
    Heal,
    Kill,
    Outcome,
    Plan,
    Settle,
    Split,
    Start,
    Step,
    Traffic,
    Transport,
    Wait,
)
from properties.corosync.laboratory.requirements import missing
from properties.corosync.laboratory.scenarios import system_of
from properties.corosync.recording import run_laboratory
from properties.terminal import report

EVERY: tuple[Transport, ...] = (*TRANSPORTS["corosync"], *TRANSPORTS["ringplug"])
MEMBERS = (3, 5, 9)
BURSTS = {100: 400, 1_000: 300, 8_000: 60}
"""By size in bytes, how many messages each client sends at once."""
PER_SECOND = 20.0
CALM_MS = 2_000
FAULT_ROUNDS = 5
TOKEN_MS = 1_000
"""Of the runs without faults: corosync's default, so that no ring is lost on a machine that is busy."""
Line = dict[str, Any]
Run = tuple[Plan, Outcome, Path]


def plan(transport: Transport, nodes: int, steps: list[Step], size_bytes: int, token_ms: int) -> Plan:
    """A run on a bridge, with messages of one size and one priority."""
    traffic = Traffic(PER_SECOND, size_bytes, size_bytes, mixed=False)
    return Plan(
        "figures", nodes, 1, "light", transport, "bridge", traffic, [Settle(40_000), Wait(300), *steps],
        token_ms=token_ms, system=system_of(transport), history=False, journal=False,
    )  # fmt: skip


def lines(path: Path) -> list[Line]:
    """All that a file says."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def carry_out(chosen: Plan, out: Path) -> Run:
    """Run it; an assertion fails if it does not come to rest."""
    out.mkdir()
    (out / "plan.json").write_bytes(msgspec.json.encode(chosen))
    run_laboratory(out, lambda words: None)
    outcome = msgspec.json.decode((out / "outcome.json").read_bytes(), type=Outcome)
    if not outcome.settled or outcome.died:
        raise SystemExit(f"{chosen.transport}, {chosen.nodes} nodes: did not come to rest")
    return chosen, outcome, out


def programs(run: Run) -> dict[int, list[Line]]:
    """What the client of each node wrote, over all its lives."""
    chosen, _, out = run
    return {id: [one for path in sorted(out.glob(f"n{id}.*.raw")) for one in lines(path)] for id in chosen.node_ids}


# How fast, and what it costs


def fast(transport: Transport, nodes: int, size_bytes: int, out: Path) -> list[str]:
    """A row: messages a second, megabytes a second, latency, processor time of a message, memory."""
    steps: list[Step] = [Wait(CALM_MS), Settle(40_000), Burst(BURSTS[size_bytes])]
    run = carry_out(plan(transport, nodes, steps, size_bytes, TOKEN_MS), out)
    begun = next(one for one in lines(out / "steps.jsonl") if one["step"].get("do") == "burst")["us"]
    wrote = programs(run)
    per_second = throughput(wrote, begun, BURSTS[size_bytes])
    latency_ms = [us / 1000 for us in latencies(wrote, begun)]
    before = [one["step"]["used"] for one in lines(out / "steps.jsonl") if "used" in one["step"]][-1]
    cpu_s = sum(used.cpu_s - before[str(id)]["cpu_s"] for id, used in run[1].used.items())
    count = sum(one["e"] == "deliver" and one["us"] >= begun for one in wrote[1])
    memory = max(used.memory_bytes for used in run[1].used.values()) / 2**20
    return [
        f"{per_second:,.0f}", f"{per_second * size_bytes / 1e6:.1f}", f"{median(latency_ms):.1f}",
        f"{quantiles(latency_ms, n=100)[98]:.1f}", f"{1e6 * cpu_s / count / nodes:,.0f}", f"{memory:.0f}",
    ]  # fmt: skip


def throughput(wrote: dict[int, list[Line]], begun_us: int, burst: int) -> float:
    """Messages a second of all bursts together, until the last client was given all of them."""
    last_us = begun_us
    for mine in wrote.values():
        given = [one for one in mine if one["e"] == "deliver" and one["us"] >= begun_us]
        for sender in wrote:
            times_us = [one["us"] for one in given if one["m"][0] == sender]
            last_us = max(last_us, times_us[burst - 1])
    return burst * len(wrote) / (last_us - begun_us) * 1e6


def latencies(wrote: dict[int, list[Line]], until_us: int) -> Iterator[int]:
    """Of each message sent before that, the microseconds until each client had it."""
    asked = {
        (id, 1, one["n"]): one["asked_us"]
        for id, mine in wrote.items()
        for one in mine
        if one["e"] == "send" and one["us"] < until_us
    }
    for mine in wrote.values():
        for one in mine:
            if one["e"] == "deliver" and (at := asked.get(tuple(one["m"]))):
                yield one["us"] - at


# How soon after a fault


def soon(transport: Transport, nodes: int, out: Path) -> list[str]:
    """A row: the median of each kind of fault, and in brackets the longest, in milliseconds."""
    chosen = plan(transport, nodes, [*rounds(nodes)], 100, 200)
    chosen.history = True
    run = carry_out(chosen, out)
    took: dict[str, list[float]] = {"split": [], "heal": [], "kill": [], "start": []}
    opened = {id: [*openings(run, id)] for id in chosen.node_ids}
    for at_us, kind, parts in faults(chosen, out):
        last_us = [first for part in parts for id in part if (first := _first(opened[id], at_us, part))]
        if len(last_us) == sum(map(len, parts)):
            took[kind].append((max(last_us) - at_us) / 1000)
    return [f"{median(some):.0f} ({max(some):.0f})" for some in took.values()]


def rounds(nodes: int) -> Iterator[Step]:
    """Part and merge, kill and start, several times."""
    half, last = nodes // 2 + 1, nodes
    for _ in range(FAULT_ROUNDS):
        yield from (Split([[*range(1, half + 1)], [*range(half + 1, nodes + 1)]]), Settle(40_000), Wait(300))
        yield from (Heal(), Settle(40_000), Wait(300), Kill(last), Settle(40_000), Wait(300))
        yield from (Start(last), Settle(40_000), Wait(300))


def faults(chosen: Plan, out: Path) -> Iterator[tuple[int, str, Sequence[Sequence[int]]]]:
    """When each fault was, which, and the parts that have to be a ring after it."""
    everyone = [*chosen.node_ids]
    for one in lines(out / "steps.jsonl"):
        match one["step"]:
            case {"do": "split", "groups": groups}:
                yield one["us"], "split", groups
            case {"do": "heal"}:
                yield one["us"], "heal", [everyone]
            case {"do": "kill", "node": node}:
                yield one["us"], "kill", [[other for other in everyone if other != node]]
            case {"do": "start"}:
                yield one["us"], "start", [everyone]
            case _:
                pass


def openings(run: Run, node: int) -> Iterator[tuple[int, Sequence[int]]]:
    """When a node could send in each of its rings, and who is in it."""
    chosen, _, out = run
    if chosen.system == "corosync":
        yield from ((one["us"], one["members"]) for one in programs(run)[node] if one["e"] == "ring")
        return
    members: list[int] = []
    for one in lines(out / f"n{node}.history.jsonl"):
        if one["event"] == "configuration" and one["kind"] == "regular":
            members = [int(member) for member in one["members"]]
        elif one["event"] == "gate" and one["open"]:
            yield round(one["time_ms"] * 1000), members


def _first(opened: Sequence[tuple[int, Sequence[int]]], at_us: int, part: Sequence[int]) -> int | None:
    return next((us for us, members in opened if us > at_us and sorted(members) == sorted(part)), None)


# The tables


def speed_table(folder: Path) -> Table:
    """How fast, and what it costs."""
    table = Table("system", "members", "bytes", "messages/s", "MB/s", "p50 ms", "p99 ms", "cpu us", "memory MiB")
    for transport in EVERY:
        for nodes in MEMBERS:
            for size_bytes in BURSTS:
                row = fast(transport, nodes, size_bytes, folder / f"{transport}-{nodes}-{size_bytes}")
                table.add_row(f"{system_of(transport)} {transport}", str(nodes), f"{size_bytes:,}", *row)
    return table


def faults_table(folder: Path) -> Table:
    """How soon after a fault."""
    table = Table("system", "members", "split ms", "heal ms", "kill ms", "start ms")
    for transport in EVERY:
        for nodes in MEMBERS:
            row = soon(transport, nodes, folder / f"{transport}-{nodes}-faults")
            table.add_row(f"{system_of(transport)} {transport}", str(nodes), *row)
    return table


TABLES = {"speed": speed_table, "faults": faults_table}


def main(wanted: Sequence[str]) -> int:
    """Print the tables; 2 if something is missing here."""
    for transport, _ in TRANSPORTS.values():
        if lacking := missing(plan(transport, 3, [], 100, TOKEN_MS)):
            sys.stderr.write(f"missing: {'; '.join(lacking)}\n")
            return 2
    for name in wanted or TABLES:
        with tempfile.TemporaryDirectory(prefix="ringplug-") as folder:
            report.out().print(TABLES[name](Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
