"""The network: which datagrams arrive where, how often, and when.

A link between two processors keeps the order of what goes over it, unless a datagram is reordered or late. When the way
between two is cut, half of what is under way gets lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from reference.rings import ProcessorId
from reference.simulator.faults import Groups, Weather

Link = tuple[ProcessorId, ProcessorId]
REORDERED_BY_DELAYS = 4
"""A reordered datagram takes up to so many times the longest delay more."""


@dataclass
class Network:
    """Who hears whom now, and what becomes of a datagram."""

    chance: Random
    delay_us: tuple[int, int]
    groups: Groups = ()
    cuts: set[Link] = field(default_factory=set[Link])
    deaf: set[ProcessorId] = field(default_factory=set[ProcessorId])
    weather: list[Weather] = field(default_factory=list[Weather])
    counts: Counter[str] = field(default_factory=Counter[str])
    _arrived: dict[Link, int] = field(default_factory=dict[Link, int])
    """When the last datagram that keeps the order arrives on a link."""

    def heal(self) -> None:
        """Let everybody hear everybody."""
        self.groups = ()
        self.cuts.clear()
        self.deaf.clear()

    def hears(self, sender: ProcessorId, receiver: ProcessorId) -> bool:
        """Whether a datagram sent now gets through at all."""
        if (sender, receiver) in self.cuts:
            return False
        for group in self.groups:
            if sender in group and receiver in group:
                return True
        return not self.groups

    def loses_under_way(self, sender: ProcessorId, receiver: ProcessorId) -> bool:
        """Whether a datagram that was sent before gets lost on a way that is no longer there: half of them do."""
        if not (self.groups or self.cuts) or self.hears(sender, receiver) or self.chance.random() < 0.5:
            return False
        self.counts["lost under way"] += 1
        return True

    def multicast(
        self, sender: ProcessorId, receivers: Iterable[ProcessorId], now_us: int
    ) -> list[tuple[int, ProcessorId]]:
        """When each copy of a datagram for all arrives, and where."""
        arrivals = list[tuple[int, ProcessorId]]()
        for receiver in receivers:
            if receiver in self.deaf:
                self.counts["unheard"] += 1
            else:
                arrivals += self.send(sender, receiver, now_us)
        return arrivals

    def send(self, sender: ProcessorId, receiver: ProcessorId, now_us: int) -> list[tuple[int, ProcessorId]]:
        """When each copy of a datagram for one arrives."""
        self.counts["datagrams"] += 1
        if not (self.groups or self.cuts) or self.hears(sender, receiver):
            return [(at, receiver) for at in self._arrivals((sender, receiver), now_us)]
        self.counts["unreachable"] += 1
        return []

    def _arrivals(self, link: Link, now_us: int) -> Iterator[int]:
        low, high = self.delay_us
        arrival = now_us + low + int(self.chance.random() * (high - low))
        copies, in_order = 1, True
        for one in self.weather:
            if self.chance.random() >= one.probability:
                continue
            self.counts[one.kind] += 1
            match one.kind:
                case "loss":
                    return
                case "duplication":
                    copies = 2
                case "reordering":
                    arrival += self.chance.randrange(REORDERED_BY_DELAYS * high)
                    in_order = False
                case "lateness":
                    arrival += one.by_us
                    in_order = False
        if in_order:
            arrival = self._arrived[link] = max(arrival, self._arrived.get(link, 0))
        yield arrival
        for _ in range(1, copies):
            yield arrival + self.chance.randrange(REORDERED_BY_DELAYS * high)
