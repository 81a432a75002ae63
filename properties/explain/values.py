"""What terms are on one step of a run: their values, the comparisons that decide a statement, and both as words.

Terms are read as they were recorded, quantifiers and all, so that the words are those of the specification with the
parameters filled in. A primed variable is read in the state after the step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from model.language import terms
from model.language.ground import Bitmaps, GroundMachine, Integers, Step, numbers
from model.language.interpretation import Rewriting
from model.language.notation import Notation, Phrase
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index
from model.language.terms import Variable, those
from properties.traces.trace import members


class Said(msgspec.Struct):
    """A comparison, as it is true, and the sets that it mentions."""

    says: str
    sets: dict[str, list[str]]
    """By notation: the processors in it."""

    @property
    def words(self) -> list[str]:
        """The sets with their values, one by one; those that the comparison already tells are left out."""
        return [words for name, inside in self.sets.items() if (words := f"{name} = {as_set(inside)}") != self.says]


def as_set(inside: list[str]) -> str:
    """`{p0, p1}`, or `∅`."""
    return "{" + ", ".join(inside) + "}" if inside else "∅"


def members_of(bitmap: int) -> list[str]:
    """The processors in a bitmap, by name."""
    return [f"p{i}" for i in members(bitmap)]


class Values(Integers):
    """Computes terms on a state, or on a step: with the state after it for primed variables."""

    def __init__(
        self, ground: GroundMachine, state: Bitmaps, step: Step | None = None, after: Bitmaps | None = None
    ) -> None:
        super().__init__(ground, state)
        self.ground, self.after = ground, state if after is None else after
        grounding = ground.grounding(step.action, step.arguments) if step else None
        self.indices: Mapping[Index, Index] = grounding.indices if grounding else {}
        self.chosen: Mapping[str, int] = grounding.chosen if grounding else {}
        self.notation = Filled(self.chosen)

    def variable(self, name: str, at: tuple[Index, ...]) -> int:
        state, slot = self.after if name.endswith("'") else self.state, (name.removesuffix("'"), numbers(at))
        return self.ground.known[slot] if slot in self.ground.known else state[self.ground.slots[slot]]

    def parameter(self, term: Processor | Processors) -> int:
        return self.chosen[term.name]

    def any_of(self, index: Index, body: Set) -> int:
        found = 0
        for here in self._elements(index):
            found |= self.set(here.set(body))
        return found

    def every(self, index: Index, body: Truth) -> bool:
        return all(self.truth(here.truth(body)) for here in self._elements(index))

    def _elements(self, index: Index) -> list[Rewriting]:
        """A bound index replaced by each element of its sort."""
        return [Rewriting({index: element}) for (element,) in self.ground.scope.places([index.sort])]

    def filled(self, term: Truth) -> Truth:
        """A statement with the elements that stand for the step's parameters."""
        return Rewriting(self.indices).truth(term)

    def filled_set(self, term: Set) -> Set:
        """A set with the elements that stand for the step's parameters."""
        return Rewriting(self.indices).set(term)

    def holds(self, term: Truth) -> bool:
        """Whether a statement over the step's parameters is true."""
        return self.truth(self.filled(term))

    def because(self, term: Truth) -> list[Said]:
        """The comparisons that decide a statement, each once, as it is true."""
        found = {said.says: said for one in self._deciding(self.filled(term)) for said in [self._said(one)]}
        return list(found.values())

    def _deciding(self, term: Truth) -> Iterator[Truth]:
        match term:
            case terms.Not(of):
                yield from self._deciding(of)
            case terms.Both(left, right):
                for part in (left, right):
                    if self.truth(part) == self.truth(term):
                        yield from self._deciding(part)
            case terms.Every(index, body):
                cases = [here.truth(body) for here in self._elements(index)]
                failing = [one for one in cases if not self.truth(one)]
                for one in failing[:1] or cases:
                    yield from self._deciding(one)
            case terms.Fact():
                return
            case _:
                yield term if self.truth(term) else ~term

    def _said(self, comparison: Truth) -> Said:
        mentioned = {str(self.notation.set(one)): members_of(self.set(one)) for one in self._sides(comparison)}
        return Said(str(self.notation.truth(comparison)), mentioned)

    def _sides(self, comparison: Truth) -> Iterator[Set]:
        """The sets that are compared, each before the variables in it; what has no variable needs no value."""
        match comparison:
            case terms.Not(terms.Within(left, right) | terms.Equal(left, right)):
                both = (left, right)
            case terms.Within(left, right) | terms.Equal(left, right):
                both = (left, right)
            case terms.Several(of) | terms.Not(terms.Several(of)):
                both = (of,)
            case _:
                both = ()
        for side in both:
            variables = list(self._variables(side))
            yield from (side, *variables) if variables or isinstance(side, terms.AnyOf) else ()

    def _variables(self, term: Set | Truth) -> Iterator[Variable]:
        """The variables in a term; of those below a quantifier, the ones that are not empty."""
        match term:
            case Variable():
                yield term
            case terms.AnyOf(index, body) | terms.Every(index, body):
                inside: list[Set | Truth] = [
                    here.set(body) if isinstance(body, Set) else here.truth(body) for here in self._elements(index)
                ]
                yield from (one for part in inside for one in self._variables(part) if self.set(one))
            case _:
                for part in parts_of(term):
                    yield from self._variables(part)


def parts_of(term: Set | Truth) -> tuple[Set | Truth, ...]:
    """What an operation without a quantifier is made of."""
    match term:
        case terms.Union(a, b) | terms.Common(a, b) | terms.Without(a, b) | terms.Within(a, b) | terms.Equal(a, b):
            return (a, b)
        case terms.When(condition, then):
            return (condition, then)
        case terms.Both(a, b):
            return (a, b)
        case terms.Not(of) | terms.Several(of):
            return (of,)
        case _:
            return ()


class Filled(Notation):
    """Notation with the processors that stand for the step's parameters."""

    def __init__(self, chosen: Mapping[str, int]) -> None:
        super().__init__()
        self.chosen = chosen

    def parameter(self, term: Processor | Processors) -> Phrase:
        return Phrase(self.set(those(self.chosen[term.name])), one=isinstance(term, Processor))
