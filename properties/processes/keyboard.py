"""Keys that disturb a cluster, read one by one from a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

from properties.processes.cluster import Cluster
from reference.node.client import ClientError


class Keyboard:
    """A hand at the keys: which node is chosen, and what the next key does to it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self.chosen = cluster, 1
        faults = cluster.faults
        self._does: dict[str, Callable[[], Awaitable[None]]] = {
            "k": lambda: faults.kill(self.chosen), "r": lambda: faults.restart(self.chosen),
            "p": lambda: faults.pause(self.chosen), "x": self._cut_off, "h": faults.heal, "q": self._end,
        }  # fmt: skip

    async def pressed(self, key: str) -> None:
        """Do what a key is for; any other does nothing."""
        if key.isascii() and key.isdigit() and int(key) in self._cluster.processes.nodes:
            self.chosen = int(key)
        elif does := self._does.get(key.lower()):
            try:
                await does()
            except ClientError as error:
                self._cluster.watching.say(str(error))

    async def _cut_off(self) -> None:
        others = [number for number in self._cluster.processes.nodes if number != self.chosen]
        await self._cluster.faults.partition(([self.chosen], others))

    async def _end(self) -> None:
        self._cluster.is_over.set()


async def listen(keyboard: Keyboard, descriptor: int) -> None:
    """Take keys from a terminal for as long as this task lasts, one after the other."""
    keys: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for key in os.read(descriptor, 64).decode("ascii", "replace"):
            keys.put_nowait(key)

    loop.add_reader(descriptor, read)
    try:
        while True:
            await keyboard.pressed(await keys.get())
    finally:
        loop.remove_reader(descriptor)


@contextmanager
def one_key_at_a_time() -> Generator[int]:
    """The terminal gives each key at once and shows none, until it is as it was before."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
