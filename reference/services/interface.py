"""What services need of the group messaging interface: the calls of the mail, and no more.

How messages are ordered and who is a member is the ring's business. Services are called between its steps, never inside
one, and so may call back at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from reference.plug.plugs import Handle
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee, MessageId
from reference.rings import ProcessorId

PAYLOAD_BYTES_MAX = 256 * 1024
DeliverFn = Callable[[Delivery], None]
ConfchgFn = Callable[[ConfigurationChange], None]


class GroupMessaging(Protocol):
    """The group messaging interface of one processor.

    Source: mail M1, M2
    """

    @property
    def me(self) -> ProcessorId: ...

    def gmi_join(self, deliver_fn: DeliverFn, confchg_fn: ConfchgFn) -> None:
        """Be given every message and every configuration change from now on."""

    def gmi_mcast(self, priority: int, payload: bytes, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        """Queue a message to all members."""
        ...

    def gmi_send_ok(self, priority: int, payload_bytes: int) -> bool:
        """Say whether there is room for a message of this size."""
        ...

    def gmi_recovery_plug_create(self) -> Handle:
        """Register a handle."""
        ...

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        """Destroy a handle."""

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        """Say that the service has recovered."""
