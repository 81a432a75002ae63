"""A recorded run is followed: what each processor's plug layer did, in the global order, as steps of the machine.

Nothing is driven here. `calls.py` reads what was recorded, `formations.py` says when a ring was formed, `playback.py`
is the cluster; tables, map and comparison are those of every lockstep. `docs/recorded.md` says what is compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import msgspec

from model.language.machine import Text
from model.language.sorts import Ring
from model.machines import MACHINES, PLUG
from properties.lockstep.abstraction import NamedStep, abstraction
from properties.lockstep.adapter import reading
from properties.lockstep.cluster import Outcome
from properties.lockstep.divergence import DivergedError, Divergence
from properties.lockstep.events import Event, Kind
from properties.lockstep.follower import Execution, ScopedMachine, reason_of
from properties.lockstep.implementation import TokenReading
from properties.lockstep.recorded.calls import Recorded, announcements, crashes, handle_count
from properties.lockstep.recorded.formations import Formation, formations
from properties.lockstep.recorded.playback import RecordedCluster
from properties.traces.trace import Trace

SAY_EVERY = 1000
RING = re.compile(r"\br(\d+)\b")
"""A ring, as steps and variables name it."""


def follow(
    steps: Iterable[Recorded], *, counts: Counter[str] | None = None, progress: Callable[[str], None] | None = None
) -> Divergence | None:
    """Follow a run from its beginning; the first step that does not fit, or None.

    `counts` gets how many events of each kind there were, and how often the machine took each action.
    """
    recorded = list(steps)
    follower = RecordedFollower(recorded)
    try:
        for number, step in enumerate(recorded):
            follower.follow(number, step)
            if progress and number % SAY_EVERY == 0:
                progress(f"{number:,} of {len(recorded):,} recorded steps")
    except DivergedError as error:
        return error.divergence
    finally:
        if counts is not None:
            counts.update(follower.events)
            counts.update(step.action.name for step in follower.execution.run)
    return None


@lru_cache
def _machine(members: int, handles: int, text: Text) -> ScopedMachine:
    """At a processor at most two rings are not dead, one installed and one pending; there is one more place."""
    return ScopedMachine(members, handles, 2 * members + 1, PLUG, text)


class RecordedFollower:
    """A recorded run and the machine, from the state on in which nobody has started.

    A run has any number of rings, the machine a fixed number of places for them. A place is used again when its ring is
    dead: pending and installed nowhere. A dead ring stays dead, and what concerns other rings never reads it, so this
    renames rings: a machine with a place for each ring takes the same steps. `numbers` are the places there.
    """

    def __init__(self, recorded: Sequence[Recorded], read: Callable[[bytes], TokenReading] = reading) -> None:
        self.processors = sorted({step.processor for step in recorded})
        self.formations = formations(announcements(recorded, self.processors), crashes(recorded, self.processors))
        self.numbers: dict[int, int] = {}
        """By place, the number of its ring in the run."""
        self.formed_count = 0
        self.ring_of_step: list[int] = []
        """Of each step of the machine, the number of the ring that it is about; -1 for none."""
        handles = handle_count(recorded)
        self.event: Event | None = None
        """The event that is taken, and the machine's state before it."""
        self.execution = Execution(_machine(len(self.processors), handles, MACHINES[PLUG]))
        self.before = self.execution.state
        self.recorded = RecordedCluster(len(self.processors), handles, read)
        self.cluster, self.events = self.recorded.cluster, Counter[str]()
        for p in range(len(self.processors)):
            self._take_step(Event(Kind.CRASH, p), ("crash", {"p": p}))

    def follow(self, number: int, recorded: Recorded) -> None:
        """Take the next step of the run, and before it form the rings that are formed then; DivergedError."""
        try:
            for formation in self.formations.get(number, ()):
                self._form(formation)
            self._play(recorded)
        except DivergedError as error:
            self._locate(error.divergence, number, recorded)
            raise

    def _locate(self, divergence: Divergence, number: int, recorded: Recorded) -> None:
        """Say where in the run it is, with the numbers that rings have in the trace."""
        said = [divergence.event, divergence.action, *(one.variable for one in divergence.differences)]
        divergence.step, divergence.time_us = number + 1, recorded.time_us
        divergence.names = {f"p{i}": f"processor {p}" for i, p in enumerate(self.processors)}
        for place in sorted({int(place) for words in said for place in re.findall(RING, words)}):
            name = self.cluster.rings[place].name
            divergence.names[f"r{self.numbers[place]}"] = f"ring {name.representative}:{name.seq}"
        divergence.event, divergence.action = self.renumbered(divergence.event), self.renumbered(divergence.action)
        divergence.differences = [
            msgspec.structs.replace(one, variable=self.renumbered(one.variable)) for one in divergence.differences
        ]
        self._renumber(divergence.trace)

    def renumbered(self, words: str) -> str:
        """Words in which rings have the numbers that they have in the run."""
        return re.sub(RING, lambda found: f"r{self.numbers[int(found[1])]}", words)

    def _form(self, formation: Formation) -> None:
        place = self._free_place()
        self.numbers[place] = self.formed_count
        self.formed_count += 1
        self.recorded.formed(place, formation)
        self.take(Event(Kind.FORM, ring=place, members=formation.members))

    def _free_place(self) -> int:
        """A place that has no ring, or a dead one, which the machine then forgets."""
        ground, state = self.execution.ground, list(self.execution.state)
        slots = ground.slots
        for place in range(ground.scope.sizes[Ring]):
            if not state[slots["pending", (place,)]] | state[slots["installed", (place,)]]:
                for variable in ("member", "bits", "normal"):
                    state[slots[variable, (place,)]] = 0
                self.execution.state = tuple(state)
                return place
        raise AssertionError("there is a place more than rings that are not dead")

    def _play(self, recorded: Recorded) -> None:
        p = self.processors.index(recorded.processor)
        if recorded.life:
            self.take(recorded.event(self.cluster, p, self.processors))
            return
        try:
            self.recorded.called(p, recorded.answered(), recorded.observed())
            event = recorded.event(self.cluster, p, self.processors)
        except Exception as error:
            unread = f"{recorded.call} cannot be read"
            raise self.execution.diverged(Event(Kind.RESTART, p), unread, reason_of(error)) from error
        self.take(event)

    def take(self, event: Event) -> None:
        """The event happened, and the machine follows; DivergedError if it cannot."""
        self.events[event.kind.name.lower()] += 1
        self.event, self.before = event, self.execution.state
        try:
            steps = self._steps(self.recorded.perform(event))
        except Exception as error:
            raise self.execution.diverged(event, "no step", reason_of(error)) from error
        for named in steps:
            for one in (*self.execution.turn_before(self.cluster, named), named):
                self._take_step(event, one)
        self.execution.compare(self.cluster, event, steps)

    def _steps(self, outcome: Outcome) -> list[NamedStep]:
        """A processor that starts has no handle: its services create them one by one, which is recorded."""
        named = abstraction(self.cluster, outcome)
        if outcome.event.kind is Kind.BETWEEN:
            self.events[Kind.BETWEEN.name.lower()] += 1
        if outcome.event.kind is Kind.RESTART:
            given = {"p": outcome.event.processor}
            named += [("destroy", {**given, "h": h}) for h in range(self.cluster.handle_count)]
        return named

    def _take_step(self, event: Event, named: NamedStep) -> None:
        step = self.execution.take(event, named)
        self.ring_of_step.append(self.numbers.get(step.arguments.get("r", -1), -1))

    def trace(self, shows: str) -> Trace:
        """The steps of the machine that has a place for each ring."""
        trace = self.execution.trace(shows)
        self._renumber(trace)
        return trace

    def _renumber(self, trace: Trace) -> None:
        """Give rings the numbers that they have in the run."""
        trace.scope.rings = max(self.formed_count, 1)
        for line, ring in zip(trace.steps, self.ring_of_step, strict=True):
            if "r" in line.arguments:
                line.arguments["r"] = ring
