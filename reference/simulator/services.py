"""The services of the mail on a simulated processor, and programs that use them: a load, and what it should come to.

Each processor runs the executive with clm, evt and evs. Its programs open and close channels, publish, retain and send
to groups, and whenever they are given something they look up every member of the configuration that they are in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Guarantee, MessageId
from reference.rings import ProcessorId
from reference.services.clm import Clm
from reference.services.errors import TryAgainError
from reference.services.evs import Evs
from reference.services.evt.channel import Channel, ChannelPhase
from reference.services.evt.filters import PASS_ALL, prefix
from reference.services.evt.messages import Event, EventId
from reference.services.evt.service import Evt
from reference.services.executive import Executive, Service
from reference.services.observations import Observation, PlugCall, Queued
from reference.simulator.applications import SimulatedInterface

SECOND_US = 1_000_000
LONG_US = 10**15
KEPT = tuple(f"channel {number}" for number in range(4))
UNLINKED = ("passing 1", "passing 2")
"""Only these are unlinked, with what they retain."""
GROUP = "everybody"
OPENS_MOST = 8
SENDING = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)


STEPS = ("check-in", "retained", "done")


@dataclass(frozen=True, slots=True)
class RecoveryStep:
    """Which step of the event service's recovery a message is that was queued."""

    message: MessageId
    step: str


@dataclass(frozen=True)
class Kinds:
    """Which services run: those of the mail, or variants of them; and in which order they are registered."""

    clm: type[Clm] = Clm
    evt: type[Evt] = Evt
    order: Callable[[Clm, Evt, Evs], Sequence[Service]] = lambda clm, evt, evs: (clm, evt, evs)
    recovery_granted: tuple[str, ...] = ("clm", "evt")


MAILED = Kinds()


class ServiceLoad:
    """The services of one life of one processor, and its programs."""

    def __init__(self, chance: Random, per_second: float, kinds: Kinds = MAILED) -> None:
        self._chance, self._per_second, self._kinds = chance, per_second, kinds
        self._next_us: int | None = None
        self._is_resting = False
        self.channels: list[Channel] = []
        self.held: set[EventId] = set()
        """What was retained here at some configuration change, on channels that are not unlinked."""
        self.given_count = 0
        self.put_off_count = 0

    # What the world calls.

    @property
    def deadline_us(self) -> int | None:
        """When something is due."""
        times = (self._next_us, self.executive.deadline_us)
        return min((at for at in times if at is not None), default=None)

    def started(self, interface: SimulatedInterface, now_us: int) -> None:
        self._observe = interface.observe
        self.clm = self._kinds.clm(f"node {interface.me}", f"192.0.2.{interface.me}", now_us)
        self.evt, self.evs = self._kinds.evt(self.clm), Evs()
        order = self._kinds.order(self.clm, self.evt, self.evs)
        self.has_evt = self.evt in order
        self.executive = Executive(interface, order, recovery_granted=self._kinds.recovery_granted, observe=self._see)
        self.executive.time_passed(now_us)
        self.program = self.evs.attach(self._given_message, self._given_configuration)
        self.program.join(GROUP)
        self._plan(now_us)

    def time_passed(self, now_us: int) -> None:
        self.executive.time_passed(now_us)
        if self._next_us is not None and self._next_us <= now_us:
            self._do_something()
            self._plan(now_us)

    def told_to_send(self, priority: int, size_bytes: int, guarantee: Guarantee) -> None:
        self.program.mcast(bytes(size_bytes), priority=Priority(priority), guarantee=guarantee)

    def rest(self) -> None:
        self._is_resting, self._next_us = True, None

    # What it should come to.

    @property
    def opens(self) -> Counter[str]:
        """How often its programs have each channel open that is not unlinked."""
        return Counter(one.name for one in self.channels if one.phase is ChannelPhase.OPEN and one.name in KEPT)

    @property
    def missing(self) -> list[ProcessorId]:
        """The members of the configuration whose node is not known."""
        change = self.executive.change
        return [p for p in change.members if self.clm.clm_get_by_nodeid(p, "gate") is None] if change else []

    @property
    def retained(self) -> set[EventId]:
        """What is retained here, on channels that are not unlinked."""
        return {one.event.id for key, one in self.evt.channels.retained() if key.name in KEPT}

    # Programs.

    def _plan(self, now_us: int) -> None:
        if not self._is_resting and self._per_second > 0:
            self._next_us = now_us + 1 + int(self._chance.expovariate(self._per_second) * SECOND_US)

    def _do_something(self) -> None:
        actions = (self._mcast, self._open, self._publish, self._close, self._unlink)
        often = (3, 3, 10, 1, 0.3) if self.has_evt else (1, 0, 0, 0, 0)
        try:
            self._chance.choices(actions, often)[0]()
        except TryAgainError:
            self.put_off_count += 1

    def _open(self) -> None:
        if len([one for one in self.channels if one.phase is ChannelPhase.OPEN]) < OPENS_MOST:
            name = self._chance.choice((*KEPT, *UNLINKED))
            create = self._chance.random() < 0.9
            self.channels.append(self.evt.open(name, self._opened, create=create))

    def _opened(self, channel: Channel) -> None:
        if channel.phase is ChannelPhase.OPEN:
            channel.subscribe(self._given_event, [self._chance.choice((PASS_ALL, prefix(b"a")))])

    def _some_open(self) -> Channel | None:
        opened = [one for one in self.channels if one.phase is ChannelPhase.OPEN]
        return self._chance.choice(opened) if opened else None

    def _publish(self) -> None:
        channel = self._some_open()
        if channel:
            size_bytes = self._chance.choice((10, 100, 5_000))
            retention_us = self._chance.choice((0, 0, LONG_US))
            patterns = [self._chance.choice((b"a", b"b"))]
            priority = self._chance.choice(SENDING)
            channel.publish(bytes(size_bytes), patterns=patterns, priority=priority, retention_us=retention_us)

    def _close(self) -> None:
        channel = self._some_open()
        if channel:
            channel.close()

    def _unlink(self) -> None:
        self.evt.unlink(self._chance.choice(UNLINKED))

    def _mcast(self) -> None:
        guarantee = self._chance.choice((Guarantee.AGREED, Guarantee.SAFE))
        self.program.mcast(
            bytes(self._chance.choice((10, 3_000))), priority=self._chance.choice(SENDING), guarantee=guarantee
        )

    def _given_event(self, event: Event) -> None:
        self._look_up_everybody()

    def _given_message(self, sender: ProcessorId, groups: tuple[str, ...], payload: bytes) -> None:
        self._look_up_everybody()

    def _given_configuration(self, change: ConfigurationChange) -> None:
        self.held |= self.retained if self.has_evt else set()

    def _look_up_everybody(self) -> None:
        """Look up all members while a message is delivered that the plug holds back.

        Source: mail M12
        """
        self.given_count += 1
        delivering, change = self.executive.delivering, self.executive.change
        if delivering and change and delivering.priority.is_gated:
            for member in change.members:
                self.clm.clm_get_by_nodeid(member, "program")

    def _see(self, observation: Observation) -> None:
        if isinstance(observation, Queued):
            if observation.service == self.evt.name and observation.function in STEPS:
                self._observe(RecoveryStep(observation.message, observation.function))
        elif not isinstance(observation, PlugCall):
            self._observe(observation)


def services_of(seed: int, per_second: float, kinds: Kinds = MAILED) -> Callable[[], ServiceLoad]:
    """Starts the services of a run: the programs of each processor do something so often."""
    chance = Random(f"services {seed}")
    return lambda: ServiceLoad(chance, per_second, kinds)
