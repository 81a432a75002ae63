"""The exhaustive engine: every claim on every reachable state and step of a scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from model.language.ground import GroundMachine, Scope
from model.language.machine import Machine
from properties.catalogue.claim import Claim
from properties.catalogue.probe import Probe, claim_probes, witness_name
from properties.explicit.liveness import lost_states, most_visits
from properties.explicit.search import Found, Progress, Report, Search
from properties.explicit.shortest import shortest_run
from properties.traces.trace import Trace, record_trace, replay

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
    target = claim.reach or claim.bound
    assert target
    return Found(Probe(f"{claim.id}: {clause}", target.premise), state, search.depth(state))


def found_trace(found: Exploration, what: Found, machine: str, variant: str | None, claim: str) -> Trace:
    """The shortest run to what was found, replayed."""
    ground = found.search.ground
    shows = what.probe.name.partition(": ")[2]
    run = shortest_run(found.search, what)
    trace = record_trace(run, ground, machine=machine, variant=variant, claim=claim, shows=shows)
    for _ in replay(ground, trace.steps):
        pass
    return trace
