"""Probes: what an engine looks for on behalf of a claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import NamedTuple

from model.language.machine import Machine
from model.language.sets import Truth
from properties.catalogue.claim import Claim, Part

STATEMENTS = 4096
"""So many opposites are kept."""


class Aim(NamedTuple):
    """What any of several probes shows: that a claim is violated, or that its premise is reached."""

    claim: str
    premise: bool = False


class Clause(NamedTuple):
    """What the probes of one part have in common, which may be one for each action."""

    claim: str
    label: str
    premise: bool = False


@dataclass(frozen=True)
class Probe:
    """Something to look for: the first reachable state, or step of action `at`, of which the statement holds."""

    claim: str
    """The claim's id."""
    label: str
    """The words of the part or the premise."""
    statement: Callable[..., Truth]
    """Of (now), or with `at` of (now, then, some of the action's parameters…)."""
    at: str | None = None
    stuck: bool = False
    """Only states that no protocol or service step changes."""
    refused: bool = False
    """With `at`: states in which the statement holds and the action is not enabled."""
    premise: bool = False
    """It is the claim's premise that is looked for, and not a violation."""

    @property
    def aim(self) -> Aim:
        """What it shows of the claim."""
        return Aim(self.claim, self.premise)

    @property
    def clause(self) -> Clause:
        """The part or premise that it is about."""
        return Clause(self.claim, self.label, self.premise)


def claim_probes(claim: Claim, machine: Machine) -> list[Probe]:
    """What to look for: the opposite of each part, and the premise."""
    probes = [probe for part in claim.parts for probe in _probes(claim.id, part, machine)]
    if claim.witness:
        probes += _probes(claim.id, claim.witness, machine, premise=True)
    if claim.reach and claim.reach.stuck:
        probes.append(Probe(claim.id, claim.reach.deadlock, claim.reach.stuck, stuck=True))
    return probes


def all_probes(claims: Sequence[Claim], machine: Machine) -> list[Probe]:
    """What to look for on behalf of several claims."""
    return [probe for claim in claims for probe in claim_probes(claim, machine)]


@lru_cache(STATEMENTS)
def denied(statement: Callable[..., Truth]) -> Callable[..., Truth]:
    """The opposite of a statement, of the same parameters; the same function each time: an action reads it once."""

    @wraps(statement)
    def opposite(*states: object, **parameters: object) -> Truth:
        return ~statement(*states, **parameters)

    return opposite


def _probes(claim: str, part: Part, machine: Machine, *, premise: bool = False) -> Iterator[Probe]:
    """One probe, or one an action if the part is about every step."""
    statement = part.statement if premise or part.enables else denied(part.statement)
    if not part.of_steps:
        yield Probe(claim, part.label, statement, premise=premise)
        return
    for action in machine.actions:
        if part.concerns(action.name):
            yield Probe(claim, part.label, statement, action.name, refused=part.enables, premise=premise)
