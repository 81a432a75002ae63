"""A simulated computer: stable storage, a clock, and while it is up a processor, its interface and its application."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from reference.ring.effects import MessageId
from reference.ring.processor import Processor
from reference.ring.settings import Settings
from reference.rings import ProcessorId, RingSeq
from reference.simulator.applications import Application, Note, SimulatedInterface
from reference.simulator.clocks import Clock

NOTHING_STORED = RingSeq(0)
ROOM = 500
"""How many datagrams wait while a processor is paused; the others are lost."""


class Power(Enum):
    """Whether a processor does anything."""

    UP = "up"
    PAUSED = "paused"
    DOWN = "down"


@dataclass
class Life:
    """A processor from its start to its crash."""

    processor: Processor
    interface: SimulatedInterface
    application: Application
    owed: set[MessageId] = field(default_factory=set[MessageId])
    """What was queued here and is not delivered here yet."""


@dataclass
class Node:
    """One computer."""

    me: ProcessorId
    clock: Clock
    settings: Settings
    power: Power = Power.DOWN
    stored: RingSeq = NOTHING_STORED
    lives: int = 0
    life: Life | None = None
    wake_us: int | None = None
    """When the world will look after it, in the world's time."""
    crashes_halfway: bool = False
    waiting: deque[bytes] = field(default_factory=lambda: deque[bytes](maxlen=ROOM))

    def begin(self, application: Callable[[], Application], note: Note, observe: Note, *, amnesic: bool) -> Life:
        """Begin the next life."""
        if amnesic:
            self.stored = NOTHING_STORED
        processor = Processor(self.me, stored_ring_seq=self.stored, settings=self.settings)
        self.life = Life(processor, SimulatedInterface(processor, note, observe), application())
        self.power, self.crashes_halfway = Power.UP, False
        self.lives += 1
        self.waiting.clear()
        return self.life

    def stop(self) -> None:
        """Lose all but what is stored."""
        self.power, self.life, self.wake_us, self.crashes_halfway = Power.DOWN, None, None, False
        self.waiting.clear()

    def due_us(self) -> int | None:
        """When something is due, in the world's time."""
        assert self.life
        due_us, other_us = self.life.processor.deadline_us, self.life.application.deadline_us
        if due_us is None or (other_us is not None and other_us < due_us):
            due_us = other_us
        return None if due_us is None else self.clock.moment(due_us)
