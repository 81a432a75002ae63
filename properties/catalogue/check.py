"""What a claim says when its statements are read: it must say something, of variables and actions that there are.

Engines ask this of the claims that they are given. Names of machines, features and actions were looked up when the
claim was stated.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import chain

from model.language.mistakes import TextError, kind_of, mistake_in, nearest
from model.language.product import Product
from model.language.sets import TRUE, Set, Truth
from model.language.signature import Parameter, parameter
from model.language.sorts import Handle, Ring
from model.language.state import State
from model.machines import MACHINES
from model.variants import VARIANTS
from properties.catalogue.claim import Bound, Claim, Part, Reach, actions_for
from properties.catalogue.progress import Progress

Statement = Callable[..., Truth | Set]


def check_claims(claims: Iterable[Claim]) -> None:
    """Refuse claims that do not say anything, or whose mutant there is not."""
    for claim in claims:
        if not (claim.parts or claim.reach or claim.bound or claim.witness):
            raise TextError(claim.place, f"claim {claim.id} has no part: it says nothing")
        if claim.mutant not in VARIANTS:
            raise TextError(claim.place, f"there is no variant {claim.mutant!r}{nearest(claim.mutant, VARIANTS)}")
        for part in (*claim.parts, *([claim.witness] if claim.witness else [])):
            _check_part(claim.machine, part)
        if claim.reach:
            _check_reach(claim.machine, claim.reach)
        if claim.bound:
            _check_bound(claim.machine, claim.bound)


@cache
def _check_part(machine: str, part: Part) -> None:
    """It is a statement of a state, or of a step and some of the action's parameters."""
    if not part.of_steps:
        _check(machine, part.statement, ("now",), {})
        return
    sorts = _sorts(machine, part.at) if part.at else {}
    parameters = {name: parameter(sort, name) for name, sort in sorts.items()}
    of_the_whole = {"follows": TRUE} if isinstance(MACHINES[machine], Product) else dict[str, Truth]()
    _check(machine, part.statement, ("now", "then"), {**parameters, **of_the_whole}, part.at)


def _sorts(machine: str, action: str) -> dict[str, type[Parameter]]:
    """The parameters of an action of a machine, or of one that a variant adds."""
    added = (rule for variant in VARIANTS.values() for rule in variant.adds if rule.name == action)
    sorts = [MACHINES[machine].sorts(action), *(rule.parameters for rule in added)]
    return next((one for one in sorts if one), sorts[0])


@cache
def _check_reach(machine: str, reach: Reach) -> None:
    for statement in (reach.premise, reach.goal):
        _check(machine, statement, ("now", "r"), {})
    if reach.stuck:
        _check(machine, reach.stuck, ("now",), {})
    _check_actions(machine, reach.by, reach.premise)
    if reach.progress:
        _check_progress(machine, reach, reach.progress)


def _check_progress(machine: str, reach: Reach, progress: Progress) -> None:
    """Its fair actions are those that lead to the goal, and what it says of steps is said of their parameters."""
    if set(progress.helps) != set(reach.by):
        raise mistake_in(reach.premise, "the fair actions are not those by which the goal is reached")
    for action, statement in (*progress.helps.items(), *progress.unless.items()):
        _check_actions(machine, [action], statement)
        parameters = {name: parameter(sort, name) for name, sort in _sorts(machine, action).items()}
        _check(machine, statement, ("now", "ring"), parameters, action)
    for one in chain.from_iterable(progress.rank):
        _check(machine, one, ("now", "ring"), {"h": Handle("h")}, "the rank", is_a=Set)


@cache
def _check_bound(machine: str, bound: Bound) -> None:
    for statement in (bound.premise, bound.goal, *bound.needs):
        _check(machine, statement, ("now", "r"), {})
    _check(machine, bound.members, ("now", "r"), {}, is_a=Set)
    _check_actions(machine, (*bound.visits, *bound.sends), bound.premise)


def _check_actions(machine: str, names: Iterable[str], of: Statement) -> None:
    known = actions_for(machine)
    for name in names:
        if name not in known:
            raise mistake_in(of, f"the machine {machine} has no action {name!r}{nearest(name, known)}")


def _check(
    machine: str, statement: Statement, first: tuple[str, ...], parameters: Mapping[str, Parameter | Truth],
    at: str | None = None, is_a: type[Truth | Set] = Truth,
) -> None:  # fmt: skip
    """It takes these states and parameters, assigns to none, and returns a Truth."""
    names = list(inspect.signature(statement).parameters)
    if len(names) < len(first) or (not parameters and len(names) > len(first)):
        raise mistake_in(statement, f"takes ({', '.join(names)}), and should take ({', '.join(first)})")
    for name in names[len(first) :]:
        if name not in parameters:
            raise mistake_in(statement, f"{at} has no parameter {name!r}{nearest(name, parameters)}")
    leading = [Ring(name) if name in ("r", "ring") else _read_only(machine) for name in first]
    said = statement(*leading, **{name: parameters[name] for name in names[len(first) :]})
    if not isinstance(said, is_a):
        raise mistake_in(statement, f"returns {kind_of(said)}, and should return a {is_a.__name__}")


def _read_only(machine: str) -> State:
    state = MACHINES[machine].state()
    state.close()
    return state
