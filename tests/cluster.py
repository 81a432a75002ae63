"""A cluster for tests of services: on each processor clm, evt and evs, and all that an observer sees of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reference.ring.effects import Delivery, MessageId
from reference.rings import ProcessorId
from reference.services.clm import Clm, MembershipChange
from reference.services.evs import Evs
from reference.services.evt.channel import Channel, ChannelPhase
from reference.services.evt.filters import Filter
from reference.services.evt.messages import Event
from reference.services.evt.service import Evt
from reference.services.executive import Executive, Service
from reference.services.observations import Lookup, Observation
from tests.total_order import Member, TotalOrder

Services = Callable[[Clm, Evt, Evs], Sequence[Service]]


@dataclass
class Node:
    """The services of one processor, what they were seen to do, and what its programs were given."""

    number: int
    clm: Clm
    evt: Evt
    evs: Evs
    seen: list[Observation] = field(default_factory=list[Observation])
    changes: list[MembershipChange] = field(default_factory=list[MembershipChange])
    events: list[Event] = field(default_factory=list[Event])

    @property
    def misses(self) -> list[Lookup]:
        """Lookups that found nothing while a message was delivered."""
        return [one for one in self.seen if isinstance(one, Lookup) and not one.found and one.message]


class Cluster:
    """Processors 1 to n on a total order."""

    def __init__(
        self,
        count: int = 0,
        *,
        seed: int = 0,
        clm: type[Clm] = Clm,
        evt: type[Evt] = Evt,
        services: Services = lambda *all: all,
        boot_time_us: Callable[[int], int] = lambda number: number,
    ) -> None:
        self.bus = TotalOrder(seed)
        self.nodes: dict[int, Node] = {}
        self._kinds = clm, evt, services
        self._boot_time_us = boot_time_us
        for number in range(1, count + 1):
            self.start(number)

    def start(self, number: int) -> Node:
        clm_type, evt_type, services = self._kinds
        clm = clm_type(f"node{number}", f"10.0.0.{number}", self._boot_time_us(number))
        node = Node(number, clm, evt_type(clm), Evs())
        self.nodes[number] = node
        chosen = services(node.clm, node.evt, node.evs)
        self.bus.start(number, lambda gmi: Executive(gmi, chosen, observe=node.seen.append))
        clm.track(node.changes.append)
        return node

    def stop(self, number: int) -> None:
        self.bus.stop(number)
        del self.nodes[number]

    def executive(self, number: int) -> Executive:
        return self.bus.executives[ProcessorId(number)]

    def gmi(self, number: int) -> Member:
        return self.bus.members[ProcessorId(number)]

    def configure(self, *rings: Sequence[int], run: bool = True) -> None:
        self.bus.configure(*rings)
        if run:
            self.bus.run()

    def run(self) -> None:
        self.bus.run()

    def open(self, number: int, name: str = "news", filters: Sequence[Filter] | None = ()) -> Channel:
        """Open a channel, and subscribe to it unless the filters are None."""
        node = self.nodes[number]
        channel = node.evt.open(name)
        self.run()
        assert channel.phase is ChannelPhase.OPEN
        if filters is not None:
            channel.subscribe(node.events.append, filters)
        return channel

    def look_up_everybody(self) -> list[tuple[int, int, MessageId]]:
        """From now on each processor looks up all members while a normal message is delivered; who was not found."""
        missing: list[tuple[int, int, MessageId]] = []

        def look(p: ProcessorId, delivery: Delivery) -> None:
            change = self.bus.executives[p].change
            for q in change.members if change and delivery.priority.is_gated else ():
                if self.nodes[int(p)].clm.clm_get_by_nodeid(q) is None:
                    missing.append((int(p), int(q), delivery.message))

        self.bus.before_delivery = look
        return missing
