"""Of many candidates those that support each other: no step from a state of which all hold breaks any.

What is not kept is dropped, and everything is asked again without it, until nothing is (Houdini: Flanagan and Leino,
2001). Where z3 answers every query it is the largest such set there is; what it does not answer soon is dropped as
well, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import z3

from model.language.machine import Action, Machine
from properties.catalogue.claim import Claim, Part
from properties.symbolic.leads_to import progress
from properties.symbolic.round import Failure, Invariant, Round, answer, briefly

Told = Callable[[int, int, int, int], None]
"""The number of the round, how many actions are done in it, how many there are, how many candidates are left."""


@dataclass
class Supported:
    """What is left, and what z3 left open of the others."""

    kept: list[Invariant]
    undecided: list[Invariant] = field(default_factory=list[Invariant])
    """Dropped, since z3 did not say whether they are kept."""
    rounds: int = 0


def supported(machine: Machine, name: str, candidates: Sequence[Invariant], told: Told | None = None) -> Supported:
    """The largest set of candidates that holds initially and that no action breaks."""
    found, before = Supported(list(candidates)), -1
    while before != len(found.kept):
        before, found.rounds = len(found.kept), found.rounds + 1
        round_ = _Brief(machine, name, found.kept)
        asked = [round_.base, *(partial(round_.keeps, action) for action in machine.actions)]
        for done, ask in enumerate(asked):
            if told:
                told(found.rounds, done, len(asked), len(found.kept))
            _drop(found, {one.owner: one for one in ask([one.owner for one in found.kept])})
    return found


def _drop(found: Supported, lost: dict[str, Failure]) -> None:
    found.undecided += [one for one in found.kept if one.owner in lost and lost[one.owner].unknown]
    found.kept = [one for one in found.kept if one.owner not in lost]


class _Brief(Round):
    """A round in which z3 has one go at each query, and shows no step."""

    def ask(
        self, solver: z3.Solver, owner: str, label: str, statement: z3.BoolRef, action: Action | str
    ) -> Iterator[Failure]:
        """The failure if what the solver knows does not imply the statement."""
        solver.push()
        solver.add(z3.Not(statement))
        said = solver.check()
        solver.pop()
        if said != z3.unsat:
            where = action if isinstance(action, str) else action.name
            yield Failure(owner, label, where, unknown=said == z3.unknown)


def following(
    machine: Machine, name: str, known: Sequence[Invariant], parts: Sequence[Part], *, patient: bool = False
) -> Iterator[str]:
    """Of each part whether it follows from what is known of every state: then `unsat`. `unknown` decides nothing."""
    round_ = Round(machine, name, known)
    for part in parts:
        opposite = z3.Not(round_.read.truth(part.statement(round_.now)))
        yield str((answer if patient else briefly)(*round_.hypothesis, opposite))


def is_proved(machine: Machine, name: str, known: Sequence[Invariant], claim: Claim) -> bool:
    """Whether a claim's obligations are met if only what is known, and what the claim says of states, is assumed."""
    own = [Invariant(claim.id, part) for part in claim.proved_parts if not part.of_steps]
    round_ = Round(machine, name, [*known, *own])
    of_steps = (chain(round_.keeps(one, [claim.id]), round_.steps(one, [claim.id])) for one in machine.actions)
    failures = chain(round_.base([claim.id]), chain.from_iterable(of_steps), progress(round_, [claim.id]))
    return next(failures, None) is None
