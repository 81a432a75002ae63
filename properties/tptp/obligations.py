"""The obligations of a proof, found again from the recorded machine and the catalogue, as problems in TPTP.

A problem is a theorem if its obligation is met: under the axioms, all invariants and the guard of an action, with a
definition of each variable that the step writes, the part follows of the state after it. What is asked is what the
inductive engine asks, and a test holds the two lists equal; neither its code nor z3 is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from model.language.machine import Action, Machine
from model.language.sets import Truth, all_of, equal, every, implies
from model.language.sorts import Index
from model.language.state import State, constant
from model.machines import PLUG, has_the_plugs_claims
from properties.catalogue.claim import AUXILIARY, Claim, Part
from properties.claims import CLAIMS
from properties.tptp.formulas import Formulas

INITIALLY = "initially"


@dataclass(frozen=True)
class Problem:
    """One obligation as TPTP: a theorem, if it is met."""

    owner: str
    label: str
    action: str
    text: str

    @property
    def name(self) -> tuple[str, str, str]:
        """Whose it is, the words of the part, and where it is asked: unique in a machine."""
        return self.owner, self.label, self.action


class Obligations:
    """What is to be shown of a machine; all invariants are assumed but those that are `lost`, by label."""

    def __init__(self, machine: Machine, name: str = PLUG, lost: Collection[str] = ()) -> None:
        self.machine, self.name = machine, name
        self.known = (PLUG, name) if has_the_plugs_claims(name) else (name,)
        self.now = machine.state()
        self.claims = [claim for claim in CLAIMS.values() if claim.machine in self.known]
        self.invariants = [(owner, part) for owner, part in self._invariants() if part.label not in lost]
        self.axioms = [*(axiom(self.now) for axiom in machine.state.axioms), *self._never_written()]

    def _invariants(self) -> Iterator[tuple[str, Part]]:
        """What is to hold of every state, and whose it is."""
        for claim in self.claims:
            yield from ((claim.id, part) for part in claim.parts if not part.of_steps)
        for one in AUXILIARY:
            if any(one.serves(machine, self.machine.features) for machine in self.known):
                yield one.part.label, one.part

    def _never_written(self) -> Iterator[Truth]:
        """What no action writes is as it was initially."""
        written = {name for action in self.machine.actions for name in action.writes}
        for name, declared in self.machine.state.declared.items():
            if name not in written and not isinstance(declared, constant):
                yield _is_everywhere(self.now, self.machine.initial, name)

    def base(self) -> Iterator[Problem]:
        """The invariants hold of the initial state."""
        page = Page(self, anywhere=False)
        for owner, part in self.invariants:
            yield page.problem(owner, part.label, INITIALLY, part.statement(self.machine.initial))

    def of(self, action: Action) -> Iterator[Problem]:
        """A step of the action keeps the invariants, and does what claims say of it."""
        then = After(action)
        step, anywhere = Page(self, then), Page(self)
        for owner, part in self.invariants:
            yield step.problem(owner, part.label, action.name, part.statement(then.state))
        for claim in self.claims:
            for part in (one for one in claim.parts if one.concerns(action.name)):
                says = action.read(part.statement, then.state)
                if part.enables:
                    yield anywhere.problem(claim.id, part.label, action.name, implies(says, guard_of(action)))
                else:
                    yield step.problem(claim.id, part.label, action.name, says)


class After:
    """The state after a step: what the step writes has another name, and a definition."""

    def __init__(self, action: Action) -> None:
        self.action, self.written = action, sorted(action.writes)
        self.state = type(action.then)(lambda name: f"{name} then" if name in self.written else name)

    def definitions(self) -> Iterator[Truth]:
        """What each written variable is."""
        yield from (_is_everywhere(self.state, self.action.then, name) for name in self.written)


class Page:
    """The problems that share what is assumed: the axioms, of any state the invariants, of a step guard and effect."""

    def __init__(self, of: Obligations, step: After | None = None, *, anywhere: bool = True) -> None:
        self.read, self.assumed = Formulas(), list[str]()
        self.assume("known", of.axioms)
        self.assume("invariant", [part.statement(of.now) for _, part in of.invariants] if anywhere else [])
        if step:
            self.assume("guard", [part for _, part in step.action.guard])
            self.assume("effect", list(step.definitions()))

    def assume(self, kind: str, truths: Sequence[Truth]) -> None:
        """Take these for granted."""
        self.assumed += (f"tff({kind}_{i}, axiom, {self.read.truth(one)})." for i, one in enumerate(truths, 1))

    def problem(self, owner: str, label: str, action: str, says: Truth) -> Problem:
        """That this follows."""
        return self.written(owner, label, action, self.read.truth(says))

    def written(self, owner: str, label: str, action: str, goal: str) -> Problem:
        """That this formula follows."""
        lines = [*self.read.symbols.lines(), *self.assumed, f"tff(goal, conjecture, {goal})."]
        return Problem(owner, label, action, "\n".join(lines) + "\n")


def guard_of(action: Action) -> Truth:
    """The whole guard."""
    return all_of(part for _, part in action.guard)


def _is_everywhere(one: State, other: State, name: str) -> Truth:
    """A variable is the same in two states."""
    sorts, left, right = one.declared[name].sorts, one.families[name], other.families[name]

    def same_at(*at: Index) -> Truth:
        return equal(left[at], right[at])

    return cast("Callable[..., Truth]", every)(*sorts, same_at) if sorts else same_at()


def claims_about(machine: str) -> Iterator[Claim]:
    """The claims about the machine of this name itself."""
    yield from (claim for claim in CLAIMS.values() if claim.machine == machine)
