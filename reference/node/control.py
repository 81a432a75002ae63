"""The local socket of a node: programs publish and watch events over it, and look at the node's state.

Who may open the socket's file may use the node; it is made for its owner alone. A program that does not read its
events loses them, and is told how many: nobody else waits for it, least of all the ring.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from reference.errors import ProtocolError
from reference.node.disk.errors import NodeError, disk_error
from reference.node.network import Network
from reference.node.node import Node
from reference.node.requests import LINE_BYTES_MAX, Answer, End, Event, Hear, Publish, Request, Send, State, Watch
from reference.priorities import Priority
from reference.ring.effects import Guarantee
from reference.rings import ProcessorId
from reference.services.errors import TryAgainError, program_error
from reference.services.evt.channel import Channel, ChannelPhase
from reference.services.evt.filters import prefix
from reference.services.evt.messages import Event as PublishedEvent

PROGRAMS_MOST = 64
CHANNELS_MOST = 16
UNREAD_BYTES_MOST = 1 << 20
"""So much waits for a program that does not read; what comes then is lost to it."""
RETRY_SECONDS = 0.02
PATH_BYTES_MOST = 107
_decoder = msgspec.json.Decoder(Request)
_encoder = msgspec.json.Encoder()


class Control:
    """The server on the socket."""

    def __init__(self, node: Node, network: Network) -> None:
        self.node, self.network = node, network
        self._programs: set[ProgramLine] = set()
        self._server: asyncio.Server | None = None
        self._path = node.config.socket

    async def open(self) -> None:
        """Make the socket; NodeError if it cannot be made or is in use."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _take_away_what_is_left(self._path)
            before = os.umask(0o177)
            try:
                self._server = await asyncio.start_unix_server(self._connected, self._path, limit=LINE_BYTES_MAX)
            finally:
                os.umask(before)
        except OSError as error:
            raise disk_error(str(self._path), error) from error

    async def close(self) -> None:
        """Let no program in any more, and those that are in go."""
        if self._server:
            self._server.close()
        for one in [*self._programs]:
            one.close()
        self._path.unlink(missing_ok=True)

    def state(self) -> dict[str, Any]:
        """What is to be seen of the node and its network."""
        network = self.network
        turned = {why.name.lower(): count for why, count in network.envelope.turned.items()}
        return {
            **self.node.state(), "programs": len(self._programs), "datagrams_sent": network.sent,
            "datagrams_received": network.received, "datagrams_unsent": network.unsent,
            "hears": sorted(network.hears) if network.hears is not None else None, "cut_off": network.cut_off,
            "turned_away": turned,
            **resources(),
        }  # fmt: skip

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        program = ProgramLine(self, reader, writer)
        if len(self._programs) >= PROGRAMS_MOST:
            program.say(Answer(error=f"{PROGRAMS_MOST} programs are connected already"))
            program.close()
            return
        self._programs.add(program)
        try:
            await program.serve()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._programs.discard(program)
            program.close()


