"""How many steps a second lockstep takes, beside a plain Hypothesis rule-based machine; how fast simulated runs are.

Lockstep drives the reference and the model and compares them after every event. The Hypothesis machine has one rule an
action, draws its parameters, and takes the step where the guard allows it: the model alone, no implementation and no
comparison. Both walk the same machine at the same sizes, on one core.

A simulated run is judged, and followed by the machine. How many simulated seconds that makes in a processor second, and
a campaign of `ringplug simulate` on all cores in a second of real time with the start of its processes, depends on how
much happens in them: 40 messages a second, and the faults of a campaign.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from rich.table import Table

from model.language.machine import Parameter
from model.language.sets import Processor, Processors
from properties.collecting import collect_seldom
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.follower import ScopedMachine
from properties.lockstep.run import HANDLES, RINGS, Plan, run
from properties.simulate import campaign
from properties.simulate.run import run as simulate
from properties.terminal import report

SIZES = (2, 3, 5, 12)
STEPS = 20_000
EXAMPLES, STEPS_AN_EXAMPLE = 30, 200
CAMPAIGNS, MEMBERS, SECONDS, MESSAGES, SEEDS, CAMPAIGN_SEEDS = (
    ("none", "light", "heavy"),
    5,
    10,
    40,
    range(4),
    range(60),
)


class Walk:
    """The model on integers, and how many steps were tried and taken."""

    def __init__(self, members: int) -> None:
        self.scoped = ScopedMachine(members, HANDLES, RINGS)
        self.tried_count = self.taken_count = 0

    def strategy(self, parameter: Parameter) -> st.SearchStrategy[int]:
        """Values of a parameter."""
        scope = self.scoped.ground.scope
        match parameter:
            case Processor():
                return st.integers(0, scope.processors - 1)
            case Processors():
                return st.integers(1, scope.everybody)
            case _:
                return st.integers(0, scope.sizes[parameter.sort] - 1)

    def machine(self) -> type[RuleBasedStateMachine]:
        """The rule-based machine: a rule an action."""
        ground = self.scoped.ground

        def begin(machine: Any) -> None:
            RuleBasedStateMachine.__init__(machine)
            machine.state = ground.initial

        def body(action: str) -> Callable[..., None]:
            def take(machine: Any, **given: int) -> None:
                step = self.scoped.step(action, given)
                self.tried_count += 1
                if self.scoped.compiled.is_enabled(step, machine.state):
                    machine.state = self.scoped.compiled.after(step, machine.state)
                    self.taken_count += 1

            return take

        rules: dict[str, object] = {}
        for name, action in self.scoped.actions.items():
            drawn: dict[str, Any] = {word: self.strategy(parameter) for word, parameter in action.parameters.items()}
            rules[name] = rule(**drawn)(body(name))
        return type("ModelWalk", (RuleBasedStateMachine,), {"__init__": begin, **rules})


def lockstep_rate(members: int) -> float:
    """Events a second, of lockstep with the reference."""
    ran = run(Plan(members, 0, STEPS), ReferenceLayer)
    if ran.divergence:
        raise SystemExit("\n".join(ran.divergence.lines()))
    return ran.steps / ran.seconds


def hypothesis_rates(members: int) -> tuple[float, float]:
    """Steps tried and taken a second, of the rule-based machine."""
    walk = Walk(members)
    chosen = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS_AN_EXAMPLE, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    began = time.perf_counter()
    run_state_machine_as_test(walk.machine(), settings=chosen)
    seconds = time.perf_counter() - began
    return walk.tried_count / seconds, walk.taken_count / seconds


def simulated_rate(faults: str) -> float:
    """Simulated seconds a processor second, of runs that are judged and followed."""
    plan, simulated_us, began = campaign.Plan(faults, MEMBERS, SECONDS, MESSAGES), 0, time.process_time()
    for seed in SEEDS:
        ran = simulate(plan.script(seed))
        if ran.violated:
            raise SystemExit(f"{plan.command(seed)} violates {', '.join(ran.violated)}")
        simulated_us += ran.ended_us
    return simulated_us / 1e6 / (time.process_time() - began)


def campaign_rate(faults: str) -> float:
    """Simulated seconds a second of real time, of a campaign on all cores."""
    began = time.perf_counter()
    tally = campaign.campaign(campaign.Plan(faults, MEMBERS, SECONDS, MESSAGES), CAMPAIGN_SEEDS, lambda *words: None)
    if tally.failures or tally.lost:
        raise SystemExit(f"{[one.command for one in tally.failures]} violated, {tally.lost} lost")
    return tally.simulated_us / 1e6 / (time.perf_counter() - began)


def main() -> int:
    """Print a row for each size, and one for each campaign."""
    collect_seldom()
    headings = ("members", "lockstep steps/s", "Hypothesis tries/s", "Hypothesis steps/s", "times as many")
    table = Table(*headings, box=None)
    for members in SIZES:
        ours, (tried, taken) = lockstep_rate(members), hypothesis_rates(members)
        table.add_row(str(members), f"{ours:,.0f}", f"{tried:,.0f}", f"{taken:,.0f}", f"{ours / taken:.1f}")
    report.out().print(table)
    simulated = Table("faults", "members", "simulated s/processor s", "on all cores, s/s", box=None)
    for faults in CAMPAIGNS:
        simulated.add_row(faults, str(MEMBERS), f"{simulated_rate(faults):.1f}", f"{campaign_rate(faults):.1f}")
    report.out().print(simulated)
    return 0


if __name__ == "__main__":
    sys.exit(main())
