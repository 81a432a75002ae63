"""Messages that wait to be originated, and which of them goes next.

All four priorities wait in one sequence, in the order in which they were queued; the queue of a priority is what this
sequence has of it. How many may wait is left to who queues them.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from reference.priorities import Priority
from reference.rings import ProcessorId, RingId


class Message(msgspec.Struct, frozen=True):
    """A message of a service, and the ring that was installed at its sender when it was queued.

    Its number is the sender's: its first message is 1, whatever the ring.

    Source: D13 (the tag of its configuration)
    """

    sender: ProcessorId
    number: int
    priority: Priority
    queued_in: RingId | None
    payload: bytes


class Waiting(msgspec.Struct, frozen=True):
    """A message that waits, how many of its packets were originated in the ring that is installed, and if ever any."""

    message: Message
    sent_count: int = 0
    begun: bool = False


Queue = tuple[Waiting, ...]


def next_to_originate(queue: Queue, *, gate_open: bool) -> Waiting | None:
    """Which message goes next: recovery before all, then what is begun, then by priority, then the oldest.

    What was half sent in another ring is begun, so nothing overtakes it (PLUG-S13).

    Source: mail M1, M6, M7; D10
    """
    allowed = queue if gate_open else [waiting for waiting in queue if not waiting.message.priority.is_gated]
    return min(allowed, key=_rank, default=None)


def _rank(waiting: Waiting) -> tuple[bool, bool, Priority]:
    priority = waiting.message.priority
    return priority.is_gated, not waiting.begun, priority


def after_a_packet(queue: Queue, waiting: Waiting, packet_count: int) -> Queue:
    """The queue once one more packet of a message is originated; with its last packet the message is gone.

    Source: D10, D11 (half sent is still queued)
    """
    sent_count = waiting.sent_count + 1
    left = () if sent_count == packet_count else (replace(waiting, sent_count=sent_count, begun=True),)
    at = queue.index(waiting)
    return queue[:at] + left + queue[at + 1 :]


def from_the_beginning(queue: Queue) -> Queue:
    """The queue with nothing half sent: in another ring a message starts again, to be whole at every receiver there.

    Source: D10
    """
    return tuple(replace(waiting, sent_count=0) for waiting in queue)


def is_drained(queue: Queue, ring_id: RingId) -> bool:
    """Whether no recovery message waits that was queued in this ring; one from elsewhere does not count.

    Source: D11, D13
    """
    return not any(
        waiting.message.priority is Priority.RECOVERY and waiting.message.queued_in == ring_id for waiting in queue
    )
