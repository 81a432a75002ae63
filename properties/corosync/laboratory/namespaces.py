"""Namespaces: one outer set that everything lives in, and in it one set for each node.

The outer set has its own processes: when its first one dies, the kernel kills all the others and removes interfaces and
mounts. No name is left anywhere, which is why `ip netns` is not used.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

OUTER = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
NODE = ("unshare", "--net", "--mount", "--uts", "sleep", "infinity")
PR_SET_PDEATHSIG = 1
TUN_DEVICE = "/dev/net/tun"


class LaboratoryError(Exception):
    """The laboratory could not be set up, or broke."""


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (to be called before exec)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def outer(command: Sequence[str], says: int) -> subprocess.Popen[bytes]:
    """Start a command in the outer namespaces, in a session of its own; it dies with this process.

    What it prints goes to the descriptor `says`.
    """
    parent = os.getpid()
    return subprocess.Popen(
        [*OUTER, *command], start_new_session=True, preexec_fn=lambda: die_with(parent),
        stdin=subprocess.DEVNULL, stdout=says, stderr=says,
    )  # fmt: skip


def run(command: Sequence[str], text: str = "") -> None:
    """Run a command to its end; what it says on standard error becomes the error."""
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise LaboratoryError(f"{' '.join(command)}: {done.stderr.strip() or f'exit {done.returncode}'}")


class Place:
    """A node's namespaces, held by a sleeping process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.holder = subprocess.Popen(NODE, stdin=subprocess.DEVNULL)
        ours, theirs = Path("/proc/self/ns/uts"), Path(f"/proc/{self.holder.pid}/ns/uts")
        end = time.monotonic() + 10
        while (
            os.readlink(theirs) == os.readlink(ours) or Path(f"/proc/{self.holder.pid}/comm").read_text() != "sleep\n"
        ):
            if time.monotonic() > end or self.holder.poll() is not None:
                raise LaboratoryError(f"the namespaces of {name} do not start")
            time.sleep(0.002)

    def command(self, *words: str) -> list[str]:
        """The command, to be run in here; it keeps its process id."""
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u", "--", *words]

    def furnish(self) -> None:
        """A host name, and the directories of which a daemon expects to be the only user."""
        script = (
            f"hostname {self.name} && mount -t tmpfs none /run && mount -t tmpfs none /dev/shm && "
            "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"
        )
        run(self.command("sh", "-ec", script))
