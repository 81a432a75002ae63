"""The sockets of a node: UDP, to each peer or to a multicast group, and the one timer of its processor.

What the kernel cannot take now is lost, as any datagram may be. So nothing waits here, whoever sends how much.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable

from reference.node.configuration import Address, Configuration
from reference.node.disk.errors import NodeError
from reference.node.envelope import Envelope, TurnedAwayError
from reference.node.node import Node
from reference.rings import ProcessorId

DATAGRAM_BYTES_MAX = 65_535
AT_ONCE = 64
"""So many datagrams are read before anything else has its turn."""
BUFFER_BYTES = 4 << 20


class SystemClock:
    """The clocks of the machine."""

    def now_us(self) -> int:
        return time.monotonic_ns() // 1000

    def wall_us(self) -> int:
        return time.time_ns() // 1000


class Network:
    """What a node sends and receives, and when it is called."""

    def __init__(self, config: Configuration, envelope: Envelope, failed: Callable[[Exception], None]) -> None:
        self._config, self.envelope, self._failed = config, envelope, failed
        self.clock = SystemClock()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._node: Node | None = None
        self.hears: frozenset[ProcessorId] | None = None
        """Only these peers are heard and sent to; None for all. For tests, and to see what a partition does."""
        self.sent = self.received = self.unsent = self.cut_off = 0
        with contextlib.ExitStack() as opened:
            self._socket = opened.enter_context(_bound(config.address))
            self._group = opened.enter_context(_joined(config.multicast, config.address)) if config.multicast else None
            opened.pop_all()

    def carry(self, node: Node) -> None:
        """Begin: what comes is the node's."""
        self._node = node
        for one in (self._socket, self._group):
            if one:
                self._loop.add_reader(one, self._readable, one)
        self.do(node.start)

    @property
    def is_up(self) -> bool:
        """Whether the node goes on."""
        return self._node is not None

    def now_us(self) -> int:
        """What time it is for the node."""
        return self.clock.now_us()

    def do(self, what: Callable[[], None]) -> None:
        """Have something done at the node, and look when it wants to be called next. An error ends it."""
        try:
            what()
        except Exception as error:
            self.close()
            self._failed(error)
        else:
            self._plan()

    def send(self, to: ProcessorId | None, payload: bytes) -> None:
        """Send a datagram to a peer, to all, or to oneself."""
        if to == self._config.me:
            self._loop.call_soon(self._carry_in, payload)
            return
        datagram = self.envelope.seal(payload)
        if to is None and self._config.multicast:
            self._put(datagram, self._config.multicast)
            return
        for peer in self._config.peers if to is None else (to,):
            if peer in self._config.peers and (self.hears is None or peer in self.hears):
                self._put(datagram, self._config.peers[peer])

    def close(self) -> None:
        """The end of all that comes and goes."""
        if self._timer:
            self._timer.cancel()
        self._node = self._timer = None
        for one in (self._socket, self._group):
            if one and one.fileno() >= 0:
                self._loop.remove_reader(one)
                one.close()

    def _put(self, datagram: bytes, to: Address) -> None:
        try:
            self._socket.sendto(datagram, to)
            self.sent += 1
        except OSError:
            self.unsent += 1

    def _readable(self, one: socket.socket) -> None:
        for _ in range(AT_ONCE):
            if self._node is None:
                return
            try:
                datagram = one.recv(DATAGRAM_BYTES_MAX)
            except OSError:
                return
            self.received += 1
            self.take(datagram)

    def take(self, datagram: bytes) -> None:
        """Take what came from the network, whatever it is."""
        try:
            sender, payload = self.envelope.open(datagram)
        except TurnedAwayError:
            return
        except Exception as error:
            self.close()
            self._failed(error)
            return
        if self.hears is not None and sender not in self.hears:
            self.cut_off += 1
            return
        self._carry_in(payload)

    def _carry_in(self, payload: bytes) -> None:
        if node := self._node:
            self.do(lambda: node.datagram_received(payload))

    def _plan(self) -> None:
        due_us = self._node.deadline_us if self._node else None
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if due_us is not None:
            self._timer = self._loop.call_at((due_us + 1) / 1e6, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._node:
            self.do(self._node.time_passed)


def _bound(where: Address) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in where.host else socket.AF_INET, socket.SOCK_DGRAM)
    return _set_up(made, where, where)


def _joined(group: Address, by: Address) -> socket.socket:
    if ":" in by.host:
        raise NodeError(f"network.multicast: {group}: an IPv4 group, and the node's own address is IPv6")
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound = _set_up(made, group, group)
    try:
        membership = socket.inet_aton(group.host) + socket.inet_aton(by.host)
        bound.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    except OSError as error:
        bound.close()
        raise NodeError(f"network.multicast: {group} by {by.host}: {error.strerror}") from error
    return bound


def _set_up(made: socket.socket, where: Address, named: Address) -> socket.socket:
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        if made.family == socket.AF_INET and not where.host.startswith(("0.", "22", "23")):
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(where.host))
        made.bind(tuple(where))
    except OSError as error:
        made.close()
        raise NodeError(f"network: {named} cannot be used: {error.strerror}") from error
    return made
