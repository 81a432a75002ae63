"""The load: programs at every node publish events and send safe messages, of every priority.

As fast as they should, and the nodes let them.
"""

from __future__ import annotations

import asyncio
import contextlib
from random import Random
from typing import Literal

from properties.processes.processes import NodeProcess, Power, Processes
from reference.node.client import Client, ClientError

CHANNEL = "load"
PRIORITIES: tuple[Literal["high", "medium", "low"], ...] = ("high", "medium", "low")
SIZES_BYTES = (20, 200, 200, 3_000)
AGAIN_SECONDS = 0.1
SAFE = 0.25
"""How often it is a safe message to a group, and no event."""


class Load:
    """One program a node."""

    def __init__(self, processes: Processes, per_second: float, chance: Random) -> None:
        self._nodes = processes.nodes
        self._per_second, self._chance = per_second / len(self._nodes), chance
        self._tasks: list[asyncio.Task[None]] = []
        self.published = 0
        self.waited_us = 0
        """How long programs had to wait, all together."""

    def begin(self) -> None:
        """Start to publish."""
        if self._per_second > 0:
            self._tasks = [asyncio.create_task(self._programs(node)) for node in self._nodes.values()]

    async def rest(self) -> None:
        """Publish no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _programs(self, node: NodeProcess) -> None:
        """One program after the other: a new one when the node is gone."""
        while True:
            if node.power is Power.UP:
                with contextlib.suppress(ClientError):
                    async with Client.connect(node.socket) as client:
                        await self._publish(client)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _publish(self, client: Client) -> None:
        while True:
            data, priority = bytes(self._chance.choice(SIZES_BYTES)), self._chance.choice(PRIORITIES)
            if self._chance.random() < SAFE:
                self.waited_us += await client.send([CHANNEL], data, priority=priority, safe=True)
            else:
                self.waited_us += (await client.publish(CHANNEL, data, priority=priority)).waited_us
            self.published += 1
            await asyncio.sleep(self._chance.expovariate(self._per_second))
