"""A node among hostile neighbours: whatever comes, it is counted by its reason, and neither state nor memory grows."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from properties.processes.processes import free_ports
from reference.node import configuration, keys
from reference.node.disk.storage import Storage
from reference.node.envelope import HEADER, OVERHEAD_BYTES, Envelope, Turned
from reference.node.log import Log
from reference.node.network import Network, SystemClock
from reference.node.node import Node
from reference.plug.tokens import MessageSeq, Token, TokenSeq
from reference.priorities import Priority
from reference.ring.datagrams import (
    AGREED_SEQ_MAX,
    Arrival,
    CommitToken,
    Datagram,
    Fragment,
    Join,
    MergeDetect,
    Multicast,
    Numbered,
    RingToken,
    Wake,
)
from reference.ring.effects import Guarantee
from reference.ring.wire import encode
from reference.rings import NUMBER_MAX, PROCESSOR_MAX, ProcessorId, RingId, RingSeq

ME, PEER = ProcessorId(1), ProcessorId(2)
GROWTH_BYTES_MOST = 300_000
"""Far below what the hostile datagrams of the shortest test have together."""
KEY, OTHER = keys.Key(bytes(range(32))), keys.Key(bytes(32))

SIZES = [5_000, pytest.param(1_000_000, marks=pytest.mark.deep)]


def peer(
    cluster: str = "test", me: ProcessorId = PEER, life: int = 7, secrets: tuple[keys.Key, ...] = (KEY,)
) -> Envelope:
    return Envelope(cluster, me, life, secrets, {})


class Hostile:
    """Datagrams that nobody should take, of every kind, drawn by chance."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.honest = chance, peer()
        self.strangers = [peer(secrets=(OTHER,)), peer(cluster="other"), peer(me=ProcessorId(9)), peer(secrets=())]
        self.kinds: tuple[Callable[[], bytes], ...] = (
            self.stranger, self.truncated, self.flipped, self.noise, self.older, self.mine, self.longer, self.limits,
        )  # fmt: skip

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.chance.choice(self.kinds)()

    def sealed(self) -> bytes:
        return self.honest.seal(encode(Join(PEER, (ME, PEER), (), RingSeq(8))))

    def stranger(self) -> bytes:
        return self.chance.choice(self.strangers).seal(self.chance.randbytes(60))

    def truncated(self) -> bytes:
        whole = self.sealed()
        return whole[: self.chance.randrange(len(whole))]

    def flipped(self) -> bytes:
        whole, at = bytearray(self.sealed()), self.chance.randrange(OVERHEAD_BYTES)
        whole[at] ^= 1 << self.chance.randrange(8)
        return bytes(whole)

    def noise(self) -> bytes:
        return self.chance.randbytes(self.chance.choice((0, 1, 30, 100, 1400)))

    def older(self) -> bytes:
        return peer(life=3).seal(b"older")

    def mine(self) -> bytes:
        return peer(me=ME).seal(b"mine")

    def longer(self) -> bytes:
        return self.sealed() + self.chance.randbytes(self.chance.choice((1, 60_000)))

    def limits(self) -> bytes:
        """A header of limits, with nothing behind it that fits."""
        header = bytearray(self.sealed()[: HEADER.size])
        header[-12:] = b"\xff" * 12
        return bytes(header) + self.chance.randbytes(40)


async def network_of(folder: Path) -> tuple[Node, Network, list[Exception]]:
    """A node with a socket that nobody knows, and with a peer of whom life 7 is known."""
    (port,) = free_ports(1)
    (folder / "n1.toml").write_text(
        f'[node]\nid = 1\ncluster = "test"\nstate = "n1"\n[network]\naddress = "127.0.0.1:{port}"\n'
        'key = "key"\n[network.peers]\n2 = "127.0.0.1:9"\n'
    )
    config, clock = configuration.read(folder / "n1.toml"), SystemClock()
    storage, failed = Storage(config.state), list[Exception]()
    network = Network(config, Envelope("test", ME, 1, (KEY,), {PEER: 7}), failed.append)
    return Node(config, storage, clock, 1, network.send, Log("node1", as_json=True)), network, failed


@pytest.mark.parametrize("count", SIZES)
def test_what_nobody_with_the_key_has_sent_is_counted_and_changes_nothing(count: int, tmp_path: Path) -> None:
    async def run() -> None:
        node, network, failed = await network_of(tmp_path)
        network.carry(node)
        taken, hostile = node.meter.record(), iter(Hostile(Random("hostile")))
        for _ in range(500):
            network.take(next(hostile))
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for done in range(count):
            network.take(next(hostile))
            if done % 1000 == 0:
                await asyncio.sleep(0)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        network.close()
        assert failed == []
        turned = network.envelope.turned
        assert sum(turned.values()) == count + 500, "every one of them is turned away, for one reason"
        assert {*turned} == {*Turned} - {Turned.REPLAYED, Turned.TOO_LATE}
        assert min(turned.values()) > count / 1000
        assert after - before < GROWTH_BYTES_MOST
        assert node.meter.record()["refused_by_the_protocol"] == taken["refused_by_the_protocol"] == 0
        assert node.processor.members in ((), (ME,))

    asyncio.run(run())


