"""What the machine must have, found out by trying each thing once in namespaces of its own."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
from pathlib import Path

from properties.corosync.laboratory.libcpg import LIBRARY
from properties.corosync.laboratory.namespaces import OUTER
from properties.corosync.laboratory.plan import Plan
from properties.corosync.laboratory.wire import TUN_DEVICE

PROGRAMS = {"corosync": "corosync", "ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux", "sh": "dash"}
NFT = {"nft": "nftables"}
TRY_S = 20.0
FEATURES = {
    "network, mount and process namespaces": ("true",),
    "bridges": ("ip", "link", "add", "x0", "type", "bridge"),
    "veth pairs": ("ip", "link", "add", "x1", "type", "veth", "peer", "name", "x2"),
}
TAP = ("ip", "tuntap", "add", "x3", "mode", "tap")
NFT_TRY = ("nft", "add", "table", "ip", "x4")


def missing(plan: Plan) -> list[str]:
    """What this plan needs and this machine lacks, each with its remedy."""
    if platform.system() != "Linux":
        return ["Linux: the daemons run in its namespaces"]
    one_way = plan.scenario == "one-way-cut"
    found = [
        f"the program {program} (Debian package {package})"
        for program, package in {**PROGRAMS, **(NFT if one_way else {})}.items()
        if not shutil.which(program)
    ]
    if not _has_library():
        found.append(f"the library {LIBRARY} (Debian package libcpg4, which corosync brings)")
    if os.geteuid() != 0:
        found.append("root: run the command as root, or in a container that may make namespaces")
    if not found:
        found += _features(plan, one_way=one_way)
    return found


def _has_library() -> bool:
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


def _features(plan: Plan, *, one_way: bool) -> list[str]:
    tries: dict[str, tuple[str, ...]] = {**FEATURES}
    if plan.wire == "tap":
        tries[f"TAP devices ({TUN_DEVICE})"] = TAP
    if one_way:
        tries["nftables in the kernel"] = NFT_TRY
    for what, command in tries.items():
        done = subprocess.run([*OUTER, *command], capture_output=True, text=True, timeout=TRY_S, check=False)
        if done.returncode:
            return [f"{what}, in the kernel or allowed here: {done.stderr.strip() or f'exit {done.returncode}'}"]
    if plan.wire == "tap" and not Path(TUN_DEVICE).exists():
        return [f"TAP devices: there is no {TUN_DEVICE}"]
    return []


def versions() -> dict[str, str]:
    """What the verdicts depend on: daemon and kernel."""
    said = subprocess.run(["corosync", "-v"], capture_output=True, text=True, check=False).stdout
    number = said.partition("'")[2].partition("'")[0]
    query = ["dpkg-query", "--show", "--showformat", "${Version}", "corosync"]
    package = (
        subprocess.run(query, capture_output=True, text=True, check=False).stdout if shutil.which(query[0]) else ""
    )
    return {"corosync": package or number, "kernel": platform.release()}
