"""The obligations of a rank (`properties/catalogue/progress.py`) as TPTP: that a goal is reached at last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model.language.machine import Action
from model.language.sets import Processor, Truth
from model.language.signature import Parameter
from model.language.sorts import Index, Ring
from model.language.state import State
from properties.catalogue.claim import Claim, Reach
from properties.catalogue.progress import IN_SOME_STATE, Progress, parameters_of_steps, said_of
from properties.tptp.obligations import After, Obligations, Page, Problem, claims_about, guard_of

RING = Ring("of the claim")


def problems(of: Obligations) -> Iterator[Problem]:
    """Every obligation of a machine: of invariants, of steps and of ranks."""
    yield from of.base()
    for action in of.machine.actions:
        yield from of.of(action)
    yield from ranks(of)


def ranks(of: Obligations) -> Iterator[Problem]:
    """The obligations about ranks of the claims about a machine."""
    for claim in claims_about(of.name):
        if claim.reach and claim.reach.progress:
            yield from Rank(of, claim, claim.reach, claim.reach.progress).problems()


class Rank:
    """Those of one claim."""

    def __init__(self, of: Obligations, claim: Claim, reach: Reach, progress: Progress) -> None:
        self.of, self.claim, self.reach, self.progress = of, claim, reach, progress
        self.fair = [action for action in of.machine.actions if action.name in progress.helps]

    def problems(self) -> Iterator[Problem]:
        """All of them."""
        yield self._some_step_helps()
        for action in self.of.machine.actions:
            yield from self._of_any_step(action)
        for action in self.fair:
            yield from self._of_a_helpful_step(action)

    def _some_step_helps(self) -> Problem:
        now, page = self.of.now, Page(self.of)
        page.assume("pending", [self._is_pending(now)])
        goals = list[str]()
        for fair in self.fair:
            chosen = self._another(fair)
            helps = self._helps(fair, now, chosen)
            goals.append(page.read.for_some(chosen.values(), helps))
        return page.written(self.claim.id, "some fair step helps", IN_SOME_STATE, " | ".join(goals))

    def _of_any_step(self, action: Action) -> Iterator[Problem]:
        """It does not raise the rank; and what helps goes on helping, or the rank is lowered."""
        then = After(action)
        before, after = action.now, then.state
        kept = self._step(action, then, self._is_pending(after))
        yield kept.problem(
            self.claim.id, "no step raises the rank", action.name, self.progress.is_kept(before, after, RING)
        )
        lowered = self.progress.is_lowered(before, after, RING)
        for fair in self.fair:
            chosen = self._another(fair)
            page = self._step(action, then, self._helps(fair, before, chosen), self._is_pending(after), ~lowered)
            goes_on = self._helps(fair, after, chosen)
            yield page.problem(self.claim.id, f"{fair.name} goes on helping", action.name, goes_on)

    def _of_a_helpful_step(self, action: Action) -> Iterator[Problem]:
        """It is enabled and spoken of, leaves the premise true, and lowers the rank, or it reaches the goal."""
        helps, then = self._helps(action, action.now, action.parameters), After(action)
        anywhere = Page(self.of)
        anywhere.assume("pending", [self._is_pending(action.now), helps])
        yield anywhere.problem(self.claim.id, "a step that helps is enabled", action.name, guard_of(action))
        if action.name in self.progress.unless:
            label = "a step that helps is one that the claim speaks of"
            yield anywhere.problem(self.claim.id, label, action.name, self._is_spoken_of(action))
        premise, goal = self.reach.premise(then.state, RING), self.reach.goal(then.state, RING)
        stays = self._step(action, then, helps)
        yield stays.problem(self.claim.id, "a step that helps leaves the premise true", action.name, premise | goal)
        lowered = self.progress.is_lowered(action.now, then.state, RING)
        short_of_it = self._step(action, then, helps, ~goal)
        yield short_of_it.problem(self.claim.id, "a step that helps lowers the rank", action.name, lowered)

    def _step(self, action: Action, then: After, *more: Truth) -> Page:
        """A step of which the claim speaks, from where the ring is pending."""
        page = Page(self.of, then)
        spoken_of = [self._is_spoken_of(action)] if action.name in self.progress.unless else []
        page.assume("pending", [self._is_pending(action.now), *spoken_of, *more])
        return page

    def _is_pending(self, state: State) -> Truth:
        return self.reach.premise(state, RING) & ~self.reach.goal(state, RING)

    def _helps(self, fair: Action, state: State, parameters: Mapping[str, Parameter]) -> Truth:
        return said_of(self.progress.helps[fair.name], state, RING, parameters)

    def _is_spoken_of(self, action: Action) -> Truth:
        return ~said_of(self.progress.unless[action.name], action.now, RING, action.parameters)

    def _another(self, fair: Action) -> dict[str, Parameter]:
        """Parameters of a second step, of which only the names differ."""
        asked = parameters_of_steps(self.progress.helps[fair.name])
        return {name: _second(fair.parameters[name], f"{name} of {fair.name}") for name in asked}


def _second(one: Parameter, name: str) -> Parameter:
    if isinstance(one, Index):
        return one.sort(name)
    if isinstance(one, Processor):
        return Processor.named(name)
    raise TypeError(f"whether a step helps depends on {one.name}, which is any set of processors")
