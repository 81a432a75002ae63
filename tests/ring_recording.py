"""The history of processors, from the effects of their steps, as the judge reads it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from history_sources import excerpt

from properties.history.events import (
    Bit,
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Gate,
    Originate,
    Plug,
    Queue,
    Start,
)
from properties.judge.judgement import Judgement, judge
from reference.plug.bitmaps import positions
from reference.plug.effects import SendToken
from reference.ring.effects import (
    ConfigurationChange,
    Delivery,
    Effect,
    Freeing,
    Kind,
    MessageId,
    Origination,
    PlugStep,
    Receipt,
)
from reference.rings import ProcessorId, RingId, RingSeq

OBSERVES: frozenset[Facet] = frozenset(
    {
        "regular",
        "transitional",
        "lists",
        "originate",
        "deliver",
        "sender",
        "priority",
        "level",
        "gate",
        "plug",
        "bit",
        "queue",
    }
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
        self._incarnation: dict[ProcessorId, RingSeq] = {}
        self._bit_of: dict[ProcessorId, RingId] = {}
        self._freed: dict[tuple[RingId, ProcessorId], int] = defaultdict(int)

    def _next(self, id: ProcessorId) -> int:
        self._seq[id] += 1
        return self._seq[id]

    def started(self, id: ProcessorId, incarnation: RingSeq) -> None:
        self._gate[id] = False
        self._incarnation[id] = incarnation
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
                self._configuration(id, effect)
            case Origination():
                about = self._about(id, effect)
                self.events.append(Originate(**about, ring=ring(effect.ring_id)))
            case Delivery():
                about = self._about(id, effect)
                self.events.append(Deliver(**about, ring=ring(effect.ring_id), sender=name(effect.message.sender)))
            case PlugStep():
                self._plug_step(id, effect)
            case Receipt():
                self.received[effect.ring_id, id].add(effect.seq)
            case Freeing():
                self._freeing(id, effect)
            case _:
                pass

    def _configuration(self, id: ProcessorId, change: ConfigurationChange) -> None:
        if change.kind is Kind.REGULAR:
            self.members[change.ring_id] = change.members
        members, left, joined = (tuple(map(name, listed)) for listed in (change.members, change.left, change.joined))
        self.events.append(
            Configuration(
                process=name(id),
                seq=self._next(id),
                kind=change.kind.value,
                ring=ring(change.ring_id),
                members=members,
                left=left,
                joined=joined,
            )
        )

    def _about(self, id: ProcessorId, effect: Origination | Delivery) -> dict[str, Any]:
        return {
            "process": name(id),
            "seq": self._next(id),
            "message": message(effect.message),
            "priority": effect.priority.name.lower(),
            "level": effect.guarantee.value,
        }

    def _plug_step(self, id: ProcessorId, step: PlugStep) -> None:
        state, call = step.state, step.call.removeprefix("gmi_recovery_plug_")
        if step.call == "gmi_mcast":
            queued = state.queue[-1].message
            named = message(MessageId(id, self._incarnation[id], queued.number))
            priority = queued.priority.name.lower()
            self.events.append(Queue(process=name(id), seq=self._next(id), message=named, priority=priority))  # pyright: ignore[reportArgumentType]
        elif call in ("create", "destroy", "unplug"):
            handle = step.arguments[0] if step.arguments else state.plugs.created_count - 1
            self.events.append(Plug(process=name(id), seq=self._next(id), call=call, handle=str(handle)))  # pyright: ignore[reportArgumentType]
        if self._sets_bit(id, step):
            self.events.append(Bit(process=name(id), seq=self._next(id)))
        if state.gate_open != self._gate[id]:
            self._gate[id] = state.gate_open
            self.events.append(Gate(process=name(id), seq=self._next(id), open=state.gate_open))

    def _sets_bit(self, id: ProcessorId, step: PlugStep) -> bool:
        """Whether the processor's own bit is in the token after a visit, and was not before."""
        ring = step.state.installed
        if ring is None or step.call not in ("token_received", "visit_alone"):
            return False
        sent = [effect.token for effect in step.effects if isinstance(effect, SendToken)]
        token = sent[0] if sent else ring.held
        is_set = token is not None and ring.configuration.position(id) in positions(token.bitmap)
        news = is_set and self._bit_of.get(id) != ring.configuration.ring_id
        if news:
            self._bit_of[id] = ring.configuration.ring_id
        return news

    def _freeing(self, id: ProcessorId, effect: Freeing) -> None:
        """RING-S5."""
        for seq in range(self._freed[effect.ring_id, id] + 1, effect.seq + 1):
            for member in self.members[effect.ring_id]:
                if seq not in self.received[effect.ring_id, member]:
                    self.freed_early.append(f"{id} freed {effect.ring_id} {seq}, which {member} has not received")
        self._freed[effect.ring_id, id] = effect.seq

    def judgement(self) -> Judgement:
        return judge(excerpt(self.events, OBSERVES))
