"""What is found of variants, mutants and sets of decisions: plain records, which are written down and read again."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from model.variants import Argument


class Break(msgspec.Struct):
    """A claim that a variant breaks; `length` is None if it is broken by what no longer exists."""

    claim: str
    clause: str
    length: int | None
    scope: str
    features: list[str]
    where: str
    """Scope and features, in words."""


class Tried(msgspec.Struct):
    """The claims that an edit breaks, in the catalogue's order, and the scopes that were too large to search."""

    broken: list[Break]
    too_large: list[str] = []


def steps(one: Break) -> float:
    """How long the shortest run is; no run is longer than any."""
    return float("inf") if one.length is None else one.length


class Pair(msgspec.Struct):
    """Two variants at once, of which the first breaks nothing alone."""

    harmless: str
    other: str
    more: list[Break]
    """What they break that the second alone does not break, or not so soon."""
    too_large: list[str] = []


class Caught(msgspec.Struct):
    """What notices a mutant: a claim, by an engine, and in how many steps if that engine counts them."""

    claim: str
    clause: str
    engine: str
    length: int | None = None
    scope: str | None = None
    features: list[str] = []
    where: str = "any number"


@dataclass(frozen=True)
class Fate:
    """A mutant: noticed, or none by an argument, or neither."""

    mutant: str
    caught: Caught | None
    argument: Argument | None
    recorded: str | None = None
    """The version for which it was recorded, if it is not computed now."""

    @property
    def explained(self) -> bool:
        """Exactly one of the two is there: an argument about a mutant that is noticed would be wrong."""
        return (self.caught is None) != (self.argument is None)


class SetVerdict(msgspec.Struct):
    """What becomes of a claim if just these decisions are taken."""

    decisions: list[str]
    holds: bool
    because: list[str]
    """The set that was decided itself: this one, one within it that is proved to suffice, or a larger one that does
    not."""
    length: int | None = None
    """Of the shortest counterexample, if this set itself has one."""
    scope: str | None = None
    """Where that counterexample is."""
    obligations: int | None = None
    """Of the proof, for any number, if this set itself was proved to suffice: of claims and invariants."""


class Table(msgspec.Struct):
    """A claim's verdict for every set of decisions, and the sets that suffice."""

    claim: str
    add_node: str
    scopes: list[str]
    """Where runs were looked for; what suffices is proved for any number."""
    minimal: list[list[str]]
    sets: list[SetVerdict]


class Beside(msgspec.Struct):
    """A run that belongs to the theorem: its claim, how long it is, and the command that shows it."""

    claim: str
    says: str
    length: int
    command: str
