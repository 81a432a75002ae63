"""A live cluster: each event is a call of the implementations under test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from properties.lockstep.cluster import Cluster, FormedRing, MisstepError, Outcome
from properties.lockstep.events import Event, Kind
from properties.lockstep.implementation import CallRefusedError, Implementation, RingName, Starts


class LiveCluster:
    """Implementations, and what is known of them. MisstepError wherever one does what no clause allows."""

    def __init__(self, size: int, handle_count: int, start: Starts) -> None:
        self.cluster, self.start = Cluster(size, handle_count), start
        self.layers: dict[int, Implementation] = {}

    def begin(self) -> LiveCluster:
        """Start every processor; services create their handles."""
        for processor in range(self.cluster.size):
            self._start(processor)
        return self

    def fork(self) -> LiveCluster:
        """Another cluster in the same state. Its layers are shared: who calls one copies it first."""
        other = LiveCluster(self.cluster.size, self.cluster.handle_count, self.start)
        other.cluster, other.layers = self.cluster.fork(), self.layers.copy()
        return other

    def perform(self, event: Event) -> Outcome:
        """Make the event happen."""
        p, cluster = event.processor, self.cluster
        match event.kind:
            case Kind.FORM:
                self._form(event)
            case Kind.LEAVE:
                self._leave(p)
            case Kind.INSTALL:
                ring = cluster.rings[event.ring]
                self.layers[p].regular(ring.name, _listed(p, ring.members))
            case Kind.TOKEN:
                visit = self.layers[p].token_received(event.token, event.packet_count)
                return cluster.token_arrives(event, visit, self.layers[p].observe(), self.layers[p].read_token)
            case Kind.ALONE:
                visit = self.layers[p].visit_alone(event.packet_count)
                return cluster.sole_visit(event, visit, self.layers[p].observe())
            case Kind.CREATE | Kind.UNPLUG | Kind.DESTROY:
                self._plug_call(event)
            case Kind.QUEUE:
                self.layers[p].queue(event.priority, event.packet_count)
            case Kind.CRASH:
                del self.layers[p]
                cluster.crash(p)
            case Kind.RESTART:
                self._start(p)
            case Kind.TOLD | Kind.BETWEEN | Kind.LOSE | Kind.DUPLICATE | Kind.RESEND | Kind.PACKET:
                pass
        self._observe(p)
        return Outcome(event)

    def _start(self, processor: int) -> None:
        layer = self.layers[processor] = self.start(processor)
        for handle in range(self.cluster.handle_count):
            self.cluster.created(processor, handle, layer.create())
        self._observe(processor)

    def _observe(self, processor: int) -> None:
        if processor in self.layers:
            self.cluster.observe(processor, self.layers[processor].observe())

    def _form(self, event: Event) -> None:
        """The representative, the lowest member, is told last, and creates the first token; it is due there first."""
        representative = min(event.members)
        name = RingName(representative, len(self.cluster.rings) + 1)
        token = None
        for member in reversed(event.members):
            sent = self.layers[member].ring_pending(name, _listed(member, event.members))
            if (sent is not None) != (member == representative and len(event.members) > 1):
                raise MisstepError(f"p{member} {'created a' if sent else 'did not create the'} first token (D8)")
            token = sent
        ring = FormedRing(name, event.members, token, representative)
        if token:
            ring = ring.with_token(representative, token, self.layers[representative].read_token(token), representative)
        self.cluster.rings.append(ring)
        for member in event.members:
            self._observe(member)

    def _leave(self, processor: int) -> None:
        cluster, seen = self.cluster, self.cluster.seen[processor]
        old, new = (cluster.rings[cluster.number_of(name)] for name in (seen.installed, seen.pending))
        coming = tuple(member for member in old.members if member in new.members)
        self.layers[processor].transitional(old.name, _listed(processor, coming))

    def _plug_call(self, event: Event) -> None:
        layer, place = self.layers[event.processor], (event.processor, event.handle)
        if event.kind is Kind.CREATE:
            self.cluster.created(*place, layer.create())
            return
        known = self.cluster.registered(*place)
        call = layer.unplug if event.kind is Kind.UNPLUG else layer.destroy
        try:
            call(cast("int", self.cluster.handle(*place)))
        except CallRefusedError:
            if known:
                raise
        else:
            if not known:
                raise MisstepError("a call with a destroyed handle was no error to the caller (D6)")


def _listed(processor: int, members: Sequence[int]) -> Sequence[int]:
    """The member list as this processor is told it: not all are told it in order."""
    return members[::-1] if processor % 2 else members
