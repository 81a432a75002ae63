"""What the computers do: a step at a time, and what each step wants done, in its order.

A step is asked of the processor, its effects are recorded and acted upon one by one, and then what the application
called meanwhile is recorded. An error in a step ends the run.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

from reference.ring.effects import ConfigurationChange, Delivery, Effect, Send, Store
from reference.rings import ProcessorId
from reference.simulator.applications import StartApplication
from reference.simulator.network import Network
from reference.simulator.nodes import Life, Node, Power
from reference.simulator.recording import Crashed, Queued, Raised, Record, Seen, Started
from reference.simulator.schedule import Schedule

ACTS = (Send, Store, Delivery, ConfigurationChange)
"""What is acted upon; the rest is only seen."""
AT_ONCE_MOST = 20_000
"""So many things at one moment are a circle."""
LOOPBACK_US = 1_000


class StuckError(Exception):
    """Processors take step after step and no time passes."""


class Computers:
    """All computers and their network."""

    def __init__(
        self, nodes: Mapping[ProcessorId, Node], network: Network, schedule: Schedule, chance: Random,
        application: StartApplication, record: Record, counts: Counter[str],
    ) -> None:  # fmt: skip
        self.nodes, self.network, self.schedule, self.chance = nodes, network, schedule, chance
        self.application, self.record, self.counts = application, record, counts
        self.error = ""
        self._order = 0
        self._notes: list[object] = []

    def see(self, node: Node, what: object) -> None:
        """Record something."""
        self._order += 1
        self.record(Seen(self._order, self.schedule.now_us, node.me, what))

    def start(self, node: Node, *, amnesic: bool = False) -> None:
        """Begin a life of a processor."""
        life = node.begin(self.application, self._notes.append, lambda what: self.see(node, what), amnesic=amnesic)
        self.see(node, Started(node.lives, int(life.processor.incarnation), amnesic))

        def begin(now_us: int) -> tuple[Effect, ...]:
            life.application.started(life.interface, now_us)
            return life.processor.started(now_us)

        self._step(node, life, begin)

    def stop(self, node: Node) -> None:
        """End a life."""
        node.stop()
        self.see(node, Crashed())

    def resume(self, node: Node) -> None:
        """Go on after a pause: with what is due, then with what has come meanwhile."""
        node.power, node.wake_us = Power.UP, None
        self._plan(node)
        for datagram in node.waiting:
            self.schedule.at(self.schedule.now_us, self._arrive, node, datagram)
        node.waiting.clear()

    def tell(self, node: Node, life: Life, what: Callable[[], None]) -> None:
        """Have the application do something."""
        try:
            what()
            self._noted(node, life)
        except Exception as error:
            self._raised(node, error)
            return
        self._plan(node)

    def _cross(self, sender: ProcessorId, node: Node, datagram: bytes) -> None:
        """What is under way when its way is cut may be lost."""
        if self.network.loses_under_way(sender, node.me):
            return
        self._arrive(node, datagram)

    def _arrive(self, node: Node, datagram: bytes) -> None:
        if node.power is Power.PAUSED:
            node.waiting.append(datagram)
        elif node.life:
            processor = node.life.processor
            self._step(node, node.life, lambda now_us: processor.datagram_received(datagram, now_us))

    def _wake(self, node: Node, at_us: int) -> None:
        if node.wake_us != at_us:
            return
        node.wake_us = None
        life, now_us = node.life, node.clock.shows(self.schedule.now_us)
        if node.power is not Power.UP or not life:
            return
        if is_due(life.application.deadline_us, now_us):
            self.tell(node, life, lambda: life.application.time_passed(now_us))
        if not self.error and is_due(life.processor.deadline_us, now_us):
            self._step(node, life, life.processor.time_passed)
        if not self.error:
            self._plan(node)

    def _step(self, node: Node, life: Life, step: Callable[[int], tuple[Effect, ...]]) -> None:
        try:
            if self.schedule.count_now > AT_ONCE_MOST:
                raise StuckError(f"{AT_ONCE_MOST} things at one moment")
            effects = step(node.clock.shows(self.schedule.now_us))
            if node.crashes_halfway and sum(isinstance(effect, ACTS) for effect in effects) > 1:
                self._act_halfway(node, life, effects)
                return
            for effect in effects:
                self._act(node, life, effect)
            self._noted(node, life)
        except Exception as error:
            self._raised(node, error)
            return
        self._plan(node)

    def _act(self, node: Node, life: Life, effect: Effect) -> None:
        self.see(node, effect)
        if not isinstance(effect, ACTS):
            return
        match effect:
            case Send():
                self._send(node, effect)
            case Store():
                node.stored = effect.ring_seq
            case Delivery():
                life.owed.discard(effect.message)
                life.interface.dispatch((effect,))
            case ConfigurationChange():
                life.interface.dispatch((effect,))

    def _act_halfway(self, node: Node, life: Life, effects: tuple[Effect, ...]) -> None:
        """Act upon the first few, and stop: what comes after them has not happened, and is not seen."""
        places = [at for at, effect in enumerate(effects) if isinstance(effect, ACTS)]
        for effect in effects[: self.chance.choice(places[1:])]:
            self._act(node, life, effect)
        self._noted(node, life)
        self.counts["crash halfway"] += 1
        self.stop(node)

    def _send(self, node: Node, send: Send) -> None:
        now_us = self.schedule.now_us
        if send.to == node.me:
            self.schedule.at(now_us + LOOPBACK_US, self._arrive, node, send.datagram)
            return
        if send.to is None:
            arrivals = self.network.multicast(node.me, (me for me in self.nodes if me != node.me), now_us)
        else:
            arrivals = self.network.send(node.me, send.to, now_us)
        for at_us, receiver in arrivals:
            self.schedule.at(at_us, self._cross, node.me, self.nodes[receiver], send.datagram)

    def _noted(self, node: Node, life: Life) -> None:
        """Record what the application called; what it queued it waits for."""
        for note in self._notes:
            self.see(node, note)
            if isinstance(note, Queued):
                life.owed.add(note.message)
        self._notes.clear()

    def _plan(self, node: Node) -> None:
        """See to it that the node is looked after when something is due there."""
        due_us = node.due_us() if node.life else None
        if due_us is None:
            return
        at_us = max(due_us, self.schedule.now_us)
        if node.wake_us is None or at_us < node.wake_us:
            node.wake_us = at_us
            self.schedule.at(at_us, self._wake, node, at_us)

    def _raised(self, node: Node, error: Exception) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename.rpartition('reference/')[2]}:{frame.lineno}"
        self.error, self.schedule.is_over = f"{type(error).__name__}: {error}", True
        self.see(node, Raised(self.error, where))


def is_due(deadline_us: int | None, now_us: int) -> bool:
    """Whether it is time."""
    return deadline_us is not None and deadline_us <= now_us
