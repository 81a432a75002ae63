"""A ring of plug layers whose token goes round as datagrams: what the tests of the reference put around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reference.plug.effects import Effect, GateOpened, Originated, SendToken
from reference.plug.fragments import Packet
from reference.plug.layer import PlugLayer
from reference.rings import ProcessorId, RingId, RingSeq

SIZES = [*range(1, 18), 63, 64, 65, 128]


def ring_id(seq: int, representative: int = 1) -> RingId:
    return RingId(ProcessorId(representative), RingSeq(seq))


def processors(count: int) -> list[ProcessorId]:
    return [ProcessorId(number) for number in range(1, count + 1)]


def packets(effects: tuple[Effect, ...]) -> list[bytes]:
    """The payloads that a visit originated."""
    return [effect.packet.payload for effect in effects if isinstance(effect, Originated)]


def alone(seq: int = 1, *, packets_a_visit: int = 19) -> PlugLayer:
    """A processor that has installed a ring of one."""
    layer = PlugLayer(ProcessorId(1), packets_a_visit=packets_a_visit)
    assert layer.ring_pending(ring_id(seq), layer_ids(layer)) == ()
    layer.regular_configuration(ring_id(seq), layer_ids(layer))
    return layer


def layer_ids(layer: PlugLayer) -> list[ProcessorId]:
    return [layer.state.me]


class Circulation:
    """Layers in the order of their ring, and the datagram of the one token.

    The member with the smallest number represents each ring; the first visit is its own.
    """

    def __init__(self, count: int, *, packets_a_visit: int = 19, fragment_bytes: int = 1384) -> None:
        self.layers = {
            p: PlugLayer(p, packets_a_visit=packets_a_visit, fragment_bytes=fragment_bytes) for p in processors(count)
        }
        self.members: Sequence[ProcessorId] = ()
        self.ring_id = ring_id(0)
        self.datagram = b""
        self.visit_count = 0
        self.packets: list[Packet] = []

    def form(self, seq: int, members: Iterable[ProcessorId] | None = None) -> None:
        """The processors agree on a ring; the representative is told last, and sends the first token."""
        self.members = list(self.layers if members is None else members)
        self.ring_id = ring_id(seq, self.members[0])
        for member in reversed(self.members):
            for effect in self.layers[member].ring_pending(self.ring_id, self.members):
                assert isinstance(effect, SendToken)
                self.datagram = effect.datagram
        self.visit_count = 0

    def leave(self) -> None:
        for layer in self.layers.values():
            if layer.state.installed is not None:
                layer.transitional_configuration(layer.state.installed.configuration.ring_id, layer_ids(layer))

    def install(self, members: Iterable[ProcessorId] | None = None) -> None:
        for member in self.members if members is None else members:
            self.layers[member].regular_configuration(self.ring_id, self.members)

    def change(self, seq: int, members: Iterable[ProcessorId] | None = None) -> None:
        """A whole configuration change, at all members."""
        self.form(seq, members)
        self.leave()
        self.install()

    @property
    def visited_next(self) -> ProcessorId:
        return self.members[self.visit_count % len(self.members)]

    def visit(self) -> tuple[Effect, ...]:
        """The next member's visit; where it is the only one, without a token."""
        layer = self.layers[self.visited_next]
        effects = layer.visit_alone() if len(self.members) == 1 else layer.datagram_received(self.datagram)
        self.visit_count += 1
        for effect in effects:
            assert isinstance(effect, SendToken | Originated | GateOpened), effect
            if isinstance(effect, SendToken):
                self.datagram = effect.datagram
            elif isinstance(effect, Originated):
                self.packets.append(effect.packet)
        return effects

    def rotate(self, count: int = 1) -> None:
        for _ in range(count * len(self.members)):
            self.visit()

    def visits_until_all_open(self) -> int:
        begun = self.visit_count
        while not all(self.layers[member].state.gate_open for member in self.members):
            self.visit()
            assert self.visit_count - begun <= 100 * len(self.members)
        return self.visit_count - begun
