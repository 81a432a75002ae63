"""A machine's invariants found by search and proof, and what they are worth: which of ours follow, what they prove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from model.language.machine import Machine, Text
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import FEATURES, STANDARD, NamedScope, proof_features
from properties.claims import AUXILIARY, CLAIMS
from properties.invariants.kinds import Reached
from properties.invariants.templates import Candidate, candidates
from properties.symbolic.houdini import Supported, following, is_proved, supported
from properties.symbolic.induction import invariants
from properties.symbolic.round import Invariant
from properties.traces.trace import machine_text
from properties.words import counted

Say = Callable[[str], None]
FOLLOWS = "unsat"
"""What z3 says of the opposite of what follows."""
MOST_STATES = 250_000
"""Scopes with more states are left out of the search for candidates: what they would refute, the proof refutes."""

ALSO = {
    "ordered": (
        NamedScope(2, 1, 1, frozenset({"leftovers", "recovery-queue"}), "ordered"),
        NamedScope(3, 1, 1, frozenset({"recovery-queue"}), "ordered"),
        NamedScope(2, 1, 2, frozenset(), "ordered"),
    )
}
"""Scopes of machines of which the standard ones have too many states with all that their proofs need."""


def _silent(words: str) -> None:
    """Say nothing."""


@dataclass
class Found:
    """What a machine's candidates came to."""

    machine: str
    scopes: list[str]
    states: int
    candidates: Counter[str]
    """How many hold in these scopes, by form."""
    kept: list[Candidate]
    """The invariants: those that support each other."""
    undecided: int
    """Candidates that were dropped since z3 did not say."""
    rounds: int
    ours: dict[str, str] = field(default_factory=dict[str, str])
    """Of each auxiliary invariant of the catalogue: `unsat` if it follows from what was found."""
    follow: int = 0
    """How many of those found follow from the catalogue's claims and auxiliary invariants."""
    claims: dict[str, bool] = field(default_factory=dict[str, bool])
    """By id: whether it is proved if nothing is assumed but what was found, and the claim itself."""

    @property
    def found_of_ours(self) -> list[str]:
        """The auxiliary invariants of the catalogue that follow from what was found."""
        return [label for label, said in self.ours.items() if said == FOLLOWS]


@dataclass(frozen=True)
class Finding:
    """A job: find the invariants of a machine, or of a variant of it."""

    machine: str
    variant: str | None = None

    @property
    def title(self) -> str:
        """What it does, in a few words."""
        return f"{self.machine}, {self.variant}" if self.variant else self.machine

    def run(self, progress: Say | None = None) -> Found:
        """Find them, and ask what follows."""
        text, say = machine_text(self.machine, self.variant), progress or _silent
        found = find(text, self.machine, scopes_of(self.machine), proved_with(self.machine), say)
        return judged(found, text.record(proved_with(self.machine) & text.features), say)


def proved_with(name: str) -> frozenset[str]:
    """The features with which claims about a machine are proved."""
    mine = (proof_features(claim) for claim in CLAIMS.values() if claim.machine == name and claim.is_inductive)
    return frozenset[str]().union(*mine)


def scopes_of(name: str) -> list[NamedScope]:
    """The standard scopes of a machine, with the features that its proofs need besides the plug's; and a few more."""
    more, mine = proved_with(name) - FEATURES, [scope for scope in STANDARD if scope.machine == name]
    return list(dict.fromkeys(replace(one, features=one.features | more) for one in (*mine, *ALSO.get(name, ()))))


def find(text: Text, name: str, scopes: Sequence[NamedScope], features: frozenset[str], say: Say = _silent) -> Found:
    """The candidates that hold in these scopes, and those of them that support each other in any."""
    say(f"searching {counted(len(scopes), 'scope')}")
    reached = Reached(text, scopes, MOST_STATES)
    machine = text.record(features & text.features)
    mine = {one.part.label: one for one in candidates(machine, reached)}

    def told(round_: int, done: int, of: int, left: int) -> None:
        say(f"round {round_}: {done} of {of} actions, {left} candidates left")

    left = supported(machine, name, [Invariant(label, one.part) for label, one in mine.items()], told)
    return _found(name, reached, mine, left)


def _found(name: str, reached: Reached, mine: dict[str, Candidate], left: Supported) -> Found:
    return Found(
        name, [scope.title for scope in reached.searches], reached.states,
        Counter(one.template for one in mine.values()), [mine[one.owner] for one in left.kept], len(left.undecided),
        left.rounds,
    )  # fmt: skip


def judged(found: Found, machine: Machine, say: Say) -> Found:
    """With what it is worth: asked in both directions, and of each claim."""
    kept = [Invariant(one.part.label, one.part) for one in found.kept]
    ours = [one.part for one in AUXILIARY if one.serves(found.machine, machine.features)]
    say("which of ours follow")
    found.ours = {
        part.label: said
        for part, said in zip(ours, following(machine, found.machine, kept, ours, patient=True), strict=True)
    }
    say("which follow from ours")
    known = invariants(found.machine, features=machine.features)
    found.follow = [*following(machine, found.machine, known, [one.part for one in kept])].count(FOLLOWS)
    for claim in claims_of(found.machine):
        say(f"what is proved: {claim.id}")
        found.claims[claim.id] = is_proved(machine, found.machine, kept, claim)
    return found


def claims_of(name: str) -> list[Claim]:
    """The claims about a machine that proofs decide."""
    return [claim for claim in CLAIMS.values() if claim.machine == name and claim.is_inductive]
