"""All readings of the graph agree: integers, columns, compiled bits and functions, bit-vectors, predicates."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
import pytest
import z3

from model.language.compiled import Choice, CompiledMachine
from model.language.ground import Bitmaps, GroundMachine, Integers, Slot, Step, plug_scope
from model.language.notation import Notation
from model.language.sets import Processor, Set, Truth
from model.language.sorts import Index, Recorded
from model.language.terms import AtMost, Equal, Same, Several, Within, all_within, variable
from model.machines import MACHINES
from model.plug.machine import RECOVERY_PLUG
from properties.explicit.bits.layout import Dense
from properties.explicit.bits.program import output_program, unpacking_program
from properties.explicit.columns import Columns
from properties.explicit.compiled import CompiledSearch, begin
from properties.explicit.native import NativeStates, Stored
from properties.explicit.search import Search
from properties.symbolic.bitvectors import BitVectors, one_hot
from properties.symbolic.bounded import open_steps
from properties.symbolic.predicates import PROCESSOR, Predicates, Vocabulary

SCOPES = [
    (2, 1, 1, frozenset({"late-copies"})),
    (1, 1, 2, RECOVERY_PLUG.features - {"late-copies"}),
]


@pytest.fixture(params=SCOPES, ids=lambda scope: "/".join(map(str, scope[:3])))
def search(request: pytest.FixtureRequest) -> Search:
    members, handles, rings, features = request.param
    ground = GroundMachine(RECOVERY_PLUG.record(features), plug_scope(members, handles, rings))
    search = begin(ground, symmetry=False)
    search.run()
    return search


def states(search: Search) -> list[Bitmaps]:
    return [search.bitmaps(search.words(number)) for number in range(search.index.size)]


def terms(step: Step) -> Iterator[tuple[str, Truth | Set]]:
    """Every guard part and every effect of a step."""
    yield from step.guard
    for slot, value in step.effect:
        yield f"slot {slot}", value


@pytest.mark.parametrize("name", MACHINES)
def test_notation_turns_a_relation_round_at_its_own_symbol(name: str) -> None:
    """And at no other: a comparison may stand inside one."""
    relations = {id(one): one for one in statements(name) if isinstance(one, Within | Equal | Several | Same | AtMost)}
    assert len(relations) > 10
    opposites = {"=": "≠", "∈": "∉", "⊆": "⊈", "≤": ">", "≥": "≤"}
    for one in relations.values():
        said, turned = str(Notation().truth(one)), str(Notation().truth(~one))
        (at,) = [
            i for i, symbol in enumerate(said) if symbol in opposites and said[:i].count("(") == said[:i].count(")")
        ]
        end = len(said) - 1 if said[at] == "≥" else len(said)
        expected = f"{said[:at]}{opposites[said[at]]}{said[at + 1 : end]}{'1' if said[at] == '≥' else ''}"
        assert turned == expected


def statements(name: str) -> Iterator[Recorded]:
    """Every statement and set of a machine's guards and effects, whole and in parts."""
    terms: list[Recorded] = []
    for action in MACHINES[name].record().actions:
        terms += [part for _, part in action.guard]
        terms += [write.value for writes in action.writes.values() for write in writes]
    return all_within(*terms)


def test_columns_agree_with_integers(search: Search) -> None:
    everything = states(search)
    columns = Columns(search.ground, np.array(everything, np.uint8).T)
    assert len(everything) > 100
    for step in search.ground.steps:
        for label, term in terms(step):
            together = columns.truth(term) if isinstance(term, Truth) else columns.set(term)
            alone = [
                integers.truth(term) if isinstance(term, Truth) else integers.set(term)
                for integers in (Integers(search.ground, state) for state in everything)
            ]
            assert np.broadcast_to(together, len(everything)).tolist() == alone, (step.action.name, label)


def test_compiled_bits_agree_with_integers(search: Search) -> None:
    """Stored as numpy packs them, and as they are stored where only the bits that are needed are."""
    assert isinstance(search, CompiledSearch)
    ground, everything = search.ground, states(search)
    dense = Dense(ground)
    stored = Stored(dense, unpacking_program(ground, dense, search.packing))
    densely = NativeStates(search.packing, stored, symmetry=False, most_bytes=1 << 28)
    for state in everything:
        densely.add(search.packing.pack(np.array(state, np.uint8)[:, None]))
    densely.admit()
    order = densely.numbers(search.index.rows(0, search.index.size))
    for step in ground.steps:
        for label, term in terms(step):
            alone = [read(ground, state, term) for state in everything]
            program = output_program(ground, search.layout, term)
            assert search.native.evaluate(program).tolist() == alone, (step.action.name, label)
            program = output_program(ground, dense, term)
            assert densely.evaluate(program)[order].tolist() == alone, (step.action.name, label)


def test_compiled_actions_agree_with_integers(search: Search) -> None:
    """At every state, of every action with every choice of its parameters: guard, its parts, effect, first unused."""
    compiled = CompiledMachine(search.ground)
    assert sum(agreeing(compiled, search.ground, state) for state in states(search)) > 1000


