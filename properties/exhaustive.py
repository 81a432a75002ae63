"""The exhaustive engine: every claim on every reachable state and step of a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import wraps

from model.ground import GroundMachine, Scope
from model.machine import Machine
from model.sets import Truth
from properties.catalogue import Claim, Part
from properties.claims.liveness import is_stuck
from properties.liveness import lost_states
from properties.search import Found, Probe, Progress, Report, Search


@dataclass(frozen=True)
class Outcome:
    """What the search says of one claim: where one of its parts is violated, and where its witness is."""

    violation: Found | None
    witness: Found | None

    @property
    def clause(self) -> str:
        """The words of the violated part."""
        return self.violation.probe.name.partition(": ")[2] if self.violation else ""


@dataclass
class Exploration:
    """A finished search and what it says of the claims, by id."""

    search: Search
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])

    @property
    def report(self) -> Report:
        """The counts."""
        return self.search.report


def explore(
    machine: Machine,
    scope: Scope,
    claims: Sequence[Claim],
    *,
    symmetry: bool = True,
    memory_gib: float = 4.0,
    progress: Progress | None = None,
) -> Exploration:
    """Visit every reachable state of the scope and decide these claims on them."""
    search = Search(GroundMachine(machine, scope), symmetry=symmetry, memory_gib=memory_gib)
    probes = {claim.id: claim_probes(claim, machine) for claim in claims}
    search.run([probe for group in probes.values() for probe in group], progress)
    return Exploration(search, {claim.id: _outcome(claim, probes[claim.id], search) for claim in claims})


def claim_probes(claim: Claim, machine: Machine) -> list[Probe]:
    """What to look for: the opposite of each part, and the witness."""
    probes = [probe for part in claim.parts for probe in _probes(f"{claim.id}: {part.label}", part, machine, denied)]
    if claim.witness:
        probes += _probes(witness_name(claim), claim.witness, machine, lambda statement: statement)
    if claim.reach:
        probes.append(Probe(f"{claim.id}: deadlock", is_stuck, stuck=True))
    return probes


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
            yield Probe(name, say(part.statement), action.name)


def _outcome(claim: Claim, probes: Sequence[Probe], search: Search) -> Outcome:
    found = search.report.found
    violations = [found[probe.name] for probe in probes if probe.name in found and probe.name != witness_name(claim)]
    if claim.reach and len(lost := lost_states(search, claim.reach)):
        probe, first = Probe(f"{claim.id}: the gates can no longer open", is_stuck), int(lost[0])
        violations.append(Found(probe, first, search.depth(first)))
    return Outcome(min(violations, key=lambda one: one.length, default=None), found.get(witness_name(claim)))
