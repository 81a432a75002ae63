"""Which obligations need which auxiliary invariant: those that are not met without it, all others assumed.

Each auxiliary invariant is assumed under a literal of its own. What is not in z3's core of an obligation is not needed
for it; what is in the core is left out, and the obligation is asked again: if it is met, what is needed is in the new
core, too. `unknown` decides nothing, and is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import z3

from model.language.machine import Action, Machine
from model.machines import MACHINES
from properties.catalogue.scopes import FEATURES
from properties.claims import AUXILIARY, CLAIMS
from properties.symbolic.induction import invariants, prove
from properties.symbolic.leads_to import progress
from properties.symbolic.round import Failure, Invariant, Round, answer

Say = Callable[[str], None]


@dataclass(frozen=True, order=True)
class Obligation:
    """One query of a proof: whose it is, its words, and the action that it is about."""

    owner: str
    label: str
    action: str


@dataclass
class Needs:
    """What was found: by auxiliary invariant, the obligations of others that need it, and those undecided."""

    needed: dict[str, set[Obligation]] = field(default_factory=dict[str, set[Obligation]])
    undecided: dict[str, set[Obligation]] = field(default_factory=dict[str, set[Obligation]])
    asked: set[Obligation] = field(default_factory=set[Obligation])
    unmet: set[Obligation] = field(default_factory=set[Obligation])
    """Obligations that are not met, whatever is assumed: they need nothing."""
    open: set[Obligation] = field(default_factory=set[Obligation])
    """Obligations of which z3 does not say whether they are met."""

    def add(self, more: Needs) -> None:
        """Put in what was found with other features."""
        for mine, found in ((self.needed, more.needed), (self.undecided, more.undecided)):
            for label, obligations in found.items():
                mine.setdefault(label, set()).update(obligations)
        self.asked |= more.asked
        self.unmet |= more.unmet
        self.open |= more.open


@dataclass(frozen=True)
class Minimal:
    """A job: the auxiliary invariants of a machine with some features."""

    machine: str
    features: frozenset[str]

    @property
    def title(self) -> str:
        """What it does, in a few words."""
        more = ", ".join(sorted(self.features - FEATURES))
        return f"{self.machine} with {more}" if more else self.machine

    @property
    def doubted(self) -> list[str]:
        """The auxiliary invariants of the machine that serve with these features, in the catalogue's order."""
        return [one.part.label for one in AUXILIARY if one.serves(self.machine, self.features)]

    def run(self, progress: Say | None = None) -> Needs:
        """Prove, then ask of each obligation what it needs. It says `7 of 293 obligations` on the way."""
        machine = MACHINES[self.machine].record(self.features)
        proof = prove(machine, self.machine)
        lost = {(one.owner, one.label) for one in proof.failures}
        kept = [one for one in invariants(self.machine, features=machine.features) if one.key not in lost]
        gone = {owner for owner, _ in lost} - set(CLAIMS)
        asked = sum(number for owner, number in proof.obligations.items() if owner not in gone)
        return needs_of(machine, self.machine, kept, self.doubted, _saying(progress, asked))


def minimal_jobs(machines: Collection[str]) -> list[Minimal]:
    """Each of these machines with the features of the plug, and with those that some of its invariants serve."""
    return [
        Minimal(machine, features)
        for machine in machines
        for features in dict.fromkeys(
            (FEATURES | one.features) & MACHINES[machine].features for one in AUXILIARY if one.machine == machine
        )
    ]


def share(words: str) -> float:
    """Which share of a job is done, by what it said last."""
    done, _, of, _ = words.split()
    return int(done) / int(of)


def _saying(progress: Say | None, obligations: int) -> Callable[[int], None]:
    return lambda done: progress(f"{done} of {obligations} obligations") if progress else None


def needs_of(
    machine: Machine, name: str, assumed: Sequence[Invariant], doubted: Collection[str],
    asked: Callable[[int], None] = lambda _: None, of: Collection[str] | None = None,
) -> Needs:  # fmt: skip
    """Which obligations, or those `of` some owners, need each of the doubted invariants that are assumed.

    `asked` is told how many obligations were asked.
    """
    round_ = _Doubting(machine, name, assumed, doubted, asked)
    for failures in _obligations(round_, of):
        for _ in failures:
            pass
    return round_.found


def _obligations(round_: Round, of: Collection[str] | None) -> Iterator[Iterator[Failure]]:
    yield round_.base(of)
    for action in round_.machine.actions:
        yield round_.keeps(action, of)
        yield round_.steps(action, of)
    yield progress(round_, of)


class _Doubting(Round):
    """A round that asks of each obligation without which doubted invariant it is not met."""

    def __init__(
        self, machine: Machine, name: str, assumed: Sequence[Invariant], doubted: Collection[str],
        tell: Callable[[int], None],
    ) -> None:  # fmt: skip
        super().__init__(machine, name, assumed)
        labels = [one.owner for one in assumed if one.owner in doubted]
        self.literals = {label: z3.Bool(f"assumed: {label}") for label in labels}
        self.found = Needs({label: set() for label in labels}, {label: set() for label in labels})
        self.tell = tell
        self.hypothesis = [*self.axioms, *map(self._assumed, assumed)]

    def _assumed(self, one: Invariant) -> z3.BoolRef:
        truth, literal = self.read.truth(one.part.statement(self.now)), self.literals.get(one.owner)
        return truth if literal is None else z3.Implies(literal, truth)

    def ask(
        self, solver: z3.Solver, owner: str, label: str, statement: z3.BoolRef, action: Action | str
    ) -> Iterator[Failure]:
        """Nothing: what the obligation needs goes to what was found."""
        obligation = Obligation(owner, label, action if isinstance(action, str) else action.name)
        solver.push()
        solver.add(z3.Not(statement))
        self._decide(solver, obligation)
        solver.pop()
        self.found.asked.add(obligation)
        self.tell(len(self.found.asked))
        yield from ()

    def _decide(self, solver: z3.Solver, obligation: Obligation) -> None:
        said, core = self._without(solver, "")
        if said != z3.unsat:
            (self.found.unmet if said == z3.sat else self.found.open).add(obligation)
            return
        left = core - {obligation.owner}
        while left:
            one = min(left)
            said, core = self._without(solver, one)
            left = left & core - {one} if said == z3.unsat else left - {one}
            if said != z3.unsat:
                (self.found.needed if said == z3.sat else self.found.undecided)[one].add(obligation)

    def _without(self, solver: z3.Solver, left_out: str) -> tuple[z3.CheckSatResult, set[str]]:
        """The answer without this invariant; if it is `unsat`, also which of the others it rests on, at most."""
        others = {label: literal for label, literal in self.literals.items() if label != left_out}
        said = solver.check(*others.values())
        if said == z3.unsat:
            core = {literal.sexpr() for literal in solver.unsat_core()}
            return said, {label for label, literal in others.items() if literal.sexpr() in core}
        if said == z3.unknown:
            said = answer(*solver.assertions(), *others.values())
        return said, set(others)
