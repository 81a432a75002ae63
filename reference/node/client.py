"""A program's side of a node's local socket, with asyncio: publish events, watch channels, look at the node.

    async with Client.connect("n1/socket") as node:
        await node.publish("alarms", b"disk 7 is full", patterns=[b"disk/full"])
        async for event in await node.watch("alarms"):
            print(event.publisher, event.data)

`publish` comes back when the node has taken the event. It waits while the node has no room: that is how a program is
kept from sending more than the ring can carry, and the answer says how long it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from reference.node.requests import Answer, End, Event, Hear, Publish, Request, Send, State, Watch

ANSWER_BYTES_MAX = 1 << 18
"""An event has at most 64 KiB, in base64; what is longer comes from no node."""
_decoder = msgspec.json.Decoder(Answer)
_encoder = msgspec.json.Encoder()


class ClientError(Exception):
    """The node refuses what was asked for, or is not there."""


class Lost(msgspec.Struct, frozen=True):
    """So many events were not given to this program, because it did not read those before."""

    count: int


class Published(msgspec.Struct, frozen=True):
    """What became of a publication: its id, how many messages wait at the node, and how long it had no room."""

    id: tuple[int, int, int]
    waiting: int
    waited_us: int


class Client:
    """A connection to a node. One request after the other; `watch` takes a connection for itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def connect(cls, path: str | Path) -> AsyncGenerator[Client]:
        """Connect to the socket of a node; ClientError if none answers there."""
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=ANSWER_BYTES_MAX)
        except OSError as error:
            raise ClientError(f"{path}: no node answers there: {error.strerror or error}") from error
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    async def publish(
        self, channel: str, data: bytes, *, patterns: Sequence[bytes] = (),
        priority: Literal["high", "medium", "low"] = "medium", retention_us: int = 0, publisher: str = "",
    ) -> Published:  # fmt: skip
        """Publish an event to all who watch the channel at any member, in one order."""
        answer = await self._ask(Publish(channel, data, tuple(patterns), priority, retention_us, publisher))
        if answer.published is None:
            raise ClientError("the node answers something else")
        return Published(answer.published, answer.waiting, answer.waited_us)

    async def send(
        self, groups: Sequence[str], data: bytes, *, priority: Literal["high", "medium", "low"] = "medium",
        safe: bool = False,
    ) -> int:  # fmt: skip
        """Send a message to the programs of some groups; for how many microseconds the node had no room for it."""
        return (await self._ask(Send(tuple(groups), data, priority, safe))).waited_us

    async def watch(self, channel: str, prefix: bytes = b"") -> AsyncIterator[Event | Lost]:
        """The events of a channel from now on, those that are retained first; `Lost` where some are missing."""
        await self._ask(Watch(channel, prefix))
        return self._events()

    async def _events(self) -> AsyncIterator[Event | Lost]:
        while True:
            answer = await self._answer()
            if answer.lost:
                yield Lost(answer.lost)
            if answer.event:
                yield answer.event

    async def state(self) -> dict[str, Any]:
        """What is to be seen of the node."""
        return (await self._ask(State())).state or {}

    async def hear(self, only: Sequence[int] | None) -> None:
        """Have the node hear only these peers, and send to them only, until it is told otherwise; None for all."""
        await self._ask(Hear(None if only is None else tuple(only)))

    async def end_record(self, *, quiescent: bool) -> None:
        """End the history of the node, which goes on."""
        await self._ask(End(quiescent))

    async def _ask(self, request: Request) -> Answer:
        self._tell(request)
        return await self._answer()

    def _tell(self, request: Request) -> None:
        self._writer.write(_encoder.encode(request) + b"\n")

    async def _answer(self) -> Answer:
        try:
            line = await self._reader.readline()
        except (ConnectionError, ValueError) as error:
            raise ClientError(f"the node is gone: {error}") from error
        if not line:
            raise ClientError("the node is gone")
        answer = _decoder.decode(line)
        if answer.error:
            raise ClientError(answer.error)
        return answer
