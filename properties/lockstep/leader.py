"""Who chooses what happens next: the machine, or a scheduler that knows nothing of it.

Where the machine leads, an enabled step is chosen at random and the implementation must be able to take it. Where the
implementation leads, a small network loses, duplicates and delays tokens, services and membership call at random, and
the machine must be able to follow.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import TypeVar

from model.language.compiled import Choice
from model.language.sorts import Ring
from properties.lockstep.abstraction import SENDS, TURNS, event_of, is_for_nobody, message_before
from properties.lockstep.events import ROOM, At, Event, Kind
from properties.lockstep.follower import Follower
from properties.lockstep.implementation import HIGH, LOW, MEDIUM, RECOVERY

MOST_TRIES = 1000
"""After so many choices that cannot be taken there is nothing to do."""
T = TypeVar("T")


def some_members(rng: random.Random, up: list[int]) -> tuple[int, ...]:
    """Half of the time all that are up, else any of them."""
    return tuple(up if rng.random() < 0.5 else sorted(rng.sample(up, rng.randint(1, len(up)))))


def chosen(rng: random.Random, some: Sequence[T], up_to: Sequence[float]) -> T:
    """One of them by weights that were added up, as `rng.choices` does, which is slow for one."""
    return some[bisect(up_to, rng.random() * up_to[-1], 0, len(some) - 1)]


class MachineLeader:
    """Enabled steps of the machine at random."""

    def __init__(self, follower: Follower, rng: random.Random) -> None:
        self.follower, self.rng = follower, rng
        actions = [name for name in follower.machine.actions if name not in SENDS]
        self.actions = actions
        self.weights = list(accumulate(WEIGHTS_OF_ACTIONS.get(name, 4.0) for name in actions))
        self.sends = [name for name in SENDS if name in follower.machine.actions]

    def advance(self) -> bool:
        """Choose the next event and let it happen. False if there is nothing to do."""
        for _ in range(MOST_TRIES):
            step = self._candidate(chosen(self.rng, self.actions, self.weights))
            if step and self.follower.machine.compiled.is_enabled(step, self.follower.state):
                self._take(step)
                return True
        return False

    def _candidate(self, action: str) -> Choice | None:
        """The action with random arguments; None if nobody would be called."""
        cluster, ground = self.follower.cluster, self.follower.ground
        p = self.rng.randrange(cluster.size)
        given = {"p": p, "r": self._ring(action, p), "h": self.rng.randrange(cluster.handle_count)}
        if action == "form_ring":
            given["members"] = sum(1 << p for p in some_members(self.rng, sorted(cluster.seen) or [0]))
        if not 0 <= given["r"] < ground.scope.sizes[Ring]:
            return None
        step = self.follower.machine.step(action, given)
        return None if is_for_nobody(cluster, step) else step

    def _ring(self, action: str, p: int) -> int:
        """The ring that a step of this action at p is likely to be about; -1 if there is none."""
        cluster, seen = self.follower.cluster, self.follower.cluster.seen.get(p)
        if action == "form_ring":
            return len(cluster.rings)
        if action in ("visit", "sole_visit", "leave"):
            return cluster.number_of(seen.installed) if seen else -1
        if action in ("install", "pass_on"):
            return cluster.number_of(seen.pending) if seen else -1
        return self.rng.randrange(len(cluster.rings)) if cluster.rings else 0

    def _take(self, step: Choice) -> None:
        follower, sends = self.follower, self._sends(step)
        for event in message_before(step.arguments.get("p", -1), sends, self.rng.choice((HIGH, MEDIUM, LOW))):
            follower.take(event)
        follower.take(event_of(follower.cluster, step, sends), sends or step.action.name)

    def _sends(self, step: Choice) -> str | None:
        """What to originate in this turn: something that the machine can send then, or nothing."""
        if step.action.name not in TURNS or self.rng.random() < 0.25:
            return None
        machine = self.follower.machine
        after = machine.compiled.after(step, self.follower.state)
        able = [
            name for name in self.sends if machine.compiled.is_enabled(machine.step(name, step.arguments), after)
        ]  # fmt: skip
        return self.rng.choice(able) if able else None


WEIGHTS_OF_ACTIONS = MappingProxyType(
    {"visit": 60.0, "pass_on": 6.0, "sole_visit": 12.0, "install": 30.0, "leave": 6.0, "unplug": 8.0, "destroy": 1.0,
     "create": 2.0, "form_ring": 0.3, "crash": 0.2, "restart": 3.0, "queue_recovery": 5.0, "reject": 2.0}
)  # fmt: skip


class ImplementationLeader:
    """A scheduler of what membership, network and services do; it never asks the machine."""

    def __init__(self, follower: Follower, rng: random.Random) -> None:
        self.follower, self.cluster, self.rng = follower, follower.cluster, rng
        self.flight: list[tuple[int, bytes, int, int]] = []
        """Tokens under way: of which ring, to whom, and how many tokens of the ring were sent with it."""
        self.choices: dict[Kind, Callable[[], Event | None]] = {
            Kind.FORM: self._form, Kind.LEAVE: self._leave, Kind.INSTALL: self._install, Kind.TOKEN: self._token,
            Kind.ALONE: self._alone, Kind.CREATE: self._create, Kind.UNPLUG: self._unplug,
            Kind.DESTROY: self._destroy, Kind.QUEUE: self._queue, Kind.CRASH: self._crash,
            Kind.RESTART: self._restart, Kind.LOSE: self._lose, Kind.DUPLICATE: self._duplicate,
            Kind.RESEND: self._resend,
        }  # fmt: skip
        self.kinds, self.weights = list(self.choices.values()), list(accumulate(WEIGHTS_OF_EVENTS))

    def advance(self) -> bool:
        """Choose the next event and let it happen. False if there is nothing to do."""
        for _ in range(MOST_TRIES):
            event = chosen(self.rng, self.kinds, self.weights)()
            if event:
                self._happen(event)
                return True
        return False

    def _happen(self, event: Event) -> None:
        before = [ring.sent_count for ring in self.cluster.rings]
        self.follower.take(event)
        for number, ring in enumerate(self.cluster.rings):
            if ring.newest and (number >= len(before) or ring.sent_count != before[number]):
                self.flight.append((number, ring.newest, ring.due, ring.sent_count))

    def _somebody(self, holds: Callable[[int], object]) -> int | None:
        found = [p for p in self.cluster.seen if holds(p)]
        return self.rng.choice(found) if found else None

    def _form(self) -> Event | None:
        up = sorted(self.cluster.seen)
        formed, size = len(self.cluster.rings), self.follower.ground.scope.sizes[Ring]
        if not up or formed == size or (formed and self.rng.random() > 0.4 / self.cluster.size):
            return None
        return Event(Kind.FORM, ring=formed, members=some_members(self.rng, up))

    def _leave(self) -> Event | None:
        p = self._somebody(lambda p: self.cluster.seen[p].installed and self.cluster.seen[p].pending)
        return None if p is None else Event(Kind.LEAVE, p, self.cluster.number_of(self.cluster.seen[p].installed))

    def _install(self) -> Event | None:
        p = self._somebody(lambda p: self.cluster.seen[p].pending and not self.cluster.seen[p].installed)
        return None if p is None else Event(Kind.INSTALL, p, self.cluster.number_of(self.cluster.seen[p].pending))

    def _token(self) -> Event | None:
        """A token arrives where it was sent; now and then one strays to a processor that is not on its ring."""
        if not self.flight:
            return None
        i = self.rng.randrange(len(self.flight))
        ring, token, to, number = self.flight[i]
        late = number < self.cluster.rings[ring].sent_count
        if self.rng.random() < 0.05:
            stray = self._somebody(lambda p: self.cluster.status(p, ring) is At.NEITHER)
            return None if stray is None else Event(Kind.TOKEN, stray, ring, token=token, packet_count=1, late=late)
        del self.flight[i]
        if not self.cluster.is_up(to):
            return Event(Kind.LOSE, ring=ring)
        return Event(Kind.TOKEN, to, ring, token=token, packet_count=0 if self.rng.random() < 0.1 else 1, late=late)

    def _alone(self) -> Event | None:
        p = self._somebody(lambda p: self._is_alone(p))
        if p is None:
            return None
        return Event(Kind.ALONE, p, self.cluster.number_of(self.cluster.seen[p].installed), packet_count=1)

    def _is_alone(self, p: int) -> bool:
        number = self.cluster.number_of(self.cluster.seen[p].installed)
        return number >= 0 and len(self.cluster.rings[number].members) == 1

    def _handle(self) -> tuple[int, int] | None:
        p = self._somebody(lambda p: True)
        return None if p is None else (p, self.rng.randrange(self.cluster.handle_count))

    def _create(self) -> Event | None:
        place = self._handle()
        return Event(Kind.CREATE, place[0], handle=place[1]) if place and not self.cluster.registered(*place) else None

    def _unplug(self) -> Event | None:
        place = self._handle()
        return Event(Kind.UNPLUG, place[0], handle=place[1]) if place else None

    def _destroy(self) -> Event | None:
        place = self._handle()
        return Event(Kind.DESTROY, place[0], handle=place[1]) if place else None

    def _queue(self) -> Event | None:
        p = self._somebody(lambda p: True)
        if p is None:
            return None
        priority = self.rng.choice((RECOVERY, HIGH, HIGH, MEDIUM, LOW))
        if priority == RECOVERY and self.cluster.recovery_count(p, of_this_ring=True) >= ROOM:
            return None
        return Event(Kind.QUEUE, p, priority=priority, packet_count=self.rng.randint(1, 2))

    def _crash(self) -> Event | None:
        p = self._somebody(lambda p: True)
        return None if p is None else Event(Kind.CRASH, p)

    def _restart(self) -> Event | None:
        down = [p for p in range(self.cluster.size) if not self.cluster.is_up(p)]
        return Event(Kind.RESTART, self.rng.choice(down)) if down else None

    def _lose(self) -> Event | None:
        if not self.flight:
            return None
        ring, *_ = self.flight.pop(self.rng.randrange(len(self.flight)))
        return Event(Kind.LOSE, ring=ring)

    def _duplicate(self) -> Event | None:
        if not self.flight or len(self.flight) > 2 * self.follower.ground.scope.sizes[Ring]:
            return None
        self.flight.append(self.rng.choice(self.flight))
        return Event(Kind.DUPLICATE, ring=self.flight[-1][0])

    def _resend(self) -> Event | None:
        under_way = {(ring, number) for ring, _, _, number in self.flight}
        lost = [
            i for i, ring in enumerate(self.cluster.rings) if ring.newest and (i, ring.sent_count) not in under_way
        ]  # fmt: skip
        if not lost:
            return None
        number = self.rng.choice(lost)
        ring = self.cluster.rings[number]
        self.flight.append((number, ring.newest or b"", ring.due, ring.sent_count))
        return Event(Kind.RESEND, ring=number)


WEIGHTS_OF_EVENTS = (3, 6, 20, 60, 8, 2, 6, 1, 8, 0.2, 2, 1, 2, 4)
"""In the order of the choices."""
