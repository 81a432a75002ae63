"""The systems that the laboratory runs, each behind the same few names: corosync, and the nodes of the reference.

Of a system it must know what its nodes are told, how one is started and where its log is, which client speaks to it,
and what its datagrams look like, so that the network can be cut at a chosen one. All else is the same for each: the
namespaces, the wire, the faults, what clients send and record.
"""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from properties.corosync.laboratory.clients import cpg, plug
from properties.corosync.laboratory.clients.plug import SOCKET
from properties.corosync.laboratory.configuration import (
    KEY_BYTES,
    address,
    configuration,
    key_file,
    state_dir,
)
from properties.corosync.laboratory.plan import TRANSPORTS, Plan, SystemName, Transport
from reference.node import keys

PORT = 5405
UDP_PAYLOAD_AT = 42
"""Behind the headers of Ethernet, IP and UDP."""


@dataclass(frozen=True)
class Datagrams:
    """How to tell the kinds of datagrams apart, if they are not encrypted."""

    kind_at: int
    """Where in a frame the byte is that says it."""
    kinds: Mapping[str, int]
    sync: Sequence[bytes]
    """What a multicast has in it that is part of a synchronization."""

    def is_kind(self, frame: bytes, kind: str) -> bool:
        """Is this a frame of that kind? Of any kind are all that carry IP."""
        if kind == "any":
            return len(frame) > UDP_PAYLOAD_AT and frame[12:14] == b"\x08\x00"
        if len(frame) <= self.kind_at:
            return False
        if kind == "sync":
            at = frame[UDP_PAYLOAD_AT:]
            return frame[self.kind_at] == self.kinds["mcast"] and any(word in at for word in self.sync)
        return frame[self.kind_at] == self.kinds[kind]


@dataclass(frozen=True)
class System:
    """What the laboratory must know of a system."""

    name: SystemName
    prepare: Callable[[Plan, Path], None]
    """Write what all nodes are told."""
    daemon: Callable[[Plan, Path, int], Sequence[str]]
    """The command of a node's daemon, by plan, directory of the run and node; its log is `log_file`."""
    client: str
    """The module of its client."""
    datagrams: Datagrams
    prints_its_log: bool
    """Whether what a daemon prints is its log."""
    programs: Callable[[Plan], Mapping[str, str]]
    """What it needs on the machine, and the Debian package of each."""
    versions: Callable[[Plan], dict[str, str]]

    @property
    def transports(self) -> tuple[Transport, Transport]:
        """How its nodes may speak: in the clear, and encrypted."""
        return TRANSPORTS[self.name]


# corosync


def _prepare_corosync(plan: Plan, out: Path) -> None:
    if plan.is_encrypted:
        key_file(out).write_bytes(bytes(i * 7 % 256 for i in range(KEY_BYTES)))
        key_file(out).chmod(0o400)
    for id in plan.node_ids:
        (out / f"n{id}.conf").write_text(configuration(plan, id, out))


INSTALLED = "corosync"


def _corosync(plan: Plan, out: Path, node: int) -> Sequence[str]:
    return [plan.binary or INSTALLED, "-f", "-c", str(out / f"n{node}.conf")]


def _corosync_programs(plan: Plan) -> Mapping[str, str]:
    return {} if plan.binary else {INSTALLED: "corosync"}


def said_version(binary: str) -> str:
    """The version that a corosync says it is; empty if it says none."""
    try:
        said = subprocess.run([binary, "-v"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return said.partition("'")[2].partition("'")[0] if said.startswith("Corosync") else ""


def _corosync_versions(plan: Plan) -> dict[str, str]:
    if plan.binary:
        return {"corosync": said_version(plan.binary), "binary": plan.binary, "kernel": platform.release()}
    number = said_version(INSTALLED)
    query = ["dpkg-query", "--show", "--showformat", "${Version}", "corosync"]
    package = (
        subprocess.run(query, capture_output=True, text=True, check=False).stdout if shutil.which(query[0]) else ""
    )
    return {"corosync": package or number, "kernel": platform.release()}


# The nodes of the reference


def _prepare_nodes(plan: Plan, out: Path) -> None:
    if plan.is_encrypted:
        keys.write_new(key_file(out))
    for id in plan.node_ids:
        (out / f"n{id}.toml").write_text("".join(f"{line}\n" for line in _told(plan, id, out)))


def settings(plan: Plan) -> dict[str, int]:
    """The settings of a ring that has corosync's times; those that follow from others as corosync has them.

    Source: corosync.conf(5) (token_retransmits_before_loss_const, token_retransmit, hold)
    """
    retransmission_us = plan.token_ms * 10_000 // 42
    return {
        "token_loss_us": plan.token_ms * 1000, "token_retransmission_us": retransmission_us,
        "token_hold_us": max(0, retransmission_us * 8 // 10 - 10_000), "join_us": plan.join_ms * 1000,
        "consensus_us": plan.consensus_ms * 1000, "merge_us": plan.merge_ms * 1000,
    }  # fmt: skip


def _told(plan: Plan, node: int, out: Path) -> list[str]:
    """The configuration of a node, with corosync's times."""
    key = f'key = "{key_file(out)}"' if plan.is_encrypted else "without_key = true"
    peers = [f'{other} = "{address(other)}:{PORT}"' for other in plan.node_ids]
    record = [f'history = "n{node}.history.jsonl"', *([f'journal = "n{node}.journal.jsonl"'] * plan.journal)]
    return [
        "[node]", f"id = {node}", 'cluster = "ringplug"', f'state = "{state_dir(out, node).name}"',
        f'socket = "{SOCKET}"', "[network]", f'address = "{address(node)}:{PORT}"', key, "[network.peers]", *peers,
        "[ring]", *(f"{name} = {value}" for name, value in settings(plan).items()),
        *(["[record]", *record] if plan.history else []), "[log]", 'format = "json"',
    ]  # fmt: skip


def _node(_plan: Plan, out: Path, node: int) -> Sequence[str]:
    return [sys.executable, "-P", "-m", "ringplug", "node", "--config", str(out / f"n{node}.toml")]


def _node_versions(_plan: Plan) -> dict[str, str]:
    ours = importlib.metadata.version("ringplug")
    return {"ringplug": ours, "python": platform.python_version(), "kernel": platform.release()}


SYSTEMS: dict[SystemName, System] = {
    "corosync": System(
        "corosync", _prepare_corosync, _corosync, cpg.__name__,
        Datagrams(UDP_PAYLOAD_AT + 3, {"token": 0, "mcast": 1, "join": 3, "commit": 4}, [b"sync"]),
        prints_its_log=False, programs=_corosync_programs, versions=_corosync_versions,
    ),
    "ringplug": System(
        "ringplug", _prepare_nodes, _node, plug.__name__,
        Datagrams(UDP_PAYLOAD_AT + 35, {"token": 1, "mcast": 2, "join": 3, "commit": 4},
                  [b"nodejoin", b"check-in"]),
        prints_its_log=True, programs=lambda _plan: {}, versions=_node_versions,
    ),
}  # fmt: skip
