"""The group messaging interface that services call, as the mail names it: join, multicast, and the recovery plug.

Who joined is given every message and every configuration, in the order of joining. What a service calls meanwhile
changes what is queued or plugged at once, and is acted upon in the processor's next step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reference.plug.plugs import Handle
from reference.ring.effects import (
    ConfigurationChange,
    Delivery,
    Effect,
    Guarantee,
    MessageId,
)
from reference.ring.processor import Processor
from reference.rings import ProcessorId

DeliverFn = Callable[[Delivery], None]
ConfchgFn = Callable[[ConfigurationChange], None]


class GroupMessagingInterface:
    """What one processor offers to its services.

    Source: mail M1, M2 (the calls); openais gmi.h
    """

    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        self._joined: list[tuple[DeliverFn, ConfchgFn]] = []

    @property
    def me(self) -> ProcessorId:
        """Which processor this is."""
        return self._processor.me

    def gmi_join(self, deliver_fn: DeliverFn, confchg_fn: ConfchgFn) -> None:
        """Be given all that is delivered from now on."""
        self._joined.append((deliver_fn, confchg_fn))

    def gmi_mcast(self, priority: int, payload: bytes, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        """Queue a message for all members, oneself included."""
        return self._processor.gmi_mcast(priority, payload, guarantee)

    def gmi_send_ok(self, priority: int, payload_bytes: int) -> bool:
        """Whether a message of so many bytes may be queued now."""
        return self._processor.gmi_send_ok(priority, payload_bytes)

    def gmi_recovery_plug_create(self) -> Handle:
        """Register a plug, which holds from the next regular configuration on."""
        return self._processor.gmi_recovery_plug_create()

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        """Destroy a plug; this counts as its unplug."""
        self._processor.gmi_recovery_plug_destroy(handle)

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        """Say that the service has recovered in this configuration."""
        self._processor.gmi_recovery_plug_unplug(handle)

    def dispatch(self, effects: Iterable[Effect]) -> tuple[Effect, ...]:
        """Give deliveries and configurations to those who joined; what is left is the network's and the observer's."""
        left: list[Effect] = []
        for effect in effects:
            match effect:
                case Delivery():
                    for deliver_fn, _ in self._joined:
                        deliver_fn(effect)
                case ConfigurationChange():
                    for _, confchg_fn in self._joined:
                        confchg_fn(effect)
                case _:
                    left.append(effect)
        return tuple(left)
