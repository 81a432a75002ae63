"""A machine in a scope as a Promela model: spin then counts its reachable states, and knows nothing of our search.

Decided here: a set is a bitmap in an `unsigned` of one bit a processor, and a step with its arguments chosen is one
`d_step` of the only process, so that spin stores exactly the states of the machine. What spin shares with our search
are the ground terms; columns, packing, numbering and the order of the search it does in its own way.

Left out: symmetry (spin keeps states apart that differ in processors' names), the claims, and steps whose guard is
false whatever the state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.language.ground import GroundMachine, Slot, Step, numbers
from model.language.interpretation import Interpretation
from model.language.sets import FALSE, TRUE, Processor, Processors, Set, Truth
from model.language.sorts import Index
from properties.catalogue.scopes import NamedScope
from properties.limits import ScopeTooLargeError
from properties.traces.trace import machine_text, show_slot, show_step

MOST_PROCESSORS = 31
"""The bits of a C int without its sign."""
START_STATES = 0
"""States that spin stores and the machine does not have: none, since the variables begin with their initial values."""
START_TRANSITIONS = 1
"""Transitions that spin reports and the machine does not have: storing the initial state is counted as one."""
HASH_BITS = 24


def commands(memory_mib: float = 8000, states: float = 0) -> tuple[str, str, str]:
    """How the reachable states of the model in `plug.pml` are counted, where so many are expected.

    Without -o2 spin forgets what is only written. The verifier is given a slot of its hash table for each state.
    """
    slots = max(HASH_BITS, int(states).bit_length())
    return (
        "spin -o2 -a plug.pml",
        f"gcc -O2 -DSAFETY -DNOREDUCE -DMEMLIM={memory_mib:.0f} pan.c -o pan",
        f"./pan -E -m1000000 -w{slots}",
    )


COMMANDS = commands()
"""Where few are expected."""
HEADER = f"""\
A set of processors is a bitmap: bit i stands for processor i. A step with its arguments chosen is one d_step.
What it changes changes at once, by way of new_0, new_1, ..., which are 0 between steps.

Run it, as plug.pml:
  {COMMANDS[0]}
  {COMMANDS[1]}
  {COMMANDS[2]}

"states, stored" are the reachable states. "transitions" are the enabled steps in them, those that change nothing
among them, and {START_TRANSITIONS} for the start. Spin prints 8 digits of each; its depth is not ours.
`ringplug explore --no-symmetry` counts the same without spin. (-o2: a variable that no step reads is state too.)

