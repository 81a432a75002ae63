"""Terms read as first-order formulas: a set is a predicate on processors, a variable a relation.

Processors, handles, rings and copies are sorts without any size, so a formula speaks of any number of each. Terms
keep to a stratified fragment (no quantifier over processors hides behind a ring, a handle or a copy): z3 decides it.
Of this room only this module, `round` and what asks by it, and the bounded engine know z3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

import z3

from model.language.interpretation import Interpretation
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index, Token
from model.language.state import State

PROCESSOR = "Processor"


class Predicate:
    """A set of processors: whether one is in it; `one` if it is known to contain just that one."""

    def __init__(self, says: Callable[[z3.ExprRef], z3.BoolRef], one: z3.ExprRef | None = None) -> None:
        self.says, self.one = says, one
        self._said: dict[int, tuple[z3.ExprRef, z3.BoolRef]] = {}

    def holds(self, x: z3.ExprRef) -> z3.BoolRef:
        """Whether x is in it: the same formula each time, since sets are parts of many others."""
        found = self._said.get(id(x))
        if found is None:
            found = self._said[id(x)] = x, self.says(x)
        return found[1]


class Vocabulary:
    """The sorts and relations of a machine's states. `elements` may fix a finite sort; else sorts have any size."""

    def __init__(self, state: type[State], elements: Mapping[str, z3.SortRef] | None = None) -> None:
        if not state.is_of_any_size():
            raise TypeError("a table of constants has no meaning for any number of processors")
        self.elements = dict(elements or {})
        self.stands_for: dict[str, z3.ExprRef] = {}
        """Elements of a solver's universe, by the name of an index that stands for one."""
        self.processor = self._sort(PROCESSOR)
        self.named = {sort: None for declared in state.declared.values() for sort in declared.sorts if sort.names}
        self.relations = {
            name: z3.Function(name, *(self.sort(sort) for sort in declared.sorts), self.processor, z3.BoolSort())
            for name, declared in state.declared.items()
        }

    def sort(self, sort: type[Index]) -> z3.SortRef:
        """The solver's sort for a sort of indices."""
        return self._sort(sort.sort.__name__)

    def index(self, index: Index) -> z3.ExprRef:
        """The constant that stands for an index: a parameter or a bound one."""
        known = self.stands_for.get(index.name)
        return z3.Const(index.name, self.sort(type(index))) if known is None else known

    def processor_named(self, name: str) -> z3.ExprRef:
        """The constant that stands for a processor."""
        return z3.Const(name, self.processor)

    def numbered(self, left: Index, right: Index) -> z3.BoolRef:
        """The first index is numbered no higher than the second."""
        order = z3.Function(f"numbered_{left.sort.__name__}", self.sort(left.sort), self.sort(left.sort), z3.BoolSort())
        return order(self.index(left), self.index(right))

    def axioms(self) -> list[z3.BoolRef]:
        """What is so in every state: numbering is a total preorder, and named elements are all that there are."""
        return [*self._numbering(), *(axiom for sort in self.named for axiom in self._named(sort))]

    def _named(self, sort: type[Index]) -> Iterator[z3.BoolRef]:
        """Of a sort whose elements are known: they differ, and there are no others."""
        elements = [self.index(sort.element(value)) for value in range(len(sort.names))]
        one = self.index(sort("one!"))
        yield from (z3.Not(equals(left, right)) for left, right in combinations(elements, 2))
        yield z3.ForAll([one], z3.Or(*(equals(one, element) for element in elements)))

    def _numbering(self) -> list[z3.BoolRef]:
        """Elements may have the same number."""
        t, u, v = (Token(name) for name in ("t!", "u!", "v!"))
        every = [self.index(one) for one in (t, u, v)]
        le = self.numbered
        return [
            z3.ForAll(every, z3.Or(le(t, u), le(u, t))),
            z3.ForAll(every, z3.Implies(z3.And(le(t, u), le(u, v)), le(t, v))),
        ]

    def _sort(self, name: str) -> z3.SortRef:
        if name not in self.elements:
            self.elements[name] = z3.DeclareSort(name)
        return self.elements[name]


class Predicates(Interpretation[Predicate, z3.BoolRef]):
    """Reads terms over one state's relations."""

    def __init__(self, words: Vocabulary) -> None:
        super().__init__()
        self.words = words
        self.x = words.processor_named("x!")

    def nobody(self) -> Predicate:
        return Predicate(lambda x: z3.BoolVal(False))

    def everybody(self) -> Predicate:
        return Predicate(lambda x: z3.BoolVal(True))

    def those(self, bitmap: int) -> Predicate:
        raise ValueError("a bitmap has no meaning where the number of processors is open")

    def variable(self, name: str, at: tuple[Index, ...]) -> Predicate:
        where = [self.words.index(index) for index in at]
        return Predicate(lambda x: self.words.relations[name](*where, x))

    def parameter(self, term: Processor | Processors) -> Predicate:
        match term:
            case Processor(name):
                one = self.words.processor_named(name)
                return Predicate(lambda x: equals(x, one), one)
            case Processors(name):
                return Predicate(z3.Function(name, self.words.processor, z3.BoolSort()))

    def union(self, left: Predicate, right: Predicate) -> Predicate:
        return Predicate(lambda x: z3.Or(left.holds(x), right.holds(x)))

    def common(self, left: Predicate, right: Predicate) -> Predicate:
        return Predicate(lambda x: z3.And(left.holds(x), right.holds(x)))

    def without(self, left: Predicate, right: Predicate) -> Predicate:
        return Predicate(lambda x: z3.And(left.holds(x), z3.Not(right.holds(x))))

    def when(self, condition: z3.BoolRef, then: Predicate) -> Predicate:
        return Predicate(lambda x: z3.And(condition, then.holds(x)))

    def any_of(self, index: Index, body: Set) -> Predicate:
        inner, bound = self.set(body), self.words.index(index)
        return Predicate(lambda x: z3.Exists([bound], inner.holds(x)))

    def fact(self, known: bool) -> z3.BoolRef:
        return z3.BoolVal(known)

    def within(self, inner: Predicate, outer: Predicate) -> z3.BoolRef:
        if inner.one is not None:
            return outer.holds(inner.one)
        return z3.ForAll([self.x], z3.Implies(inner.holds(self.x), outer.holds(self.x)))

    def equal(self, left: Predicate, right: Predicate) -> z3.BoolRef:
        return z3.ForAll([self.x], equals(left.holds(self.x), right.holds(self.x)))

    def several(self, of: Predicate) -> z3.BoolRef:
        y = self.words.processor_named("y!")
        return z3.Exists([self.x, y], z3.And(of.holds(self.x), of.holds(y), z3.Not(equals(self.x, y))))

    def same(self, left: Index, right: Index) -> z3.BoolRef:
        return equals(self.words.index(left), self.words.index(right))

    def at_most(self, left: Index, right: Index) -> z3.BoolRef:
        return self.words.numbered(left, right)

    def negation(self, of: z3.BoolRef) -> z3.BoolRef:
        return z3.Not(of)

    def both(self, left: z3.BoolRef, right: z3.BoolRef) -> z3.BoolRef:
        return z3.And(left, right)

    def every(self, index: Index, body: Truth) -> z3.BoolRef:
        return z3.ForAll([self.words.index(index)], self.truth(body))


def equals(left: z3.ExprRef, right: z3.ExprRef) -> z3.BoolRef:
    """Equality, as a formula."""
    return left == right
