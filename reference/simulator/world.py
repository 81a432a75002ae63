"""The world: a script is run, with all that happens in it in one order.

All that is random comes from one generator, so a script with its seed says the whole run. A run has two parts: faults
and load, as long as the script lasts; then all is healed, but for the cliques that the script ends in, and the loads
rest, until nothing more is under way or the patience is at its end. What the processors promise is not looked at here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from reference.ring.effects import Guarantee
from reference.ring.settings import Settings
from reference.rings import ProcessorId
from reference.simulator.applications import StartApplication
from reference.simulator.clocks import Clock
from reference.simulator.computers import Computers
from reference.simulator.faults import (
    Crash,
    Cut,
    Deaf,
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
)
from reference.simulator.load import load_of
from reference.simulator.network import Network
from reference.simulator.nodes import Life, Node, Power
from reference.simulator.recording import Ended, Record
from reference.simulator.schedule import Schedule
from reference.simulator.script import Script

SIMULATED = Settings(
    token_loss_us=250_000,
    token_retransmission_us=60_000,
    token_hold_us=40_000,
    join_us=20_000,
    consensus_us=300_000,
    merge_us=100_000,
    failed_to_receive_visits=50,
)
"""As quick as the delays of a simulated network bear, so that much happens in a second."""
LOOK_US = 50_000
"""How often it is asked whether all is quiet."""
REST_US = 500_000
"""For so long all must have been quiet."""


@dataclass
class Outcome:
    """What became of a run, beside what was recorded."""

    counts: Counter[str] = field(default_factory=Counter[str])
    """Datagrams, what became of them, and faults by their kind, if they found what they are meant for."""
    ended_us: int = 0
    settled_us: int | None = None
    """How long after the last fault each clique was one ring with open gates; None if they were not."""
    is_quiet: bool = False
    """Whether nothing was under way at the end."""
    error: str = ""
    """What a step raised, if one did; the run ended there."""


class World:
    """One run."""

    def __init__(
        self, script: Script, record: Record, *, patience_us: int, settings: Settings = SIMULATED,
        application: StartApplication | None = None,
    ) -> None:  # fmt: skip
        self.script, self.patience_us = script, patience_us
        self.outcome = Outcome()
        self.schedule = Schedule()
        chance = Random(f"world {script.seed}")
        clocks = dict(script.clocks)
        self.nodes = {me: Node(me, clocks.get(me, Clock()), settings) for me in script.processors}
        self.network = Network(chance, script.delay_us, counts=self.outcome.counts)
        start = application or load_of(chance, script.load / script.members, script.messages)
        self.computers = Computers(self.nodes, self.network, self.schedule, chance, start, record, self.outcome.counts)
        self._is_resting = False
        self._quiet_since_us: int | None = None

    def run(self, say: Callable[[int], None] = lambda now_us: None) -> Outcome:
        """Run to the end."""
        schedule, end_us = self.schedule, self.script.lasts_us
        for node in self.nodes.values():
            schedule.at(0, self.computers.start, node)
        for fault in self.script.faults:
            if fault.at_us <= end_us:
                schedule.at(fault.at_us, self._fault, fault)
        while schedule.now_us < end_us and not schedule.is_over:
            schedule.until(min(end_us, schedule.now_us + LOOK_US))
            say(schedule.now_us)
        if not schedule.is_over:
            self._rest()
        while not (schedule.is_over or self.outcome.is_quiet) and schedule.now_us < end_us + self.patience_us:
            schedule.until(schedule.now_us + LOOK_US)
            self._look()
            say(schedule.now_us)
        return self._ended()

    def _ended(self) -> Outcome:
        self.outcome.ended_us, self.outcome.error = self.schedule.now_us, self.computers.error
        for node in self.nodes.values():
            if node.life:
                self.computers.see(node, Ended(self.outcome.is_quiet))
        return self.outcome

    # Faults.

    def _fault(self, fault: Fault) -> None:
        found = True
        match fault:
            case Partition():
                self.network.groups = fault.groups
            case MovingPartition():
                self._move(fault, fault.groups)
            case Heal():
                found = bool(self.network.groups or self.network.cuts or self.network.deaf)
                self.network.heal()
            case Cut():
                self.network.cuts.add((fault.sender, fault.receiver))
            case Deaf():
                self.network.deaf.add(fault.processor)
            case Weather():
                self._begin_weather(fault)
                return
            case Crash() | Restart() | Pause() | Resume() | Message():
                found = self._at_node(self.nodes[fault.processor], fault)
        self.outcome.counts[kind_of(fault)] += found

    def _at_node(self, node: Node, fault: Crash | Restart | Pause | Resume | Message) -> bool:
        """Do it, if the node is in a state for it."""
        match fault:
            case Restart() if node.power is Power.DOWN:
                self.computers.start(node, amnesic=fault.amnesic)
            case Crash(halfway=True) if node.power is not Power.DOWN:
                node.crashes_halfway = True
            case Crash() if node.power is not Power.DOWN:
                self.computers.stop(node)
            case Pause() if node.power is Power.UP:
                node.power = Power.PAUSED
            case Resume() if node.power is Power.PAUSED:
                self.computers.resume(node)
            case Message() if node.life and node.power is Power.UP:
                self._tell_to_send(node, node.life, fault)
            case _:
                return False
        return True

    def _tell_to_send(self, node: Node, life: Life, what: Message) -> None:
        guarantee = Guarantee.SAFE if what.is_safe else Guarantee.AGREED
        told = life.application.told_to_send
        self.computers.tell(node, life, lambda: told(what.priority, what.size_bytes, guarantee))

    def _begin_weather(self, weather: Weather) -> None:
        self.network.weather.append(weather)
        self.schedule.at(weather.until_us, self._end_weather, weather)

    def _end_weather(self, weather: Weather) -> None:
        if weather in self.network.weather:
            self.network.weather.remove(weather)

    def _move(self, fault: MovingPartition, groups: Groups) -> None:
        next_us = self.schedule.now_us + fault.every_us
        if not self._is_resting and self.schedule.now_us < fault.until_us:
            self.network.groups = groups
            self.schedule.at(next_us, self._move, fault, moved(groups))

    # The quiet end.

    def _rest(self) -> None:
        self._is_resting = True
        self.network.heal()
        self.network.groups = self.script.cliques
        self.network.weather.clear()
        for node in self.nodes.values():
            node.crashes_halfway = False
            if node.power is Power.PAUSED:
                self.computers.resume(node)
            if node.life:
                node.life.application.rest()

    def _look(self) -> None:
        """Whether each clique is one ring with open gates, and for how long all has been quiet."""
        since_us, outcome = self.schedule.now_us - self.script.lasts_us, self.outcome
        lives = [node.life for node in self.nodes.values() if node.life]
        cliques = self.script.cliques or (self.script.processors,)
        if not all(is_one_ring([life for life in lives if life.processor.me in clique]) for clique in cliques):
            outcome.settled_us, self._quiet_since_us = None, None
            return
        if outcome.settled_us is None:
            outcome.settled_us = since_us
        if any(life.owed for life in lives):
            self._quiet_since_us = None
        elif self._quiet_since_us is None:
            self._quiet_since_us = since_us
        elif since_us - self._quiet_since_us >= REST_US:
            outcome.is_quiet = True


def kind_of(fault: Fault) -> str:
    """What kind of fault it is, in a word or two."""
    match fault:
        case Weather():
            return fault.kind
        case MovingPartition():
            return "moving partition"
        case Crash(halfway=True):
            return "crash halfway asked for"
        case Restart(amnesic=True):
            return "restart without its number"
        case _:
            return type(fault).__name__.lower()


def is_one_ring(lives: Sequence[Life]) -> bool:
    """Whether they are all members of one ring, with open gates, and nobody else is."""
    processors = [life.processor for life in lives]
    members = tuple(sorted(processor.me for processor in processors))
    return len({processor.ring_id for processor in processors}) <= 1 and all(
        processor.gate_open and tuple(processor.members) == members and processor.phase == "operational"
        for processor in processors
    )


def moved(groups: Groups) -> Groups:
    """Each processor in the place of the one before it."""
    line: list[ProcessorId] = [processor for group in groups for processor in group]
    line = line[-1:] + line[:-1]
    sizes = [len(group) for group in groups]
    return tuple(tuple(line[sum(sizes[:i]) : sum(sizes[: i + 1])]) for i in range(len(sizes)))
