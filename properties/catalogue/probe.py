"""Probes: what an engine looks for on behalf of a claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps

from model.language.machine import Machine
from model.language.sets import Truth
from properties.catalogue.claim import Claim, Part


@dataclass(frozen=True)
class Probe:
    """Something to look for: the first reachable state, or step of action `at`, of which the statement holds."""

    name: str
    statement: Callable[..., Truth]
    """Of (now), or with `at` of (now, then, some of the action's parameters…)."""
    at: str | None = None
    stuck: bool = False
    """Only states that no protocol or service step changes."""
    refused: bool = False
    """With `at`: states in which the statement holds and the action is not enabled."""


def claim_probes(claim: Claim, machine: Machine) -> list[Probe]:
    """What to look for: the opposite of each part, and the witness."""
    probes = [probe for part in claim.parts for probe in _probes(f"{claim.id}: {part.label}", part, machine, denied)]
    if claim.witness:
        probes += _probes(witness_name(claim), claim.witness, machine, lambda statement: statement)
    if claim.reach and claim.reach.stuck:
        probes.append(Probe(f"{claim.id}: deadlock", claim.reach.stuck, stuck=True))
    return probes


def sought(claims: Sequence[Claim], machine: Machine) -> dict[str, list[Probe]]:
    """Under `violated(claim)` and `witnessed(claim)` the probes any of which shows it."""
    found: dict[str, list[Probe]] = {}
    for claim in claims:
        for probe in claim_probes(claim, machine):
            name = witnessed(claim) if probe.name == witness_name(claim) else violated(claim)
            found.setdefault(name, []).append(probe)
    return found


def violated(claim: Claim) -> str:
    """The name under which violations of a claim are sought."""
    return f"{claim.id} violated"


def witnessed(claim: Claim) -> str:
    """The name under which the premise of a claim is sought."""
    return f"{claim.id} witnessed"


def witness_name(claim: Claim) -> str:
    """The name of the probe that looks for the claim's premise."""
    return f"{claim.id}: {claim.witness.label if claim.witness else ''}"


def denied(statement: Callable[..., Truth]) -> Callable[..., Truth]:
    """The opposite of a statement, of the same parameters."""

    @wraps(statement)
    def opposite(*states: object, **parameters: object) -> Truth:
        return ~statement(*states, **parameters)

    return opposite


def _probes(
    name: str, part: Part, machine: Machine, say: Callable[[Callable[..., Truth]], Callable[..., Truth]]
) -> Iterator[Probe]:
    """One probe, or one an action if the part is about every step."""
    if not part.of_steps:
        yield Probe(name, say(part.statement))
        return
    for action in machine.actions:
        if part.concerns(action.name):
            statement = part.statement if part.enables else say(part.statement)
            yield Probe(name, statement, action.name, refused=part.enables)
