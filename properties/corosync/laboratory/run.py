"""The laboratory: runs one plan, as the first process of the outer namespaces.

`laboratory PLAN`: the plan's directory receives what the clients wrote (`n1.1.raw`), the logs (`n1.log`), and the
steps with their times (`steps.jsonl`, for people: no verdict rests on a clock). Standard error has the reason when it
fails. Left out on purpose: histories, which are made from these files afterwards.
"""

from __future__ import annotations

import functools
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from properties.corosync.laboratory.configuration import log_file
from properties.corosync.laboratory.namespaces import LaboratoryError, Place
from properties.corosync.laboratory.node import Node
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
    Scheduled,
    Settle,
    Split,
    Start,
    Step,
    Used,
    Wait,
)
from properties.corosync.laboratory.systems import SYSTEMS
from properties.corosync.laboratory.wire import BridgeWire, TapWire

LAST_SETTLE_MS = 40_000
DRAIN_MS, END_MS = 90_000, 5_000
QUIET_MS = 100
TICK_S = 0.02


class Laboratory:
    """The nodes, the wire, and what is between them now."""

    def __init__(self, plan: Plan, out: Path) -> None:
        self.plan, self.out = plan, out
        self.started = time.monotonic()
        self.selector = selectors.DefaultSelector()
        self.nodes = {id: Node(id, plan, out, Place(f"n{id}")) for id in plan.node_ids}
        places = {id: node.place for id, node in self.nodes.items()}
        for place in places.values():
            place.furnish()
        self.wire = TapWire(places, plan) if plan.wire == "tap" else BridgeWire(places)
        self.groups: list[list[int]] = [list(self.nodes)]
        self.one_way = False
        self.died: set[int] = set()

    def run(self) -> Outcome:
        SYSTEMS[self.plan.system].prepare(self.plan, self.out)
        for id in self.nodes:
            self.start(Start(id))
        for step in self.plan.steps:
            self.log(step)
            self.take(step)
        settled = self.finish()
        return Outcome(settled, sorted(self.died), round(time.monotonic() - self.started, 3), self.used())

    def used(self) -> dict[int, Used]:
        """What each daemon that runs has used."""
        return {id: one for id, node in self.nodes.items() if (one := node.used())}

    def log(self, what: object) -> None:
        now = time.monotonic()
        line = {"ms": round((now - self.started) * 1000), "us": round(now * 1e6), "step": what}
        with (self.out / "steps.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    @functools.singledispatchmethod
    def take(self, step: Step) -> None:
        """Carry out one step."""
        raise AssertionError(step)

    @take.register
    def _(self, step: Wait) -> None:
        self.wait(lambda: False, step.ms)

    @take.register
    def _(self, step: Settle) -> None:
        began = time.monotonic()
        settled = self.wait(self.is_settled, step.timeout_ms)
        after_ms = round((time.monotonic() - began) * 1000)
        self.log({"settled": settled, "after_ms": after_ms, "used": self.used()})

    @take.register
    def _(self, step: Split) -> None:
        self.groups = step.groups
        self.wire.split(step.groups)

    @take.register
    def _(self, step: Heal) -> None:
        self.groups, self.one_way = [list(self.nodes)], False
        self.wire.heal()

    @take.register
    def _(self, step: CutOneWay) -> None:
        self.one_way = True
        self.wire.cut_one_way(step.source, step.target)

    @take.register
    def _(self, step: Pause) -> None:
        self.nodes[step.node].pause()

    @take.register
    def _(self, step: Resume) -> None:
        self.nodes[step.node].resume()

    @take.register
    def _(self, step: Kill) -> None:
        node = self.nodes[step.node]
        if node.runs:
            node.kill()
            self.drain(node)

    @take.register
    def start(self, step: Start) -> None:
        """Start a node, and listen to its client."""
        node = self.nodes[step.node]
        node.start(keep_state=step.keep_state)
        assert node.client
        assert node.client.stdout
        self.selector.register(node.client.stdout, selectors.EVENT_READ, node)

    @take.register
    def _(self, step: Disturb) -> None:
        assert isinstance(self.wire, TapWire)
        self.wire.disturb(step)

    @take.register
    def _(self, step: CutAt) -> None:
        assert isinstance(self.wire, TapWire)
        wire = self.wire
        wire.cut_at(step)
        self.selector.register(wire.says, selectors.EVENT_READ, wire)
        self.wait(lambda: wire.has_cut, step.timeout_ms)
        self.selector.unregister(wire.says)
        self.log({"cut": wire.has_cut})
        if not wire.has_cut:
            wire.split(step.groups)
        self.groups = step.groups

    @take.register
    def _(self, step: Scheduled) -> None:
        assert isinstance(self.wire, TapWire)
        wire = self.wire
        wire.schedule(step.frames)
        for node, count in step.sends.items():
            self.nodes[node].command(f"burst {count} {step.bytes}")
        self.selector.register(wire.says, selectors.EVENT_READ, wire)
        self.wait(lambda: wire.has_cut, step.timeout_ms)
        self.selector.unregister(wire.says)
        self.log({"scheduled": wire.has_cut})
        if not wire.has_cut:
            wire.split(step.groups)
        self.groups = step.groups

    @take.register
    def _(self, step: Burst) -> None:
        for node in self.nodes.values():
            if node.runs:
                node.command(f"burst {step.count}")

    def wait(self, until: Callable[[], bool], ms: float) -> bool:
        """Listen to the clients, and a switch that shall cut, until it is so or for so long."""
        end = time.monotonic() + ms / 1000
        while not until():
            left_s = end - time.monotonic()
            if left_s <= 0:
                return False
            for key, _ in self.selector.select(min(left_s, TICK_S)):
                if isinstance(key.data, Node):
                    if not key.data.listen():
                        self.selector.unregister(key.fileobj)
                elif isinstance(key.data, TapWire):
                    key.data.listen()
            self.look_for_deaths()
        return True

    def drain(self, node: Node) -> None:
        """Hear the rest of a client that has gone."""
        assert node.client
        stdout = node.client.stdout
        assert stdout
        if stdout in self.selector.get_map():
            while node.listen():
                pass
            self.selector.unregister(stdout)

    def look_for_deaths(self) -> None:
        """A daemon that ended unasked is a finding, or a mistake in the configuration; never passed over."""
        for id, node in self.nodes.items():
            if node.daemon and node.daemon.returncode is None and node.daemon.poll() is not None:
                code = node.daemon.returncode
                if not node.members and node.incarnation == 1:
                    raise LaboratoryError(f"the daemon of node {id} ended with {code}; {log_file(self.out, id)}")
                self.died.add(id)
                self.log({"died": id, "code": code})

    def is_settled(self) -> bool:
        """Every running node has told its client of the part it is in."""
        if self.one_way:
            return False
        running = frozenset(id for id, node in self.nodes.items() if node.runs)
        return all(self.is_whole(running & frozenset(group)) for group in self.groups)

    def is_whole(self, part: frozenset[int]) -> bool:
        """The same ring of just these at each, and a group with all of them: who else it has is for the judge."""
        nodes = [self.nodes[id] for id in part]
        group = {(node.id, node.pid) for node in nodes}
        return all(
            node.pid and node.members == part and node.group >= group and node.ring == nodes[0].ring for node in nodes
        )

    def stays_settled(self) -> bool:
        """Settled, and still so when a token lost before would have been missed and a ring formed."""
        end = time.monotonic() + LAST_SETTLE_MS / 1000
        quiet_ms = self.plan.token_ms + self.plan.consensus_ms + QUIET_MS
        while (left_ms := (end - time.monotonic()) * 1000) > 0:
            if self.wait(self.is_settled, left_ms) and not self.wait(lambda: not self.is_settled(), quiet_ms):
                return True
        return False

    def hear_the_last(self, running: Sequence[Node]) -> bool:
        """Whether every client is given the last message of every other, and all are one ring then.

        A ring that is formed meanwhile may keep one from others for good, as any partition may: then all send one more.
        """
        end = time.monotonic() + DRAIN_MS / 1000
        while (left_ms := (end - time.monotonic()) * 1000) > 0:
            if self.ask_for_last(running, left_ms):
                return True
        return False

    def ask_for_last(self, running: Sequence[Node], left_ms: float) -> bool:
        """Have each send a last message, and wait until all have all of them, or are another ring."""
        everyone, rings = {(node.id, node.incarnation) for node in running}, {node.ring for node in running}
        for node in running:
            node.command("stop")

        def has_all() -> bool:
            return self.is_settled() and all(node.finals >= everyone for node in running)

        def is_another() -> bool:
            return self.is_settled() and {node.ring for node in running} != rings

        self.wait(lambda: has_all() or is_another(), left_ms)
        return has_all()

    def finish(self) -> bool:
        """One ring for all that run, their last messages, and the end of the records.

        What a daemon would log after that belongs to no run: its clients are gone, and nobody waits for its ring.
        """
        began = time.monotonic()
        settled = self.stays_settled()
        self.log({"settled": settled, "after_ms": round((time.monotonic() - began) * 1000), "at": "the end"})
        running = [node for node in self.nodes.values() if node.runs]
        settled = self.hear_the_last(running) and settled
        for node in running:
            node.command(f"end {int(settled)}")
        self.wait(lambda: all(node.ended for node in running), END_MS)
        if self.plan.system == "corosync":
            for node in running:
                node.pause()
        for node in running:
            assert node.client
            assert node.client.stdin
            node.client.stdin.close()
            node.wait_for_client()
        return settled


def main(arguments: list[str]) -> None:
    """Run the plan in this file."""
    path = Path(arguments[0])
    try:
        outcome = Laboratory(msgspec.json.decode(path.read_bytes(), type=Plan), path.parent).run()
    except (LaboratoryError, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    (path.parent / "outcome.json").write_bytes(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main(sys.argv[1:])
