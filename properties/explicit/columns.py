"""Ground terms read on many states at once: a set is a numpy column of bitmaps, one row a state."""

from __future__ import annotations

import numpy as np

from model.language.ground import GroundMachine, numbers
from model.language.interpretation import Interpretation
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index
from properties.explicit.bits.packing import MOST_PROCESSORS, WORD_BITS, Column, Mask, Packing, Word

__all__ = ["MOST_PROCESSORS", "WORD_BITS", "Column", "Columns", "Mask", "Packing", "Word"]


class Columns(Interpretation[Column, Mask]):
    """Computes ground terms on a block of states, `fields` of shape (slots, states)."""

    def __init__(self, ground: GroundMachine, fields: Column) -> None:
        super().__init__()
        self.slots, self.fields = ground.slots, fields
        self.everyone = np.array(ground.scope.everybody, np.uint8)

    def nobody(self) -> Column:
        return np.zeros((), np.uint8)

    def everybody(self) -> Column:
        return self.everyone

    def those(self, bitmap: int) -> Column:
        return np.array(bitmap, np.uint8)

    def variable(self, name: str, at: tuple[Index, ...]) -> Column:
        return self.fields[self.slots[name, numbers(at)]]

    def parameter(self, term: Processor | Processors) -> Column:
        raise ValueError(f"parameter {term.name} was not chosen")

    def union(self, left: Column, right: Column) -> Column:
        return left | right

    def common(self, left: Column, right: Column) -> Column:
        return left & right

    def without(self, left: Column, right: Column) -> Column:
        return left & ~right

    def when(self, condition: Mask, then: Column) -> Column:
        return np.multiply(condition, then, dtype=np.uint8)

    def any_of(self, index: Index, body: Set) -> Column:
        raise ValueError("a ground term has no quantifier")

    def fact(self, known: bool) -> Mask:
        return np.array(known)

    def within(self, inner: Column, outer: Column) -> Mask:
        return (inner & ~outer) == 0

    def equal(self, left: Column, right: Column) -> Mask:
        return left == right

    def several(self, of: Column) -> Mask:
        return (of & (of - np.uint8(1))) != 0

    def same(self, left: Index, right: Index) -> Mask:
        raise ValueError("a ground term compares no indices")

    def at_most(self, left: Index, right: Index) -> Mask:
        raise ValueError("a ground term compares no indices")

    def negation(self, of: Mask) -> Mask:
        return ~of

    def both(self, left: Mask, right: Mask) -> Mask:
        return left & right

    def every(self, index: Index, body: Truth) -> Mask:
        raise ValueError("a ground term has no quantifier")
