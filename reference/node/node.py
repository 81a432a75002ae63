"""One processor with its services, between a network and a clock: what the world does, for one life.

The core is the one that the simulator drives, unchanged. Here its calls get a real time, its effects are acted upon one
by one, and what it was told and did is recorded before anything leaves. There is no socket here: `network.py` has it,
and gives each step what it received.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from reference.node.configuration import Configuration
from reference.node.disk.history import History
from reference.node.disk.journal import Journal
from reference.node.disk.storage import Storage
from reference.node.log import Log
from reference.node.meter import Meter
from reference.node.slow import Slow
from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.datagrams import Join
from reference.ring.effects import ConfigurationChange, Delivery, Effect, Guarantee, Kind, MessageId, Send, Store
from reference.ring.gmi import GroupMessagingInterface
from reference.ring.processor import Processor
from reference.ring.wire import encode
from reference.rings import ProcessorId, RingSeq
from reference.services.clm import Clm
from reference.services.evs import Evs
from reference.services.evt.service import Evt
from reference.services.executive import Executive
from reference.services.observations import Observation


class Clock(Protocol):
    """What time it is."""

    def now_us(self) -> int:
        """Of a clock that never runs back, and that all processes of a machine share."""
        ...

    def wall_us(self) -> int:
        """Of the calendar."""
        ...


SendFn = Callable[[ProcessorId | None, bytes], None]
"""Sends a datagram to one peer, or to all."""


class Node:
    """A life of a processor, from its start to its end."""

    def __init__(
        self, config: Configuration, storage: Storage, clock: Clock, life: int, send: SendFn, log: Log
    ) -> None:
        self._storage, self._clock, self._send, self._log = storage, clock, send, log
        self.config, self.life = config, life
        self.meter = Meter()
        self.owed: set[MessageId] = set()
        """What was queued here and is not delivered here yet."""
        self._notes: list[Callable[[], None]] = []
        self.history = History(config.history, config.me, life, clock.now_us) if config.history else None
        self.processor = Processor(config.me, stored_ring_seq=storage.ring_seq, settings=config.settings)
        now_us, ring_seq = clock.now_us(), storage.ring_seq
        self.journal = Journal(config.journal, now_us, config.me, ring_seq, config.settings) if config.journal else None
        self.clm = Clm(config.name, str(config.address), life)
        self.evt, self.evs = Evt(self.clm), Evs()
        slow = [Slow(config.recovery_us)] if config.recovery_us else []
        self._gmi = NotedInterface(self)
        self.executive = Executive(self._gmi, [self.clm, self.evt, self.evs, *slow], observe=self._observe)
        self.executive.time_passed(now_us)

    # What the world calls.

    def start(self) -> None:
        """Begin, once."""
        self._step("started", self.processor.started)

    def datagram_received(self, payload: bytes) -> None:
        """Take what a peer sent."""
        self._step("datagram_received", lambda now_us: self.processor.datagram_received(payload, now_us), payload)

    def time_passed(self) -> None:
        """Do what is due."""
        now_us = self._clock.now_us()
        if _is_due(self.executive.deadline_us, now_us):
            self.call(lambda: self.executive.time_passed(now_us))
        if _is_due(self.processor.deadline_us, now_us):
            self._step("time_passed", self.processor.time_passed)

    def call(self, what: Callable[[], None]) -> None:
        """Have services do something."""
        what()
        self._noted()
        self._flush()

    @property
    def deadline_us(self) -> int | None:
        """When `time_passed` wants to be called."""
        times = (self.processor.deadline_us, self.executive.deadline_us)
        return min((at for at in times if at is not None), default=None)

    def leave(self) -> None:
        """Tell the others that this member goes, so that they need not wait for its token.

        It is the join of a processor that goes on alone; then it is silent, as after a crash.

        Source: Totem 1995 (join: a member that counts me as failed has failed); corosync (memb_leave_message_send)
        """
        ring_id, me = self.processor.ring_id, self.processor.me
        others = tuple(member for member in self.processor.members if member != me)
        if ring_id and others:
            self._send(None, encode(Join(me, self.processor.members, others, ring_id.seq)))

    def close(self) -> None:
        """The end of this life."""
        if self.history:
            self.history.crashed()
            self.history.close()
        if self.journal:
            self.journal.close()

    # What is shown.

    def state(self) -> dict[str, Any]:
        """All that there is to see, as plain values."""
        processor, ring_id = self.processor, self.processor.ring_id
        return {
            "node": processor.me, "name": self.config.name, "cluster": self.config.cluster, "life": self.life,
            "phase": processor.phase, "ring": [ring_id.representative, ring_id.seq] if ring_id else None,
            "members": processor.members, "gate_open": processor.gate_open, "done": self.meter.done(ring_id),
            "recovered": {"clm": self.clm.is_recovered, "evt": self.evt.is_recovered},
            "waiting": self.executive.waiting_count, "undelivered": len(self.owed), **self.meter.record(),
            "refused_by_services": {reason.name.lower(): n for reason, n in self.executive.refused.items()},
        }  # fmt: skip

    # How.

    def _step(self, call: str, step: Callable[[int], tuple[Effect, ...]], *arguments: bytes) -> None:
        """Take a step, record it, and act on what it wants."""
        now_us = self._clock.now_us()
        if self.journal:
            self.journal.called(now_us, call, *arguments)
        effects = step(now_us)
        if self.journal:
            self.journal.sent(now_us, effects)
        self._act(effects)

    def _act(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self.meter.take(effect)
            if self.history:
                self.history.take(effect)
            match effect:
                case Send():
                    self._flush()
                    self._send(effect.to, effect.datagram)
                case Store():
                    self._store(effect.ring_seq)
                case Delivery():
                    self.owed.discard(effect.message)
                    self._gmi.dispatch((effect,))
                case ConfigurationChange():
                    self._tell_of(effect)
                    self._gmi.dispatch((effect,))
                case _:
                    pass
        self._noted()
        self._flush()

    def _store(self, ring_seq: RingSeq) -> None:
        """Have the number on the disk. It is told if that takes half a token's time: others wait no longer."""
        began_us, token_us = self._clock.now_us(), self.config.settings.token_loss_us
        self._storage.store(ring_seq)
        took_us = self._clock.now_us() - began_us
        if 2 * took_us >= token_us:
            self._log.say("slow_disk", stored_in_ms=took_us // 1000, token_ms=token_us // 1000)

    def _tell_of(self, change: ConfigurationChange) -> None:
        if change.kind is Kind.REGULAR:
            self._log.say("ring", ring=str(change.ring_id), members=change.members, joined=change.joined)

    def _observe(self, observation: Observation) -> None:
        if self.history:
            self.history.observe(observation)

    def _noted(self) -> None:
        for note in self._notes:
            note()
        self._notes.clear()

    def _flush(self) -> None:
        for one in (self.history, self.journal):
            if one:
                one.flush()

    # What services called; the history is told after the step in which it was called, from which on it counts.

    def queued(self, message: MessageId, priority: int, payload: bytes, guarantee: Guarantee) -> None:
        """The ring has taken a message."""
        self.owed.add(message)
        if self.journal:
            self.journal.queued(self._clock.now_us(), priority, payload, guarantee)
        if history := self.history:
            self._notes.append(lambda: history.queued(message, Priority(priority), guarantee))

    def plug_called(self, call: str, handle: Handle) -> None:
        """The plug was called."""
        if self.journal:
            arguments = () if call == "create" else (int(handle),)
            self.journal.called(self._clock.now_us(), f"gmi_recovery_plug_{call}", *arguments)
        if history := self.history:
            self._notes.append(lambda: history.plug_called(call, handle))


class NotedInterface(GroupMessagingInterface):
    """The interface that services call; what they call is recorded."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.processor)
        self._node = node

    def gmi_mcast(self, priority: int, payload: bytes, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        message = super().gmi_mcast(priority, payload, guarantee)
        self._node.queued(message, priority, payload, guarantee)
        return message

    def gmi_recovery_plug_create(self) -> Handle:
        handle = super().gmi_recovery_plug_create()
        self._node.plug_called("create", handle)
        return handle

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        super().gmi_recovery_plug_destroy(handle)
        self._node.plug_called("destroy", handle)

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        super().gmi_recovery_plug_unplug(handle)
        self._node.plug_called("unplug", handle)


def _is_due(deadline_us: int | None, now_us: int) -> bool:
    return deadline_us is not None and deadline_us <= now_us
