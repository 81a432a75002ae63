"""The processes of a cluster: each a `ringplug node` with a folder of its own, on the loopback network.

A process that this one starts ends when this one does, however that is: its input ends then.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from reference.node import keys
from reference.node.client import Client, ClientError
from reference.node.disk.history import ended_by_a_crash

END_SECONDS = 5.0
LONG_SECONDS = 30.0
LOOPBACK = "127.0.0.1"


class Power(Enum):
    """What a process does."""

    UP = "up"
    PAUSED = "paused"
    KILLED = "killed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Plan:
    """What every node of a cluster is told."""

    members: int
    recovery_ms: int = 0
    """How long the first node holds its plug in each configuration; the second holds it twice as long, and so on."""
    follow: bool = True
    settings: dict[str, int] = field(default_factory=dict[str, int])
    """Of the ring: those that are not as by default."""
    multicast: str = ""
    options: tuple[str, ...] = ()

    @property
    def nodes(self) -> range:
        """Their numbers."""
        return range(1, self.members + 1)


class NodeProcess:
    """One node: its files, and the process that runs it, if any."""

    def __init__(self, number: int, folder: Path, config: Path) -> None:
        self.number, self.config = number, config
        self.socket = folder / f"n{number}" / "socket"
        self.history, self.journal = (config.with_suffix(f".{kind}.jsonl") for kind in ("history", "journal"))
        self.log = config.with_suffix(".log")
        self.power = Power.STOPPED
        self.process: asyncio.subprocess.Process | None = None
        self.why = ""
        """Why it stopped, if it did so by itself."""

    @property
    def pid(self) -> int | None:
        """Of its process."""
        return self.process.pid if self.process else None

    async def start(self) -> None:
        """Begin a life."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ringplug", "node", "--config", self.config, "--until-eof",
                stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip
        self.power = Power.UP

    async def up(self) -> None:
        """Wait until it answers; ClientError if it ends instead, or takes too long."""
        for _ in range(round(LONG_SECONDS / 0.02)):
            with contextlib.suppress(ClientError):
                async with Client.connect(self.socket) as client:
                    await client.state()
                    return
            if not self.is_alive():
                raise ClientError(f"node {self.number} has stopped: {self.why}")
            await asyncio.sleep(0.02)
        raise ClientError(f"node {self.number} does not answer within {LONG_SECONDS:g} s")

    def is_alive(self) -> bool:
        """Whether its process runs; if it ended by itself, why is in its log."""
        if self.process is None:
            return False
        if self.process.returncode is not None and self.power in (Power.UP, Power.PAUSED):
            self.power = Power.STOPPED
            lines = self.log.read_text(errors="replace").splitlines()
            self.why = f"exit code {self.process.returncode}" + (f", last {lines[-1]}" if lines else "")
        return self.process.returncode is None

    async def kill(self) -> None:
        """End it as a crash does."""
        if self.process and self.is_alive():
            self.power = Power.KILLED
            self.process.kill()
            await self.process.wait()

    def pause(self) -> None:
        """Let it do nothing for a while."""
        if self.process and self.is_alive() and self.power is Power.UP:
            self.power = Power.PAUSED
            self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.process and self.is_alive() and self.power is Power.PAUSED:
            self.power = Power.UP
            self.process.send_signal(signal.SIGCONT)

    def leave(self) -> None:
        """Ask it to leave the ring and end."""
        self.resume()
        if self.process and self.is_alive():
            self.power = Power.STOPPED
            self.process.terminate()

    async def gone(self) -> None:
        """Wait until it has ended; kill it if it does not, and say in its history that it is dead."""
        if self.process:
            try:
                await asyncio.wait_for(self.process.wait(), END_SECONDS)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        ended_by_a_crash(self.history, "found dead at the end of the run")


class Processes:
    """All nodes of a cluster."""

    def __init__(self, plan: Plan, folder: Path, out: Path) -> None:
        """Write what they are told: sockets and state into `folder`, records and logs into `out`."""
        self.plan = plan
        out.mkdir(parents=True, exist_ok=True)
        key = folder / "cluster.key"
        keys.write_new(key)
        ports = free_ports(plan.members)
        self.nodes: dict[int, NodeProcess] = {}
        for number in plan.nodes:
            config = out / f"n{number}.toml"
            node = self.nodes[number] = NodeProcess(number, folder, config)
            for old in (node.history, node.journal, node.log):
                old.unlink(missing_ok=True)
            config.write_text(_told(plan, node, key, ports))

    async def start(self) -> None:
        """Start them all."""
        for node in self.nodes.values():
            await node.start()
        for node in self.nodes.values():
            await node.up()

    async def end(self) -> None:
        """End what is left of them."""
        for node in self.nodes.values():
            node.leave()
        await asyncio.gather(*(node.gone() for node in self.nodes.values()))


def free_ports(count: int) -> Sequence[int]:
    """Ports that nobody has just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def _told(plan: Plan, node: NodeProcess, key: Path, ports: Sequence[int]) -> str:
    own = ports[node.number - 1]
    lines = [
        "[node]", f"id = {node.number}", 'cluster = "run"', f"state = {_quoted(node.socket.parent)}",
        f"socket = {_quoted(node.socket)}", f"recovery_ms = {node.number * plan.recovery_ms}",
        "[network]", f'address = "{LOOPBACK}:{own}"', f"key = {_quoted(key)}", f'multicast = "{plan.multicast}"',
        "[network.peers]", *(f'{number} = "{LOOPBACK}:{port}"' for number, port in enumerate(ports, 1)),
        "[ring]", *(f"{name} = {value}" for name, value in plan.settings.items()),
        "[record]", f"history = {_quoted(node.history)}", *([f"journal = {_quoted(node.journal)}"] * plan.follow),
        "[log]", 'format = "json"',
    ]  # fmt: skip
    return "".join(f"{line}\n" for line in lines)


def _quoted(path: Path) -> str:
    """A TOML string."""
    text = str(path.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
