"""Ground terms read as bits: a set is one bit a processor, a truth one bit, and each is a literal of a small circuit.

A literal is twice a node, plus one for its opposite; node 0 is false, so literal 0 is false and 1 true. Equal nodes are
one node, and what is known folds away: of "p is in the set" nothing is left but the bit itself.

How a state is stored is a `Layout`. With symmetry it is numpy's, whose lanes can be sorted. Without, it is derived
which bits are always equal, opposite or constant (`layout.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from model.language.ground import GroundMachine, numbers
from model.language.interpretation import Interpretation
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index
from properties.explicit.bits.packing import WORD_BITS, Packing

Bits = tuple[int, ...]
"""A set: for each processor the literal that says whether it is in it."""
NO, YES = 0, 1


class Node(NamedTuple):
    """A bit computed from two literals: both, or (`differ`) exactly one."""

    differ: bool
    left: int
    right: int


class Circuit:
    """Nodes, each after those that it needs; the first are none, then the bits of a state as they are asked for."""

    def __init__(self) -> None:
        self.nodes: list[Node | int] = [0]
        """A node, or the place of a state's bit: 64 times its word, plus its bit there."""
        self._known: dict[Node | int, int] = {}

    def input(self, place: int) -> int:
        """The literal of a state's bit."""
        return self._literal(place)

    def both(self, left: int, right: int) -> int:
        """Whether both hold."""
        if left > right:
            left, right = right, left
        if left == NO or left ^ 1 == right:
            return NO
        return right if left in (YES, right) else self._literal(Node(False, left, right))

    def either(self, left: int, right: int) -> int:
        """Whether at least one holds."""
        return self.both(left ^ 1, right ^ 1) ^ 1

    def differ(self, left: int, right: int) -> int:
        """Whether exactly one holds."""
        opposite = (left ^ right) & 1
        left, right = sorted((left & ~1, right & ~1))
        if left == right:
            return opposite
        return (right if left == NO else self._literal(Node(True, left, right))) ^ opposite

    def _literal(self, node: Node | int) -> int:
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return 2 * self._known[node]


class Layout(Protocol):
    """How a state is stored."""

    @property
    def words(self) -> int:
        """How many words a state has."""
        ...

    def bit(self, circuit: Circuit, slot: int, processor: int) -> int:
        """The literal that says whether a processor is in a slot."""
        ...

    def stored(self, circuit: Circuit, bits: Mapping[int, Bits]) -> Iterator[tuple[int, int]]:
        """What is stored of these slots, given their bits: each place and its literal."""
        ...


class Lanes:
    """Every bit, as numpy packs them."""

    def __init__(self, packing: Packing) -> None:
        self.packing, self.words = packing, packing.words

    def bit(self, circuit: Circuit, slot: int, processor: int) -> int:
        return circuit.input(self.place(slot, processor))

    def place(self, slot: int, processor: int) -> int:
        """Where the bit is in a state."""
        word, lane = self.packing.places[processor]
        return WORD_BITS * word + lane * self.packing.slots + slot

    def stored(self, circuit: Circuit, bits: Mapping[int, Bits]) -> Iterator[tuple[int, int]]:
        for slot, literals in bits.items():
            yield from ((self.place(slot, i), literal) for i, literal in enumerate(literals))


class BitReading(Interpretation[Bits, int]):
    """Reads ground terms into a circuit."""

    def __init__(self, ground: GroundMachine, layout: Layout) -> None:
        super().__init__()
        self.circuit, self.slots, self.layout = Circuit(), ground.slots, layout
        self.processors = range(ground.scope.processors)

    def bits(self, slot: int) -> Bits:
        """A slot of the state."""
        return tuple(self.layout.bit(self.circuit, slot, i) for i in self.processors)

    def all(self, literals: list[int]) -> int:
        """Whether all of these hold."""
        holds = YES
        for literal in literals:
            holds = self.circuit.both(holds, literal)
        return holds

    def nobody(self) -> Bits:
        return tuple(NO for _ in self.processors)

    def everybody(self) -> Bits:
        return tuple(YES for _ in self.processors)

    def those(self, bitmap: int) -> Bits:
        return tuple(bitmap >> i & 1 for i in self.processors)

    def variable(self, name: str, at: tuple[Index, ...]) -> Bits:
        return self.bits(self.slots[name, numbers(at)])

    def parameter(self, term: Processor | Processors) -> Bits:
        raise ValueError(f"parameter {term.name} was not chosen")

    def union(self, left: Bits, right: Bits) -> Bits:
        return tuple(map(self.circuit.either, left, right))

    def common(self, left: Bits, right: Bits) -> Bits:
        return tuple(map(self.circuit.both, left, right))

    def without(self, left: Bits, right: Bits) -> Bits:
        return tuple(self.circuit.both(a, b ^ 1) for a, b in zip(left, right, strict=True))

    def when(self, condition: int, then: Bits) -> Bits:
        return tuple(self.circuit.both(condition, bit) for bit in then)

    def any_of(self, index: Index, body: Set) -> Bits:
        raise ValueError("a ground term has no quantifier")

    def fact(self, known: bool) -> int:
        return YES if known else NO

    def within(self, inner: Bits, outer: Bits) -> int:
        return self.all([bit ^ 1 for bit in self.without(inner, outer)])

    def equal(self, left: Bits, right: Bits) -> int:
        return self.all([self.circuit.differ(a, b) ^ 1 for a, b in zip(left, right, strict=True)])

    def several(self, of: Bits) -> int:
        one, two = NO, NO
        for bit in of:
            two = self.circuit.either(two, self.circuit.both(one, bit))
            one = self.circuit.either(one, bit)
        return two

    def same(self, left: Index, right: Index) -> int:
        raise ValueError("a ground term compares no indices")

    def at_most(self, left: Index, right: Index) -> int:
        raise ValueError("a ground term compares no indices")

    def negation(self, of: int) -> int:
        return of ^ 1

    def both(self, left: int, right: int) -> int:
        return self.circuit.both(left, right)

    def every(self, index: Index, body: Truth) -> int:
        raise ValueError("a ground term has no quantifier")
