"""One processor of a ring, driven by the world around it and called by the services on it.

So far it is only its calls: it agrees with nobody and sends nothing.
"""

from __future__ import annotations

from reference.errors import LocalProtocolError
from reference.plug.layer import FRAGMENT_BYTES, PlugLayer
from reference.plug.plugs import Handle
from reference.ring.effects import Effect, Guarantee, MessageId, Store
from reference.ring.settings import Settings
from reference.rings import ProcessorId, RingId, RingSeq

MESSAGE_BYTES_MAX = 256 * 1024


class Processor:
    """A processor with its plug layer. A step is atomic; what it wants done comes back as effects, in their order."""

    def __init__(
        self, me: ProcessorId, *, stored_ring_seq: RingSeq = RingSeq(0), settings: Settings = Settings()
    ) -> None:
        self.me = me
        self.settings = settings
        self.incarnation = RingSeq(stored_ring_seq + 1)
        self.phase = "gather"
        self.ring_id: RingId | None = None
        self.members: tuple[ProcessorId, ...] = ()
        self.deadline_us: int | None = None
        self._plug = PlugLayer(me)

    @property
    def gate_open(self) -> bool:
        """Whether messages of every priority go out."""
        return self._plug.state.gate_open

    def started(self, now_us: int) -> tuple[Effect, ...]:
        """Begin: the first thing is to keep the number of this life."""
        return (Store(self.incarnation),)

    def datagram_received(self, datagram: bytes, now_us: int) -> tuple[Effect, ...]:
        """Take a datagram from the network."""
        return ()

    def time_passed(self, now_us: int) -> tuple[Effect, ...]:
        """Do what is due."""
        return ()

    def gmi_mcast(self, priority: int, payload: bytes, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        """Queue a message."""
        if not self.gmi_send_ok(priority, len(payload)):
            what = f"a message of {len(payload)} bytes, and gmi_send_ok says no"
            raise LocalProtocolError("a service", what, clause="mail M1", state=str(self._plug.state))
        return MessageId(self.me, self.incarnation, self._plug.gmi_mcast(priority, payload))

    def gmi_send_ok(self, priority: int, payload_bytes: int) -> bool:
        """Whether a message of so many bytes may be queued now."""
        waiting = [w.message.payload for w in self._plug.state.queue if w.message.priority == priority]
        packets = sum(-(-len(payload) // FRAGMENT_BYTES) for payload in waiting)
        return payload_bytes <= MESSAGE_BYTES_MAX and packets < self.settings.queue_packets

    def gmi_recovery_plug_create(self) -> Handle:
        """Register a plug."""
        return self._plug.gmi_recovery_plug_create()

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        """Destroy a plug."""
        self._plug.gmi_recovery_plug_destroy(handle)

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        """Take a plug out."""
        self._plug.gmi_recovery_plug_unplug(handle)
