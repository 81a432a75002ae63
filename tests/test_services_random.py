"""Services under random configurations, opens, publishes and crashes: nothing is missing, lost or miscounted."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import msgspec
import pytest

from reference.priorities import Priority
from reference.ring.effects import Delivery
from reference.rings import ProcessorId, RingId
from reference.services.errors import Reason
from reference.services.evt.channel import Channel, ChannelPhase
from reference.services.evt.messages import Done, EventId
from reference.services.executive_messages import decode
from tests.cluster import Cluster

NAMES = ("red", "green", "blue")
LONG_US = 10**12
LEADER = Reason.NOT_THE_LEADER
CHANCES: Mapping[str, int] = {
    "steps": 40, "open": 12, "close": 6, "publish": 20, "unlink": 2, "configure": 10, "crash": 2, "hold": 4
}  # fmt: skip


class Run:
    """One random run, and what it should come to."""

    def __init__(self, seed: int, without: str = "") -> None:
        self.chances = {name: chance for name, chance in CHANCES.items() if name != without}
        self.random = random.Random(seed)
        boot_us = iter(self.random.sample(range(1000), 1000))
        self.cluster = Cluster(4, seed=seed, boot_time_us=lambda _: next(boot_us))
        self.missing = self.cluster.look_up_everybody()
        self.open: dict[int, list[Channel]] = {number: [] for number in self.cluster.nodes}
        self.cluster.configure(*([number] for number in self.cluster.nodes), run=False)

    def some(self) -> int:
        return self.random.choice(sorted(self.cluster.nodes))

    def steps(self) -> None:
        for _ in range(self.random.randrange(12)):
            self.cluster.bus.step()

    def opened(self) -> Channel | None:
        mine = [channel for channel in self.open[self.some()] if channel.phase is ChannelPhase.OPEN]
        return self.random.choice(mine) if mine else None

    def do_open(self) -> None:
        number = self.some()
        self.open[number].append(self.cluster.nodes[number].evt.open(self.random.choice(NAMES)))

    def close(self) -> None:
        channel = self.opened()
        if channel:
            channel.close()

    def publish(self) -> None:
        channel = self.opened()
        if channel:
            priority = self.random.choice([Priority.HIGH, Priority.MEDIUM, Priority.LOW])
            channel.publish(b"x", priority=priority, retention_us=self.random.choice([0, LONG_US]))

    def unlink(self) -> None:
        self.cluster.nodes[self.some()].evt.unlink(self.random.choice(NAMES))

    def configure(self) -> None:
        numbers = sorted(self.cluster.nodes)
        sides: list[list[int]] = [[], []]
        for number in numbers:
            self.random.choice(sides).append(number)
        self.cluster.configure(*(side for side in sides if side), run=False)

    def crash(self) -> None:
        number = self.some()
        self.cluster.stop(number)
        self.cluster.start(number)
        self.open[number] = []
        self.cluster.configure([number], run=False)
        others = [other for other in sorted(self.cluster.nodes) if other != number]
        self.cluster.configure(others, run=False)

    def hold(self) -> None:
        self.cluster.bus.held ^= {self.cluster.gmi(self.some()).me}

    def go(self, count: int) -> None:
        moves: Mapping[str, Callable[[], None]] = {
            "steps": self.steps, "open": self.do_open, "close": self.close, "publish": self.publish,
            "unlink": self.unlink, "configure": self.configure, "crash": self.crash, "hold": self.hold,
        }  # fmt: skip
        for name in self.random.choices(list(self.chances), list(self.chances.values()), k=count):
            moves[name]()
        self.cluster.bus.held.clear()

    def end(self) -> None:
        """Everybody comes together, and everything is done."""
        self.cluster.configure(sorted(self.cluster.nodes))

    def should_be_open(self, name: str) -> dict[int, int]:
        """How often each processor has the channel open, going by what its programs hold."""
        held = {
            number: sum(one.name == name and one.phase is ChannelPhase.OPEN for one in channels)
            for number, channels in self.open.items()
        }
        return {number: count for number, count in sorted(held.items()) if count}

    def retained(self) -> list[set[EventId]]:
        """What each processor retains."""
        return [{one.event.id for _, one in node.evt.channels.retained()} for node in self.cluster.nodes.values()]


SEEDS = [*range(12), *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(12, 300))]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_lookup_fails_and_every_gate_opens(seed: int) -> None:
    """CLM-S1, EVT-S1, LIVE-2; and all members hold the same in the end (CLM-S3)."""
    run = Run(seed)
    for _ in range(3):
        run.go(40)
        run.end()
        nodes = run.cluster.nodes
        assert not run.missing
        assert not [miss for node in nodes.values() for miss in node.misses]
        assert all(run.cluster.bus.gate_open(number) for number in nodes)
        refused = {reason for number in nodes for reason in run.cluster.executive(number).refused}
        assert refused <= {Reason.OLDER_CONFIGURATION}
        assert len({str(node.clm.nodes) for node in nodes.values()}) == 1
        assert len({str(node.evt.channels.content()) for node in nodes.values()}) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_opens_and_retained_events_are_right_in_the_end(seed: int) -> None:
    """No event is lost that some member retained; every channel is open as often as programs have it open."""
    run = Run(seed, without="unlink")
    for _ in range(3):
        run.go(40)
        for node in run.cluster.nodes:
            run.cluster.bus.deliver_all(run.cluster.gmi(node).me)
        before = set[EventId]().union(*run.retained())
        run.end()
        after = run.retained()
        assert all(one == after[0] for one in after)
        assert before <= after[0]
        for name in NAMES:
            assert run.cluster.nodes[1].evt.open_counts(name) == run.should_be_open(name)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_member_of_a_ring_says_done(seed: int) -> None:
    """EVT-S2: at most one member says so, and all take the same one for the leader."""
    run = Run(seed)
    done: dict[RingId, set[int]] = {}

    def look(p: ProcessorId, delivery: Delivery) -> None:
        message = decode(delivery.payload)
        if message.function == "done":
            ring_id = msgspec.msgpack.decode(message.body, type=Done).ring_id
            done.setdefault(ring_id, set()).add(delivery.message.sender)

    run.cluster.bus.before_delivery = look
    run.go(120)
    run.end()
    assert all(len(senders) == 1 for senders in done.values())
    assert not [one for number in run.cluster.nodes for one in run.cluster.executive(number).refused if one is LEADER]
