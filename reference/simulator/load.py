"""A load: a service that sends messages of all kinds, recovers after each change, and takes its plugs out in many ways.

What it recovers is nothing: its recovery messages only say in which configuration they were queued. It ignores those of
another configuration, as the services of the mail must.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee, Kind, MessageId
from reference.rings import ProcessorId
from reference.simulator.applications import SimulatedInterface
from reference.simulator.recording import Counted

SECOND_US = 1_000_000
RETRY_US = 20_000
"""How long it waits when the interface takes no more."""
SIZES = ((20, 200, 60), (200, 3_000, 30), (3_000, 40_000, 5), (40_000, 262_144, 0.3))
"""Sizes in bytes from, to below; and how often."""
BURSTS = (1, 4, 15)
"""How many it sends at once; the first most often."""
BURST_MEAN = 2.15
ANSWERS = 0.02
"""How often a delivery is answered with a message."""
PATIENCE_US = 300_000
MANNERS = ("at once", "own delivered", "all delivered", "later", "destroy", "next delivery")
"""When a plug comes out: chosen at each regular configuration."""
MARK = b"recovered"


@dataclass
class Budget:
    """How many messages the loads of a run may still send, all together."""

    left: int


class Load:
    """The service of one life of one processor."""

    def __init__(self, chance: Random, per_second: float, budget: Budget) -> None:
        self.chance, self.per_second, self.budget = chance, per_second, budget
        self.deadline_us: int | None = None
        self._next_send_us: int | None = None
        self._later_us: int | None = None
        self._is_resting = False
        self._handles: list[Handle] = []
        self._manner = MANNERS[0]
        self._to_queue: list[bytes] = []
        self._own: set[MessageId] = set()
        self._awaited: set[ProcessorId] = set()
        self._is_recovering = False

    def started(self, interface: SimulatedInterface, now_us: int) -> None:
        self.interface, self.now_us = interface, now_us
        interface.gmi_join(self._deliver, self._change)
        for _ in range(self.chance.choice((0, 1, 1, 1, 2))):
            self._handles.append(interface.gmi_recovery_plug_create())
        self._plan()

    def rest(self) -> None:
        self._is_resting, self._next_send_us = True, None
        self._set_deadline()

    def time_passed(self, now_us: int) -> None:
        self.now_us = now_us
        if self._next_send_us is not None and self._next_send_us <= now_us:
            for _ in range(self.chance.choices(BURSTS, (16, 3, 1))[0]):
                self._send_any()
            self._plan()
        if self._later_us is not None and self._later_us <= now_us:
            self._later_us = None
            self._go_on()
        self._set_deadline()

    def told_to_send(self, priority: int, size_bytes: int, guarantee: Guarantee) -> None:
        if self.interface.gmi_send_ok(priority, size_bytes):
            self.interface.gmi_mcast(priority, bytes(size_bytes), guarantee)

    # Messages for no reason.

    def _plan(self) -> None:
        if not self._is_resting and self.per_second > 0:
            self._next_send_us = (
                self.now_us + 1 + int(self.chance.expovariate(self.per_second / BURST_MEAN) * SECOND_US)
            )
        self._set_deadline()

    def _set_deadline(self) -> None:
        times = [at for at in (self._next_send_us, self._later_us) if at is not None]
        self.deadline_us = min(times, default=None)

    def _send_any(self) -> None:
        if self.budget.left <= 0:
            return
        low, high, _ = self.chance.choices(SIZES, [weight for _, _, weight in SIZES])[0]
        size_bytes = self.chance.randint(low, high)
        priority = self.chance.choices(list(Priority), (1, 3, 3, 3))[0]
        guarantee = Guarantee.SAFE if self.chance.random() < 0.3 else Guarantee.AGREED
        if self.interface.gmi_send_ok(priority, size_bytes):
            self.budget.left -= 1
            self.interface.gmi_mcast(priority, bytes(size_bytes), guarantee)
        if self.chance.random() < 0.03:
            self._change_handles()

    def _change_handles(self) -> None:
        """Create a plug in the middle of a configuration, or destroy one."""
        if len(self._handles) > 1 or (self._handles and self.chance.random() < 0.5):
            self.interface.gmi_recovery_plug_destroy(self._handles.pop())
        else:
            self._handles.append(self.interface.gmi_recovery_plug_create())

    # Recovery.

    def _change(self, change: ConfigurationChange) -> None:
        if change.kind is not Kind.REGULAR:
            return
        self._manner = self.chance.choice(MANNERS)
        self._is_recovering, self._own = True, set()
        self._awaited = set(change.members)
        extra = self.chance.choice((0, 0, 0, 1, 2, 5, 20))
        sizes = [self.chance.choice((0, 0, 0, 5_000, 60_000)) for _ in range(extra)]
        self._to_queue = [bytes(size) for size in sizes] + [MARK]
        self._go_on()

    def _go_on(self) -> None:
        """Queue the recovery messages that are left, and take the plugs out if it is time."""
        while self._to_queue:
            payload = self._to_queue[0]
            if not self.interface.gmi_send_ok(Priority.RECOVERY, len(payload)):
                self._wait(RETRY_US)
                return
            self._own.add(self.interface.gmi_mcast(Priority.RECOVERY, payload, self._any_guarantee()))
            del self._to_queue[0]
        if not self._is_recovering:
            return
        if self._manner in ("at once", "destroy") or (self._manner == "later" and self._waited()):
            self._finish()
        self._set_deadline()

    def _waited(self) -> bool:
        """Whether the time to wait has passed; the first question begins it."""
        self._manner, waited = "at once", False
        self._wait(self.chance.randrange(PATIENCE_US))
        return waited

    def _wait(self, us: int) -> None:
        self._later_us = self.now_us + us
        self._set_deadline()

    def _any_guarantee(self) -> Guarantee:
        return Guarantee.SAFE if self.chance.random() < 0.1 else Guarantee.AGREED

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.priority is Priority.RECOVERY and delivery.queued_in == self.interface.ring_id:
            self.interface.observe(Counted(delivery.message, delivery.ring_id))
            self._own.discard(delivery.message)
            if delivery.payload == MARK:
                self._awaited.discard(delivery.message.sender)
        if self._is_recovering and not self._to_queue and self._may_unplug():
            self._finish()
        if self.chance.random() < ANSWERS and not self._is_resting:
            self._send_any()

    def _may_unplug(self) -> bool:
        match self._manner:
            case "own delivered":
                return not self._own
            case "all delivered":
                return not self._awaited
            case "next delivery":
                return True
            case _:
                return False

    def _finish(self) -> None:
        """Take all plugs out, each of them once, or twice."""
        self._is_recovering = False
        for handle in list(self._handles):
            self.interface.gmi_recovery_plug_unplug(handle)
            if self.chance.random() < 0.1:
                self.interface.gmi_recovery_plug_unplug(handle)
        if self._manner == "destroy" and self._handles:
            self.interface.gmi_recovery_plug_destroy(self._handles.pop(0))
            if not self._handles:
                self._handles.append(self.interface.gmi_recovery_plug_create())


def load_of(chance: Random, per_second: float, messages: int) -> Callable[[], Load]:
    """Starts the loads of a run: each sends so often, all together at most so many messages."""
    budget = Budget(messages)
    return lambda: Load(chance, per_second, budget)
