"""What the compiled search runs: guards, probes and effects of ground steps as one list of bit operations.

`search.c` says what an instruction does. Decided here: which steps, what is looked for in which order, and
which bits are computed once for all. A *section* is a stretch that is run as a whole or not at all: a guard, a probe,
an effect, a guard part that was never seen false. A bit that two sections need has a register of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.language.ground import GroundMachine, Step
from model.language.machine import Kind
from model.language.sets import Set, Truth
from properties.catalogue.probe import Clause, Probe
from properties.explicit.bits.circuit import NO, YES, BitReading, Lanes, Layout, Node
from properties.explicit.bits.packing import Mask, Packing


class Op(IntEnum):
    """Of an instruction; the same numbers as in `search.c`."""

    AND, ANDN, NOR, XOR, STEP, GUARD, TAKEN, PROBE, FLIP, EMIT, PART, NOTE, SKIP, OUT, PLANE = range(15)


JUMPS = frozenset({Op.GUARD, Op.TAKEN, Op.PART, Op.SKIP})
"""Their last number is the instruction to go on with, while the program is made: a label."""
OF_STEP, OF_REFUSED, OF_STATE, OF_STUCK = range(4)
"""What a probe is about."""
Codes = NDArray[np.int32]


class Control(NamedTuple):
    """An instruction that is no bit operation; `literal` is what it looks at, if it looks at a bit."""

    op: Op
    dst: int = 0
    literal: int | None = None
    a: int = 0
    b: int = 0


class Label(NamedTuple):
    """A place to jump to."""

    number: int


Section = list[Control]


@dataclass
class Program:
    """Instructions, and what the numbers in them stand for."""

    code: Codes
    input_bits: Codes
    registers: int
    shared: int
    steps: int
    """How many steps it takes."""
    actions: list[str]
    parts: list[tuple[str, str]]
    clauses: list[Clause]
    looked_for: list[tuple[Probe, Step | None]]
    """Probes in the order in which one is preferred, with the step that each is about."""


@dataclass
class Writer:
    """Writes sections one after the other, then makes a program of them."""

    read: BitReading
    sections: list[Section | Label] = field(default_factory=list["Section | Label"])
    actions: dict[str, int] = field(default_factory=dict[str, int])
    parts: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    clauses: dict[Clause, int] = field(default_factory=dict[Clause, int])
    looked_for: list[tuple[Probe, Step | None]] = field(default_factory=list[tuple[Probe, "Step | None"]])
    labels: int = 0
    steps: int = 0

    def label(self) -> int:
        """A new place to jump to, not yet set."""
        self.labels += 1
        return self.labels - 1

    def part(self, action: str, label: str, part: Truth) -> None:
        """Note whether a guard part is false anywhere, until it is."""
        number = self.parts.setdefault((action, label), len(self.parts))
        end = self.label()
        self.sections.append([Control(Op.PART, number, b=end), Control(Op.NOTE, number, self.read.truth(part))])
        self.sections.append(Label(end))

    def step(self, number: int, step: Step, probes: Sequence[tuple[Probe, Truth]]) -> None:
        """Take a step where it is enabled; look for probes about it."""
        refused, end = self.label(), self.label()
        guard = [self.read.truth(part) for part in step.search_guard]
        about = [(self.order(probe, step), probe, truth) for probe, truth in probes]
        if NO in guard and not any(probe.refused for _, probe, _ in about):
            return
        self.steps += 1
        action = self.actions.setdefault(step.action.name, len(self.actions))
        self.sections.append(
            [Control(Op.STEP, number), *(Control(Op.GUARD, 0, bit, b=refused) for bit in guard if bit != YES)]
        )
        self.sections.append(Label(refused))
        for order, probe, truth in about:
            if probe.refused:
                self.probe(order, probe, OF_REFUSED, truth)
        self.sections.append([Control(Op.TAKEN, action, b=end)])
        for order, probe, truth in about:
            if not probe.refused:
                self.probe(order, probe, OF_STEP, truth)
        self.sections.append([*self.flips(step), Control(Op.EMIT, number, a=step.action.rule.kind is Kind.ENVIRONMENT)])
        self.sections.append(Label(end))

    def flips(self, step: Step) -> Iterator[Control]:
        """The bits that change."""
        layout, circuit = self.read.layout, self.read.circuit
        after = {slot: self.read.set(value) for slot, value in step.effect}
        for place, literal in layout.stored(circuit, after):
            if (flip := circuit.differ(circuit.input(place), literal)) != NO:
                yield Control(Op.FLIP, place, flip)

    def order(self, probe: Probe, step: Step | None) -> int:
        """The place of a probe among all."""
        self.looked_for.append((probe, step))
        return len(self.looked_for) - 1

    def probe(self, order: int, probe: Probe, kind: int, truth: Truth) -> None:
        """Look for a probe, unless a better one was found."""
        clause, end = self.clauses.setdefault(probe.clause, len(self.clauses)), self.label()
        look = Control(Op.PROBE, clause, self.read.truth(truth), b=4 * order + kind)
        self.sections += [[Control(Op.SKIP, clause, a=order, b=end), look], Label(end)]

    def out(self, literals: Sequence[int]) -> None:
        """Say these bits of every state."""
        self.sections.append([Control(Op.OUT, i, literal) for i, literal in enumerate(literals)])

    def program(self) -> Program:
        """The instructions."""
        return _Assembler(self).program()


class _Assembler:
    """Puts the operations before what needs them, and gives registers to bits."""

    def __init__(self, writer: Writer) -> None:
        self.writer, nodes = writer, writer.read.circuit.nodes
        self.needs = [() if isinstance(one, int) else (one.left >> 1, one.right >> 1) for one in nodes]
        """Of each node, those that it is computed from."""
        self.items, self.controls = list[int](), list[Control]()
        """What is written, in order: a node, or a control by its number from the end of all nodes."""
        self.places: dict[int, int] = {}
        """Where the labels are."""
        self.needed, self.ends = list[int](), [0]
        """The nodes of each section, one section after the other, and where each ends."""
        for section in writer.sections:
            if isinstance(section, Label):
                self.places[section.number] = len(self.items)
            else:
                self._order(section)

    def _order(self, section: Section) -> None:
        """Each control after the operations that it needs and that were not yet written in this section."""
        seen = {0}
        for control in section:
            if control.literal is not None:
                cone = self._cone(control.literal >> 1, seen)
                self.needed += cone
                self.items += [node for node in cone if self.needs[node]]
            self.items.append(len(self.needs) + len(self.controls))
            self.controls.append(control)
        self.ends.append(len(self.needed))

    def _cone(self, node: int, seen: set[int]) -> list[int]:
        """A node and those that it needs, without those that were seen, in order: none needs a later one."""
        cone, waiting = list[int](), [node]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                cone.append(node)
                waiting += self.needs[node]
        cone.sort()
        return cone

    def program(self) -> Program:
        """The instructions, with jumps to where their labels are."""
        writer, nodes = self.writer, self.writer.read.circuit.nodes
        is_input = np.array([isinstance(one, int) for one in nodes])
        register, inputs, shared = self._registers(is_input)
        code = np.concatenate([_operations(nodes, register), self._controlled(register)])[self.items]
        return Program(
            np.ascontiguousarray(code), np.array([nodes[node] for node in inputs], np.int32), int(register.max()) + 1,
            shared, writer.steps, list(writer.actions), list(writer.parts), list(writer.clauses), writer.looked_for,
        )  # fmt: skip

    def _registers(self, is_input: Mask) -> tuple[Codes, list[int], int]:
        """The register of each node; the inputs, whose come first; how many keep their values for a whole block.

        A bit that only one section needs has the register of its place among those of the section.
        """
        needed, ends = np.array(self.needed, np.int32), np.array(self.ends)
        uses = np.bincount(needed, minlength=len(is_input))
        inputs, kept = np.flatnonzero(is_input & (uses > 0)), np.flatnonzero(~is_input & (uses > 1))
        shared = 1 + len(inputs) + len(kept)
        register = np.zeros(len(is_input), np.int32)
        register[np.concatenate([inputs, kept])] = np.arange(1, shared)
        own = ~is_input[needed] & (uses[needed] == 1)
        before = np.concatenate([[0], np.cumsum(own)])
        place = before[:-1] - np.repeat(before[ends[:-1]], np.diff(ends))
        register[needed[own]] = shared + place[own]
        return register, inputs.tolist(), shared

    def _controlled(self, register: Codes) -> Codes:
        """The controls as instructions."""
        made = [
            (int(one.op), one.dst, one.a, one.b, -1 if one.literal is None else one.literal) for one in self.controls
        ]
        code = np.array(made, np.int32).reshape(-1, 5)
        looks, jumps = code[:, 4] >= 0, np.isin(code[:, 0], [*JUMPS])
        code[looks, 2] = 2 * register[code[looks, 4] >> 1] + (code[looks, 4] & 1)
        code[jumps, 3] = [self.places[label] for label in code[jumps, 3].tolist()]
        return code[:, :4]


def _operations(nodes: Sequence[Node | int], register: Codes) -> Codes:
    """The instruction that computes each node."""
    parts = np.array([(0, 0, 0) if isinstance(one, int) else one for one in nodes], np.int32)
    left, right = parts[:, 1], parts[:, 2]
    is_turned = (left & 1 == 1) & (right & 1 == 0)
    first, second = np.where(is_turned, right, left), np.where(is_turned, left, right)
    of_both = np.array([Op.AND, Op.ANDN, Op.NOR])[(first & 1) + (second & 1)]
    op = np.where(parts[:, 0] == 1, Op.XOR, of_both)
    return np.stack([op, register, register[first >> 1], register[second >> 1]], axis=1).astype(np.int32)


def search_program(
    ground: GroundMachine, layout: Layout, steps: Sequence[Step],
    states: Sequence[tuple[Probe, Truth]] = (), of_steps: Sequence[Sequence[tuple[Probe, Truth]]] = (),
    *, parts: bool = False,
) -> Program:  # fmt: skip
    """Take these steps, and look for probes about them and about states; with `parts`, note which guards refuse."""
    write = Writer(BitReading(ground, layout))
    if parts:
        for action, label, part in dict.fromkeys((s.action.name, *named) for s in steps for named in s.guard):
            write.part(action, label, part)
    for number, step in enumerate(steps):
        write.step(number, step, of_steps[number] if of_steps else ())
    for probe, truth in states:
        write.probe(write.order(probe, None), probe, OF_STUCK if probe.stuck else OF_STATE, truth)
    return write.program()


def output_program(ground: GroundMachine, layout: Layout, term: Set | Truth) -> Program:
    """Say of every state whether a truth holds, or which bits a set has."""
    write = Writer(BitReading(ground, layout))
    write.out([write.read.truth(term)] if isinstance(term, Truth) else write.read.set(term))
    return write.program()


def unpacking_program(ground: GroundMachine, layout: Layout, packing: Packing) -> Program:
    """Say every bit of a state where numpy has it."""
    write, lanes = Writer(BitReading(ground, layout)), Lanes(packing)
    bits = {slot: write.read.bits(slot) for slot in ground.slots.values()}
    write.sections.append(
        [Control(Op.PLANE, place, literal) for place, literal in lanes.stored(write.read.circuit, bits)]
    )
    return write.program()
