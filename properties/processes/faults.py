"""What is done to a cluster while it runs, by hand or by chance: kill, pause, partition, and the way back."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from random import Random

from properties.processes.processes import Power, Processes
from properties.processes.watching import Watching
from reference.node.client import Client, ClientError

KINDS = ("kill", "pause", "partition", "back")
Groups = Sequence[Sequence[int]]


class Faults:
    """The hands that disturb a cluster."""

    def __init__(self, processes: Processes, watching: Watching) -> None:
        self._nodes, self._watching = processes.nodes, watching
        self._groups: Groups = ()
        self.counts: Counter[str] = Counter()

    async def kill(self, number: int) -> None:
        """End a node as a crash does."""
        if self._nodes[number].is_alive():
            await self._nodes[number].kill()
            self._said("kill", f"node {number} is killed")

    async def restart(self, number: int) -> None:
        """Start a node that is down: its next life."""
        node = self._nodes[number]
        if not node.is_alive():
            await node.start()
            self._said("restart", f"node {number} is started again")
            try:
                await node.up()
                await self._tell(number)
            except ClientError as error:
                self._watching.say(str(error))

    async def pause(self, number: int) -> None:
        """Stop a node where it is, or let it go on."""
        node = self._nodes[number]
        if node.power is Power.UP:
            node.pause()
            self._said("pause", f"node {number} is paused")
        elif node.power is Power.PAUSED:
            node.resume()
            self._said("resume", f"node {number} goes on")
            with contextlib.suppress(ClientError):
                await self._tell(number)

    async def partition(self, groups: Groups) -> None:
        """Each hears only its own group from now on; with no groups everybody hears everybody."""
        self._groups = groups
        words = " | ".join(" ".join(map(str, group)) for group in groups)
        self._said("partition" if groups else "heal", f"partition {words}" if groups else "everybody hears everybody")
        await asyncio.gather(*(self._tell(number) for number in self._nodes), return_exceptions=True)

    async def heal(self) -> None:
        """Everybody hears everybody."""
        if self._groups:
            await self.partition(())

    async def all_back(self, *, started: bool = False) -> None:
        """Let all go on and hear each other; with `started` also those that were killed."""
        for number, node in self._nodes.items():
            if node.power is Power.PAUSED:
                await self.pause(number)
            if started and not node.is_alive():
                await self.restart(number)
        await self.heal()

    async def by_chance(self, chance: Random) -> None:
        """One fault, or one way back from those that there are."""
        up = [number for number, node in self._nodes.items() if node.power is Power.UP]
        disturbed = len(up) < len(self._nodes) or bool(self._groups)
        kind = chance.choices(KINDS, (2, 2, 2, 4 if disturbed else 0))[0]
        if kind == "back" or len(up) < 2:
            await self.all_back(started=True)
        elif kind == "kill":
            await self.kill(chance.choice(up))
        elif kind == "pause":
            await self.pause(chance.choice(up))
        else:
            order = chance.sample([*self._nodes], len(self._nodes))
            cut = chance.randint(1, len(order) - 1)
            await self.partition((sorted(order[:cut]), sorted(order[cut:])))

    async def _tell(self, number: int) -> None:
        """Tell a node whom it hears. A paused one is told when it goes on; meanwhile the others do not hear it."""
        node = self._nodes[number]
        own = next((group for group in self._groups if number in group), ())
        if node.is_alive() and (node.power is Power.UP):
            async with Client.connect(node.socket) as client:
                await client.hear([one for one in own if one != number] if self._groups else None)

    def _said(self, kind: str, words: str) -> None:
        self.counts[kind] += 1
        self._watching.say(words)
