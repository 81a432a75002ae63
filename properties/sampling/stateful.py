"""The stateful engine: random runs of a machine, by Hypothesis, in scopes too large for the search.

A rule-based state machine is made from the actions: one rule an action, the claims as invariants. Only enabled steps
are drawn. Most random runs would form ring after ring and open no gate, so a run is *calm* most of the time: while any
step puts somebody into one of the sets of `PROGRESS`, only such steps are drawn; else steps of the protocol and its
services, until patience is at an end. How rough a run is, and which features it does without, is drawn at its start.
A violation is noted and the run goes on, so that one claim's does not hide another's; each is then shortened. How many
runs reach a claim's premise is counted: a claim whose premise no run reached was not tested.

Left out on purpose: Hypothesis's own shrinking, its database and its source of choices, so that a seed says all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from model.language.compiled import CompiledMachine
from model.language.ground import GroundMachine, Integers, Scope, Step
from model.language.machine import Kind, Machine, Parameter
from model.language.sets import Processors
from properties.catalogue.check import check_claims
from properties.catalogue.claim import Claim
from properties.catalogue.probe import Aim, Probe, all_probes
from properties.sampling.monitor import Sighting, Watch
from properties.sampling.seeded import begin_with
from properties.sampling.tries import Tries

PROGRESS = ("installed", "done", "bits", "gate", "normal", "half")
"""A step that puts somebody into one of these sets leads to open gates, or through them."""
ROUGH_ONE_IN = (2, 8, 64)
"""A run draws one of these: so often a step is drawn from all that are enabled."""
PATIENCE = 4
"""A run that is rough once in n steps makes n divided by this without progress, then takes any step."""
FEW_PROCESSORS = 4
"""With more processors than this, only some sets of them are tried as a ring's members."""

UNCHECKED = (
    HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example,
)  # fmt: skip
"""What Hypothesis would say of long runs in general."""

Progress = Callable[[str], None]


@dataclass
class Sampled:
    """What the runs showed."""

    ground: GroundMachine
    runs_count: int = 0
    steps_count: int = 0
    shown: dict[Aim, int] = field(default_factory=dict[Aim, int])
    """In how many runs."""
    shortest: dict[Aim, list[Step]] = field(default_factory=dict[Aim, list[Step]])
    """The shortest run to it."""
    shortened: dict[Aim, Sighting] = field(default_factory=dict[Aim, Sighting])
    """Of violations: a run from which no step can be deleted."""
    progress: Callable[[int], None] = lambda runs: None

    def begin(self) -> None:
        """A run begins."""
        self.runs_count += 1
        self.progress(self.runs_count)

    def violation(self, claim: Claim) -> Sighting | None:
        """A run that violates the claim, from which no step can be deleted."""
        return self.shortened.get(Aim(claim.id))

    def witnesses_count(self, claim: Claim) -> int:
        """How many runs reached the claim's premise."""
        return self.shown.get(Aim(claim.id, premise=True), 0)


def run_tests(
    machine: Machine, scope: Scope, claims: Sequence[Claim], tries: Tries, progress: Progress | None = None
) -> Sampled:
    """Draw runs, and hold every state and step against the claims."""
    check_claims(claims)
    ground = GroundMachine(machine, scope)
    steps = list(some_steps(ground, random.Random(tries.seed)))
    watch = Watch(ground, all_probes(claims, machine), steps)
    tested = Sampled(ground, progress=lambda runs: progress(f"run {runs} of {tries.examples}") if progress else None)
    runs = rule_machine(ground, steps, watch, tested)
    # Hypothesis counts the beginning of a run as a step.
    limits = settings(
        max_examples=tries.examples, stateful_step_count=tries.steps + 1, phases=[Phase.generate], database=None,
        deadline=None, suppress_health_check=UNCHECKED, backend=begin_with(tries.seed),
    )  # fmt: skip
    run_machine(runs, settings=limits)
    for aim, run in tested.shortest.items():
        if not aim.premise:
            tested.shortened[aim] = watch.shortened(run, aim)
    return tested


def some_steps(ground: GroundMachine, rng: random.Random) -> Iterator[Step]:
    """Every action with every choice of its parameters, but for sets of many processors only some."""

    def choices(parameter: Parameter) -> Sequence[int]:
        n = ground.scope.processors
        if not isinstance(parameter, Processors) or n <= FEW_PROCESSORS:
            return ground.choices(parameter)
        everybody = ground.scope.everybody
        drawn = (rng.randrange(1, everybody) for _ in range(n))
        return sorted({everybody, *(everybody & ~(1 << i) for i in range(n)), *(1 << i for i in range(2)), *drawn})

    for action in ground.machine.actions:
        for choice in product(*(choices(one) for one in action.parameters.values())):
            yield ground.step(action, dict(zip(action.parameters, choice, strict=True)))


