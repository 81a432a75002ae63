"""Which bits of a state need to be stored, where nothing has to be sorted: derived from the steps, never assumed.

**Equal bits.** Suppose that some bits are always equal, or opposite, or constant, because they are so at the start. If
every step, read with that supposition, gives them values that are so again, it is true of every reachable state; if
not, the bits that differ are told apart, and all steps are read again. What is left is stored once. This is van Eijk's
signal correspondence, of circuits; guards are not looked at, so it may find less than there is.

**Numbers.** A variable whose bits are then such that always exactly one is set, since a step either leaves them alone
or sets one that is known, is stored as the index of that one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from model.language.ground import GroundMachine, Step
from model.language.sets import FALSE
from properties.explicit.bits.circuit import NO, YES, BitReading, Bits, Circuit
from properties.explicit.bits.packing import WORD_BITS, Column, Mask, Word

Bit = tuple[int, int]
"""A slot and a processor."""
Classes = dict[Bit, int]
"""For each bit the number of its class; class 0 is constant. Bits of a class differ from their values at the start
always at the same time."""
CONSTANT = 0
ROOM = WORD_BITS
"""So many bits are stored without a look for numbers among them."""


class _Supposed:
    """A layout in which each class is stored once: whether its bits differ from their values at the start."""

    words = 0

    def __init__(self, ground: GroundMachine, classes: Classes) -> None:
        self.ground, self.classes = ground, classes

    def began(self, bit: Bit) -> int:
        """The value of a bit at the start."""
        return self.ground.initial[bit[0]] >> bit[1] & 1

    def bit(self, circuit: Circuit, slot: int, processor: int) -> int:
        number = self.classes[slot, processor]
        return (NO if number == CONSTANT else circuit.input(number)) ^ self.began((slot, processor))

    def stored(self, circuit: Circuit, bits: Mapping[int, Bits]) -> Iterator[tuple[int, int]]:
        for slot, literals in bits.items():
            for i, literal in enumerate(literals):
                yield self.classes[slot, i], literal ^ self.began((slot, i))


class Dense:
    """The bits that are needed, one after the other."""

    def __init__(self, ground: GroundMachine) -> None:
        self.ground, classes = ground, equal_bits(ground)
        self.supposed = _Supposed(ground, classes)
        self.numbers = numbers(ground, classes) if len({*classes.values()}) > ROOM else []
        """For each variable that is a number, its classes in the order of the numbers; where one word is too small."""
        of_numbers = {number for one in self.numbers for number in one}
        self.single = {c: i for i, c in enumerate(sorted({*classes.values()} - of_numbers - {CONSTANT}))}
        """For each other class its place."""
        self.index_places = list[range]()
        size = len(self.single)
        for one in self.numbers:
            self.index_places.append(range(size, size + (len(one) - 1).bit_length()))
            size = self.index_places[-1].stop
        self.size, self.words = size, max(1, -(-size // WORD_BITS))
        self.member = {c: (n, i) for n, one in enumerate(self.numbers) for i, c in enumerate(one)}
        """For each class of a number, which number it is of, and which value of it."""
        self.first = {number: bit for bit, number in reversed(classes.items())}
        """For each class a bit of it."""

    def bit(self, circuit: Circuit, slot: int, processor: int) -> int:
        number = self.supposed.classes[slot, processor]
        began = self.supposed.began((slot, processor))
        if number == CONSTANT:
            return began
        if number not in self.member:
            return circuit.input(self.single[number]) ^ began
        which, value = self.member[number]
        is_set = YES
        for at, place in enumerate(self.index_places[which]):
            is_set = circuit.both(is_set, circuit.input(place) ^ (~value >> at & 1))
        return is_set ^ began ^ self.supposed.began(self.first[number])

    def stored(self, circuit: Circuit, bits: Mapping[int, Bits]) -> Iterator[tuple[int, int]]:
        known = {number: bits[slot][i] for number, (slot, i) in self.first.items() if slot in bits}
        for number, literal in known.items():
            if number in self.single:
                yield self.single[number], literal ^ self.supposed.began(self.first[number])
        for one, places in zip(self.numbers, self.index_places, strict=True):
            if any(number in known for number in one):
                now = [self._value(circuit, known, number) for number in one]
                for at, place in enumerate(places):
                    is_set = NO
                    for value, literal in enumerate(now):
                        is_set = circuit.either(is_set, literal if value >> at & 1 else NO)
                    yield place, is_set

    def _value(self, circuit: Circuit, known: Mapping[int, int], number: int) -> int:
        slot, i = self.first[number]
        return known[number] if number in known else self.bit(circuit, slot, i)

    def packed(self, fields: Column) -> list[Word]:
        """States, as fields of shape (slots, states), in words as they are stored."""
        words = [np.zeros(fields.shape[1], np.uint64) for _ in range(self.words)]
        for place, column in self._columns(fields):
            words[place // WORD_BITS] |= column << np.uint64(place % WORD_BITS)
        return words

    def _columns(self, fields: Column) -> Iterator[tuple[int, Word]]:
        """Each place with its bit in every state."""
        for number, place in self.single.items():
            yield place, self._differs(fields, self.first[number])
        for one, places in zip(self.numbers, self.index_places, strict=True):
            set_bits = [self._differs(fields, bit) ^ np.uint64(self.supposed.began(bit)) for bit in self._firsts(one)]
            for at, place in enumerate(places):
                yield place, np.bitwise_or.reduce([bit for value, bit in enumerate(set_bits) if value >> at & 1])

    def _firsts(self, numbers: list[int]) -> list[Bit]:
        return [self.first[number] for number in numbers]

    def _differs(self, fields: Column, bit: Bit) -> Word:
        """In which states a bit differs from its value at the start."""
        slot, i = bit
        return (fields[slot] >> np.uint8(i) & np.uint8(1)).astype(np.uint64) ^ np.uint64(self.supposed.began(bit))

    def fit(self, fields: Column) -> Mask:
        """Which states can be stored: in others, bits differ that are equal in every reachable state."""
        fits = np.ones(fields.shape[1], np.bool_)
        for bit, number in self.supposed.classes.items():
            first = self._differs(fields, self.first[number]) if number else np.uint64(0)
            fits &= self._differs(fields, bit) == first
        for one in self.numbers:
            count = np.sum([self._differs(fields, bit) ^ np.uint64(self.supposed.began(bit))
                            for bit in self._firsts(one)], axis=0)  # fmt: skip
            fits &= count == 1
        return fits


def equal_bits(ground: GroundMachine) -> Classes:
    """The classes of bits that are told apart by no step."""
    classes: Classes = {(slot, i): CONSTANT for slot in ground.slots.values() for i in range(ground.scope.processors)}
    while True:
        changes = _changes(ground, classes)
        kinds: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {(CONSTANT, ()): CONSTANT}
        finer = {bit: kinds.setdefault((number, tuple(changes[bit])), len(kinds)) for bit, number in classes.items()}
        if len({*finer.values()} | {CONSTANT}) == len({*classes.values()} | {CONSTANT}):
            return classes
        classes = finer


def _changes(ground: GroundMachine, classes: Classes) -> dict[Bit, list[tuple[int, int]]]:
    """For each bit the steps that may change it, each with what the bit then is, if the classes are as supposed."""
    supposed = _Supposed(ground, classes)
    read, changes = BitReading(ground, supposed), defaultdict[Bit, list[tuple[int, int]]](list)
    for number, step in enumerate(_possible(ground)):
        for slot, value in step.effect:
            for i, literal in enumerate(read.set(value)):
                before = supposed.bit(read.circuit, slot, i)
                if literal != before:
                    changes[slot, i].append((number, literal ^ supposed.began((slot, i))))
    return changes


class _Fixed(_Supposed):
    """The same, where one of some bits is set and the others are not."""

    def __init__(self, ground: GroundMachine, classes: Classes, family: Mapping[int, Bit], value: int) -> None:
        super().__init__(ground, classes)
        self.family, self.value = family, value

    def bit(self, circuit: Circuit, slot: int, processor: int) -> int:
        number = self.classes[slot, processor]
        if number not in self.family:
            return super().bit(circuit, slot, processor)
        return (number == self.value) ^ self.began(self.family[number]) ^ self.began((slot, processor))


def _possible(ground: GroundMachine) -> list[Step]:
    """The steps whose guards are not false whatever the state."""
    return [step for step in ground.steps if not any(part is FALSE for part in step.search_guard)]


def numbers(ground: GroundMachine, classes: Classes) -> list[list[int]]:
    """The variables that are numbers: each with its classes, of which always exactly one has its bits set."""
    variables = defaultdict[str, dict[int, Bit]](dict)
    where = defaultdict[int, set[str]](set)
    for (name, _), slot in ground.slots.items():
        for i in range(ground.scope.processors):
            if number := classes[slot, i]:
                variables[name].setdefault(number, (slot, i))
                where[number].add(name)
    own = [found for found in variables.values() if all(len(where[number]) == 1 for number in found)]
    return [[*one] for one in own if len(one) > 2 and _is_number(ground, classes, one)]


def _is_number(ground: GroundMachine, classes: Classes, family: Mapping[int, Bit]) -> bool:
    """Whether exactly one of these bits is set at the start, and after every step if one was before."""
    slots = {slot for slot, _ in family.values()}
    steps = [effect for step in _possible(ground) if (effect := [one for one in step.effect if one[0] in slots])]
    if sum(ground.initial[slot] >> i & 1 for slot, i in family.values()) != 1:
        return False
    for value in family:
        read = BitReading(ground, _Fixed(ground, classes, family, value))
        for effect in steps:
            after = {slot: read.set(term) for slot, term in effect}
            if not _one_is_set(
                [after[slot][i] if slot in after else read.bits(slot)[i] for slot, i in family.values()]
            ):
                return False
    return True


def _one_is_set(literals: list[int]) -> bool:
    """Whether exactly one holds, as far as can be seen: one is known, or two are opposite; the others do not hold."""
    left = sorted(literal for literal in literals if literal != NO)
    return left == [YES] or (len(left) == 2 and left[0] ^ 1 == left[1])
