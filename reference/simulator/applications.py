"""What runs on a simulated processor above its ring, and what it is given to call.

An application is new with each life of its processor. It calls the interface while it is given a message or a
configuration, or when its time has come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Guarantee, Kind, MessageId
from reference.ring.gmi import GroupMessagingInterface
from reference.ring.processor import Processor
from reference.rings import RingId
from reference.simulator.recording import PlugCalled, Queued

Note = Callable[[object], None]


class SimulatedInterface(GroupMessagingInterface):
    """The interface of a simulated processor: what is called is noted.

    `observe` is for what the application wants to have seen of itself, at once; a call is noted after the whole list
    of effects during which it was made, because that is when it counts.
    """

    def __init__(self, processor: Processor, note: Note, observe: Note) -> None:
        super().__init__(processor)
        self._note = note
        self.observe = observe
        self.ring_id: RingId | None = None
        """The ring of the regular configuration that was told last."""
        self.gmi_join(lambda delivery: None, self._told)

    def _told(self, change: ConfigurationChange) -> None:
        if change.kind is Kind.REGULAR:
            self.ring_id = change.ring_id

    def gmi_mcast(self, priority: int, payload: bytes, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        message = super().gmi_mcast(priority, payload, guarantee)
        self._note(Queued(message, Priority(priority), guarantee, self.ring_id, len(payload)))
        return message

    def gmi_recovery_plug_create(self) -> Handle:
        handle = super().gmi_recovery_plug_create()
        self._note(PlugCalled("create", handle))
        return handle

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        super().gmi_recovery_plug_destroy(handle)
        self._note(PlugCalled("destroy", handle))

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        super().gmi_recovery_plug_unplug(handle)
        self._note(PlugCalled("unplug", handle))


class Application(Protocol):
    """What runs on a processor; times are of its processor's clock."""

    @property
    def deadline_us(self) -> int | None:
        """When it wants to be told next that time has passed."""
        ...

    def started(self, interface: SimulatedInterface, now_us: int) -> None:
        """A life begins: join, and create plugs."""
        ...

    def time_passed(self, now_us: int) -> None:
        """Do what is due."""
        ...

    def told_to_send(self, priority: int, size_bytes: int, guarantee: Guarantee) -> None:
        """A script wants this message sent."""
        ...

    def rest(self) -> None:
        """The quiet end begins: start nothing more of one's own."""
        ...


StartApplication = Callable[[], Application]
