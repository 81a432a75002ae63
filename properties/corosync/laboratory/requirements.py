"""What the machine must have, found out by trying each thing once in namespaces of its own."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from properties.corosync.laboratory.clients.libcpg import LIBRARY
from properties.corosync.laboratory.namespaces import OUTER, TUN_DEVICE
from properties.corosync.laboratory.plan import Plan
from properties.corosync.laboratory.systems import SYSTEMS, said_version

PROGRAMS = {"unshare": "util-linux", "nsenter": "util-linux", "sh": "dash"}
NFT = {"nft": "nftables"}
PACKAGE = "pyroute2"
TRY_S = 20.0
LINK = "from pyroute2 import IPRoute; IPRoute().link('add', ifname='x0', {})"
FEATURES = {
    "network, mount and process namespaces": ("true",),
    "bridges": (sys.executable, "-P", "-c", LINK.format("kind='bridge'")),
    "veth pairs": (sys.executable, "-P", "-c", LINK.format("kind='veth', peer='x1'")),
}
TAP = (sys.executable, "-P", "-c", LINK.format("kind='tuntap', mode='tap'"))
NFT_TRY = ("nft", "add", "table", "ip", "x4")


def missing(plan: Plan) -> list[str]:
    """What this plan needs and this machine lacks, each with its remedy."""
    if platform.system() != "Linux":
        return ["Linux: the daemons run in its namespaces"]
    one_way, system = plan.scenario == "one-way-cut", SYSTEMS[plan.system]
    found = [
        f"the program {program} (Debian package {package})"
        for program, package in {**PROGRAMS, **system.programs(plan), **(NFT if one_way else {})}.items()
        if not shutil.which(program)
    ]
    if plan.binary and not said_version(plan.binary):
        found.append(f"a daemon of corosync at {plan.binary}: with -v it does not say its version")
    if not importlib.util.find_spec(PACKAGE):
        found.append(f"the Python package {PACKAGE} (ringplug[laboratory])")
    if plan.system == "corosync" and not _has_library():
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
        try:
            done = subprocess.run([*OUTER, *command], capture_output=True, text=True, timeout=TRY_S, check=False)
        except subprocess.TimeoutExpired:
            return [f"{what}: trying it took longer than {TRY_S:.0f} s, so this machine is too busy"]
        if done.returncode:
            said = done.stderr.strip().splitlines()
            return [f"{what}, in the kernel or allowed here: {said[-1] if said else f'exit {done.returncode}'}"]
    if plan.wire == "tap" and not Path(TUN_DEVICE).exists():
        return [f"TAP devices: there is no {TUN_DEVICE}"]
    return []
