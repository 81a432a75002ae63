"""Many runs: each seed draws its faults, runs and is judged; then it is counted what occurred in all of them.

What a campaign is meant to show and never showed is a failure of the campaign: a kind of fault, a transition of the
membership's table, the premise of a claim. A failure in one run is found again with that run's own command.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec

from properties.judge.judgement import VIOLATED
from properties.pool import run_jobs
from properties.simulate.faults import copy_of
from properties.simulate.run import Run, run
from reference.ring.transitions import ROWS
from reference.simulator.campaigns import occurrences, script_of
from reference.simulator.script import Script

CHUNK = 5
SECOND_US = 1_000_000


class Plan(msgspec.Struct, frozen=True):
    """What all runs of a campaign have in common."""

    campaign: str
    members: int
    seconds: float
    load: int
    fault: str | None = None
    follow: bool = True

    def script(self, seed: int) -> Script:
        """The script of a seed."""
        return script_of(
            self.campaign, members=self.members, seed=seed, lasts_us=round(self.seconds * SECOND_US), load=self.load
        )

    def command(self, seed: int) -> str:
        """Repeats one run."""
        size = f"--members {self.members} --seed {seed} --faults {self.campaign} --seconds {self.seconds:g}"
        return f"ringplug simulate {size} --load {self.load}{self.ways}"

    @property
    def ways(self) -> str:
        """The options that do not draw the script."""
        return ("" if self.follow else " --no-follow") + (f" --fault {self.fault}" if self.fault else "")


class Failure(msgspec.Struct, frozen=True):
    """A run that violated a claim."""

    seed: int
    claim: str
    reason: str
    command: str


class Tally(msgspec.Struct):
    """What occurred, in so many runs."""

    runs: int = 0
    simulated_us: int = 0
    seconds: float = 0.0
    settled_us: int = 0
    """The longest that it took after the last fault."""
    bound_us: int = 0
    totals: Counter[str] = msgspec.field(default_factory=Counter[str])
    """Messages, deliveries and rings."""
    counts: Counter[str] = msgspec.field(default_factory=Counter[str])
    transitions: Counter[str] = msgspec.field(default_factory=Counter[str])
    met: Counter[str] = msgspec.field(default_factory=Counter[str])
    """Of each claim, how often it was decided."""
    failures: list[Failure] = msgspec.field(default_factory=list[Failure])
    lost: list[str] = msgspec.field(default_factory=list[str])
    """Runs of which nothing is known, since their process died."""

    def take(self, found: Run, plan: Plan) -> None:
        """One more run."""
        self.runs += 1
        self.simulated_us += found.ended_us
        self.seconds += found.seconds
        self.settled_us = max(self.settled_us, found.settled_us or 0)
        self.bound_us = max(self.bound_us, found.bound_us)
        self.totals.update(messages=found.messages, deliveries=found.deliveries, rings=found.rings)
        self.counts.update(found.counts)
        self.transitions.update({_way(*way): count for way, count in found.transitions.items()})
        self.met.update({one.claim: one.met for one in found.claims})
        seed = found.script.seed
        self.failures += [
            Failure(seed, one.claim, one.reason, plan.command(seed)) for one in found.claims if one.verdict == VIOLATED
        ]

    def add(self, other: Tally) -> None:
        """What other runs gave."""
        self.runs += other.runs
        self.simulated_us += other.simulated_us
        self.seconds += other.seconds
        self.settled_us = max(self.settled_us, other.settled_us)
        self.bound_us = max(self.bound_us, other.bound_us)
        for mine, theirs in (
            (self.totals, other.totals),
            (self.counts, other.counts),
            (self.transitions, other.transitions),
            (self.met, other.met),
        ):
            mine.update(theirs)
        self.failures += other.failures
        self.lost += other.lost

    def absent(self, plan: Plan) -> list[str]:
        """What the campaign should have shown, and did not."""
        kinds = occurrences(plan.campaign)
        if not kinds:
            return []
        claims = [id for id, count in self.met.items() if not count and not self._is_violated(id)]
        return [
            *(f"fault: {kind}" for kind in kinds if not self.counts[kind]),
            *(f"transition: {way}" for way in ways() if not self.transitions[way]),
            *(f"premise of {id}" for id in claims if plan.campaign != "amnesic"),
        ]

    def _is_violated(self, id: str) -> bool:
        return any(one.claim == id for one in self.failures)


def _way(before: str, why: str, after: str) -> str:
    return f"{before} -> {after}: {why}"


def ways() -> list[str]:
    """The transitions of the membership's table."""
    return [_way(row.before.value, row.event.value, row.after.value) for row in ROWS]


class Chunk(msgspec.Struct, frozen=True):
    """Some runs, for one process."""

    plan: Plan
    seeds: tuple[int, ...]

    @property
    def title(self) -> str:
        return f"seeds {self.seeds[0]} to {self.seeds[-1]}"

    def run(self, progress: Callable[[str], None] | None = None) -> Tally:
        """Run them."""
        tally, copy = Tally(), copy_of(self.plan.fault)
        for seed in self.seeds:
            if progress:
                progress(f"seed {seed}")
            tally.take(run(self.plan.script(seed), copy, follow=self.plan.follow), self.plan)
        return tally


def campaign(plan: Plan, seeds: Sequence[int], say: Callable[[str, float], None], executor: str = "") -> Tally:
    """Run all seeds, on all cores or by an executor, and say which share of them is done."""
    whole = Tally()
    for tally in _tallies(plan, seeds, lambda words: say(words, whole.runs / len(seeds)), executor):
        whole.add(tally)
        bad = len({one.seed for one in whole.failures})
        say(f"{whole.runs:,} of {len(seeds):,} runs, {bad} with a violated claim", whole.runs / len(seeds))
    whole.failures.sort(key=lambda one: (one.seed, one.claim))
    return whole


def _tallies(plan: Plan, seeds: Sequence[int], say: Callable[[str], None], executor: str) -> Iterator[Tally]:
    chunks = [Chunk(plan, tuple(seeds[at : at + CHUNK])) for at in range(0, len(seeds), CHUNK)]
    if not executor and (len(chunks) == 1 or (os.cpu_count() or 1) == 1):
        yield from (chunk.run(say) for chunk in chunks)
        return
    for _, tally in run_jobs(chunks, lambda tick: None, executor=executor):
        yield Tally(lost=[str(tally)]) if isinstance(tally, Exception) else tally
