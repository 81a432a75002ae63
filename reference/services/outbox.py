"""Messages that wait for room in the group messaging interface: in order, never lost silently.

One queue a priority, for all services together: were there one a service, evt's message could pass clm's (EVT-S1). What
is bound to a configuration is dropped when another one is installed, which D13 allows, and is counted.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

from reference.priorities import Priority
from reference.ring.effects import Guarantee
from reference.rings import RingId
from reference.services.interface import GroupMessaging
from reference.services.observations import Observe, Queued

WAITING_MAX = 1024


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits. `bound_to` is the configuration whose recovery it is, None if it means more than one."""

    service: str
    function: str
    payload: bytes
    priority: Priority
    guarantee: Guarantee
    bound_to: RingId | None


class Outbox:
    """What the services of one processor have sent, and the group messaging interface not yet taken."""

    def __init__(self, gmi: GroupMessaging, observe: Observe) -> None:
        self._gmi = gmi
        self._observe = observe
        self._waiting = {priority: deque[Waiting]() for priority in Priority}
        self.dropped: Counter[str] = Counter()

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._waiting.values())

    @property
    def recovery_is_sent(self) -> bool:
        """Whether no recovery message waits here.

        Source: D11
        """
        return not self._waiting[Priority.RECOVERY]

    def has_room(self, priority: Priority) -> bool:
        """Whether a program may still send; services that recover may in any case."""
        return len(self._waiting[priority]) < WAITING_MAX

    def put(self, message: Waiting) -> None:
        """Send the message as soon as those before it are."""
        self._waiting[message.priority].append(message)

    def flush(self) -> None:
        """Hand on, by priority and in order, what there is room for."""
        for queue in self._waiting.values():
            while queue and self._gmi.gmi_send_ok(queue[0].priority, len(queue[0].payload)):
                first = queue.popleft()
                sent = self._gmi.gmi_mcast(first.priority, first.payload, first.guarantee)
                self._observe(Queued(first.service, first.function, sent, first.priority))

    def configuration_installed(self, ring_id: RingId) -> None:
        """Drop what is bound to another configuration.

        Source: D13
        """
        for queue in self._waiting.values():
            late = [message for message in queue if message.bound_to not in (None, ring_id)]
            self.dropped.update(message.service for message in late)
            for message in late:
                queue.remove(message)