@pytest.mark.parametrize("name", MACHINES)
def test_compiled_actions_of_every_machine_agree_with_integers_along_a_run(name: str) -> None:
    ground = GroundMachine(MACHINES[name].record(), plug_scope(3, 2, 2))
    compiled, choose, state = CompiledMachine(ground), random.Random(name), ground.initial
    steps = choose.sample(ground.steps, min(150, len(ground.steps)))
    for _ in range(40):
        agreeing(compiled, ground, state, steps)
        enabled = [step for step in ground.steps if compiled.is_searched(step, state)]
        state = ground.after(choose.choice(enabled), state) if enabled else ground.initial


def agreeing(
    compiled: CompiledMachine, ground: GroundMachine, state: Bitmaps, steps: Sequence[Step] | None = None
) -> int:
    """How many of the steps are enabled; both readings are asked everything of each."""
    integers, taken = Integers(ground, state), 0
    for step in ground.steps if steps is None else steps:
        one, refusals = Choice(step.action, step.arguments), step.refusals(integers)
        assert compiled.refusals(one, state) == refusals
        assert compiled.is_enabled(one, state) == (not refusals)
        assert compiled.is_searched(one, state) == step.is_searched(integers)
        assert compiled.after(one, state) == after(integers, step)
        parts = compiled.action(step.action).parts(state, **step.arguments)
        assert list(parts) == [integers.truth(part) for _, part in step.guard]
        taken += not refusals
    return taken


def after(integers: Integers, step: Step) -> Bitmaps:
    changed = list(integers.state)
    for slot, value in step.effect:
        changed[slot] = integers.set(value)
    return tuple(changed)


def read(ground: GroundMachine, state: Bitmaps, term: Truth | Set) -> int:
    integers = Integers(ground, state)
    return int(integers.truth(term)) if isinstance(term, Truth) else integers.set(term)


def test_packing_loses_nothing(search: Search) -> None:
    fields = np.array(states(search), np.uint8).T
    assert (search.packing.unpack(search.packing.pack(fields)) == fields).all()


def test_bit_vectors_agree_with_integers(search: Search) -> None:
    """In every state, each term whose processors are open, with each choice of them, all compared in one word."""
    ground = search.ground
    n = ground.scope.processors
    words = [z3.BitVec(f"slot {i}", n) for i in range(len(ground.slots))]
    read = BitVectors(ground, words)
    asked: list[z3.BitVecRef] = []
    expected: list[Truth | Set] = []
    for step in open_steps(ground):
        for arguments in choices(ground, step):
            concrete = ground.step(step.action, arguments)
            chosen = [
                (z3.BitVec(name, n), z3.BitVecVal(1 << value if isinstance(parameter, Processor) else value, n))
                for name, value in arguments.items()
                if not isinstance(parameter := step.action.parameters[name], Index)
            ]
            effect = dict(concrete.effect)
            unchanged = {i: variable(name, places(ground, (name, at))) for (name, at), i in ground.slots.items()}
            pairs = [(mine, theirs) for (_, mine), (_, theirs) in zip(step.guard, concrete.guard, strict=True)]
            pairs += [(value, effect.get(slot, unchanged[slot])) for slot, value in step.effect]
            for mine, theirs in pairs:
                asked.append(z3.substitute(as_word(read, mine), *chosen, (words[0], words[0])))
                expected.append(theirs)
    together = z3.Concat(*asked)
    for state in states(search):
        values = [z3.BitVecVal(bitmap, n) for bitmap in state]
        found = z3.simplify(z3.substitute(together, *zip(words, values, strict=True))).as_long()
        integers, wanted = Integers(ground, state), 0
        for term in expected:
            wanted = wanted << n | int(integers.truth(term) if isinstance(term, Truth) else integers.set(term))
        assert found == wanted, state


def places(ground: GroundMachine, slot: Slot) -> tuple[Index, ...]:
    """The indices of a slot, as elements."""
    sorts = ground.machine.state.declared[slot[0]].sorts
    return tuple(sort.element(i) for sort, i in zip(sorts, slot[1], strict=True))


def as_word(read: BitVectors, term: Truth | Set) -> z3.BitVecRef:
    """A set as it is, a truth as 1 or 0."""
    if isinstance(term, Set):
        return read.set(term)
    return z3.If(read.truth(term), read.those(1), read.those(0))


def choices(ground: GroundMachine, step: Step) -> Iterator[dict[str, int]]:
    """The arguments of a step whose processors are open, with every choice of these."""
    names = step.action.parameters
    for choice in product(
        *([step.arguments[name]] if name in step.arguments else ground.choices(one) for name, one in names.items())
    ):
        yield dict(zip(names, choice, strict=True))


