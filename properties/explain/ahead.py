"""What can happen from one state on, followed on integers: for claims about what can still be reached, and how soon.

The exhaustive engine decides such claims backwards, on all states at once (`liveness.py`); here one state is followed
forwards, step by step, so that the end of a run can be judged without a search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from model.language.ground import Bitmaps, GroundMachine, Integers, Step
from model.language.machine import Kind
from model.language.sorts import Index
from properties.catalogue.claim import Bound, Statement

MOST_STATES = 20_000
"""More states than this are not followed by hand."""
Came = dict[Bitmaps, tuple[Bitmaps, Step] | None]
"""Each state that was reached: from where, and by which step."""
Runs = dict[Bitmaps, list[Step]]
"""Each state that was reached: by which run."""


class TooFarError(Exception):
    """What lies ahead is too much to follow."""


@dataclass(frozen=True)
class Ahead:
    """What lies ahead: a run to the goal if there is one, and how many states were looked at."""

    run: list[Step] | None
    states: int


def is_true(ground: GroundMachine, statement: Statement, ring: Index) -> Callable[[Bitmaps], bool]:
    """Whether a statement (now, r) about this ring holds in a state."""
    term = ground.truth(statement(ground.machine.state(), ring))
    return lambda state: Integers(ground, state).truth(term)


def towards(ground: GroundMachine, state: Bitmaps, by: Iterable[str], goal: Callable[[Bitmaps], bool]) -> Ahead:
    """A shortest run from this state to the goal, by steps of these actions alone."""
    steps = steps_named(ground, by)
    came: Came = {state: None}
    for here in (queue := [state]):
        if goal(here):
            return Ahead(_run(came, here), len(came))
        for step, after in changes(ground, here, steps):
            if after not in came:
                came[after] = (here, step)
                queue.append(after)
        if len(queue) > MOST_STATES:
            raise TooFarError(f"more than {MOST_STATES:,} states lie ahead of the last one: too many to follow")
    return Ahead(None, len(came))


def overlong(ground: GroundMachine, state: Bitmaps, bound: Bound, ring: Index) -> list[Step] | None:
    """A run from this state that has more visits than the bound allows and does not reach the goal, or gets stuck."""
    member = state[ground.slots["member", (ring.value or 0,)]]
    queue = sum(is_true(ground, needs, ring)(state) for needs in bound.needs)
    premise, goal = is_true(ground, bound.premise, ring), is_true(ground, bound.goal, ring)
    visits, sends = (
        [step for step in steps_named(ground, names) if step.arguments["r"] == ring.value]
        for names in (bound.visits, bound.sends)
    )
    runs: Runs = {state: []}
    for _ in range(bound.limit(member.bit_count(), queue) + 1):
        runs = _waiting(ground, runs, sends, lambda here: premise(here) and not goal(here))
        for here, run in runs.items():
            if not any(changes(ground, here, [*visits, *sends])):
                return run
        runs = {after: [*run, step] for here, run in runs.items() for step, after in changes(ground, here, visits)}
    return next(iter(runs.values()), None)


def is_deadlock(ground: GroundMachine, state: Bitmaps) -> bool:
    """Whether no step but the adversary's changes the state."""
    ours = (action.name for action in ground.machine.actions if action.rule.kind is not Kind.ENVIRONMENT)
    return not any(changes(ground, state, steps_named(ground, ours)))


def changes(ground: GroundMachine, state: Bitmaps, steps: Sequence[Step]) -> Iterator[tuple[Step, Bitmaps]]:
    """The steps that are enabled and change the state, each with the state after it."""
    for step in steps:
        if not ground.refusals(step, state) and (after := ground.after(step, state)) != state:
            yield step, after


def steps_named(ground: GroundMachine, names: Iterable[str]) -> list[Step]:
    """Every step of these actions, as far as the machine has them."""
    wanted = set(names)
    return [step for one in ground.machine.actions if one.name in wanted for step in ground.steps_of(one)]


def _waiting(ground: GroundMachine, runs: Runs, sends: list[Step], waits: Callable[[Bitmaps], bool]) -> Runs:
    """Of these runs, and of all that sending makes of them, those that still wait for the goal."""
    found = {here: run for here, run in runs.items() if waits(here)}
    for here in (queue := list(found)):
        for step, after in changes(ground, here, sends):
            if after not in found and waits(after):
                found[after] = [*found[here], step]
                queue.append(after)
    return found


def _run(came: Came, state: Bitmaps) -> list[Step]:
    run: list[Step] = []
    while origin := came[state]:
        state, step = origin
        run.append(step)
    return run[::-1]
