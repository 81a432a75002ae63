"""What an observer of the services may see, so that it can write a history. Nothing here changes what services do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import MessageId
from reference.rings import ProcessorId, RingId
from reference.services.errors import Reason


@dataclass(frozen=True, slots=True)
class Queued:
    """A service's message was taken by the group messaging interface."""

    service: str
    function: str
    message: MessageId
    priority: Priority


@dataclass(frozen=True, slots=True)
class Lookup:
    """A service looked up a processor's record: at the delivery of `message`, or, with None, elsewhere."""

    service: str
    of: ProcessorId
    found: bool
    message: MessageId | None


@dataclass(frozen=True, slots=True)
class Table:
    """A service's replicated table is now this; `digest` stands for what else is in it."""

    service: str
    keys: tuple[ProcessorId, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class PlugCall:
    """A service called `create` or `unplug` of the plug."""

    service: str
    call: str
    handle: Handle


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message of a peer was refused."""

    message: MessageId
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A service took a recovery message for one of this ring, which it is told of now.

    Source: PLUG-H3
    """

    service: str
    message: MessageId
    ring_id: RingId


@dataclass(frozen=True, slots=True)
class Recovered:
    """A service has recovered in this ring."""

    service: str
    ring_id: RingId


Observation = Queued | Lookup | Table | PlugCall | Refusal | Counted | Recovered
Observe = Callable[[Observation], None]


def nobody_looks(_: Observation) -> None:
    """Observe nothing."""
