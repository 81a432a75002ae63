"""A node: its daemon and its client, one incarnation after the other, and what the client has told so far."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from properties.corosync.laboratory.configuration import log_file, state_dir
from properties.corosync.laboratory.namespaces import LaboratoryError, Place, die_with
from properties.corosync.laboratory.plan import Plan, Used
from properties.corosync.laboratory.systems import SYSTEMS

CLIENT_END_S = 3.0


def raw_file(out: Path, node: int, incarnation: int) -> Path:
    """What the client of this incarnation wrote."""
    return out / f"n{node}.{incarnation}.raw"


class Node:
    """One node of the laboratory."""

    def __init__(self, id: int, plan: Plan, out: Path, place: Place) -> None:
        self.id, self.plan, self.out, self.place = id, plan, out, place
        self.system = SYSTEMS[plan.system]
        self.incarnation = 0
        self.daemon: subprocess.Popen[bytes] | None = None
        self.client: subprocess.Popen[bytes] | None = None
        self.paused = False
        self.forget()

    def forget(self) -> None:
        """A new incarnation has told nothing yet."""
        self.rest = b""
        self.ring: tuple[int, ...] = ()
        self.members: frozenset[int] = frozenset()
        self.group: frozenset[tuple[int, int]] = frozenset()
        self.finals: set[tuple[int, int]] = set()
        self.pid, self.ended = 0, False

    @property
    def runs(self) -> bool:
        return self.daemon is not None and self.daemon.poll() is None and not self.paused

    def start(self, *, keep_state: bool = True) -> None:
        """Start the next incarnation."""
        self.incarnation += 1
        self.forget()
        if not keep_state:
            shutil.rmtree(state_dir(self.out, self.id), ignore_errors=True)
        state_dir(self.out, self.id).mkdir(exist_ok=True)
        with log_file(self.out, self.id).open("a") as log:
            log.write(f"ringplug: incarnation {self.incarnation} starts\n")
        said = log_file(self.out, self.id) if self.system.prints_its_log else self.errors
        self.daemon = self._spawn(*self.system.daemon(self.plan, self.out, self.id), said=said)
        traffic = self.plan.traffic
        how = [traffic.per_second, traffic.least_bytes, traffic.most_bytes, traffic.mixed]
        words = [self.id, self.incarnation, self.plan.seed, *how]
        path = raw_file(self.out, self.id, self.incarnation)
        module = [sys.executable, "-P", "-m", self.system.client, *map(str, words), str(path)]
        self.client = self._spawn(*module, said=self.errors, pipes=True)

    @property
    def errors(self) -> Path:
        """Where what a program prints goes."""
        return self.out / "errors.txt"

    def _spawn(self, *command: str, said: Path, pipes: bool = False) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        pipe = subprocess.PIPE if pipes else subprocess.DEVNULL
        with said.open("ab") as errors:
            return subprocess.Popen(
                self.place.command(*command), stdin=pipe, stdout=pipe, stderr=errors,
                preexec_fn=lambda: die_with(parent),
            )  # fmt: skip

    def kill(self) -> None:
        """Kill the daemon; the client notices, writes its end and goes."""
        assert self.daemon
        self.daemon.kill()
        self.daemon.wait()
        self.wait_for_client()

    def wait_for_client(self) -> None:
        """Wait until the client has gone by itself, and kill it if it does not."""
        assert self.client
        try:
            self.client.wait(CLIENT_END_S)
        except subprocess.TimeoutExpired:
            self.client.kill()
            self.client.wait()

    def used(self) -> Used | None:
        """What the daemon that runs has used so far."""
        if self.daemon is None or self.daemon.poll() is not None:
            return None
        room = Path(f"/proc/{self.daemon.pid}")
        times = (room / "stat").read_text().rpartition(")")[2].split()[11:13]
        peak_kb = next(line.split()[1] for line in (room / "status").read_text().splitlines() if "VmHWM" in line)
        return Used(sum(map(int, times)) / os.sysconf("SC_CLK_TCK"), int(peak_kb) * 1024)

    def pause(self) -> None:
        assert self.daemon
        os.kill(self.daemon.pid, signal.SIGSTOP)
        self.paused = True

    def resume(self) -> None:
        assert self.daemon
        os.kill(self.daemon.pid, signal.SIGCONT)
        self.paused = False

    def command(self, line: str) -> None:
        """Tell the client; one that has gone hears nothing."""
        assert self.client
        assert self.client.stdin
        try:
            self.client.stdin.write(line.encode() + b"\n")
            self.client.stdin.flush()
        except BrokenPipeError:
            pass

    def listen(self) -> bool:
        """Take what the client has told; false when it has closed its end."""
        assert self.client
        assert self.client.stdout
        text = os.read(self.client.stdout.fileno(), 65_536)
        *lines, self.rest = (self.rest + text).split(b"\n")
        for line in lines:
            self.learn(json.loads(line))
        return bool(text)

    def learn(self, event: dict[str, Any]) -> None:
        """Take in one line of the client."""
        match event["e"]:
            case "start":
                self.pid = event["pid"]
            case "ring":
                self.ring, self.members = tuple(event["ring"]), frozenset(event["members"])
            case "group":
                self.group = frozenset((node, pid) for node, pid, _ in event["members"])
            case "deliver":
                self.finals.add((event["m"][0], event["m"][1]))
            case "end" if not event["why"].startswith("no start"):
                self.ended = True
            case "end":
                raise LaboratoryError(f"node {self.id}: the client has {event['why']}; {log_file(self.out, self.id)}")
            case _:
                pass
