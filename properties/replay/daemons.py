"""The model's shortest run of a variant as a plan for real daemons: rings to be formed, and a schedule for the switch.

What a daemon does by itself is left to it: rings form, packets that are queued go out, recovery sends again. What the
adversary of the model does is done to frames: who loses a message, whose token goes no further, which token arrives
once more, who can hear whom. Processor p is node p + 1. A run with something that no frame shows is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from model.language.machine import Edit, Guard
from model.language.sets import Processors, every, implies, several, some, within
from model.language.sorts import Ring
from model.machines import DELIVERY, PARTS
from model.parts.state import PartsState
from model.variants import Variant
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.corosync.laboratory.plan import (
    Again,
    Await,
    FrameStep,
    Heal,
    Lift,
    Lose,
    Plan,
    Scheduled,
    Settle,
    Split,
    Step,
    Traffic,
    Wait,
)
from properties.corosync.laboratory.schedule import ANYONE
from properties.explicit.exhaustive import explore, found_trace
from properties.traces.trace import Trace, TraceStep, machine_text, members
from properties.words import unknown

JUDGED: Mapping[str, tuple[str, ...]] = {"EVS-4": ("EVS-4",), "PART-S1": ("EVS-4", "EVS-5", "EVS-6.3")}
"""Of each claim that can be replayed: the claims about histories of which a run violates one."""
BYTES: Mapping[str, int] = {DELIVERY: 100, PARTS: 60_000}
"""How long a message is: it fits one packet, or is of more than a member may send in one visit of the token."""
SCOPE = (3, 1, 2)
IDLE_MS, SETTLE_MS = 200, 30_000
LAST_BYTES = 100


class ReplayError(Exception):
    """A run of the model that cannot be done to daemons, and why."""


class Timings(msgspec.Struct, frozen=True):
    """What the model leaves open, in ms."""

    again_ms: int = 10
    """Before a token arrives once more."""
    change_ms: int = 20
    """Before the ring changes."""


def shortest(variant: str, claim: str) -> Trace:
    """The shortest run of the variant that violates the claim; of parts, the shortest that daemons can be made to take.

    ReplayError: no claim that a history shows, or there is no such run.
    """
    if claim not in JUDGED:
        raise ReplayError(unknown("claim that can be replayed on daemons", claim, JUDGED))
    name = CLAIMS[claim].machine
    text = Variant("", "", edits=(Edit("change", write=for_daemons),)).edit(machine_text(name, variant))
    scope = NamedScope(*SCOPE, frozenset(), name)
    found = explore(text.record(frozenset()), scope.ground, [CLAIMS[claim]])
    if (violation := found.outcomes[claim].violation) is None:
        raise ReplayError(f"{variant} does not violate {claim} at {scope.title}")
    return found_trace(found, violation, name, variant, claim)


def for_daemons(now: PartsState, then: PartsState, members: Processors) -> Guard:
    """A ring of one sends no frame; and when rings part and join at one moment, daemons often form others between."""
    left = every(Ring, lambda x: implies(some(members & now.installed[x]), within(now.installed[x], members)))
    yield "it has several members", several(members)
    yield "nobody is left behind", left


@dataclass
class Translation:
    """A run of the model on its way to a plan: what has been said so far."""

    trace: Trace
    timings: Timings
    before: list[Step] = field(default_factory=list[Step])
    """How the first ring is formed."""
    frames: list[FrameStep] = field(default_factory=list[FrameStep])
    sends: Counter[int] = field(default_factory=Counter[int])
    groups: list[list[int]] = field(default_factory=list[list[int]])
    at: int = 0

    @property
    def nodes(self) -> list[int]:
        return list(range(1, self.trace.scope.processors + 1))

    def others(self, node: int) -> list[int]:
        return [other for other in self.nodes if other != node]

    def whole(self) -> Translation:
        """With every step; ReplayError names the one that cannot be done."""
        actions = ACTIONS.get(self.trace.machine)
        if actions is None:
            raise ReplayError(unknown("machine that can be replayed on daemons", self.trace.machine, ACTIONS))
        for number, step in enumerate(self.trace.steps):
            self.at = number
            if step.action not in actions:
                raise ReplayError(
                    f"step {self.at + 1}, {step.action}: nothing that is done to frames makes daemons do it"
                )
            actions[step.action](self, step)
        if not self.frames:
            raise ReplayError("the run has no message, so there is no frame to wait for")
        return self

    def later(self) -> list[TraceStep]:
        """The steps that follow."""
        return self.trace.steps[self.at + 1 :]

    def passed_before(self, node: int) -> int | None:
        """Who sent the token to this one, if anybody did."""
        passed = [_node(one) for one in self.trace.steps[: self.at] if one.action == "pass_token"]
        return next((one for one in reversed(passed) if one != node), None)

    def refuse(self, why: str) -> None:
        raise ReplayError(f"step {self.at + 1}, {self.trace.steps[self.at].action}: {why}")


def _node(step: TraceStep, name: str = "p") -> int:
    value = step.arguments[name]
    if not isinstance(value, int):
        raise ReplayError(f"{step.action}: {name} is not one processor")
    return value + 1


def _some(step: TraceStep, name: str) -> list[int]:
    value = step.arguments[name]
    return [one + 1 for one in (members(value) if isinstance(value, int) else value)]


def _ring(run: Translation, step: TraceStep) -> None:
    """A ring of these members: the first is formed at leisure, the next by parting or joining the network."""
    inside = _some(step, "members")
    if len(inside) == 1:
        run.refuse("a ring of one sends no frame")
    run.groups = [part for part in (inside, [node for node in run.nodes if node not in inside]) if part]
    if run.frames:
        run.frames += [Wait(run.timings.change_ms), Split(run.groups), Await("join", ANYONE), Lift()]
    else:
        run.before += [Split(run.groups), Settle()]


def _by_itself(run: Translation, step: TraceStep) -> None:
    """The daemons do it."""
    if step.arguments.get("lost"):
        run.refuse("what is lost in recovery is not chosen")


def _message(run: Translation, step: TraceStep) -> None:
    """The sender has a message to send; the frame does not reach those where it is lost."""
    sender, lost = _node(step), _some(step, "lost")
    run.sends[sender] += 1
    run.frames += [*([Lose("mcast", sender, lost)] if lost else []), Await("mcast", sender)]


def _token_leaves(run: Translation, step: TraceStep) -> None:
    """The token goes to the next member, or no further if nobody accepts it in the rest of the run.

    The daemon that sent it before would send it again by itself, which happens only where the run says so.
    """
    sender = _node(step)
    accepted = [one for one in run.later() if one.action == "pass_token" and one.arguments["r"] == step.arguments["r"]]
    if any(_node(one) == sender for one in accepted):
        run.refuse("the token goes round more than once")
    sent, lost = Await("token", sender), Lose("token", sender, run.others(sender))
    run.frames += [sent, lost] if accepted else [lost, sent]


def _token_again(run: Translation, step: TraceStep) -> None:
    """The token that the member before has sent arrives once more."""
    if (before := run.passed_before(_node(step))) is None:
        run.refuse("nobody has passed the token to it")
    else:
        run.frames += [Wait(run.timings.again_ms), Again("token", before, _node(step))]


def _first_part(run: Translation, step: TraceStep) -> None:
    """A message of more packets than one visit allows; then the token goes no further."""
    if any(one.action.startswith("send_rest") and one.arguments["r"] == step.arguments["r"] for one in run.later()):
        run.refuse("its rest is sent in the same ring")
    _message(run, step)
    run.frames.append(Lose("token", _node(step), run.others(_node(step))))


def _rest_and_another(run: Translation, step: TraceStep) -> None:
    """The rest goes out by itself; another message stands behind it in the queue."""
    _by_itself(run, step)
    run.sends[_node(step)] += 1


Action = Callable[[Translation, TraceStep], None]
ACTIONS: Mapping[str, Mapping[str, Action]] = {
    DELIVERY: {
        "create_commit_token": _ring, "multicast": _message, "pass_token": _token_leaves, "token_again": _token_again,
        **dict.fromkeys(
            ("pass_commit_token", "enter_recovery", "create_first_token", "send_again", "settle", "install_ring"),
            _by_itself,
        ),
    },
    PARTS: {
        "change": _ring, "begin": _first_part, "send_rest": _by_itself, "send_rest_and_another": _rest_and_another,
    },
}  # fmt: skip
"""What each action of a machine is on daemons; the others are refused."""


def plan_of(trace: Trace, seed: int, timings: Timings, binary: str = "") -> Plan:
    """The plan that does to daemons what the run of the model says; ReplayError if it has no such plan."""
    run = Translation(trace, timings).whole()
    scheduled = Scheduled(run.frames, dict(run.sends), BYTES[trace.machine], run.groups)
    steps: list[Step] = [
        Settle(SETTLE_MS), *run.before, Wait(IDLE_MS), scheduled, Settle(), Heal(), Settle(),
    ]  # fmt: skip
    return Plan(
        f"replay of {trace.variant}", len(run.nodes), seed, "light", "udpu", "tap",
        Traffic(0.0, LAST_BYTES, LAST_BYTES, mixed=False), steps, binary=binary,
    )  # fmt: skip
