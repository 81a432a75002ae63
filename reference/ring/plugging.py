"""The plug layer of a processor, with every call of it seen: what it was given, what it answered, its state then.

How many packets wait in its queue is counted as they come and go, since the ring asks at every visit.
"""

from __future__ import annotations

from collections.abc import Callable

from reference.plug.effects import Effect as PlugEffect
from reference.plug.effects import Originated
from reference.plug.fragments import fragment_count
from reference.plug.layer import PlugLayer
from reference.plug.plugs import Handle
from reference.plug.state import State
from reference.plug.tokens import Token
from reference.priorities import Priority
from reference.ring.effects import PlugStep
from reference.rings import Configuration, ProcessorId, RingId

See = Callable[[PlugStep], None]


class ObservedPlug:
    """The recovery plug under this ring. A call that raises has changed nothing, and is not seen."""

    def __init__(self, me: ProcessorId, see: See, *, packets_a_visit: int, fragment_bytes: int) -> None:
        self._layer = PlugLayer(me, packets_a_visit=packets_a_visit, fragment_bytes=fragment_bytes)
        self._see, self._fragment_bytes = see, fragment_bytes
        self._queued_packets: dict[int, int] = dict.fromkeys(Priority, 0)
        self._left_packets: dict[int, int] = dict.fromkeys(Priority, 0)
        """Of these, the ones that were not originated in the installed ring."""

    @property
    def state(self) -> State:
        """What the plug layer remembers."""
        return self._layer.state

    @property
    def backlog(self) -> int:
        """How many packets wait that may go.

        Source: Totem 1995 (backlog); mail M7
        """
        is_open = self._layer.state.gate_open
        return sum(self._left_packets[one] for one in Priority if is_open or not one.is_gated)

    def queued_packets(self, priority: int) -> int:
        """How many packets the messages take that are queued at this priority, also if some of them are originated."""
        return self._queued_packets.get(priority, 0)

    def ring_pending(self, formed: Configuration) -> tuple[PlugEffect, ...]:
        """Tell of a ring that may be installed."""
        effects = self._layer.ring_pending(formed.ring_id, formed.members)
        return self._seen("ring_pending", (formed.ring_id, formed.members), effects)

    def transitional_configuration(self, ring_id: RingId, movers: tuple[ProcessorId, ...]) -> None:
        """Tell that the installed ring is left."""
        self._layer.transitional_configuration(ring_id, movers)
        self._left_packets = self._queued_packets.copy()
        self._seen("transitional_configuration", (ring_id, movers))

    def regular_configuration(self, formed: Configuration) -> None:
        """Tell that the pending ring is installed."""
        self._layer.regular_configuration(formed.ring_id, formed.members)
        self._seen("regular_configuration", (formed.ring_id, formed.members))

    def token_received(self, token: Token, packets: int) -> tuple[PlugEffect, ...]:
        """Give it a token, and how many packets the flow control grants."""
        return self._visited("token_received", (token, packets), self._layer.token_received(token, packets=packets))

    def visit_alone(self, packets: int) -> tuple[PlugEffect, ...]:
        """Let it take its turn in a ring of one."""
        return self._visited("visit_alone", (packets,), self._layer.visit_alone(packets=packets))

    def gmi_mcast(self, priority: int, payload: bytes) -> int:
        """Queue a message; its number."""
        number = self._layer.gmi_mcast(priority, payload)
        count = fragment_count(payload, self._fragment_bytes)
        self._queued_packets[priority] += count
        self._left_packets[priority] += count
        self._seen("gmi_mcast", (priority, payload))
        return number

    def create(self) -> Handle:
        """Register a handle."""
        handle = self._layer.gmi_recovery_plug_create()
        self._seen("gmi_recovery_plug_create", ())
        return handle

    def destroy(self, handle: Handle) -> None:
        """Destroy a handle."""
        self._layer.gmi_recovery_plug_destroy(handle)
        self._seen("gmi_recovery_plug_destroy", (handle,))

    def unplug(self, handle: Handle) -> None:
        """Unplug a handle."""
        self._layer.gmi_recovery_plug_unplug(handle)
        self._seen("gmi_recovery_plug_unplug", (handle,))

    def _visited(
        self, call: str, arguments: tuple[object, ...], effects: tuple[PlugEffect, ...]
    ) -> tuple[PlugEffect, ...]:
        for effect in effects:
            if isinstance(effect, Originated):
                packet = effect.packet
                self._left_packets[packet.priority] -= 1
                if packet.fragment_index + 1 == packet.fragment_count:
                    self._queued_packets[packet.priority] -= packet.fragment_count
        return self._seen(call, arguments, effects)

    def _seen(
        self, call: str, arguments: tuple[object, ...], effects: tuple[PlugEffect, ...] = ()
    ) -> tuple[PlugEffect, ...]:
        self._see(PlugStep(call, arguments, effects, self._layer.state))
        return effects
