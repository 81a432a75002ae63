"""The world: virtual time, and one order of everything that happens in it.

All that is random comes from one generator, so a script with its seed says the whole run. A run has two parts: faults
and load, as long as the script lasts; then all is healed and the loads rest, until nothing more is under way or the
patience is at its end. What the processors promise is not looked at here.
"""

from __future__ import annotations

import heapq
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from reference.ring.effects import ConfigurationChange, Delivery, Effect, Guarantee, Send, Store
from reference.ring.settings import Settings
from reference.rings import ProcessorId
from reference.simulator.applications import StartApplication
from reference.simulator.clocks import Clock
from reference.simulator.faults import (
    Crash,
    Cut,
    Fault,
    Groups,
    Heal,
    Message,
    MovingPartition,
    Partition,
    Pause,
    Restart,
    Resume,
    Weather,
)  # fmt: skip
from reference.simulator.load import load_of
from reference.simulator.network import Network
from reference.simulator.nodes import Life, Node, Power
from reference.simulator.recording import Crashed, Ended, Queued, Raised, Record, Seen, Started
from reference.simulator.script import Script

SIMULATED = Settings(
    token_loss_us=250_000, token_retransmission_us=60_000, join_us=20_000, consensus_us=300_000, merge_us=100_000,
    failed_to_receive_visits=50,
)  # fmt: skip
"""As quick as the delays of a simulated network bear, so that much happens in a second."""
LOOK_US = 50_000
"""How often it is asked whether all is quiet."""
REST_US = 500_000
"""For so long all must have been quiet."""
STEPS_AT_ONCE = 10_000
"""So many steps of a processor at one moment are a circle."""
ACTS = (Send, Store, Delivery, ConfigurationChange)
"""What is acted upon; the rest is only seen."""


@dataclass
class Outcome:
    """What became of a run, beside what was recorded."""

    counts: Counter[str] = field(default_factory=Counter[str])
    """Datagrams, what became of them, and faults by their kind, if they found what they are meant for."""
    ended_us: int = 0
    settled_us: int | None = None
    """How long after the last fault all were in one ring with open gates; None if they were not."""
    is_quiet: bool = False
    """Whether nothing was under way at the end."""
    error: str = ""


class StuckError(Exception):
    """A processor takes step after step and no time passes."""