class Run(RuleBasedStateMachine):
    """One run: where it is, and which steps may be drawn next. Subclasses have a rule for each action."""

    ground: ClassVar[GroundMachine]
    compiled: ClassVar[CompiledMachine]
    steps: ClassVar[Sequence[Step]]
    watch: ClassVar[Watch]
    tested: ClassVar[Sampled]
    leading: ClassVar[set[int]]
    """The slots of `PROGRESS`."""

    def __init__(self) -> None:
        super().__init__()
        self.here = Integers(self.ground, self.ground.initial)
        self.taken: list[Step] = []
        self.seen: set[Aim] = set()
        self.choices: dict[str, list[Step]] = {}
        self.rough_one_in, self.idle_count, self.without = 1, 0, set[str]()
        self.tested.begin()

    @initialize(data=st.data())
    def begin(self, data: Any) -> None:
        """Draw how rough the run is, and what it does without."""
        self.rough_one_in = data.draw(st.sampled_from(ROUGH_ONE_IN))
        features = sorted(self.ground.machine.features)
        self.without = {feature for feature in features if data.draw(st.booleans())}
        self._choose(rough=True)

    @invariant()
    def claims_hold(self) -> None:
        """Note what the state shows."""
        self._note(self.watch.at_state(self.here))

    def take(self, action: str, data: Any) -> None:
        """Draw a step of the action and take it; then draw whether the next one is rough."""
        step = data.draw(st.sampled_from(self.choices[action]))
        self.taken.append(step)
        self.tested.steps_count += 1
        self._note(self.watch.at_step(step, self.here))
        self.here = Integers(self.ground, self.compiled.after(step, self.here.state))
        self._choose(rough=data.draw(st.sampled_from(range(self.rough_one_in))) == 0)

    def _note(self, shown: Iterator[Probe]) -> None:
        for aim in {probe.aim for probe in shown} - self.seen:
            self.seen.add(aim)
            self.tested.shown[aim] = self.tested.shown.get(aim, 0) + 1
            if aim not in self.tested.shortest or len(self.taken) < len(self.tested.shortest[aim]):
                self.tested.shortest[aim] = list(self.taken)

    def _choose(self, *, rough: bool) -> None:
        """Find the steps that may be drawn next, by action."""
        enabled = [
            step for step in self.steps
            if step.action.rule.feature not in self.without
            and self.compiled.is_searched(step, self.here.state)
        ]  # fmt: skip
        progress = [step for step in enabled if self._changes(step, self.leading)]
        self.idle_count = 0 if progress else self.idle_count + 1
        impatient = self.idle_count > self.rough_one_in // PATIENCE
        own = [step for step in enabled if step.action.rule.kind is not Kind.ENVIRONMENT and self._changes(step)]
        self.choices = {}
        for step in enabled if rough or impatient else progress or own or enabled:
            self.choices.setdefault(step.action.name, []).append(step)

    def _changes(self, step: Step, grow: set[int] | None = None) -> bool:
        """Whether the step changes anything, or puts somebody into one of the slots that are to grow."""
        before, after = self.here.state, self.compiled.after(step, self.here.state)
        return after != before if grow is None else any(after[slot] & ~before[slot] for slot in grow)


def rule_machine(ground: GroundMachine, steps: Sequence[Step], watch: Watch, tested: Sampled) -> type[Run]:
    """The state machine for Hypothesis: one rule an action."""
    body: dict[str, Any] = {"ground": ground, "steps": steps, "watch": watch, "tested": tested}
    body["compiled"] = CompiledMachine(ground)
    body["leading"] = {slot for (name, _), slot in ground.slots.items() if name in PROGRESS}
    rules = {f"rule_{action.name}": _rule(action.name) for action in ground.machine.actions}
    return type("Runs", (Run,), body | rules)


def _rule(action: str) -> Any:
    def take(self: Run, data: Any) -> None:
        if self.choices:
            self.take(action, data)

    def is_chosen(self: Run) -> bool:
        return action in self.choices or not self.choices

    # Hypothesis switches rules off at random by the name of their function, and gives up a run that has none left. All
    # share one name, so none is ever off: a run without install would reach nothing.
    return precondition(is_chosen)(rule(data=st.data())(take))
