"""The history of processors, from the effects of their steps, as the judge reads it."""

from __future__ import annotations

from collections import defaultdict

from history_sources import excerpt

from properties.history.events import (
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Gate,
    Originate,
    Start,
)
from properties.history.judging import Judgement, judge
from reference.ring.effects import (
    ConfigurationChange,
    Delivery,
    Effect,
    Freeing,
    MessageId,
    Origination,
    PlugStep,
    Receipt,
)
from reference.rings import ProcessorId, RingId

OBSERVES: frozenset[Facet] = frozenset(
    {"regular", "transitional", "lists", "originate", "deliver", "sender", "priority", "level", "gate"}
)


def name(processor: ProcessorId) -> str:
    return f"n{processor}"


def ring(ring_id: RingId) -> tuple[str, int]:
    return name(ring_id.representative), ring_id.seq


def message(id: MessageId) -> str:
    return f"{name(id.sender)}.{id.incarnation}:{id.number}"


class Recording:
    """Events of all processors, in each one's order; and what was received and freed, by ring and number."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.received: dict[tuple[RingId, ProcessorId], set[int]] = defaultdict(set)
        self.freed_early: list[str] = []
        self.members: dict[RingId, tuple[ProcessorId, ...]] = {}
        self._seq: dict[ProcessorId, int] = defaultdict(int)
        self._gate: dict[ProcessorId, bool] = {}
        self._freed: dict[tuple[RingId, ProcessorId], int] = defaultdict(int)

    def _next(self, id: ProcessorId) -> int:
        self._seq[id] += 1
        return self._seq[id]

    def started(self, id: ProcessorId, incarnation: int) -> None:
        self._gate[id] = False
        self.events.append(Start(process=name(id), seq=self._next(id), incarnation=incarnation))

    def crashed(self, id: ProcessorId) -> None:
        self.events.append(Crash(process=name(id), seq=self._next(id)))

    def ended(self, id: ProcessorId, quiescent: bool) -> None:
        self.events.append(End(process=name(id), seq=self._next(id), quiescent=quiescent))

    def saw(self, id: ProcessorId, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            self._saw(id, effect)

    def _saw(self, id: ProcessorId, effect: Effect) -> None:
        match effect:
            case ConfigurationChange():
                self.members[effect.ring_id] = (
                    effect.members if effect.kind.value == "regular" else self.members.get(effect.ring_id, ())
                )
                self.events.append(
                    Configuration(
                        process=name(id),
                        seq=self._next(id),
                        kind=effect.kind.value,
                        ring=ring(effect.ring_id),
                        members=tuple(map(name, effect.members)),
                        left=tuple(map(name, effect.left)),
                        joined=tuple(map(name, effect.joined)),
                    )
                )
            case Origination():
                self.events.append(
                    Originate(
                        process=name(id),
                        seq=self._next(id),
                        message=message(effect.message),
                        priority=effect.priority.name.lower(),  # pyright: ignore[reportArgumentType]
                        level=effect.guarantee.value,
                        ring=ring(effect.ring_id),
                    )
                )
            case Delivery():
                self.events.append(
                    Deliver(
                        process=name(id),
                        seq=self._next(id),
                        message=message(effect.message),
                        sender=name(effect.message.sender),
                        priority=effect.priority.name.lower(),  # pyright: ignore[reportArgumentType]
                        level=effect.guarantee.value,
                        ring=ring(effect.ring_id),
                    )
                )
            case PlugStep() if effect.state.gate_open != self._gate[id]:
                self._gate[id] = effect.state.gate_open
                self.events.append(Gate(process=name(id), seq=self._next(id), open=effect.state.gate_open))
            case Receipt():
                self.received[effect.ring_id, id].add(effect.seq)
            case Freeing():
                self._freeing(id, effect)
            case _:
                pass

    def _freeing(self, id: ProcessorId, effect: Freeing) -> None:
        """RING-S5."""
        for seq in range(self._freed[effect.ring_id, id] + 1, effect.seq + 1):
            for member in self.members[effect.ring_id]:
                if seq not in self.received[effect.ring_id, member]:
                    self.freed_early.append(f"{id} freed {effect.ring_id} {seq}, which {member} has not received")
        self._freed[effect.ring_id, id] = effect.seq

    def judgement(self) -> Judgement:
        return judge(excerpt(self.events, OBSERVES))
