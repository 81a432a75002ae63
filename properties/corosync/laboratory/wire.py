"""The wire between the nodes: a bridge that can be parted, or a switch of our own that can also disturb frames.

Parting a bridge moves one port after the other, a few milliseconds in all; the switch does it at one moment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from properties.corosync.laboratory import links
from properties.corosync.laboratory.configuration import address
from properties.corosync.laboratory.namespaces import LaboratoryError, Place, die_with, run
from properties.corosync.laboratory.plan import CutAt, Disturb, FrameStep, Plan

Link = tuple[int, int]


def links_between(groups: Sequence[Sequence[int]]) -> set[Link]:
    """What is blocked when the network is parted into these groups."""
    side = {node: index for index, group in enumerate(groups) for node in group}
    return {(a, b) for a in side for b in side if side[a] != side[b]}


class Wires(Protocol):
    """What the laboratory does with a wire."""

    def split(self, groups: Sequence[Sequence[int]]) -> None: ...
    def cut_one_way(self, source: int, target: int) -> None: ...
    def heal(self) -> None: ...


def furnish_all(places: Mapping[int, Place]) -> None:
    """Every node's interface has its address, and knows the others'."""
    for node, place in places.items():
        links.furnish(node, [other for other in places if other != node], place)


class BridgeWire:
    """One bridge for each group; a port is moved from one to the other."""

    def __init__(self, places: Mapping[int, Place]) -> None:
        self.places = places
        with links.told() as kernel:
            self.bridges = [links.add_bridge(kernel, f"br{k}") for k in range(len(places))]
            self.ports = {node: links.add_cable(kernel, f"h{node}", place) for node, place in places.items()}
        self.split([list(places)])
        furnish_all(places)
        self.deaf: set[int] = set()

    def split(self, groups: Sequence[Sequence[int]]) -> None:
        with links.told() as kernel:
            for bridge, group in zip(self.bridges, groups, strict=False):
                for node in group:
                    kernel.link("set", index=self.ports[node], master=bridge)

    def cut_one_way(self, source: int, target: int) -> None:
        rules = (
            "add table ip cut\nadd chain ip cut input { type filter hook input priority 0; }\n"
            f"add rule ip cut input ip saddr {address(source)} drop\n"
        )
        run(self.places[target].command("nft", "-f", "-"), rules)
        self.deaf.add(target)

    def heal(self) -> None:
        self.split([list(self.places)])
        while self.deaf:
            run(self.places[self.deaf.pop()].command("nft", "delete", "table", "ip", "cut"))


class TapWire:
    """The switch as a process; the interfaces of the nodes are its TAP devices."""

    def __init__(self, places: Mapping[int, Place], plan: Plan) -> None:
        self.nodes = list(places)
        with links.told() as kernel:
            fds = [links.add_tap(kernel, f"t{node}", place) for node, place in places.items()]
        furnish_all(places)
        parent = os.getpid()
        module = [sys.executable, "-P", "-m", "properties.corosync.laboratory.switch"]
        self.process = subprocess.Popen(
            [*module, plan.system, str(plan.seed), *map(str, fds)],
            pass_fds=fds, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=lambda: die_with(parent),
        )  # fmt: skip
        for fd in fds:
            os.close(fd)
        self.rest = b""
        self.answered = False
        self.has_cut = False

    @property
    def says(self) -> int:
        """The descriptor on which the switch answers, and says that it has cut."""
        assert self.process.stdout
        return self.process.stdout.fileno()

    def listen(self) -> None:
        """Take what the switch has said; nothing may wait in a buffer that no selector sees."""
        text = os.read(self.says, 4096)
        if not text:
            raise LaboratoryError("the switch ended")
        *words, self.rest = (self.rest + text).split(b"\n")
        self.answered = self.answered or b"done" in words
        self.has_cut = self.has_cut or b"cut" in words

    def command(self, **what: object) -> None:
        assert self.process.stdin
        self.answered = False
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()
        while not self.answered:
            self.listen()

    def split(self, groups: Sequence[Sequence[int]]) -> None:
        self.command(blocked=sorted(links_between(groups)))

    def cut_one_way(self, source: int, target: int) -> None:
        self.command(blocked=[(source, target)])

    def heal(self) -> None:
        self.command(blocked=[])

    def disturb(self, how: Disturb) -> None:
        self.command(disturb=msgspec.to_builtins(how) if how != Disturb() else {})

    def cut_at(self, at: CutAt) -> None:
        """Heal, and wait for the frame."""
        self.has_cut = False
        blocked = sorted(links_between(at.groups))
        cut = {"kind": at.kind, "source": at.source, "count": at.count, "forming": at.forming, "blocked": blocked}
        self.command(blocked=[], cut=cut)

    def schedule(self, steps: Sequence[FrameStep]) -> None:
        """Have the switch follow these; what is parted stays so until they say otherwise."""
        self.has_cut = False
        self.command(schedule=msgspec.to_builtins(steps))