class World:
    """One run."""

    def __init__(
        self, script: Script, record: Record, *, patience_us: int, settings: Settings = SIMULATED,
        application: StartApplication | None = None,
    ) -> None:  # fmt: skip
        self.script, self.record, self.patience_us = script, record, patience_us
        self.chance = Random(f"world {script.seed}")
        self.network = Network(self.chance, script.delay_us)
        clocks = dict(script.clocks)
        self.nodes = {me: Node(me, clocks.get(me, Clock()), settings) for me in script.processors}
        per_second = script.load / script.members
        self.application = application or load_of(self.chance, per_second, script.messages)
        self.outcome = Outcome(self.network.counts)
        self.now_us = 0
        self._order = 0
        self._pushed = 0
        self._heap: list[tuple[int, int, Callable[..., None], tuple[object, ...]]] = []
        self._notes: list[object] = []
        self._is_resting = False
        self._steps_now = 0

    def run(self, say: Callable[[int], None] = lambda now_us: None) -> Outcome:
        """Run to the end."""
        for node in self.nodes.values():
            self._at(0, self._start, node, False)
        for fault in self.script.faults:
            if fault.at_us <= self.script.lasts_us:
                self._at(fault.at_us, self._fault, fault)
        self._until(self.script.lasts_us, say)
        self._rest()
        while not self.outcome.error and not self.outcome.is_quiet:
            if self.now_us >= self.script.lasts_us + self.patience_us:
                break
            self._until(self.now_us + LOOK_US, say)
            self._look()
        self.outcome.ended_us = self.now_us
        for node in self.nodes.values():
            if node.life:
                self._see(node, Ended(self.outcome.is_quiet))
        return self.outcome

    # Time.

    def _at(self, at_us: int, do: Callable[..., None], *arguments: object) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (at_us, self._pushed, do, arguments))

    def _until(self, end_us: int, say: Callable[[int], None]) -> None:
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= end_us and not self.outcome.error:
            at_us, _, do, arguments = pop(heap)
            if at_us > self.now_us:
                self.now_us, self._steps_now = at_us, 0
                say(at_us)
            do(*arguments)
        self.now_us = max(self.now_us, end_us)

    # What processors do.

    def _start(self, node: Node, amnesic: bool) -> None:
        def observe(what: object) -> None:
            self._see(node, what)

        life = node.begin(self.application, self._notes.append, observe, amnesic=amnesic)
        self._see(node, Started(node.lives, int(life.processor.incarnation), amnesic))

        def begin(now_us: int) -> tuple[Effect, ...]:
            life.application.started(life.interface, now_us)
            return life.processor.started(now_us)

        self._step(node, begin)
        if self._is_resting:
            life.application.rest()

    def _arrive(self, node: Node, datagram: bytes) -> None:
        if node.power is Power.PAUSED:
            node.waiting.append(datagram)
        elif node.life:
            processor = node.life.processor
            self._step(node, lambda now_us: processor.datagram_received(datagram, now_us))

    def _wake(self, node: Node, at_us: int) -> None:
        if node.wake_us != at_us:
            return
        node.wake_us = None
        if node.power is Power.UP and node.life:
            life, now_us = node.life, node.clock.shows(self.now_us)
            if life.application.deadline_us is not None and life.application.deadline_us <= now_us:
                life.application.time_passed(now_us)
                self._noted(node, life)
            if life.processor.deadline_us is not None and life.processor.deadline_us <= now_us:
                self._step(node, life.processor.time_passed)
            self._plan(node)

    def _step(self, node: Node, step: Callable[[int], tuple[Effect, ...]]) -> None:
        life = node.life
        assert life
        self._steps_now += 1
        try:
            if self._steps_now > STEPS_AT_ONCE:
                raise StuckError(f"{STEPS_AT_ONCE} steps at one moment")
            effects = step(node.clock.shows(self.now_us))
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
        self._see(node, effect)
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
            case _:
                pass

    def _act_halfway(self, node: Node, life: Life, effects: tuple[Effect, ...]) -> None:
        """Act upon the first few; the processor has taken the step, and the computer stops."""
        acts = [effect for effect in effects if isinstance(effect, ACTS)]
        undone = {id(effect) for effect in acts[self.chance.randrange(1, len(acts)) :]}
        for effect in effects:
            if id(effect) not in undone:
                self._act(node, life, effect)
        self._noted(node, life)
        self.outcome.counts["crash halfway"] += 1
        self._stop(node)

    def _send(self, node: Node, send: Send) -> None:
        if send.to == node.me:
            self._at(self.now_us + self.script.delay_us[0], self._arrive, node, send.datagram)
            return
        receivers = [send.to] if send.to is not None else [me for me in self.nodes if me != node.me]
        for at_us, receiver in self.network.carry(node.me, receivers, self.now_us):
            self._at(at_us, self._arrive, self.nodes[receiver], send.datagram)

    def _noted(self, node: Node, life: Life) -> None:
        """Record what the application called; what it queued it waits for."""
        for note in self._notes:
            self._see(node, note)
            if isinstance(note, Queued):
                life.owed.add(note.message)
        self._notes.clear()

    def _plan(self, node: Node) -> None:
        """See to it that the node is looked after when something is due there."""
        due_us = node.due_us() if node.life else None
        if due_us is None:
            return
        at_us = max(due_us, self.now_us)
        if node.wake_us is None or at_us < node.wake_us:
            node.wake_us = at_us
            self._at(at_us, self._wake, node, at_us)

    def _raised(self, node: Node, error: Exception) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename.rpartition('reference/')[2]}:{frame.lineno}"
        self.outcome.error = f"{type(error).__name__}: {error}"
        self._see(node, Raised(self.outcome.error, where))

    def _see(self, node: Node, what: object) -> None:
        self._order += 1
        self.record(Seen(self._order, self.now_us, node.me, what))

    # What is done to them.

    def _fault(self, fault: Fault) -> None:
        found = True
        match fault:
            case Partition():
                self.network.groups = fault.groups
            case MovingPartition():
                self._move(fault, fault.groups, fault.at_us)
            case Heal():
                found = bool(self.network.groups or self.network.cuts)
                self.network.heal()
            case Cut():
                self.network.cuts.add((fault.sender, fault.receiver))
            case Weather():
                self.network.weather.append(fault)
                self._at(fault.until_us, self._clear, fault)
            case Crash() | Restart() | Pause() | Resume() | Message():
                found = self._at_node(self.nodes[fault.processor], fault)
        if found:
            self.outcome.counts[kind_of(fault)] += 1

    def _at_node(self, node: Node, fault: Fault) -> bool:
        match fault:
            case Restart() if node.power is Power.DOWN:
                self._start(node, fault.amnesic)
            case Crash() if node.power is not Power.DOWN:
                if fault.halfway:
                    node.crashes_halfway = True
                else:
                    self._stop(node)
            case Pause() if node.power is Power.UP:
                node.power = Power.PAUSED
            case Resume() if node.power is Power.PAUSED:
                self._resume(node)
            case Message() if node.life and node.power is Power.UP:
                guarantee = Guarantee.SAFE if fault.is_safe else Guarantee.AGREED
                node.life.application.told_to_send(fault.priority, fault.size_bytes, guarantee)
                self._noted(node, node.life)
                self._plan(node)
            case _:
                return False
        return True

    def _stop(self, node: Node) -> None:
        node.stop()
        self._see(node, Crashed())

    def _resume(self, node: Node) -> None:
        """Go on: what is due comes before what waited, as it may after a pause."""
        node.power = Power.UP
        waiting = list(node.waiting)
        node.waiting.clear()
        node.wake_us = None
        self._plan(node)
        for datagram in waiting:
            self._at(self.now_us, self._arrive, node, datagram)

    def _clear(self, weather: Weather) -> None:
        if weather in self.network.weather:
            self.network.weather.remove(weather)

    def _move(self, fault: MovingPartition, groups: Groups, at_us: int) -> None:
        if self._is_resting or at_us >= fault.until_us:
            return
        self.network.groups = groups
        self._at(at_us + fault.every_us, self._move, fault, _moved(groups), at_us + fault.every_us)

    # The quiet end.

    def _rest(self) -> None:
        self._is_resting = True
        self.network.heal()
        self.network.fair()
        for node in self.nodes.values():
            if node.power is Power.PAUSED:
                self._resume(node)
            node.crashes_halfway = False
            if node.life:
                node.life.application.rest()

    def _look(self) -> None:
        """Whether all are in one ring with open gates, and for how long all has been quiet."""
        since_us = self.now_us - self.script.lasts_us
        lives = [node.life for node in self.nodes.values() if node.life]
        if not is_one_ring(lives):
            self.outcome.settled_us, self._quiet_since_us = None, None
            return
        if self.outcome.settled_us is None:
            self.outcome.settled_us = since_us
        if any(life.owed for life in lives):
            self._quiet_since_us = None
        elif self._quiet_since_us is None:
            self._quiet_since_us = since_us
        elif since_us - self._quiet_since_us >= REST_US:
            self.outcome.is_quiet = True

    _quiet_since_us: int | None = None


def kind_of(fault: Fault) -> str:
    """What kind of fault it is, in a word or two."""
    match fault:
        case Weather():
            return f"{fault.kind} begins"
        case MovingPartition():
            return "moving partition"
        case Restart(amnesic=True):
            return "restart without its number"
        case _:
            return type(fault).__name__.lower()


def is_one_ring(lives: list[Life]) -> bool:
    """Whether they are all members of one ring, with open gates, and nobody else is."""
    processors = [life.processor for life in lives]
    members = tuple(sorted(processor.me for processor in processors))
    return len({processor.ring_id for processor in processors}) <= 1 and all(
        processor.gate_open and tuple(processor.members) == members and processor.phase == "operational"
        for processor in processors
    )


def _moved(groups: Groups) -> Groups:
    """Each processor in the place of the one before it."""
    line: list[ProcessorId] = [processor for group in groups for processor in group]
    line = line[-1:] + line[:-1]
    moved: list[tuple[ProcessorId, ...]] = []
    for group in groups:
        moved.append(tuple(line[: len(group)]))
        line = line[len(group) :]
    return tuple(moved)