Calibrated: the published plugring benchmark model at 2 1 1 4, written out by the same program, has its published
1,642 states and 5,163 transitions, and {START_TRANSITIONS} for the start."""


def promela(ground: GroundMachine, title: str = "") -> str:
    """The Promela model of a ground machine; the title is its first line."""
    if ground.scope.processors > MOST_PROCESSORS:
        raise ScopeTooLargeError(f"{ground.scope.processors} processors; Promela takes {MOST_PROCESSORS}")
    steps = [step for step in ground.steps if _possible(step)]
    read = Expressions(ground)
    options = [line for step in steps for line in read.option(step)]
    header, variables, scratch = _header(ground, title, len(steps)), _variables(read), _scratch(read)
    return "\n".join([*header, "", *variables, *scratch, "", "init {", "  do", *options, "  od", "}"]) + "\n"


def machine_model(scope: NamedScope, variant: str | None = None) -> str:
    """The Promela model of a machine in a scope, or of a variant of it."""
    machine = machine_text(scope.machine, variant).record(scope.features)
    return promela(GroundMachine(machine, scope.ground), f"ringplug: {variant or 'the protocol'} at {scope.title}")


class Expressions(Interpretation[str, str]):
    """Reads ground terms as Promela expressions. What is not a single word is put in parentheses as an operand."""

    def __init__(self, ground: GroundMachine) -> None:
        super().__init__()
        self.ground = ground
        self.names = {slot: _name(ground, slot) for slot in ground.slots}
        self.places = list(self.names.values())
        """The name of each slot, by its place in a state."""
        self.scratch = 0
        """How many scratch variables one step needs at most, of those read."""

    def option(self, step: Step) -> Iterator[str]:
        """A step as an option of the loop."""
        yield f"  :: d_step {{ /* {show_step(step)} */"
        parts = [(_operand(self.truth(part)), label) for label, part in _needed(step)] or [("true", "always")]
        for i, (text, label) in enumerate(parts, 1):
            yield f"       {text} {'->' if i == len(parts) else '&&'} /* {label} */"
        yield from (f"       {line}" for line in self._effect(step))
        yield "     }"

    def _effect(self, step: Step) -> Iterator[str]:
        """What depends on the state first, by way of scratch variables if it is more than one value; then the rest."""
        values = {self.places[place]: self.set(value) for place, value in step.effect}
        known = {name: value for name, value in values.items() if value.isdigit()}
        computed = {name: value for name, value in values.items() if name not in known}
        if len(computed) > 1:
            yield from (f"new_{i} = {value};" for i, value in enumerate(computed.values()))
            computed = {name: f"new_{i}" for i, name in enumerate(computed)}
            known |= dict.fromkeys(computed.values(), "0")
            self.scratch = max(self.scratch, len(computed))
        yield from (f"{name} = {value};" for name, value in (computed | known).items())
        if not values:
            yield "skip"

    def nobody(self) -> str:
        return "0"

    def everybody(self) -> str:
        return self.those(self.ground.scope.everybody)

    def those(self, bitmap: int) -> str:
        return str(bitmap)

    def variable(self, name: str, at: tuple[Index, ...]) -> str:
        return self.names[name, numbers(at)]

    def parameter(self, term: Processor | Processors) -> str:
        raise ValueError(f"parameter {term.name} was not chosen")

    def union(self, left: str, right: str) -> str:
        return f"{_operand(left)} | {_operand(right)}"

    def common(self, left: str, right: str) -> str:
        return f"{_operand(left)} & {_operand(right)}"

    def without(self, left: str, right: str) -> str:
        return f"{_operand(left)} & ~{_operand(right)}"

    def when(self, condition: str, then: str) -> str:
        return f"({_operand(condition)} -> {_operand(then)} : 0)"

    def any_of(self, index: Index, body: Set) -> str:
        raise ValueError("a ground term has no quantifier")

    def fact(self, known: bool) -> str:
        return "true" if known else "false"

    def within(self, inner: str, outer: str) -> str:
        return f"({_operand(inner)} & ~{_operand(outer)}) == 0"

    def equal(self, left: str, right: str) -> str:
        return f"{_operand(left)} == {_operand(right)}"

    def several(self, of: str) -> str:
        return f"({_operand(of)} & ({_operand(of)} - 1)) != 0"

    def same(self, left: Index, right: Index) -> str:
        raise ValueError("a ground term compares no indices")

    def at_most(self, left: Index, right: Index) -> str:
        raise ValueError("a ground term compares no indices")

    def negation(self, of: str) -> str:
        return f"!{_operand(of)}"

    def both(self, left: str, right: str) -> str:
        return f"{_operand(left)} && {_operand(right)}"

    def every(self, index: Index, body: Truth) -> str:
        raise ValueError("a ground term has no quantifier")


def _operand(text: str) -> str:
    return f"({text})" if " " in text else text


def _needed(step: Step) -> list[tuple[str, Truth]]:
    """The guard parts that depend on the state; a fresh element is the first unused one, as in our search."""
    parts = [*step.guard, ("every lower one is in use", step.first_unused)]
    return [(label, part) for label, part in parts if part is not TRUE]


def _possible(step: Step) -> bool:
    """No guard part is false whatever the state."""
    return all(part is not FALSE for _, part in _needed(step))


def _name(ground: GroundMachine, slot: Slot) -> str:
    """A slot as one word: `copy_c0_r1`."""
    return "_".join(re.findall(r"\w+", show_slot(ground, slot)))


def _header(ground: GroundMachine, title: str, possible: int) -> list[str]:
    """What the model is, how to run it and what its counts mean."""
    sorts = {sort.sort for declared in ground.machine.state.declared.values() for sort in declared.sorts}
    sorts = {sort.sort for declared in ground.machine.state.declared.values() for sort in declared.sorts}
    sizes = [f"processor {ground.scope.processors}"]
    sizes += [f"{sort.__name__.lower()} {size}" for sort, size in ground.scope.sizes.items() if sort in sorts]
    lines = [
        title or f"ringplug: the machine of {ground.machine.state.__name__}",
        "",
        f"Elements of each sort: {', '.join(sizes)}.",
        f"Features: {', '.join(sorted(ground.machine.features)) or 'none'}.",
        f"Steps: {possible} of {len(ground.steps)}; the guards of the others are false in this scope.",
        *HEADER.splitlines(),
    ]
    return ["/*", *(f" * {line}".rstrip() for line in lines), " */"]


def _variables(read: Expressions) -> Iterator[str]:
    """A declaration with its initial value for each slot, after what the variable means."""
    declared, ground = read.ground.machine.state.declared, read.ground
    for (slot, name), value in zip(read.names.items(), ground.initial, strict=True):
        if not any(slot[1]):
            yield f"/* {slot[0]}: {declared[slot[0]].means} */"
        yield f"unsigned {name} : {ground.scope.processors} = {value};"


def _scratch(read: Expressions) -> Iterator[str]:
    """The scratch variables, once every step has been read."""
    if read.scratch:
        yield "/* scratch */"
    yield from (f"unsigned new_{i} : {read.ground.scope.processors} = 0;" for i in range(read.scratch))
