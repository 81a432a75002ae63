"""The exhaustive engine: every claim on every reachable state and step of a scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from model.language.ground import GroundMachine, Scope
from model.language.machine import Machine
from properties.catalogue.check import check_claims
from properties.catalogue.claim import Bound, Claim, Reach
from properties.catalogue.probe import Probe, claim_probes
from properties.explicit.checkpoint import NOT_KEPT, Kept
from properties.explicit.compiled import begin
from properties.explicit.liveness import Visits, lost_states, most_visits
from properties.explicit.search import Found, Progress, Report, Search
from properties.explicit.shortest import shortest_run
from properties.explicit.spread import on_disk
from properties.limits import ScopeTooLargeError, TooManyStatesError
from properties.traces.trace import Trace, record_trace, replay


@dataclass(frozen=True)
class Outcome:
    """What the search says of one claim: where one of its parts is violated, and where its witness is."""

    violation: Found | None
    witness: Found | None
    visits: Visits | None = None
    """Of a bound."""
    unattained: str | None = None
    """Of a bound that no run attains, which is a violation without a run: what is wrong, in words."""

    @property
    def clause(self) -> str:
        """The words of the violated part."""
        return self.violation.probe.label if self.violation else ""

    @property
    def detail(self) -> str | None:
        """Of a bound: the largest number of visits found, by ring size n and queue k."""
        return self.visits.words if self.visits else None


@dataclass
class Exploration:
    """A finished search and what it says of the claims, by id."""

    search: Search
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    cut: str | None = None
    """Why not every state was visited: then a violation counts, and that there is none does not."""

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
    cut: bool = False,
    until_violated: bool = False,
    kept: Kept = NOT_KEPT,
    progress: Progress | None = None,
) -> Exploration:
    """Visit every reachable state of the scope and decide these claims on them.

    Symmetry is used if it is asked for and the machine tells no processors apart. Where there are more than the most
    states, the search is cut if that is allowed; it may also end once a part of each claim is violated.
    """
    check_claims(claims)
    probes = {claim.id: claim_probes(claim, machine) for claim in claims}
    enough = _all_violated([claim.id for claim in claims]) if until_violated and claims else None
    why = ""

    def run(search: Search) -> None:
        nonlocal why
        try:
            search.run([probe for group in probes.values() for probe in group], progress, enough=enough)
        except TooManyStatesError as error:
            if not cut:
                raise
            why = str(error)

    search = _visited(lambda: _search(machine, scope, symmetry, memory_gib, most_states, kept), kept, run)
    if why:
        return _unfinished(search, probes, why)
    if enough and enough(search.report):
        found = _unfinished(search, probes, "every claim is violated")
    else:
        found = Exploration(search, {claim.id: _outcome(claim, probes[claim.id], search) for claim in claims})
    search.forget()
    return found


def seek(
    machine: Machine, scope: Scope, claim: Claim, *, premise: bool = False, symmetry: bool = True,
    memory_gib: float = 4.0, kept: Kept = NOT_KEPT, progress: Progress | None = None,
) -> tuple[Exploration, Found | None]:  # fmt: skip
    """Visit states level by level until the claim is violated, or its premise reached, and end there.

    Whether a goal can still be reached is known only when every state is: then all of the scope is visited.
    """
    check_claims([claim])
    if is_of_what_is_ahead(claim) and not premise:
        found = explore(machine, scope, [claim], symmetry=symmetry, memory_gib=memory_gib, kept=kept, progress=progress)
        return found, found.outcomes[claim.id].violation
    probes = [one for one in claim_probes(claim, machine) if one.premise is premise]

    def run(search: Search) -> None:
        search.run(probes, progress, until_any=True)

    search = _visited(lambda: _search(machine, scope, symmetry, memory_gib, None, kept), kept, run)
    search.forget()
    report = search.report
    return Exploration(search), _shortest([report.found[one.clause] for one in probes if one.clause in report.found])


def is_of_what_is_ahead(claim: Claim) -> bool:
    """Whether the claim is about what can be reached from a state, which one run does not show."""
    return bool(claim.reach or claim.bound)


def _search(
    machine: Machine, scope: Scope, symmetry: bool, memory_gib: float, most_states: int | None, kept: Kept
) -> Search:
    ground = GroundMachine(machine, scope)
    symmetric = symmetry and ground.is_symmetric
    return begin(ground, symmetry=symmetric, memory_gib=memory_gib, most_states=most_states, kept=kept)


def _visited(make: Callable[[], Search], kept: Kept, run: Callable[[Search], None]) -> Search:
    """A search that has run: on the disk if the states do not fit the memory and it is allowed, or if others work."""
    search = make()
    if not kept.executor:
        try:
            run(search)
            return search
        except TooManyStatesError:
            raise
        except ScopeTooLargeError:
            if not kept.disk:
                raise
    search = on_disk(search, kept)  # What the other held is free from here on.
    run(search)
    return search


def _all_violated(ids: Sequence[str]) -> Callable[[Report], bool]:
    """Whether a part of each of these claims is violated by what was found."""
    return lambda report: {one.claim for one in report.found if not one.premise}.issuperset(ids)


def _unfinished(search: Search, probes: Mapping[str, Sequence[Probe]], why: str) -> Exploration:
    """What was found of parts and premises alone: what can be reached is not known."""
    return Exploration(search, {id: Outcome(*_found(group, search)) for id, group in probes.items()}, why)


def _found(probes: Sequence[Probe], search: Search) -> tuple[Found | None, Found | None]:
    """The shortest violation of a part, and the premise."""
    found = [search.report.found[probe.clause] for probe in probes if probe.clause in search.report.found]
    return _shortest([one for one in found if not one.probe.premise]), next(
        (one for one in found if one.probe.premise), None
    )


def _outcome(claim: Claim, probes: Sequence[Probe], search: Search) -> Outcome:
    violation, witness = _found(probes, search)
    violations = [violation] if violation else []
    if claim.reach:
        violations += _out_of_reach(claim, claim.reach, search)
    if claim.bound is None:
        return Outcome(_shortest(violations), witness)
    visits = most_visits(search, claim.bound)
    violations += _too_far(claim, claim.bound, visits, search)
    unattained = None if visits.attain(claim.bound) else claim.bound.unattained
    return Outcome(_shortest(violations), witness, visits, unattained)


def _shortest(found: Sequence[Found]) -> Found | None:
    return min(found, key=lambda one: one.length, default=None)


def _out_of_reach(claim: Claim, reach: Reach, search: Search) -> list[Found]:
    """The first state from which the goal cannot be reached."""
    probe = Probe(claim.id, reach.lost, reach.premise)
    return [Found(probe, state, search.depth(state)) for state in lost_states(search, reach)[:1].tolist()]


def _too_far(claim: Claim, bound: Bound, visits: Visits, search: Search) -> list[Found]:
    """States from which the goal can be further than the bound."""
    probe = Probe(claim.id, bound.beyond, bound.premise)
    return [Found(probe, state, search.depth(state)) for state in visits.beyond]


def found_trace(found: Exploration, what: Found, machine: str, variant: str | None, claim: str) -> Trace:
    """The shortest run to what was found, replayed."""
    ground = found.search.ground
    run = shortest_run(found.search, what)
    trace = record_trace(run, ground, machine=machine, variant=variant, claim=claim, shows=what.probe.label)
    for _ in replay(ground, trace.steps):
        pass
    return trace
