"""What a claim has overlooked of a machine: actions that were not thought of when it was stated.

A variant or an action of one's own may take steps of which a claim says nothing, or which a ghost does not follow. Then
no engine can say that the claim holds: it is open, unless it is violated.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from model.language.machine import Action, Machine
from model.language.sorts import Ring
from model.language.terms import variables_of
from properties.catalogue.claim import Claim, Part


def overlooked(claim: Claim, machine: Machine) -> str | None:
    """Why the claim cannot hold of this machine, however its parts fare; None if it has thought of every action."""
    return next(chain(_without_a_part(claim, machine), _ghosts_that_miss(claim, machine)), None)


def _without_a_part(claim: Claim, machine: Machine) -> Iterator[str]:
    """The actions that need a part of the claim and have none."""
    for action in machine.actions:
        if action.name not in claim.but and not any(part.concerns(action.name) for part in claim.parts):
            if claim.covers_every_action:
                yield f"it has no part for the action {action.name}, and needs one for each"
            elif writes := [name for name in claim.covers_writers_of if name in action.writes]:
                yield f"it has no part for the action {action.name}, which writes {', '.join(writes)}"


def _ghosts_that_miss(claim: Claim, machine: Machine) -> Iterator[str]:
    """The ghosts that the claim reads and that may be wrong."""
    if machine.missed:
        parts = (*claim.parts, *([claim.witness] if claim.witness else []))
        read = _read_ahead(claim, machine).union(*(_read(part, machine) for part in parts))
        yield from (str(one) for one in machine.missed if one.remembers & read)


def _read_ahead(claim: Claim, machine: Machine) -> frozenset[str]:
    """The variables that a claim reads of what can still be reached, and how soon."""
    ahead, now, ring = (claim.reach, claim.bound), machine.state(), Ring("r")
    said = [one.premise(now, ring) for one in ahead if one] + [one.goal(now, ring) for one in ahead if one]
    if claim.reach and claim.reach.stuck:
        said.append(claim.reach.stuck(now))
    if claim.bound:
        said += [need(now, ring) for need in claim.bound.needs]
    return variables_of(*said, *([claim.bound.members(now, ring)] if claim.bound else []))


def _read(part: Part, machine: Machine) -> frozenset[str]:
    """The variables that a part of a claim reads, of the states before and after its steps."""
    if not part.of_steps:
        return variables_of(part.statement(machine.state()))
    return frozenset[str]().union(
        *(_read_at(part, action, machine) for action in machine.actions if part.concerns(action.name))
    )


def _read_at(part: Part, action: Action, machine: Machine) -> frozenset[str]:
    return variables_of(action.read(part.statement, machine.state()))
