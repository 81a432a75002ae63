"""One simulated run, and what is said of it: claims of its history, claims of the monitor, the plug in lockstep."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import reference.simulator.script
import reference.simulator.world
from properties.judge.judgement import NOT_OBSERVABLE, OPEN, VIOLATED, JudgedClaim, judge
from properties.lockstep.divergence import Divergence
from properties.simulate.historian import Handler, Historian, Seen
from properties.simulate.lockstep import is_followed, lockstep_verdict
from properties.simulate.monitor import MONITORED, Monitor
from reference.ring.settings import Settings
from reference.simulator.applications import StartApplication
from reference.simulator.faults import Restart, Weather
from reference.simulator.script import Script

SECOND_US = 1_000_000
DRAIN_US = 8 * SECOND_US
"""So much more time there is to deliver what was queued."""
PLUG_PATIENCE_US = SECOND_US
"""How long services take to recover and unplug, at most: the load's patience, and what its recovery messages need."""
NEEDS_THE_NUMBER = "a processor lost the number that it stored, on which this rests"
STILL_PROMISED = ("LIVE-3", "STEP-1", "EVS-1.2")
"""What is promised even then."""


@dataclass(frozen=True)
class Copy:
    """The classes of one copy of the reference: its own, or those of a copy with a fault."""

    world: type[reference.simulator.world.World] = reference.simulator.world.World
    parse: Callable[[str], Script] = reference.simulator.script.parse


REFERENCE = Copy()


@dataclass
class Run:
    """One run and what is said of it."""

    script: Script
    claims: list[JudgedClaim]
    counts: Counter[str]
    """Datagrams and faults, by what became of them."""
    transitions: Counter[tuple[str, str, str]]
    """Of the membership: before, why, after."""
    ended_us: int
    settled_us: int | None
    bound_us: int
    messages: int
    deliveries: int
    rings: int
    seconds: float
    """Of real time."""
    nearest: float = 0.0
    """The largest share of the bound of LIVE-T that a ring took."""
    divergence: Divergence | None = None
    history: Historian | None = None
    seen: list[Seen] = field(default_factory=list[Seen])

    @property
    def violated(self) -> list[str]:
        """The ids of the claims that are violated."""
        return [one.claim for one in self.claims if one.verdict == VIOLATED]


def bound_us(script: Script, settings: Settings) -> int:
    """Within how much time after the last fault all processors are in one ring with open gates.

    Each round of gathering ends within a join and a consensus timeout, and its ring can still fail by a token loss;
    each that fails has taken one wrong belief about a processor away, and there is at most one more for a ring of
    before that is found by its merge detection. `docs/simulator.md` has the sum.
    """
    late_us = max((fault.by_us for fault in script.faults if isinstance(fault, Weather)), default=0)
    slowest_us = max(abs(clock.rate_ppm) for _, clock in script.clocks) if script.clocks else 0
    round_us = settings.join_us + settings.consensus_us + settings.token_loss_us + settings.merge_us
    rounds_us = (script.members + 1) * round_us * (SECOND_US + 2 * slowest_us) // SECOND_US
    rotations_us = 40 * script.members * script.delay_us[1]
    return late_us + settings.token_loss_us + rounds_us + rotations_us + PLUG_PATIENCE_US


def run(
    script: Script,
    copy: Copy = REFERENCE,
    *,
    follow: bool = True,
    keep: bool = False,
    say: Callable[[int], None] = lambda now_us: None,
    application: StartApplication | None = None,
) -> Run:
    """Run a script and judge it; `keep` its history and all that was seen."""
    began = time.perf_counter()
    monitor, historian, seen = Monitor(), Historian(script.processors), list[Seen]()
    handlers = dict[type[object], list[Handler]]()

    def keep_it(one: Seen, what: object) -> None:
        seen.append(one)

    def record(one: Seen) -> None:
        kind = cast("type[object]", type(one.what))
        if kind not in handlers:
            handlers[kind] = [*monitor.handlers(kind), *historian.handlers(kind)]
            handlers[kind] += [keep_it] if keep or is_followed(kind) else []
        for handle in handlers[kind]:
            handle(one, one.what)

    bound = bound_us(script, reference.simulator.world.SIMULATED)
    world = copy.world(copy.parse(script.text()), record, patience_us=bound + DRAIN_US, application=application)
    outcome = world.run(say)
    monitored = monitor.ended(outcome.settled_us, bound, is_quiet=outcome.is_quiet, error=outcome.error)
    claims = [*(one for one in judge(historian.history()).claims if one.claim not in MONITORED), *monitored]
    divergence = None
    if follow and not outcome.error and not _is_amnesic(script):
        verdict, divergence = lockstep_verdict(seen)
        claims.append(verdict)
    return Run(
        script, _promised(script, claims), outcome.counts, Counter(monitor.transitions), outcome.ended_us,
        outcome.settled_us, bound, monitor.messages, monitor.deliveries, len(monitor.rings),
        time.perf_counter() - began, monitor.openings.nearest, divergence, historian if keep else None,
        seen if keep else [],
    )  # fmt: skip


def _is_amnesic(script: Script) -> bool:
    return any(isinstance(fault, Restart) and fault.amnesic for fault in script.faults)


def _promised(script: Script, claims: list[JudgedClaim]) -> list[JudgedClaim]:
    """The claims that the simulator observes; those that rest on a stored number are open if one was lost."""
    observed = [one for one in claims if one.verdict != NOT_OBSERVABLE]
    if not _is_amnesic(script):
        return observed
    return [
        one if one.claim in STILL_PROMISED else JudgedClaim(one.claim, OPEN, reason=NEEDS_THE_NUMBER)
        for one in observed
    ]
