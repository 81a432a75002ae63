"""Simulated runs of the services of the mail, and what is said of them.

Beside the claims about histories, three are decided here, where the ends of all processors are seen together.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from properties.history.events import Counted, Event, Facet, Lookup, Meta, Table
from properties.history.reader import Excerpt
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, VIOLATED, JudgedClaim, judge
from properties.simulate import historian
from properties.simulate.historian import Historian, Seen, message_of, name_of
from properties.simulate.monitor import Monitor
from properties.simulate.run import DRAIN_US, bound_us
from reference.rings import ProcessorId
from reference.services.evt.messages import EventId
from reference.simulator.script import Script
from reference.simulator.services import KEPT, MAILED, Kinds, ServiceLoad, services_of
from reference.simulator.world import SIMULATED, World

OBSERVES: tuple[Facet, ...] = (*historian.OBSERVES, "lookup", "table", "counted", "step")
DECIDED_AT_THE_END = ("EVT-OPENS", "EVT-RETAINED", "EVT-REFUSED")
"""The claims that are decided here."""


Step = Literal["check-in", "retained", "done"]


class ServiceHistorian(Historian):
    """Writes lookups and tables, too."""

    def __init__(self, processors: tuple[int, ...]) -> None:
        super().__init__(processors)
        self._steps: dict[Any, Step] = {}
        self._handlers |= {
            "Lookup": self._lookup, "Table": self._table, "Counted": self._counted, "RecoveryStep": self._recovery_step,
        }  # fmt: skip

    def history(self) -> Excerpt:
        return Excerpt(self.processes, frozenset(OBSERVES), self.lines)

    def encoded(self, about: dict[str, str | int | float | bool | None]) -> bytes:
        meta = Meta(historian.FORMAT, OBSERVES, self.processes, "ringplug simulate", about)
        return b"".join(msgspec.json.encode(one) + b"\n" for one in (meta, *(line.event for line in self.lines)))

    def _recovery_step(self, seen: Seen, what: Any) -> Iterator[Event]:
        """The queueing itself is told after the step in which it was done."""
        self._steps[what.message] = what.step
        return iter(())

    def _queued(self, seen: Seen, what: Any) -> Iterator[Event]:
        for event in super()._queued(seen, what):
            step = self._steps.get(what.message)
            yield msgspec.structs.replace(event, service="evt", step=step) if step else event

    def _counted(self, seen: Seen, what: Any) -> Iterator[Event]:
        yield Counted(message=message_of(what.message), service=what.service, **self._place(seen))

    def _lookup(self, seen: Seen, what: Any) -> Iterator[Event]:
        message = message_of(what.message) if what.message else None
        of = name_of(what.of)
        yield Lookup(of=of, found=what.found, message=message, service=what.service, **self._place(seen))

    def _table(self, seen: Seen, what: Any) -> Iterator[Event]:
        keys = tuple(map(name_of, what.keys))
        yield Table(service=what.service, keys=keys, digest=what.digest, **self._place(seen))


@dataclass
class ServiceRun:
    """One run of the services, and what is said of it."""

    script: Script
    claims: list[JudgedClaim]
    counts: Counter[str]
    refused: Counter[str]
    settled_us: int | None
    deliveries: int
    given: int
    rings: int
    ended_us: int
    seconds: float
    history: bytes
    seen: list[Seen]
    late: list[tuple[Seen, int]]
    """Gates that opened, and who was missing there."""

    @property
    def violated(self) -> list[str]:
        """The ids of the claims that are violated."""
        return [one.claim for one in self.claims if one.verdict == VIOLATED]


def run(script: Script, kinds: Kinds = MAILED, *, keep: bool = False) -> ServiceRun:
    """Run the services under a script, and judge the run."""
    began = time.perf_counter()
    monitor, historian = Monitor(), ServiceHistorian(script.processors)
    counted: Counter[str] = Counter()
    everything: list[Seen] = []
    gates = Gates()

    def record(seen: Seen) -> None:
        monitor.take(seen)
        historian.take(seen)
        gates.take(seen, _load_of(world, seen.processor))
        if type(seen.what).__name__ == "Refusal":
            counted[seen.what.reason.name] += 1
        if keep:
            everything.append(seen)

    bound = bound_us(script, SIMULATED)
    application = services_of(script.seed, script.load / script.members, kinds)
    world = World(script, record, patience_us=bound + DRAIN_US, application=application)
    outcome = world.run()
    monitored = monitor.ended(outcome.settled_us, bound, is_quiet=outcome.is_quiet, error=outcome.error)
    loads = [load for me in world.nodes if (load := _load_of(world, me))]
    ends = _ends(loads, counted, is_quiet=outcome.is_quiet)
    judged = [one for one in judge(historian.history()).claims if one.verdict != NOT_OBSERVABLE]
    judged = [one for one in judged if one.claim != "LIVE-3"]
    known = {one.claim for one in judged}
    claims = [*judged, *(one for one in monitored if one.claim not in known), *ends]
    return ServiceRun(
        script, claims, outcome.counts, counted, outcome.settled_us,
        monitor.deliveries, sum(load.given_count for load in loads), len(monitor.rings), outcome.ended_us,
        time.perf_counter() - began, historian.encoded({"script": script.text()}) if keep else b"", everything,
        gates.late,
    )  # fmt: skip


def _load_of(world: World, processor: int) -> ServiceLoad | None:
    life = world.nodes[ProcessorId(processor)].life
    return life.application if life and isinstance(life.application, ServiceLoad) else None


@dataclass
class Gates:
    """Follows which gates open while members are missing."""

    late: list[tuple[Seen, int]] = field(default_factory=list[tuple[Seen, int]])

    def take(self, seen: Seen, load: ServiceLoad | None) -> None:
        """Take what was seen next."""
        if type(seen.what).__name__ != "PlugStep" or load is None:
            return
        if any(type(effect).__name__ == "GateOpened" for effect in seen.what.effects):
            self.late += [(seen, int(missing)) for missing in load.missing]


def _ends(loads: list[ServiceLoad], refused: Counter[str], *, is_quiet: bool) -> list[JudgedClaim]:
    other = [reason for reason in refused if reason != "OLDER_CONFIGURATION"]
    refusing = JudgedClaim("EVT-REFUSED", VIOLATED if other else OK, sum(refused.values()), reason=", ".join(other))
    loads = [load for load in loads if load.has_evt]
    if not is_quiet or not loads:
        return [JudgedClaim(id, OPEN, reason="not all is quiet") for id in ("EVT-OPENS", "EVT-RETAINED")] + [refusing]
    return [_opens(loads), _retained(loads), refusing]


def _opens(loads: list[ServiceLoad]) -> JudgedClaim:
    wrong = ""
    for name in KEPT:
        held = {int(load.executive.me): load.opens[name] for load in loads if load.opens[name]}
        for load in loads:
            counted = {int(p): count for p, count in load.evt.open_counts(name).items()}
            if counted != held:
                wrong = wrong or f"{load.executive.me} counts {counted} opens of {name}, programs hold {held}"
    return JudgedClaim("EVT-OPENS", VIOLATED if wrong else OK, len(KEPT) * len(loads), reason=wrong)


def _retained(loads: list[ServiceLoad]) -> JudgedClaim:
    once = set[EventId]().union(*(load.held | load.retained for load in loads))
    lost = {int(load.executive.me): once - load.retained for load in loads if once - load.retained}
    wrong = "; ".join(f"{p} has lost {sorted(ids)[0]} and {len(ids) - 1} more" for p, ids in lost.items())
    return JudgedClaim("EVT-RETAINED", VIOLATED if wrong else OK if once else OPEN, len(once), reason=wrong)
