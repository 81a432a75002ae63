"""The exhaustive engine: every claim on every reachable state and step of a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import wraps

from model.ground import GroundMachine, Scope
from model.machine import Machine
from model.sets import Truth
from properties.catalogue import Claim, Part
from properties.claims.liveness import LIVE_2, is_stuck
from properties.liveness import lost_states, most_visits
from properties.search import Found, Probe, Progress, Report, Search

NOT_ATTAINED = "the bound is not attained"


@dataclass(frozen=True)
class Outcome:
    """What the search says of one claim: where one of its parts is violated, and where its witness is."""

    violation: Found | None
    witness: Found | None
    detail: str | None = None
    """Of a bound: the largest number of visits found, by ring size n and queue k."""

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
    most_states: int | None = None,
    progress: Progress | None = None,
) -> Exploration:
    """Visit every reachable state of the scope and decide these claims on them.

    Symmetry is used if it is asked for and the machine tells no processors apart.
    """
    ground = GroundMachine(machine, scope)
    symmetric = symmetry and ground.is_symmetric
    search = Search(ground, symmetry=symmetric, memory_gib=memory_gib, most_states=most_states)
    probes = {claim.id: claim_probes(claim, machine) for claim in claims}
    search.run([probe for group in probes.values() for probe in group], progress)
    return Exploration(search, {claim.id: _outcome(claim, probes[claim.id], search) for claim in claims})


def claim_probes(claim: Claim, machine: Machine) -> list[Probe]:
    """What to look for: the opposite of each part, and the witness."""
    probes = [probe for part in claim.parts for probe in _probes(f"{claim.id}: {part.label}", part, machine, denied)]
    if claim.witness:
        probes += _probes(witness_name(claim), claim.witness, machine, lambda statement: statement)
    if claim.reach and claim.id == LIVE_2.id:
        probes.append(Probe(f"{claim.id}: deadlock", is_stuck, stuck=True))
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


def _outcome(claim: Claim, probes: Sequence[Probe], search: Search) -> Outcome:
    found = search.report.found
    violations = [found[probe.name] for probe in probes if probe.name in found and probe.name != witness_name(claim)]
    witness, detail = found.get(witness_name(claim)), None
    if claim.reach and len(lost := lost_states(search, claim.reach)):
        violations.append(_at_state(claim, "the gates can no longer open", int(lost[0]), search))
    if claim.bound:
        visits = most_visits(search, claim.bound)
        detail = ", ".join(f"n={n} k={k}: {worst}" for (n, k), worst in sorted(visits.worst.items()))
        violations += [_at_state(claim, "more visits are possible", state, search) for state in visits.beyond]
        if any(worst < claim.bound.limit(n, k) for (n, k), worst in visits.worst.items()):
            detail = f"{NOT_ATTAINED}: {detail}"
    return Outcome(min(violations, key=lambda one: one.length, default=None), witness, detail)


def _at_state(claim: Claim, clause: str, state: int, search: Search) -> Found:
    """A violation that is a state, found after the search."""
    return Found(Probe(f"{claim.id}: {clause}", is_stuck), state, search.depth(state))
