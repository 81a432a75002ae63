"""Ground terms read as bit-vectors: a set of N processors is a word of N bits, a parameter that is open another word.

Who asks sees to it that the word of a single processor has one bit set (`one_hot`).
"""

from __future__ import annotations

from collections.abc import Sequence

import z3

from model.language.ground import GroundMachine, numbers
from model.language.interpretation import Interpretation
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index


class BitVectors(Interpretation[z3.BitVecRef, z3.BoolRef]):
    """Reads ground terms over one state, `state` being the word of each slot."""

    def __init__(self, ground: GroundMachine, state: Sequence[z3.BitVecRef]) -> None:
        super().__init__()
        self.size, self.slots, self.state = ground.scope.processors, ground.slots, state
        self.zero, self.everyone = self.those(0), self.those(ground.scope.everybody)

    def nobody(self) -> z3.BitVecRef:
        return self.zero

    def everybody(self) -> z3.BitVecRef:
        return self.everyone

    def those(self, bitmap: int) -> z3.BitVecRef:
        return z3.BitVecVal(bitmap, self.size)

    def variable(self, name: str, at: tuple[Index, ...]) -> z3.BitVecRef:
        return self.state[self.slots[name, numbers(at)]]

    def parameter(self, term: Processor | Processors) -> z3.BitVecRef:
        return z3.BitVec(term.name, self.size)

    def union(self, left: z3.BitVecRef, right: z3.BitVecRef) -> z3.BitVecRef:
        return left | right

    def common(self, left: z3.BitVecRef, right: z3.BitVecRef) -> z3.BitVecRef:
        return left & right

    def without(self, left: z3.BitVecRef, right: z3.BitVecRef) -> z3.BitVecRef:
        return left & ~right

    def when(self, condition: z3.BoolRef, then: z3.BitVecRef) -> z3.BitVecRef:
        return z3.If(condition, then, self.zero)

    def any_of(self, index: Index, body: Set) -> z3.BitVecRef:
        raise ValueError("a ground term has no quantifier")

    def fact(self, known: bool) -> z3.BoolRef:
        return z3.BoolVal(known)

    def within(self, inner: z3.BitVecRef, outer: z3.BitVecRef) -> z3.BoolRef:
        return inner & ~outer == self.zero

    def equal(self, left: z3.BitVecRef, right: z3.BitVecRef) -> z3.BoolRef:
        return left == right

    def several(self, of: z3.BitVecRef) -> z3.BoolRef:
        return z3.Not(of & (of - 1) == self.zero)

    def same(self, left: Index, right: Index) -> z3.BoolRef:
        raise ValueError("a ground term compares no indices")

    def at_most(self, left: Index, right: Index) -> z3.BoolRef:
        raise ValueError("a ground term compares no indices")

    def negation(self, of: z3.BoolRef) -> z3.BoolRef:
        return z3.Not(of)

    def both(self, left: z3.BoolRef, right: z3.BoolRef) -> z3.BoolRef:
        return z3.And(left, right)

    def every(self, index: Index, body: Truth) -> z3.BoolRef:
        raise ValueError("a ground term has no quantifier")


def one_hot(word: z3.BitVecRef) -> z3.BoolRef:
    """Exactly one bit is set."""
    return z3.And(z3.Not(word == 0), word & (word - 1) == 0)
