"""Processors on a network in virtual time: what the tests of the ring put around it. One seed decides everything."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from ring_recording import Recording

from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Effect, Guarantee, Kind, MessageId, Send, Store
from reference.ring.gmi import GroupMessagingInterface
from reference.ring.processor import Processor
from reference.ring.settings import Settings
from reference.rings import ProcessorId, RingSeq

QUICK = Settings(
    token_loss_us=60_000,
    token_retransmission_us=15_000,
    join_us=5_000,
    consensus_us=80_000,
    merge_us=20_000,
    token_hold_us=3_000,
)
Service = Callable[[GroupMessagingInterface], object]
Lost = Callable[[ProcessorId, ProcessorId, bytes], bool]


@dataclass
class Node:
    """A processor, what is stored, and what its application has been given in this life."""

    processor: Processor
    gmi: GroupMessagingInterface
    delivered: list[Delivery] = field(default_factory=list[Delivery])
    effects: list[Effect] = field(default_factory=list[Effect])
    alive: bool = True

    def mcast(self, payload: bytes, priority: int = 1, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        return self.gmi.gmi_mcast(priority, payload, guarantee)


class Network:
    """Datagrams take a while, and are lost, doubled, or kept from other parts."""

    def __init__(
        self, size: int, seed: int = 0, *, settings: Settings = QUICK, loss: float = 0.0, service: Service | None = None
    ) -> None:
        self.random = Random(seed)
        self.settings = settings
        self.loss = loss
        self.doubled = 0.0
        self.latest_us = 300
        self.lost: Lost = lambda sender, receiver, datagram: False
        self.part: dict[ProcessorId, int] = {}
        self.paused: dict[ProcessorId, list[bytes]] = {}
        self.stored: dict[ProcessorId, RingSeq] = {}
        self.nodes: dict[ProcessorId, Node] = {}
        self.now_us = 0
        self.recording = Recording()
        self._flying: list[tuple[int, int, ProcessorId, bytes]] = []
        self._count = count()
        self.service = service
        self.ids = [ProcessorId(number) for number in range(1, size + 1)]
        for id in self.ids:
            self.boot(id)

    def boot(self, id: ProcessorId) -> Node:
        processor = Processor(id, stored_ring_seq=self.stored.get(id, RingSeq(0)), settings=self.settings)
        node = self.nodes[id] = Node(processor, GroupMessagingInterface(processor))
        node.gmi.gmi_join(node.delivered.append, lambda change: None)
        if self.service:
            self.service(node.gmi)
        self.recording.started(id, processor.incarnation)
        self._act(node, processor.started(self.now_us))
        return node

    def crash(self, id: ProcessorId) -> None:
        self.nodes[id].alive = False
        self.paused.pop(id, None)
        self.recording.crashed(id)

    def split(self, *parts: Iterable[int]) -> None:
        """Let only those hear each other that are in one part."""
        self.part = {ProcessorId(id): at for at, part in enumerate(parts) for id in part}

    def pause(self, id: ProcessorId) -> None:
        """Let a processor stand still; what is sent to it waits."""
        self.paused[id] = []

    def resume(self, id: ProcessorId) -> None:
        for datagram in self.paused.pop(id, []):
            self.inject(id, datagram)

    def heal(self) -> None:
        self.part = {}

    def inject(self, to: ProcessorId, datagram: bytes, after_us: int = 0) -> None:
        heapq.heappush(self._flying, (self.now_us + after_us, next(self._count), to, datagram))

    def drop(self) -> None:
        """Lose all that is under way."""
        self._flying.clear()

    def run(self, duration_us: int) -> None:
        until = self.now_us + duration_us
        while self._step(until):
            pass
        self.now_us = until

    def run_until(self, reached: Callable[[], bool], most_us: int = 3_000_000) -> None:
        until = self.now_us + most_us
        while not reached():
            assert self._step(until), [str(node.processor) for node in self.nodes.values()]

    def settled(self, *parts: Iterable[int]) -> bool:
        """Whether those of each part that live are in one ring, with open gates."""
        for part in parts or [self.ids]:
            living = tuple(ProcessorId(id) for id in part if self.nodes[ProcessorId(id)].alive)
            processors = [self.nodes[id].processor for id in living]
            if len({processor.ring_id for processor in processors}) > 1 or any(
                (processor.members, processor.phase, processor.gate_open) != (living, "operational", True)
                for processor in processors
            ):
                return False
        return True

    def _step(self, until_us: int) -> bool:
        """Let the next datagram arrive, or the next processor do what is due; whether there was one by then."""
        deadlines = [(node.processor.deadline_us, id) for id, node in self.nodes.items() if node.alive]
        running = ((max(at, self.now_us), id) for at, id in deadlines if at is not None and id not in self.paused)
        timer_us, id = min(running, default=(until_us + 1, self.ids[0]))
        arrival_us = self._flying[0][0] if self._flying else until_us + 1
        if min(timer_us, arrival_us) > until_us:
            return False
        if timer_us <= arrival_us:
            self.now_us = timer_us
            self._act(self.nodes[id], self.nodes[id].processor.time_passed(self.now_us))
            return True
        self.now_us, _, to, datagram = heapq.heappop(self._flying)
        if to in self.paused:
            self.paused[to].append(datagram)
        elif self.nodes[to].alive:
            self._act(self.nodes[to], self.nodes[to].processor.datagram_received(datagram, self.now_us))
        return True

    def _act(self, node: Node, effects: tuple[Effect, ...]) -> None:
        node.effects += effects
        me = node.processor.me
        self.recording.saw(me, effects)
        node.gmi.dispatch(effects)
        for effect in effects:
            if isinstance(effect, Store):
                self.stored[me] = effect.ring_seq
            elif isinstance(effect, Send):
                for to in self.ids if effect.to is None else [effect.to]:
                    self._send(me, to, effect.datagram)

    def _send(self, sender: ProcessorId, to: ProcessorId, datagram: bytes) -> None:
        if to == sender or to not in self.nodes or self.part.get(sender) != self.part.get(to):
            return
        for _ in range(2 if self.random.random() < self.doubled else 1):
            if self.random.random() >= self.loss and not self.lost(sender, to, datagram):
                self.inject(to, datagram, self.random.randint(20, self.latest_us))


class Recoverer:
    """A service with a plug: in each configuration it sends its state, and unplugs when it has its own back."""

    def __init__(self, gmi: GroupMessagingInterface) -> None:
        self.gmi = gmi
        self.handle = gmi.gmi_recovery_plug_create()
        self.awaited: MessageId | None = None
        gmi.gmi_join(self.delivered, self.changed)

    def changed(self, change: ConfigurationChange) -> None:
        if change.kind is Kind.REGULAR:
            self.awaited = self.gmi.gmi_mcast(Priority.RECOVERY, b"state")

    def delivered(self, delivery: Delivery) -> None:
        if delivery.message == self.awaited:
            self.gmi.gmi_recovery_plug_unplug(self.handle)
