"""Recorded runs without a ring: plug layers under a membership that agrees on rings one member after the other.

Here nothing is a protocol, and nothing asks the machine: an oracle begins rings and gives them up, tells their members
in any order with the representative last, and loses, duplicates and delays tokens. A member that takes part in a newer
ring installs no older one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from properties.lockstep.adapter import REFERENCE, Parts
from properties.lockstep.recorded.calls import Life, RecordedStep
from reference.plug.layer import PlugLayer
from reference.plug.tokens import Token
from reference.priorities import Priority
from reference.ring.effects import PlugStep
from reference.rings import ProcessorId, RingId, RingSeq

STEP_US = 137


@dataclass
class Attempt:
    """A ring that is being agreed on; all its members have heard of it."""

    ring: RingId
    members: tuple[ProcessorId, ...]
    untold: list[ProcessorId]
    newest: Token | None = None
    due: ProcessorId | None = None

    def after(self, p: ProcessorId) -> ProcessorId:
        return next((member for member in self.members if member > p), self.members[0])


@dataclass
class World:
    """Processors with their layers, and what the oracle knows."""

    ids: list[ProcessorId]
    rng: random.Random
    parts: Parts
    layers: dict[ProcessorId, PlugLayer] = field(default_factory=dict[ProcessorId, PlugLayer])
    part_of: dict[ProcessorId, Attempt] = field(default_factory=dict[ProcessorId, Attempt])
    """The newest ring that each takes part in."""
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    flight: list[tuple[Attempt, Token, ProcessorId]] = field(default_factory=list[tuple[Attempt, Token, ProcessorId]])
    seq: int = 0
    steps: list[RecordedStep] = field(default_factory=list[RecordedStep])

    def record(self, p: ProcessorId, what: PlugStep | Life) -> None:
        self.steps.append(RecordedStep(STEP_US * len(self.steps), p, what))

    def call(self, p: ProcessorId, name: str, *arguments: Any, packets: int | None = None) -> tuple[Any, ...]:
        """Call the layer, and record it; calls that are refused are not recorded, as they change nothing."""
        given = {} if packets is None else {"packets": packets}
        try:
            answer = getattr(self.layers[p], name)(*arguments, **given)
        except self.parts.wrong_call:
            return ()
        effects = answer if isinstance(answer, tuple) else ()
        recorded = (*arguments, *given.values())
        self.record(p, PlugStep(name, recorded, effects, self.layers[p].state))
        return effects

    def start(self, p: ProcessorId) -> None:
        self.layers[p] = self.parts.layer(p, packets_a_visit=6, fragment_bytes=2)
        self.record(p, Life.STARTED)
        for _ in range(self.rng.randint(1, 2)):
            self.call(p, "gmi_recovery_plug_create")

    def crash(self, p: ProcessorId) -> None:
        del self.layers[p]
        self.part_of.pop(p, None)
        self.record(p, Life.CRASHED)

    # What may happen next.

    def begin(self) -> None:
        up = sorted(self.layers)
        if not up:
            return
        members = up if self.rng.random() < 0.6 else sorted(self.rng.sample(up, self.rng.randint(1, len(up))))
        self.seq += 4
        ring = RingId(members[0], RingSeq(self.seq))
        told_last = self.rng.sample(members[1:], len(members) - 1)
        attempt = Attempt(ring, tuple(members), [*told_last, members[0]])
        self.attempts.append(attempt)
        for member in members:
            self.part_of[member] = attempt

    def tell(self) -> None:
        """Tell the next member; one that takes part in a newer ring does not listen."""
        telling = [one for one in self.attempts if one.untold and self.part_of.get(one.untold[0]) is one]
        if telling:
            attempt = self.rng.choice(telling)
            p = attempt.untold.pop(0)
            for effect in self.call(p, "ring_pending", attempt.ring, self.listed(attempt)):
                self.sent(attempt, p, effect.token, attempt.members[0])

    def sent(self, attempt: Attempt, by: ProcessorId, token: Any, to: ProcessorId | None = None) -> None:
        asked = (1,) if token.seq and self.rng.random() < 0.2 else ()
        token = msgspec.structs.replace(token, retransmissions=asked)
        attempt.newest, attempt.due = token, attempt.after(by) if to is None else to
        self.flight.append((attempt, token, attempt.due))

    def install(self) -> None:
        ready = [p for p, one in self.part_of.items() if not one.untold and self.pending(p) == one.ring]
        if ready:
            p = self.rng.choice(ready)
            attempt, old = self.part_of[p], self.layers[p].state.installed
            if old:
                coming = [q for q in old.configuration.members if q in attempt.members]
                self.call(p, "transitional_configuration", old.configuration.ring_id, coming)
                if self.rng.random() < 0.3:
                    self.mcast(p)
            self.call(p, "regular_configuration", attempt.ring, self.listed(attempt))

    def listed(self, attempt: Attempt) -> tuple[ProcessorId, ...]:
        """The member list as a processor is told it: not always in order."""
        return tuple(self.rng.sample(attempt.members, len(attempt.members)))

    def pending(self, p: ProcessorId) -> RingId | None:
        pending = self.layers[p].state.pending
        return pending.configuration.ring_id if pending else None

    def token(self) -> None:
        if not self.flight:
            return
        attempt, token, to = self.flight.pop(self.rng.randrange(len(self.flight)))
        gone = to not in self.layers or (self.part_of.get(to) is not attempt and self.rng.random() < 0.7)
        if gone or self.rng.random() < 0.02:
            return
        if self.rng.random() < 0.03:
            self.flight.append((attempt, token, to))
        if self.rng.random() < 0.02:
            to = self.rng.choice([p for p in self.layers if p == to or p not in attempt.members])
        granted = None if self.rng.random() < 0.8 else self.rng.randint(0, 3)
        for effect in self.call(to, "token_received", token, packets=granted):
            if type(effect).__name__ == "SendToken":
                self.sent(attempt, to, effect.token)

    def resend(self) -> None:
        lost = [one for one in self.attempts if one.newest and all(one is not moving for moving, _, _ in self.flight)]
        for attempt in lost[-3:]:
            if attempt.newest and attempt.due is not None:
                self.flight.append((attempt, attempt.newest, attempt.due))

    def alone(self) -> None:
        alone = [p for p in self.layers if (ring := self.layers[p].state.installed) and ring.held]
        if alone:
            self.call(self.rng.choice(alone), "visit_alone")

    def handle(self) -> None:
        p = self.anybody()
        if p is None:
            return
        registered = sorted(self.layers[p].state.plugs.registered)
        if len(registered) < 2 and self.rng.random() < 0.3:
            self.call(p, "gmi_recovery_plug_create")
        elif registered:
            name = "destroy" if self.rng.random() < 0.1 else "unplug"
            self.call(p, f"gmi_recovery_plug_{name}", self.rng.choice(registered))

    def mcast(self, p: ProcessorId | None = None) -> None:
        p = self.anybody() if p is None else p
        if p is not None and len(self.layers[p].state.queue) < 8:
            priority = self.rng.choice([Priority.RECOVERY, *Priority])
            self.call(p, "gmi_mcast", priority, bytes(self.rng.choice((0, 2, 2, 3, 4, 7))))

    def anybody(self) -> ProcessorId | None:
        return self.rng.choice(sorted(self.layers)) if self.layers else None

    def die(self) -> None:
        if (p := self.anybody()) is not None:
            self.crash(p)

    def come_back(self) -> None:
        down = [p for p in self.ids if p not in self.layers]
        if down:
            self.start(self.rng.choice(down))


def recorded_run(members: int, seed: int, steps: int, parts: Parts = REFERENCE) -> list[RecordedStep]:
    """So many recorded steps of so many processors; their ids are 1, 4, 7 and so on."""
    world = World([ProcessorId(1 + 3 * i) for i in range(members)], random.Random(seed), parts)
    choices: dict[Callable[[], None], float] = {
        world.token: 60, world.tell: 8, world.install: 12, world.begin: 1.0, world.resend: 6, world.alone: 3,
        world.handle: 10, world.mcast: 10, world.die: 0.15, world.come_back: 1.5,
    }  # fmt: skip
    for p in world.ids:
        world.start(p)
    while len(world.steps) < steps:
        world.rng.choices(list(choices), list(choices.values()))[0]()
    return world.steps[:steps]