def test_a_word_is_one_hot_if_it_is_one_processor() -> None:
    for bitmap in range(16):
        assert z3.is_true(z3.simplify(one_hot(z3.BitVecVal(bitmap, 4)))) == (bitmap in (1, 2, 4, 8))


class FiniteSorts:
    """The predicates of the proofs, on sorts with as many elements as the scope has."""

    def __init__(self, ground: GroundMachine) -> None:
        self.ground = ground
        sizes = {PROCESSOR: ground.scope.processors} | {s.__name__: n for s, n in ground.scope.sizes.items()}
        context = f"{ground.scope.processors}_{len(ground.slots)}"
        made = {
            name: z3.EnumSort(f"{name}_{context}", [f"{name}_{context}_{i}" for i in range(n)])
            for name, n in sizes.items()
        }
        self.elements = {name: values for name, (_, values) in made.items()}
        self.words = Vocabulary(ground.machine.state, {name: sort for name, (sort, _) in made.items()})
        self.read = Predicates(self.words)

    def statements(self, step: Step) -> Iterator[tuple[z3.BoolRef, Truth | Set, int]]:
        """Guard parts and effects as formulas with the step's arguments; beside the ground term, and a processor."""
        chosen = [
            (self.words.index(parameter), self.elements[parameter.sort.__name__][step.arguments[name]])
            if isinstance(parameter, Index)
            else (self.words.processor_named(name), self.elements[PROCESSOR][step.arguments[name]])
            for name, parameter in step.action.parameters.items()
            if name != "members"
        ]
        for (_, part), (_, ground) in zip(step.action.guard, step.guard, strict=True):
            yield z3.substitute(self.read.truth(part), *chosen), ground, -1
        effect = dict(step.effect)
        for (name, at), slot in self.ground.slots.items():
            sorts = self.ground.machine.state.declared[name].sorts
            index = tuple(sort(f"at {i}") for i, sort in enumerate(sorts))
            places = [
                (self.words.index(one), self.elements[one.sort.__name__][i]) for one, i in zip(index, at, strict=True)
            ]
            holds = self.read.set(step.action.then.families[name][index]).holds
            for p, element in enumerate(self.elements[PROCESSOR]):
                if slot in effect:
                    yield z3.substitute(holds(element), *chosen, *places), effect[slot], p

    def atoms(self) -> Iterator[tuple[z3.BoolRef, Slot, int]]:
        """Every relation at every place: whether a processor is in a slot."""
        for name, at in (*self.ground.slots, *self.ground.known):
            sorts = self.ground.machine.state.declared[name].sorts
            where = [self.elements[sort.__name__][i] for sort, i in zip(sorts, at, strict=True)]
            for p, element in enumerate(self.elements[PROCESSOR]):
                yield self.words.relations[name](*where, element), (name, at), p

    def members(self, members: int) -> Iterator[z3.BoolRef]:
        """What the parameter `members` is."""
        chosen = z3.Function("members", self.words.processor, z3.BoolSort())
        for p, element in enumerate(self.elements[PROCESSOR]):
            yield chosen(element) if members >> p & 1 else z3.Not(chosen(element))


def word(called: str, truths: Sequence[z3.BoolRef]) -> tuple[z3.BitVecRef, z3.BoolRef]:
    """A word, and that its bits, the highest first, are these truths."""
    bits = z3.BitVec(called, len(truths))
    return bits, bits == z3.Concat(*(z3.If(one, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1)) for one in truths))


def number(bits: Iterable[int | bool]) -> int:
    """The number that these bits are, the highest first."""
    return int("".join("1" if one else "0" for one in bits), 2)


def test_predicates_agree_with_integers(search: Search) -> None:
    """In every state, with every choice of the parameters: what all formulas are, compared in one word."""
    finite = FiniteSorts(search.ground)
    atoms, checked = list(finite.atoms()), 0
    for members in range(1 << search.ground.scope.processors):
        steps = [step for step in search.ground.steps if step.arguments.get("members", 0) == members]
        asked = [
            (z3.Bool(f"e{i}"), *one) for i, one in enumerate(one for step in steps for one in finite.statements(step))
        ]
        if members == 0:
            assert {step.action.name for step in steps} >= {"visit", "install", "form_ring"}
        solver = z3.Solver()
        (here, is_here), (said, is_said) = (
            word("here", [one for one, *_ in atoms]),
            word("said", [n for n, *_ in asked]),
        )
        solver.add(*finite.members(members), is_here, is_said, *(name == formula for name, formula, *_ in asked))
        for state in states(search):
            known = dict(zip(search.ground.slots, state, strict=True)) | search.ground.known
            integers = Integers(search.ground, state)
            expected = number(
                integers.truth(term) if isinstance(term, Truth) else integers.set(term) >> p & 1
                for _, _, term, p in asked
            )
            solver.push()
            solver.add(here == number(known[slot] >> p & 1 for _, slot, p in atoms), said != expected)
            assert solver.check() == z3.unsat, (state, members)
            solver.pop()
            checked += len(asked)
    assert checked > 1000
