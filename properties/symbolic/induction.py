"""Inductive proof, for any number of processors, handles, rings and copies.

One query an action and part: assume every invariant and the action's guard, substitute the action's effect into the
part, and ask z3 for a step that breaks it (`round.py`). What is unsatisfiable holds. Invariants that turn out not to be
inductive are dropped, and everything is asked again without them, until the rest supports itself.

Where all are met, one round is all, and the obligations at each action can be decided by themselves (`prove_part`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from model.language.machine import Machine
from model.machines import PLUG
from properties.catalogue.check import check_claims
from properties.catalogue.claim import Claim
from properties.claims import AUXILIARY, CLAIMS
from properties.symbolic.leads_to import progress
from properties.symbolic.round import Failure, Invariant, Query, Round, known_machines


@dataclass
class Proof:
    """What became of the obligations of every claim."""

    obligations: dict[str, int] = field(default_factory=dict[str, int])
    """By claim or auxiliary invariant, the number of queries in the last round that asked about it."""
    failures: list[Failure] = field(default_factory=list[Failure])
    vacuous: list[str] = field(default_factory=list[str])
    """Actions that no state allowed by the invariants enables."""
    queries: dict[tuple[str, str, str], Query] = field(default_factory=dict[tuple[str, str, str], Query])
    """If they were to be written: by owner, label and action, each as it was asked last."""

    def ended(self, round_: Round, failures: Sequence[Failure]) -> Proof:
        """The proof, with what a round found."""
        self.failures += failures
        self.obligations |= round_.obligations
        return self

    def failures_of(self, owner: str) -> list[Failure]:
        """The unmet obligations of one claim."""
        return [failure for failure in self.failures if failure.owner == owner]


def invariants(name: str = PLUG, also: Sequence[Claim] = (), features: frozenset[str] = frozenset()) -> list[Invariant]:
    """The state parts of claims about a machine with these features, and auxiliary invariants.

    A companion that has the plug's claims has the plug's invariants too.
    """
    known = known_machines(name)
    public = [
        Invariant(claim.id, part)
        for claim in (*CLAIMS.values(), *also)
        for part in claim.proved_parts
        if claim.machine in known and not part.of_steps
    ]
    serving = [one for one in AUXILIARY if any(one.serves(machine, features) for machine in known)]
    return public + [Invariant(one.part.label, one.part) for one in serving]


def prove(
    machine: Machine, name: str = PLUG, *, also: Sequence[Claim] = (), wanted: Collection[str] = (),
    writes_queries: bool = False,
) -> Proof:  # fmt: skip
    """Decide every obligation of the catalogue's claims about the machine of this name, or a variant of it.

    `also` are claims that are not in the catalogue. If claims are `wanted`, by id, it ends once each of them has an
    obligation that is not met: with fewer invariants to assume it would not be met either. As soon as an invariant is
    known to fall, this is asked without it.
    """
    check_claims(also)
    proof, kept = Proof(), invariants(name, also, machine.features)
    queries = proof.queries if writes_queries else None
    while True:
        round_ = Round(machine, name, kept, also, queries)
        if wanted and (refused := _refused(round_, wanted)):
            return proof.ended(round_, refused)
        failures = list[Failure]()
        for failure in chain(round_.base(), *(round_.keeps(action) for action in machine.actions)):
            failures.append(failure)
            if wanted and len(failures) == 1:
                fewer = Round(machine, name, _without(kept, failures), also, queries)
                if refused := _refused(fewer, wanted):
                    return proof.ended(fewer, [*failures, *refused])
        proof.ended(round_, failures)
        if not failures:
            break
        kept = _without(kept, failures)
    asked = wanted or None
    for action in machine.actions:
        proof.failures += round_.steps(action, asked)
        if not round_.enabled(action):
            proof.vacuous.append(action.name)
    proof.failures += progress(round_, asked)
    proof.obligations |= round_.obligations
    return proof


@dataclass(frozen=True)
class Part:
    """What became of the obligations at one action of a proof, or of those at none of them."""

    asked: frozenset[tuple[str, str, str]]
    """Each by owner, label and action."""
    met: bool
    """All of them."""
    vacuous: tuple[str, ...] = ()


def prove_part(
    machine: Machine, name: str, action: str | None, *, also: Sequence[Claim] = (), wanted: Collection[str] = ()
) -> Part:
    """Decide the obligations of the first round at this action; of None: those of the initial state and of ranks."""
    round_ = Round(machine, name, invariants(name, also, machine.features), also)
    steps, asked = [one for one in machine.actions if one.name == action], wanted or None
    if action is not None and not steps:
        raise ValueError(f"the machine {name} has no action {action}")
    failures = chain(
        *(chain(round_.keeps(step), round_.steps(step, asked)) for step in steps),
        *(() if steps else (round_.base(), progress(round_, asked))),
    )
    met = next(failures, None) is None
    vacuous = tuple(step.name for step in steps if met and not round_.enabled(step))
    return Part(frozenset(round_.asked), met, vacuous)


def joined(parts: Sequence[Part]) -> Proof | None:
    """The proof of which these are all parts; None if an obligation is not met: then further rounds have to tell."""
    if not all(part.met for part in parts):
        return None
    asked = frozenset[tuple[str, str, str]]().union(*(part.asked for part in parts))
    vacuous = [name for part in parts for name in part.vacuous]
    return Proof(dict(Counter(owner for owner, _, _ in asked)), vacuous=vacuous)


def _without(kept: Sequence[Invariant], failures: Sequence[Failure]) -> list[Invariant]:
    lost = {(failure.owner, failure.label) for failure in failures}
    return [one for one in kept if one.key not in lost]


def _refused(round_: Round, wanted: Collection[str]) -> list[Failure]:
    """An obligation of each of these claims that is not met, if each of them has one; otherwise nothing."""
    refused = list[Failure]()
    for id in wanted:
        if not (failure := next(chain.from_iterable(_obligations(round_, id)), None)):
            return []
        refused.append(failure)
    return refused


def _obligations(round_: Round, id: str) -> Iterator[Iterator[Failure]]:
    yield round_.base([id])
    for action in round_.machine.actions:
        yield round_.keeps(action, [id])
        yield round_.steps(action, [id])
    yield progress(round_, [id])


def needs(
    machine: Machine, without: Invariant, owner: str, action: str, name: str = PLUG, lost: Collection[str] = ()
) -> bool:
    """Whether the owner's obligation at this action fails when one invariant is not assumed.

    Nor are those that are `lost`, by label: this machine does not keep them.
    """
    others = [one for one in invariants(name, features=machine.features) if one.key != without.key]
    round_ = Round(machine, name, [one for one in others if one.part.label not in lost])
    steps = [one for one in machine.actions if one.name == action]
    of_steps = (
        failure for step in steps for failure in chain(round_.keeps(step, [owner]), round_.steps(step, [owner]))
    )
    of_ranks = (failure for failure in progress(round_, [owner]) if failure.action == action)
    return any(True for _ in chain(of_steps, of_ranks))


def proved(proof: Proof, claim: Claim) -> bool:
    """Whether all obligations of a claim were met, and no action is vacuous."""
    return not proof.failures_of(claim.id) and not proof.vacuous
