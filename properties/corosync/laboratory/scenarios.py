"""The scenarios: which faults in which order, with times and parameters drawn from the seed.

Each is a function that yields steps. A load is laid over it afterwards: under a backlog every client queues a burst
just before each fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import msgspec

from properties.corosync.laboratory.plan import (
    ENCRYPTED,
    TRANSPORTS,
    Burst,
    CutAt,
    CutOneWay,
    Disturb,
    FrameKind,
    Heal,
    Kill,
    Load,
    Pause,
    Plan,
    Resume,
    Settle,
    Split,
    Start,
    Step,
    SystemName,
    Traffic,
    Transport,
    Wait,
    Wire,
)

FAULTS = (Split, CutOneWay, Pause, Kill, Disturb, CutAt)
FORMATION_FRAMES: tuple[FrameKind, ...] = ("join", "commit", "token", "mcast")


class Draw:
    """Nodes, groups and times, from one seed."""

    def __init__(self, seed: int, nodes: int, transport: Transport) -> None:
        self.random = random.Random(f"scenario/{seed}/{nodes}/{transport}")
        self.nodes = list(range(1, nodes + 1))
        self.encrypted = transport in ENCRYPTED

    def ms(self, least: int, most: int) -> Wait:
        return Wait(self.random.randint(least, most))

    def node(self) -> int:
        """Any node, and the representative as often as all others."""
        return self.nodes[0] if self.random.random() < 0.5 else self.random.choice(self.nodes[1:])

    def two(self) -> tuple[int, int]:
        one, other = self.random.sample(self.nodes, 2)
        return one, other

    def groups(self, count: int = 2) -> list[list[int]]:
        """The nodes in so many groups, none empty."""
        order = self.random.sample(self.nodes, len(self.nodes))
        cuts = sorted(self.random.sample(range(1, len(order)), min(count, len(order)) - 1))
        return [sorted(order[a:b]) for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]

    def moving(self) -> tuple[list[list[int]], list[list[int]]]:
        """{A, B} | {C}, then {A} | {B, C}: B changes sides."""
        order = self.random.sample(self.nodes, len(self.nodes))
        first, last = sorted(self.random.sample(range(1, len(order)), 2))
        a, b, c = order[:first], order[first:last], order[last:]
        return [sorted([*a, *b]), sorted(c)], [sorted(a), sorted([*b, *c])]

    def alone(self, node: int) -> list[list[int]]:
        return [[node], [other for other in self.nodes if other != node]]


def calm(draw: Draw) -> Iterator[Step]:
    """No fault: what the others are held against."""
    yield draw.ms(1200, 2000)


def partition_merge(draw: Draw) -> Iterator[Step]:
    """Part the network, let the rings form, merge; twice."""
    for count in (2, draw.random.choice((2, 3))):
        yield Split(draw.groups(count))
        yield Settle()
        yield draw.ms(50, 300)
        yield Heal()
        yield Settle()
        yield draw.ms(50, 300)


def moving_partition_slow(draw: Draw) -> Iterator[Step]:
    """{A, B} | {C}, and when those rings have formed {A} | {B, C}, and when those have, one ring."""
    for groups in draw.moving():
        yield Split(groups)
        yield Settle()
        yield draw.ms(50, 300)
    yield Heal()
    yield Settle()


def moving_partition_fast(draw: Draw) -> Iterator[Step]:
    """{A, B} | {C}, and before or while those rings form {A} | {B, C}; twice."""
    for _ in range(2):
        first, second = draw.moving()
        yield Split(first)
        yield draw.ms(20, 500)
        yield Split(second)
        yield draw.ms(20, 500)
        yield Heal()
        yield Settle()


def moving_partition_at_message(draw: Draw) -> Iterator[Step]:
    """Cut off all but A and its successor B at a message of A, and before a ring forms cut off A alone; twice."""
    kind = "any" if draw.encrypted else "mcast"
    for _ in range(2):
        a = draw.node()
        b = draw.nodes[draw.nodes.index(a) + 1 - len(draw.nodes)]
        rest = [node for node in draw.nodes if node not in (a, b)]
        yield CutAt(kind, a, draw.random.randint(1, 9), [sorted([a, b]), rest], forming=False)
        yield draw.ms(60, 180)
        yield Split([[a], sorted([b, *rest])])
        yield Settle()
        yield Heal()
        yield Settle()
        yield draw.ms(50, 200)


def one_way_cut(draw: Draw) -> Iterator[Step]:
    """One node does not hear another one for a while."""
    source, target = draw.two()
    yield CutOneWay(source, target)
    yield draw.ms(300, 1800)
    yield Heal()
    yield Settle()


def early_heal(draw: Draw) -> Iterator[Step]:
    """Cuts that heal about when the token is missed, or rings form: four in a row."""
    for _ in range(4):
        yield Split(draw.groups())
        yield draw.ms(30, 480)
        yield Heal()
        yield draw.ms(20, 250)
    yield Settle()


def pause(draw: Draw) -> Iterator[Step]:
    """A daemon stops, for less or for more than the others wait, and goes on; twice."""
    for least, most in ((60, 300), (400, 1200)):
        node = draw.node()
        yield Pause(node)
        yield draw.ms(least, most)
        yield Resume(node)
        yield Settle()


def kill_restart(draw: Draw) -> Iterator[Step]:
    """Kill a daemon and start it again: once within the token timeout, once after; it kept its ring id."""
    yield from _restarts(draw, keep_state=True)


def kill_restart_without_state(draw: Draw) -> Iterator[Step]:
    """Kill a daemon, lose its ring id, start it again: within the token timeout, and twice cut off from the others."""
    yield from _restarts(draw, keep_state=False)
    node = draw.node()
    yield Split(draw.alone(node))
    for _ in range(2):
        yield Kill(node)
        yield draw.ms(20, 100)
        yield Start(node, keep_state=False)
        yield Settle()
    yield Heal()
    yield Settle()


def _restarts(draw: Draw, *, keep_state: bool) -> Iterator[Step]:
    for least, most in ((10, 120), (500, 900)):
        node = draw.node()
        yield Kill(node)
        yield draw.ms(least, most)
        yield Start(node, keep_state=keep_state)
        yield Settle()
        yield draw.ms(50, 200)


def _disturbed(draw: Draw, how: Disturb) -> Iterator[Step]:
    """Disturb the wire while a ring stays, while it parts, and while it merges."""
    yield how
    yield draw.ms(400, 900)
    yield Split(draw.groups())
    yield draw.ms(400, 900)
    yield Heal()
    yield draw.ms(400, 900)
    yield Disturb()
    yield Settle()


def loss(draw: Draw) -> Iterator[Step]:
    """Frames get lost, also while rings form."""
    yield from _disturbed(draw, Disturb(loss=round(draw.random.uniform(0.01, 0.15), 3)))


def delay(draw: Draw) -> Iterator[Step]:
    """Frames arrive late, in order on each link."""
    delay_ms, jitter_ms = draw.random.uniform(1, 12), draw.random.uniform(0, 12)
    yield from _disturbed(draw, Disturb(delay_ms=round(delay_ms, 1), jitter_ms=round(jitter_ms, 1)))


def reorder(draw: Draw) -> Iterator[Step]:
    """Frames overtake each other."""
    part, jitter_ms = draw.random.uniform(0.05, 0.4), draw.random.uniform(2, 40)
    yield from _disturbed(draw, Disturb(reorder=round(part, 3), jitter_ms=round(jitter_ms, 1)))


def duplicate(draw: Draw) -> Iterator[Step]:
    """Frames arrive twice, the second time late."""
    part, jitter_ms = draw.random.uniform(0.05, 0.6), draw.random.uniform(1, 60)
    yield from _disturbed(draw, Disturb(duplicate=round(part, 3), jitter_ms=round(jitter_ms, 1)))


def cut_at_frame(draw: Draw) -> Iterator[Step]:
    """Part the network at a chosen frame while a merged ring forms; twice. Encrypted frames are only counted."""
    for _ in range(2):
        kind = "any" if draw.encrypted else draw.random.choice(FORMATION_FRAMES)
        yield from _cut(draw, kind, draw.random.randint(1, 60 if draw.encrypted else 4))


def cut_in_sync(draw: Draw) -> Iterator[Step]:
    """Part the network at a chosen frame of the synchronization; twice. Encrypted frames are only counted."""
    for _ in range(2):
        kind = "any" if draw.encrypted else "sync"
        yield from _cut(draw, kind, draw.random.randint(20, 120) if draw.encrypted else draw.random.randint(1, 6))


def _cut(draw: Draw, kind: FrameKind, count: int) -> Iterator[Step]:
    yield Split(draw.groups())
    yield Settle()
    yield CutAt(kind, draw.node(), count, draw.groups())
    yield Settle()
    yield Heal()
    yield Settle()


SCENARIOS: dict[str, Callable[[Draw], Iterator[Step]]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        calm, partition_merge, moving_partition_slow, moving_partition_fast, moving_partition_at_message, one_way_cut,
        early_heal, pause,
        kill_restart, kill_restart_without_state, loss, delay, reorder, duplicate, cut_at_frame, cut_in_sync,
    )
}  # fmt: skip
TAP_SCENARIOS = frozenset(
    {"loss", "delay", "reorder", "duplicate", "cut-at-frame", "cut-in-sync", "moving-partition-at-message"}
)
TRAFFIC: dict[Load, float] = {"light": 20.0, "heavy": 300.0, "backlog": 20.0}
"""Messages that each client sends a second."""
FEW_NODES, SLOW_TOKEN_MS = 5, 1_000
LONGEST_SETTLE_MS = 40_000


def says(name: str) -> str:
    """What a scenario does, in a line."""
    return " ".join((SCENARIOS[name].__doc__ or "").split())


def system_of(transport: Transport) -> SystemName:
    """Whose transport it is."""
    return next(name for name, its in TRANSPORTS.items() if transport in its)


def plan(scenario: str, *, nodes: int, seed: int, load: Load = "light", transport: Transport = "udpu") -> Plan:
    """The run of this scenario with this seed, on the system whose transport it is."""
    draw = Draw(seed, nodes, transport)
    steps: list[Step] = [Settle(30_000), draw.ms(100, 400), *SCENARIOS[scenario](draw)]
    if load == "backlog":
        steps = list(_strained(steps, draw.random))
    wire: Wire = "tap" if scenario in TAP_SCENARIOS else "bridge"
    chosen = Plan(scenario, nodes, seed, load, transport, wire, Traffic(TRAFFIC[load]), steps)
    return chosen if system_of(transport) == "corosync" else _of_nodes(chosen)


def _of_nodes(of: Plan) -> Plan:
    """The same for our own nodes: who waits for a ring waits as long as LIVE-3 allows, and the token of many is slow.

    Each node is a Python process, and many of them share few cores.
    """
    steps = [Settle(LONGEST_SETTLE_MS) if isinstance(step, Settle) else step for step in of.steps]
    token_ms = of.token_ms if of.nodes <= FEW_NODES else SLOW_TOKEN_MS
    return msgspec.structs.replace(of, system="ringplug", steps=steps, token_ms=token_ms)


def without_faults(of: Plan) -> Plan:
    """The same traffic for about as long without a fault: the control of a run that showed something."""
    kept: Sequence[Step] = [step for step in of.steps if isinstance(step, Wait | Settle | Burst)]
    return msgspec.structs.replace(of, steps=list(kept))


def _strained(steps: Sequence[Step], rng: random.Random) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, FAULTS):
            yield Burst(rng.randint(80, 250))
            yield Wait(rng.randint(0, 15))
        yield step
