"""The client of our own node: a program that publishes events, watches them, and looks at the ring.

It speaks the local socket, by three connections: one to send, one to be given events, one to look. A node does not say
when its ring changes, so that is looked for; when a gate opens is in the node's own history. What is put down as a
group are the members of a ring whose gate is open. Commands are those of the other client; `end 1` says that the run
has come to rest.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

from properties.corosync.laboratory.clients.record import Record
from properties.corosync.laboratory.clients.sending import Outgoing, Told
from reference.node.client import Client, ClientError, Lost

SOCKET = "/run/ringplug.socket"
"""Each node has a folder /run of its own."""
CHANNEL = "ringplug"
BOOT_TIMEOUT_S = 30.0
LOOK_S, RETRY_S = 0.05, 0.02
PRIORITIES: tuple[Literal["high", "medium", "low"], ...] = ("high", "medium", "low")
SAFE = 0.2
"""How often a message is a safe one to a group, of which no program is told, and no event."""


class Program:
    """One incarnation."""

    def __init__(self, told: Told) -> None:
        self.told, self.outgoing, self.record = told, Outgoing(told), Record(told.path)
        self.is_over, self.is_watching = asyncio.Event(), asyncio.Event()
        self._seen: tuple[list[int], list[int], bool] | None = None
        self._rest = b""

    async def run(self) -> None:
        """From the start of the node to its end, or that of the laboratory."""
        if not await self._boot():
            return
        asyncio.get_running_loop().add_reader(0, self._hear)
        tasks = [asyncio.ensure_future(self._connected(what)) for what in (self._watch, self._look, self._send)]
        over = asyncio.ensure_future(self.is_over.wait())
        await asyncio.wait([*tasks, over], return_when=asyncio.FIRST_COMPLETED)
        if not over.done():
            self.record.end("the daemon is gone")
        over.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _boot(self) -> bool:
        """Wait for the node."""
        end = time.monotonic() + BOOT_TIMEOUT_S
        while True:
            try:
                async with Client.connect(SOCKET) as client:
                    await client.state()
                    return True
            except ClientError as error:
                if time.monotonic() > end or os.getppid() == 0:
                    self.record.end(f"no start: {error}")
                    return False
            await asyncio.sleep(RETRY_S)

    async def _connected(self, what: Callable[[Client], Awaitable[None]]) -> None:
        """Do it until the node is gone."""
        try:
            async with Client.connect(SOCKET) as client:
                await what(client)
        except (ClientError, OSError):
            return

    async def _watch(self, client: Client) -> None:
        events = await client.watch(CHANNEL)
        about = {"e": "start", "node": self.told.node, "incarnation": self.told.incarnation, "pid": 1}
        self.record.write(about, tell=True)
        self.is_watching.set()
        async for event in events:
            if isinstance(event, Lost):
                self.record.write({"e": "lost", "count": event.count})
            else:
                self.record.delivered([event.publisher, 1], event.data)

    async def _look(self, client: Client) -> None:
        while True:
            state = await client.state()
            members: list[int] = state["members"] if state["phase"] == "operational" else []
            ring: list[int] = state["ring"] or [0, 0]
            is_open = bool(members and state["gate_open"])
            if (ring, members, is_open) != self._seen:
                self._seen = (ring, members, is_open)
                self.record.write({"e": "ring", "ring": ring, "members": members}, tell=True)
                group = [[member, 1, 0] for member in members] if is_open else []
                self.record.write({"e": "group", "members": group, "left": [], "joined": []}, tell=True)
            await asyncio.sleep(LOOK_S)

    async def _send(self, client: Client) -> None:
        chance = self.outgoing.random
        await self.is_watching.wait()
        while True:
            if not (self.outgoing.owes or self.outgoing.is_due()):
                await asyncio.sleep(min(LOOK_S, self.outgoing.wait_s()))
                continue
            message, text = self.outgoing.next()
            safe = chance.random() < SAFE and self.told.mixed
            priority = chance.choice(PRIORITIES if self.told.mixed else PRIORITIES[-1:])
            about: dict[str, object] = {"e": "send", "n": message.number, "size": len(text), "safe": False, "code": 1}
            if message.last:
                await client.publish(CHANNEL, text, priority="low")  # the others go before it
            elif safe:
                about["safe"] = True
                await client.send([CHANNEL], text, priority=priority, safe=True)
            else:
                await client.publish(CHANNEL, text, priority=priority)
            self.record.write({**about, "asked_us": self.outgoing.asked_us})

    def _hear(self) -> None:
        """Carry out commands."""
        text = os.read(0, 4096)
        *lines, self._rest = (self._rest + text).split(b"\n")
        for line in lines:
            word, _, rest = line.decode().partition(" ")
            self.outgoing.obey(word, rest)
            if word == "end":
                self._ending = asyncio.ensure_future(self._connected(partial(self._end, quiescent=rest == "1")))
        if not text:
            self.is_over.set()

    async def _end(self, client: Client, *, quiescent: bool) -> None:
        await client.end_record(quiescent=quiescent)
        self.record.end("the run is over")


def main(arguments: list[str]) -> None:
    """Run one incarnation."""

    async def run() -> None:
        await Program(Told.from_words(arguments)).run()

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1:])