def resources() -> dict[str, int]:
    """How much memory the process has, and how many files it has open, where the system says it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {"memory_bytes": pages * os.sysconf("SC_PAGE_SIZE"), "files": len(os.listdir("/proc/self/fd"))}
    except OSError:
        return {}


class ProgramLine:
    """The connection of one program."""

    def __init__(self, control: Control, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._control, self._reader, self._writer = control, reader, writer
        self._node, self._network = control.node, control.network
        self._channels: dict[str, Channel] = {}
        self._member = self._node.evs.attach(lambda sender, groups, payload: None)
        self._lost = 0
        self._answers: dict[type[Any], Callable[[Any], Awaitable[Answer]]] = {
            Publish: self._publish, Send: self._send, Watch: self._watch, State: self._state, Hear: self._hear,
            End: self._end,
        }  # fmt: skip

    async def serve(self) -> None:
        """Answer one request after the other."""
        while True:
            try:
                line = await self._reader.readline()
            except ValueError:
                self.say(Answer(error=f"a line of more than {LINE_BYTES_MAX} bytes"))
                return
            if not line:
                return
            self.say(await self._answered(line))
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()

    def say(self, answer: Answer) -> None:
        """Send a line."""
        if not self._writer.is_closing():
            self._writer.write(_encoder.encode(answer) + b"\n")

    def close(self) -> None:
        """Let the program go, and close its channels."""
        self._writer.close()
        for channel in self._channels.values():
            channel.subscriptions.clear()
            channel.opened_fn = self._close_channel_soon
            self._close_channel(channel)
        self._channels.clear()
        self._member.close()

    def _close_channel_soon(self, channel: Channel) -> None:
        """Not at once: it is told in the middle of a delivery."""
        asyncio.get_running_loop().call_soon(self._close_channel, channel)

    def _close_channel(self, channel: Channel) -> None:
        """Close a channel if it is open, as soon as there is room; one that is opening is closed when it is open."""
        if channel.phase is not ChannelPhase.OPEN or not self._network.is_up:
            return
        try:
            self._done(channel.close)
        except TryAgainError:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._close_channel, channel)

    async def _answered(self, line: bytes) -> Answer:
        try:
            request = _decoder.decode(line)
            return await self._answers[type(request)](request)
        except msgspec.MsgspecError as error:
            return Answer(error=f"not a request: {error}")
        except UnicodeDecodeError:
            return Answer(error="not a request: not UTF-8")
        except ProtocolError as error:
            return Answer(error=error.what)

    async def _state(self, _: State) -> Answer:
        return Answer(state=self._control.state())

    async def _hear(self, hear: Hear) -> Answer:
        self._network.hears = None if hear.only is None else frozenset(map(ProcessorId, hear.only))
        return Answer(done=True)

    async def _end(self, end: End) -> Answer:
        if history := self._node.history:
            self._network.do(lambda: history.ended(quiescent=end.quiescent))
        return Answer(done=True)

    async def _publish(self, wanted: Publish) -> Answer:
        channel, began_us = await self._open(wanted.channel), self._network.now_us()
        id = await self._when_there_is_room(
            lambda: channel.publish(
                wanted.data, patterns=wanted.patterns, priority=Priority[wanted.priority.upper()],
                retention_us=wanted.retention_us, publisher_name=wanted.publisher,
            )
        )  # fmt: skip
        return self._taken(began_us, Answer(published=tuple(id)))

    async def _send(self, wanted: Send) -> Answer:
        guarantee = Guarantee.SAFE if wanted.safe else Guarantee.AGREED
        program, began_us = self._member, self._network.now_us()
        await self._when_there_is_room(
            lambda: program.mcast(
                wanted.data, wanted.groups, priority=Priority[wanted.priority.upper()], guarantee=guarantee
            )
        )
        return self._taken(began_us, Answer(done=True))

    def _taken(self, began_us: int, answer: Answer) -> Answer:
        """How long the node had no room for it, and how many wait there now."""
        answer.waiting, answer.waited_us = self._node.executive.waiting_count, self._network.now_us() - began_us
        return answer

    async def _when_there_is_room(self, what: Callable[[], Any]) -> Any:
        """Do it as soon as the node has room for it, unless the program has gone meanwhile."""
        while True:
            try:
                return self._done(what)
            except TryAgainError:
                await asyncio.sleep(RETRY_SECONDS)
            if self._reader.at_eof():
                raise ConnectionError("the program is gone")

    async def _watch(self, wanted: Watch) -> Answer:
        channel = await self._open(wanted.channel)
        self.say(Answer(watching=wanted.channel))
        filters = [prefix(wanted.prefix)] if wanted.prefix else []
        self._done(lambda: channel.subscribe(self._given(wanted.channel), filters))
        return Answer(done=True)

    def _given(self, name: str) -> Callable[[PublishedEvent], None]:
        def give(event: PublishedEvent) -> None:
            unread = self._writer.transport.get_write_buffer_size()
            if unread > UNREAD_BYTES_MOST:
                self._lost += 1
                return
            if self._lost:
                self.say(Answer(lost=self._lost))
                self._lost = 0
            said = Event(name, event.id.publisher, event.id.number, event.data, event.patterns, event.publisher_name,
                         event.id.boot_time_us)  # fmt: skip
            self.say(Answer(event=said))

        return give

    async def _open(self, name: str) -> Channel:
        """The channel of this name, opened if it is not."""
        if name in self._channels:
            return self._channels[name]
        if len(self._channels) >= CHANNELS_MOST:
            raise program_error(f"more than {CHANNELS_MOST} channels", clause="local socket", state=str(self._node))
        opened = asyncio.Event()
        self._channels[name] = await self._when_there_is_room(
            lambda: self._node.evt.open(name, lambda channel: opened.set())
        )
        await opened.wait()
        return self._channels[name]

    def _done(self, what: Callable[[], Any]) -> Any:
        """Have services do something between two steps; what they refuse is the program's error, and no other's."""
        result: list[Any] = []
        refused: list[ProtocolError] = []

        def do() -> None:
            try:
                result.append(what())
            except ProtocolError as error:
                refused.append(error)

        self._network.do(lambda: self._node.call(do))
        if refused:
            raise refused[0]
        if not result:
            raise ConnectionError("the node has stopped")
        return result[0]


def _take_away_what_is_left(path: Path) -> None:
    """Take away the socket of a node that is dead; NodeError if something else is there, or it answers."""
    if len(os.fsencode(path)) > PATH_BYTES_MOST:
        raise NodeError(f"{path}: too long for a socket, which may have {PATH_BYTES_MOST} bytes; say node.socket")
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise NodeError(f"{path}: is there, and no socket")
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(1)
        if one.connect_ex(str(path)) == 0:
            raise NodeError(f"{path}: another node answers there")
    path.unlink()
