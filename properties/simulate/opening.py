"""LIVE-T: how long a ring takes to open its gates, once all of its members are in it and nothing is plugged.

What is counted begins anew whenever a member installs the ring, takes a plug out, or queues a recovery message there.
From then on k is the largest number of visits that find a recovery message of the ring queued at one member, n the
number of members, and δ the longest time from one visit to the next, the first counted from the beginning. A ring that
a member leaves, or that the run ends in, is judged by the time until then, if nothing is plugged or queued any more.

Source: LIVE-1, of which this is the bound in time
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from properties.simulate.historian import Follower, Handler, Seen

VISITS = ("token_received", "visit_alone")
TAKE_OUT = ("unplug", "destroy")


@dataclass
class Opening:
    """A ring of which a gate is closed; times in microseconds of the world."""

    members: tuple[int, ...]
    plugged: dict[int, set[object]] = field(default_factory=dict[int, set[object]])
    """By member that has installed the ring."""
    is_open_at: set[int] = field(default_factory=set[int])
    began_us: int = 0
    last_us: int = 0
    longest_us: int = 0
    draining: Counter[int] = field(default_factory=Counter[int])
    """By member, the visits that found a recovery message queued."""

    def begin(self, now_us: int) -> None:
        """Count from now on."""
        self.began_us = self.last_us = now_us
        self.longest_us = 0
        self.draining.clear()

    def visited(self, member: int, now_us: int, *, is_drained: bool) -> None:
        """The token visits a member."""
        self.wait(now_us)
        self.last_us = now_us
        if not is_drained:
            self.draining[member] += 1

    def wait(self, now_us: int) -> None:
        """The hop that is under way lasts until now at least."""
        self.longest_us = max(self.longest_us, now_us - self.last_us)

    @property
    def visits_to_drain(self) -> int:
        """k."""
        return max(self.draining.values(), default=0)

    @property
    def bound_us(self) -> int:
        """(2+k)nδ."""
        return (2 + self.visits_to_drain) * len(self.members) * self.longest_us

    @property
    def is_ready(self) -> bool:
        """Whether all members have it installed and nothing is plugged."""
        return len(self.plugged) == len(self.members) and not any(self.plugged.values())


class Openings(Follower):
    """Follows the rings of a run: how many were judged, how near one came to its bound, and the first beyond it."""

    def __init__(self) -> None:
        self.met = 0
        self.nearest = 0.0
        """The largest share of its bound that a ring took."""
        self.broken: tuple[Seen, str] | None = None
        self._rings: dict[object, Opening | None] = {}
        """None once a ring is judged, or cannot be."""
        self._states: dict[int, Any] = {}
        self._handlers: dict[str, Handler] = {
            "PlugStep": self._step, "PlugCalled": self._called, "Queued": self._queued, "Crashed": self._stopped,
            "Ended": self._stopped,
        }  # fmt: skip

    def handlers(self, kind: type[object]) -> list[Handler]:
        """Who takes what is of this kind."""
        handle = self._handlers.get(kind.__name__)
        return [handle] if handle else []

    def _installed(self, processor: int) -> Opening | None:
        state = self._states.get(processor)
        return self._rings.get(state.installed_id) if state else None

    def _step(self, seen: Seen, what: Any) -> None:
        before, me = self._states.get(seen.processor), seen.processor
        if before and before.installed_id not in (None, what.state.installed_id):
            self._left(seen, before.installed_id)
        self._states[me] = what.state
        if what.call == "regular_configuration":
            self._install(seen, what.state)
        elif (ring := self._installed(me)) and before and _is_visit(what):
            ring.visited(me, seen.time_us, is_drained=_is_drained(before))
            if what.state.gate_open:
                self._opens(seen, what.state.installed_id, ring)

    def _install(self, seen: Seen, state: Any) -> None:
        ring = self._rings.setdefault(state.installed_id, Opening(tuple(state.installed.configuration.members)))
        if ring:
            ring.plugged[seen.processor] = set(state.plugs.plugged)
            ring.begin(seen.time_us)

    def _called(self, seen: Seen, what: Any) -> None:
        """A call of a service counts from when it was made, which its own step shows only later."""
        ring = self._installed(seen.processor)
        if ring and what.call in TAKE_OUT and what.handle in ring.plugged[seen.processor]:
            ring.plugged[seen.processor].remove(what.handle)
            ring.begin(seen.time_us)

    def _queued(self, seen: Seen, what: Any) -> None:
        ring = self._installed(seen.processor)
        if ring and what.priority == 0:
            ring.begin(seen.time_us)

    def _opens(self, seen: Seen, ring_id: object, ring: Opening) -> None:
        ring.is_open_at.add(seen.processor)
        if len(ring.is_open_at) == len(ring.members):
            self._rings[ring_id] = None
            self._judge(seen, ring_id, ring, "all gates are open only")

    def _left(self, seen: Seen, ring_id: object) -> None:
        """The ring does not stay."""
        ring = self._rings.get(ring_id)
        self._rings[ring_id] = None
        if ring and ring.is_ready and all(_is_drained(self._states[member]) for member in ring.members):
            ring.wait(seen.time_us)
            self._judge(seen, ring_id, ring, "a gate is closed still")

    def _stopped(self, seen: Seen, what: Any) -> None:
        for ring_id, ring in list(self._rings.items()):
            if ring and seen.processor in ring.members:
                self._left(seen, ring_id)
        self._states.pop(seen.processor, None)

    def _judge(self, seen: Seen, ring_id: Any, ring: Opening, what: str) -> None:
        took_us = seen.time_us - ring.began_us
        self.met += 1
        self.nearest = max(self.nearest, took_us / ring.bound_us if ring.bound_us else 0.0)
        if took_us > ring.bound_us and not self.broken:
            name, n, k = f"{ring_id[0]}:{ring_id[1]}", len(ring.members), ring.visits_to_drain
            allowed = f"{ring.bound_us / 1e3:g} ms: n is {n}, k {k}, δ {ring.longest_us / 1e3:g} ms"
            self.broken = seen, f"{what} {took_us / 1e3:g} ms after ring {name} could open, not within {allowed}"


def _is_visit(what: Any) -> bool:
    """Whether it is a visit of the ring that is installed."""
    if what.call not in VISITS or any(type(effect).__name__ == "TokenRefused" for effect in what.effects):
        return False
    return what.call == "visit_alone" or what.arguments[0].ring_id == what.state.installed_id


def _is_drained(state: Any) -> bool:
    """Whether no recovery message of the ring that is installed is queued."""
    return not any(
        waiting.message.priority == 0 and waiting.message.queued_in == state.installed_id for waiting in state.queue
    )
