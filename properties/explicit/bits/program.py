"""What the compiled search runs: guards, probes and effects of ground steps as one list of bit operations.

`search.c` says what an instruction does. Decided here: which steps, what is looked for in which order, and
which bits are computed once for all. A *section* is a stretch that is run as a whole or not at all: a guard, a probe,
an effect, a guard part that was never seen false. A bit that two sections need has a register of its own.
"""

from __future__ import annotations

from collections import Counter
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
from properties.explicit.bits.packing import Packing


class Op(IntEnum):
    """Of an instruction; the same numbers as in `search.c`."""

    AND, ANDN, NOR, XOR, STEP, GUARD, TAKEN, PROBE, FLIP, EMIT, PART, NOTE, SKIP, OUT, PLANE = range(15)


JUMPS = frozenset({Op.GUARD, Op.TAKEN, Op.PART, Op.SKIP})
"""Their last number is the instruction to go on with, while the program is made: a label."""
OF_STEP, OF_REFUSED, OF_STATE, OF_STUCK = range(4)
"""What a probe is about."""
Instruction = tuple[int, int, int, int]
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
    """Gives registers to bits, and puts the operations before what needs them."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.nodes = writer, writer.read.circuit.nodes
        cones = [self._cone(one) for one in writer.sections if isinstance(one, list)]
        uses = Counter(node for cone in cones for node in cone)
        inputs = [node for node in uses if isinstance(self.nodes[node], int)]
        shared = [node for node, count in uses.items() if count > 1 and isinstance(self.nodes[node], Node)]
        self.input_bits = [self.nodes[node] for node in inputs]
        self.register = {0: 0, **{node: i for i, node in enumerate((*inputs, *shared), 1)}}
        self.shared = self.registers = 1 + len(inputs) + len(shared)
        self.cones = iter(cones)

    def _cone(self, section: Section) -> list[int]:
        """The nodes that a section needs, each after those that it needs itself."""
        needed, seen = list[int](), {0}
        waiting = [control.literal >> 1 for control in reversed(section) if control.literal is not None]
        while waiting:
            node = waiting[-1]
            one = self.nodes[node]
            first = [] if isinstance(one, int) else [n for n in (one.right >> 1, one.left >> 1) if n not in seen]
            if node in seen or not first:
                waiting.pop()
                if node not in seen:
                    seen.add(node)
                    needed.append(node)
            else:
                waiting += first
        return needed

    def program(self) -> Program:
        """Write the sections out, with jumps to where their labels are."""
        code, places = list[Instruction](), dict[int, int]()
        for section in self.writer.sections:
            if isinstance(section, Label):
                places[section.number] = len(code)
            else:
                self._section(section, set(next(self.cones)), code)
        made = np.array(code, np.int32).reshape(-1, 4)
        jumps = np.isin(made[:, 0], [*JUMPS])
        made[jumps, 3] = [places[label] for label in made[jumps, 3].tolist()]
        writer = self.writer
        return Program(
            np.ascontiguousarray(made), np.array(self.input_bits, np.int32), self.registers, self.shared, writer.steps,
            list(writer.actions), list(writer.parts), list(writer.clauses), writer.looked_for,
        )  # fmt: skip

    def _section(self, section: Section, cone: set[int], code: list[Instruction]) -> None:
        """Each control after the operations that it needs and that were not yet written in this section."""
        register = dict(self.register)
        written = {node for node in cone if isinstance(self.nodes[node], int)}
        for control in section:
            a = control.a
            if control.literal is not None:
                for node in self._cone([control]):
                    if node not in written:
                        written.add(node)
                        code.append(self._operation(node, register))
                a = 2 * register[control.literal >> 1] + (control.literal & 1)
            code.append((control.op, control.dst, a, control.b))

    def _operation(self, node: int, register: dict[int, int]) -> Instruction:
        one = self.nodes[node]
        if isinstance(one, int):
            raise ValueError("a state's bit is not computed")
        if node not in register:
            register[node] = self.shared + len(register) - len(self.register)
            self.registers = max(self.registers, register[node] + 1)
        left, right = register[one.left >> 1], register[one.right >> 1]
        if one.differ:
            return Op.XOR, register[node], left, right
        match one.left & 1, one.right & 1:
            case 0, 0:
                return Op.AND, register[node], left, right
            case 0, 1:
                return Op.ANDN, register[node], left, right
            case 1, 0:
                return Op.ANDN, register[node], right, left
            case _:
                return Op.NOR, register[node], left, right


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