@pytest.mark.parametrize("count", SIZES)
def test_what_is_replayed_is_taken_once(count: int, tmp_path: Path) -> None:
    async def run() -> None:
        node, network, failed = await network_of(tmp_path)
        network.carry(node)
        chance, honest = Random("replayed"), peer()
        heard = [honest.seal(b"not of the protocol") for _ in range(2_000)]
        for _ in range(count):
            network.take(chance.choice(heard))
        network.close()
        turned, refused = network.envelope.turned, node.meter.record()["refused_by_the_protocol"]
        assert failed == []
        assert {*turned} == {Turned.REPLAYED, Turned.TOO_LATE}
        assert refused + sum(turned.values()) == count
        assert 1 <= refused <= len(heard)

    asyncio.run(run())


RING = RingId(PEER, RingSeq(AGREED_SEQ_MAX))
TOP = RingId(ProcessorId(PROCESSOR_MAX), RingSeq(NUMBER_MAX))
EVERYBODY = tuple(ProcessorId(number) for number in range(1, 129))


def at_the_limits() -> list[Datagram]:
    """What a member that lies may say, with numbers as large as they can be written."""
    most, seq = MessageSeq(NUMBER_MAX), MessageSeq(NUMBER_MAX - 1)
    fragment = Fragment(PEER, RingSeq(NUMBER_MAX), NUMBER_MAX, Priority.LOW, Guarantee.SAFE, TOP, 0, NUMBER_MAX, b"x")
    tokens = [Token(ring, TokenSeq(NUMBER_MAX), most, (), b"\xff" * 16) for ring in (RING, TOP)]
    return [
        Join(PEER, EVERYBODY, (), RingSeq(AGREED_SEQ_MAX)),
        Join(PEER, (ME, PEER), (ME,), RingSeq(AGREED_SEQ_MAX)),
        Join(PEER, (ME, PEER), (), RingSeq(0)),
        Join(PEER, (ProcessorId(PROCESSOR_MAX), PEER), (), RingSeq(AGREED_SEQ_MAX)),
        MergeDetect(PEER, RING), MergeDetect(ProcessorId(PROCESSOR_MAX), TOP), Wake(PEER, TOP),
        *(Multicast(PEER, ring, (Numbered(seq, fragment),)) for ring in (RING, TOP)),
        *(RingToken(token, most, PEER, 2**31, 2**31, True) for token in tokens),
        CommitToken(RING, (ME, PEER), 1, (Arrival(TOP, most, most, b"\xff" * 16),)),
        CommitToken(RING, EVERYBODY, 256, (Arrival(None, MessageSeq(0), MessageSeq(0), b""),)),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [2_000, pytest.param(200_000, marks=pytest.mark.deep)])
def test_a_member_that_lies_at_the_limits_raises_nothing_and_takes_no_memory(count: int, tmp_path: Path) -> None:
    async def run() -> None:
        node, network, failed = await network_of(tmp_path)
        network.carry(node)
        chance, liar, lies = Random("lies"), peer(), [encode(one) for one in at_the_limits()]
        said = Counter[int]()
        for _ in range(300):
            network.take(liar.seal(chance.choice(lies)))
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for done in range(count):
            which = chance.randrange(len(lies))
            said[which] += 1
            network.take(liar.seal(lies[which]))
            if done % 100 == 0:
                await asyncio.sleep(0)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        network.close()
        assert failed == []
        assert len(said) == len(lies)
        assert node.meter.record()["refused_by_the_protocol"] > count / 10
        assert after - before < GROWTH_BYTES_MOST

    asyncio.run(run())


def test_a_flood_leaves_the_timer_its_turn(tmp_path: Path) -> None:
    """Ten datagrams for each of the ring's: the node alone forms its ring, and opens its gate, all the same."""

    async def run() -> None:
        node, network, failed = await network_of(tmp_path)
        network.carry(node)
        hostile = iter(Hostile(Random("flood")))
        async with asyncio.timeout(60):
            while not node.processor.gate_open:
                for _ in range(10):
                    network.take(next(hostile))
                await asyncio.sleep(0)
        network.close()
        assert failed == []
        assert network.envelope.turned.total() > 10

    asyncio.run(run())
