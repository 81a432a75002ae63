"""A node as a process: it begins, answers signals, and ends.

SIGTERM and SIGINT: what is queued is sent, for a second at most, then the others are told that this member leaves.
SIGHUP: the key file is read again. A disk that takes nothing, or an error in a step, ends the node at once: what it
would have sent after that is not sent, and the reason is told.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack

from reference.node import keys
from reference.node.configuration import Configuration
from reference.node.control import Control
from reference.node.disk.errors import NodeError
from reference.node.disk.storage import Storage
from reference.node.envelope import Envelope
from reference.node.log import Log
from reference.node.network import Network, SystemClock
from reference.node.node import Node

DRAIN_SECONDS = 1.0
LOOK_SECONDS = 0.02
WATCH_SECONDS = 1.0


class Daemon:
    """One node, from its start to its end."""

    def __init__(self, config: Configuration, log: Log) -> None:
        self.config, self.log = config, log
        self.is_over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why it ends, or the error with which it does."""

    async def run(self, *, until_eof: bool) -> None:
        """Run until a signal comes or something fails; NodeError says what."""
        with ExitStack() as stack:
            storage = Storage(self.config.state)
            stack.callback(storage.close)
            clock = SystemClock()
            life = storage.begin_life(clock.wall_us())
            envelope = self._envelope(storage, life)
            network = Network(self.config, envelope, self._failed)
            stack.callback(network.close)
            node = Node(self.config, storage, clock, life, network.send, self.log)
            stack.callback(node.close)
            control = Control(node, network)
            await control.open()
            try:
                self._listen(envelope, until_eof=until_eof)
                self.log.say("start", life=life, address=str(self.config.address), peers=tuple(self.config.peers))
                network.carry(node)
                await self._until_over(network)
                await self._leave(node, network)
            finally:
                await control.close()
                self._deaf_to_signals()

    async def _until_over(self, network: Network) -> None:
        while not self.is_over.done():
            await asyncio.wait([self.is_over], timeout=WATCH_SECONDS)
            turned = {why.name.lower(): count for why, count in network.envelope.turned.items()}
            self.log.refused(turned, network.now_us())
        self.log.say("stop", why=self.is_over.result())

    async def _leave(self, node: Node, network: Network) -> None:
        for _ in range(round(DRAIN_SECONDS / LOOK_SECONDS)):
            if not node.owed and not node.executive.waiting_count:
                break
            await asyncio.sleep(LOOK_SECONDS)
        if network.is_up:
            network.do(node.leave)

    def _envelope(self, storage: Storage, life: int) -> Envelope:
        known = {peer: storage.known_life(peer) for peer in self.config.peers}
        secrets = keys.read(self.config.key) if self.config.key else ()
        return Envelope(self.config.cluster, self.config.me, life, secrets, known, storage.heard_of)

    def _failed(self, error: Exception) -> None:
        if not self.is_over.done():
            self.is_over.set_exception(error)

    def _ends(self, why: str) -> None:
        if not self.is_over.done():
            self.is_over.set_result(why)

    def _listen(self, envelope: Envelope, *, until_eof: bool) -> None:
        """Take signals; that of a program that has gone before it was answered means nothing."""
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self._ends, one.name)
        loop.add_signal_handler(signal.SIGHUP, self._rekey, envelope)
        if until_eof:
            try:
                loop.add_reader(sys.stdin, self._read_on)
            except PermissionError:  # a file, which is never waited for
                self._ends("end of input")

    def _deaf_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(one)
        loop.remove_reader(sys.stdin)

    def _read_on(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            self._ends("end of input")

    def _rekey(self, envelope: Envelope) -> None:
        """Take the keys of the file as it is now; keep those that there are if it cannot be read."""
        if not self.config.key:
            return
        try:
            envelope.rekey(keys.read(self.config.key))
        except NodeError as error:
            self.log.say("keys-kept", why=str(error))
        else:
            self.log.say("keys-read", file=str(self.config.key))


def serve(config: Configuration, *, until_eof: bool = False, say: Callable[[Log], None] = lambda log: None) -> None:
    """Run a node to its end; NodeError if it cannot begin or go on."""
    log = Log(config.name, as_json=config.log_as_json)
    say(log)

    async def run() -> None:
        await Daemon(config, log).run(until_eof=until_eof)

    asyncio.run(run())
