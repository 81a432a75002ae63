"""Proof that a goal is reached at last, for any number: the obligations of a rank (`properties.catalogue.progress`).

Asked under the invariants that are proved of the machine. Beside the ring of the claim and the step of an action, a
step of a fair action may be spoken of, which goes on helping; its parameters are of the names in `another`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import z3

from model.language.machine import Action
from model.language.sets import TRUE, Processor, Truth, all_of, implies
from model.language.signature import Parameter
from model.language.sorts import Index, Ring
from model.language.state import State
from properties.catalogue.claim import Claim, Reach
from properties.catalogue.progress import IN_SOME_STATE, Progress, parameters_of_steps, said_of
from properties.symbolic.round import Failure, Round

RING = Ring("ring")
"""The ring that the claim is about."""
SOME_STEP_HELPS = "some fair step helps"
IS_NOT_RAISED, IS_ENABLED, IS_SPOKEN_OF, STAYS, IS_LOWERED = (
    "no step raises the rank", "a step that helps is enabled", "a step that helps is one that the claim speaks of",
    "a step that helps leaves the premise true", "a step that helps lowers the rank",
)  # fmt: skip


def progress(round_: Round, of: Collection[str] | None = None) -> Iterator[Failure]:
    """The obligations about ranks that are not met, of claims about the round's machine or some of them."""
    for claim in round_.claims:
        if claim.machine == round_.name and (of is None or claim.id in of) and claim.reach and claim.reach.progress:
            yield from LeadsTo(round_, claim, claim.reach, claim.reach.progress).failures()


class LeadsTo:
    """A claim's obligations about a rank, in one round of a proof."""

    def __init__(self, round_: Round, claim: Claim, reach: Reach, progress: Progress) -> None:
        self.round, self.claim, self.reach, self.progress = round_, claim, reach, progress
        self.fair = {action.name: action for action in round_.machine.actions if action.name in progress.helps}

    def failures(self) -> Iterator[Failure]:
        """The obligations that are not met."""
        yield from self._some_step_helps()
        for action in self.round.machine.actions:
            yield from self._is_not_raised(action)
            lowered = self.progress.is_lowered(action.now, action.then, RING)
            for fair in self.fair.values():
                yield from self._goes_on_helping(fair, action, lowered)
        for action in self.fair.values():
            yield from self._helps(action)

    def _some_step_helps(self) -> Iterator[Failure]:
        now, solver = self.round.now, self._pending(self.round.now)
        nothing = [self._never(now, action) for action in self.fair.values()]
        yield from self.round.ask(solver, self.claim.id, SOME_STEP_HELPS, z3.Not(z3.And(*nothing)), IN_SOME_STATE)

    def _never(self, now: State, fair: Action) -> z3.BoolRef:
        """No step of the fair action helps."""
        chosen = self._another(fair)
        return z3.ForAll(
            [self.round.constant(one) for one in chosen.values()], z3.Not(self._read(self._helping(now, fair, chosen)))
        )

    def _is_not_raised(self, action: Action) -> Iterator[Failure]:
        kept = self.progress.is_kept(action.now, action.then, RING)
        solver = self.round.nothing if kept is TRUE else self._step(action, self._goes_on(action.then))
        yield from self._ask(solver, IS_NOT_RAISED, kept, action)

    def _helps(self, action: Action) -> Iterator[Failure]:
        """What is asked of a step that helps."""
        helps = self._helping(action.now, action, action.parameters)
        anywhere = self._pending(action.now, helps)
        yield from self._ask(anywhere, IS_ENABLED, all_of(part for _, part in action.guard), action)
        if action.name in self.progress.unless:
            yield from self._ask(anywhere, IS_SPOKEN_OF, self._is_spoken_of(action), action)
        premise, goal = self.reach.premise(action.then, RING), self.reach.goal(action.then, RING)
        yield from self._ask(self._step(action, helps), STAYS, premise | goal, action)
        lowered = self.progress.is_lowered(action.now, action.then, RING)
        yield from self._ask(self._step(action, helps, ~goal), IS_LOWERED, lowered, action)

    def _goes_on_helping(self, fair: Action, action: Action, lowered: Truth) -> Iterator[Failure]:
        chosen, label = self._another(fair), f"{fair.name} goes on helping"
        helps, helps_then = (self._helping(state, fair, chosen) for state in (action.now, action.then))
        if helps_then is helps:
            yield from self._ask(self.round.nothing, label, implies(helps, helps_then), action)
        else:
            solver = self._step(action, helps, self._goes_on(action.then), ~lowered)
            yield from self._ask(solver, label, helps_then, action)

    def _goes_on(self, state: State) -> Truth:
        """The ring is pending: the premise holds of it, and the goal does not."""
        return self.reach.premise(state, RING) & ~self.reach.goal(state, RING)

    def _helping(self, now: State, fair: Action, parameters: Mapping[str, Parameter]) -> Truth:
        return said_of(self.progress.helps[fair.name], now, RING, parameters)

    def _another(self, fair: Action) -> dict[str, Parameter]:
        return another(fair, parameters_of_steps(self.progress.helps[fair.name]))

    def _is_spoken_of(self, action: Action) -> Truth:
        return ~said_of(self.progress.unless[action.name], action.now, RING, action.parameters)

    def _pending(self, now: State, *more: Truth) -> z3.Solver:
        return self.round.assume(self._goes_on(now), *more)

    def _step(self, action: Action, *more: Truth) -> z3.Solver:
        """A step of which the claim speaks, from where the ring is pending."""
        spoken_of = [self._is_spoken_of(action)] if action.name in self.progress.unless else []
        return self._pending(action.now, *(part for _, part in action.guard), *spoken_of, *more)

    def _ask(self, solver: z3.Solver, label: str, statement: Truth, action: Action) -> Iterator[Failure]:
        yield from self.round.ask(solver, self.claim.id, label, self._read(statement), action)

    def _read(self, truth: Truth) -> z3.BoolRef:
        return self.round.read.truth(truth)


def another(action: Action, asked: Sequence[str]) -> dict[str, Parameter]:
    """Other parameters of the same sorts and of these names, for a second step."""
    return {name: _renamed(action.parameters[name], f"another {name}") for name in asked}


def _renamed(one: Parameter, name: str) -> Parameter:
    if isinstance(one, Index):
        return one.sort(name)
    if not isinstance(one, Processor):
        raise TypeError(f"whether a step helps depends on {one.name}, which is any set of processors")
    return Processor.named(name)
