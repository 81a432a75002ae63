"""Recorded terms read as TLA+: sets, statements, and what an action assigns.

Decided here: a processor is an element and a parameter `p` stands for it, so that the set of just it is `{p}`; a family
is a function, an assignment at one place an EXCEPT. An index that a quantifier binds is called as in SPEC.md, with
`r_1` for r₁. Where the new value of one variable is part of that of another, the other names it: `bits'[r]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from model.language.interpretation import Interpretation
from model.language.machine import Action
from model.language.notation import ATOM, CONNECTIVE, QUANTIFIED, RELATION, TERM, Phrase
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index
from model.language.state import Write
from model.language.terms import (
    AtMost,
    Both,
    Common,
    Equal,
    Every,
    Not,
    Same,
    Several,
    Union,
    When,
    Within,
    Without,
    all_within,
    parts_of,
    variable,
)


class Tla(Interpretation[Phrase, Phrase]):
    """Reads sets and statements as TLA+ expressions; some terms have a name, by identity."""

    def __init__(self, names: Mapping[int, str] | None = None) -> None:
        super().__init__()
        self.names = names or {}

    def set(self, term: Set) -> Phrase:
        return Phrase(self.names[id(term)]) if id(term) in self.names else super().set(term)

    def read_truth(self, term: Truth) -> Phrase:
        """What is negated has a sign of its own, where TLA+ has one; an implication is a negated conjunction."""
        match term:
            case Not(Both(premise, conclusion)):
                left, right = self.truth(premise), self.truth(~conclusion)
                return Phrase(f"{left.inside(RELATION)} => {right.inside(RELATION)}", CONNECTIVE)
            case Not(Every(index, body)):
                return Phrase(f"\\E {bound(index)} : {self.truth(~body)}", QUANTIFIED)
            case Not(Equal(left, right)):
                return _related(self.set(left), "#", self.set(right))
            case Not(Within(Processor() as p, outer)):
                return _related(Phrase(p.name), "\\notin", self.set(outer))
            case Not(Several(of)):
                return Phrase(f"Cardinality({self.set(of)}) <= 1", RELATION)
            case Not(Same(left, right)):
                return _related(Phrase(name(left)), "#", Phrase(name(right)))
            case Not(AtMost(left, right)):
                return _related(Phrase(name(left)), ">", Phrase(name(right)))
            case _:
                return super().read_truth(term)

    def nobody(self) -> Phrase:
        return Phrase("{}")

    def everybody(self) -> Phrase:
        return Phrase("Processor")

    def those(self, bitmap: int) -> Phrase:
        raise ValueError("a term for any scope names no processors")

    def variable(self, name: str, at: tuple[Index, ...]) -> Phrase:
        return Phrase(f"{name}{place(at)}")

    def parameter(self, term: Processor | Processors) -> Phrase:
        return Phrase(f"{{{term.name}}}", one=True) if isinstance(term, Processor) else Phrase(term.name)

    def union(self, left: Phrase, right: Phrase) -> Phrase:
        return _joined(left, "\\cup", right)

    def common(self, left: Phrase, right: Phrase) -> Phrase:
        return _joined(left, "\\cap", right)

    def without(self, left: Phrase, right: Phrase) -> Phrase:
        return Phrase(f"{left.inside(ATOM)} \\ {right.inside(ATOM)}", TERM)

    def when(self, condition: Phrase, then: Phrase) -> Phrase:
        return Phrase(f"IF {condition} THEN {then} ELSE {{}}", QUANTIFIED)

    def any_of(self, index: Index, body: Set) -> Phrase:
        return Phrase(f"UNION {{{self.set(body)} : {bound(index)}}}", TERM)

    def fact(self, known: bool) -> Phrase:
        return Phrase("TRUE" if known else "FALSE")

    def within(self, inner: Phrase, outer: Phrase) -> Phrase:
        if inner.one:
            return _related(Phrase(inner[1:-1]), "\\in", outer)
        return _related(inner, "\\subseteq", outer)

    def equal(self, left: Phrase, right: Phrase) -> Phrase:
        return _related(left, "=", right)

    def several(self, of: Phrase) -> Phrase:
        return Phrase(f"Cardinality({of}) >= 2", RELATION)

    def same(self, left: Index, right: Index) -> Phrase:
        return _related(Phrase(name(left)), "=", Phrase(name(right)))

    def at_most(self, left: Index, right: Index) -> Phrase:
        return _related(Phrase(name(left)), "<=", Phrase(name(right)))

    def negation(self, of: Phrase) -> Phrase:
        return Phrase(f"~{of.inside(ATOM)}", RELATION)

    def both(self, left: Phrase, right: Phrase) -> Phrase:
        first = str(left) if left.joint == "/\\" else left.inside(RELATION)
        return Phrase(f"{first} /\\ {right.inside(RELATION)}", CONNECTIVE, joint="/\\")

    def every(self, index: Index, body: Truth) -> Phrase:
        return Phrase(f"\\A {bound(index)} : {self.truth(body)}", QUANTIFIED)


def _joined(left: Phrase, joint: str, right: Phrase) -> Phrase:
    """Two sets joined; a chain of one operation needs no parentheses on the left."""
    first = str(left) if left.joint == joint else left.inside(ATOM)
    return Phrase(f"{first} {joint} {right.inside(ATOM)}", TERM, joint=joint)


def _related(left: Phrase, sign: str, right: Phrase) -> Phrase:
    return Phrase(f"{left.inside(TERM)} {sign} {right.inside(TERM)}", RELATION)


def name(index: Index) -> str:
    """An index by its name; an element by its number, or what it is called."""
    if index.value is None:
        return index.name
    return index.names[index.value].replace("-", "_") if index.names else str(index.value)


def bound(*indices: Index) -> str:
    """Indices with the sets that they range over, as quantifiers bind them."""
    return ", ".join(f"{name(index)} \\in {index.sort.__name__}" for index in indices)


def place(at: Sequence[Index]) -> str:
    """Where in a family: `[c, r]`; nothing of a single set."""
    return f"[{', '.join(map(name, at))}]" if at else ""


MOST_BOUND = 5
"""How deeply quantifiers nest, at most, where the new value of a family is looked for."""


@dataclass(frozen=True)
class Assigned:
    """A variable that an action changes: its writes that count, in order, and what its new value is at some places."""

    variable: str
    writes: tuple[Write, ...]
    values: Mapping[int, str] = field(default_factory=dict[int, str])
    """By identity of a term that has parts: how another assignment names it, such as `bits'[r]`."""

    def uses(self, other: Assigned) -> bool:
        """Whether a new value of the other is a part of one of these."""
        return any(not other.values.keys().isdisjoint(_parts(write.value)) for write in self.writes)


def assignments(action: Action) -> Iterator[tuple[str, str]]:
    """Each variable that the action changes with its new value; a value that others name comes before them."""
    waiting = [
        Assigned(name, _that_count(writes), dict(_values(action, name))) for name, writes in action.writes.items()
    ]
    names: dict[int, str] = {}
    while waiting:
        ready = next((one for one in waiting if not any(map(one.uses, waiting))), waiting[0])
        waiting.remove(ready)
        yield ready.variable, _value(ready, names)
        names = {**ready.values, **names}


def start(name: str, writes: Sequence[Write]) -> str:
    """The initial value of a variable."""
    return _value(Assigned(name, _that_count(writes)), {})


def _values(action: Action, name: str) -> Iterator[tuple[int, str]]:
    """The new values of a variable at the action's parameters, and where a quantifier binds the index."""
    family = action.then.families[name]
    places = [
        [one for one in action.parameters.values() if isinstance(one, Index) and one.sort is sort.sort]
        + [sort.sort.bound(depth) for depth in range(1, MOST_BOUND)]
        for sort in family.declared.sorts
    ]
    for at in product(*places):
        value = family[at]
        if isinstance(value, Union | Common | Without | When):
            yield id(value), f"{name}'{place(at)}"


def _value(assigned: Assigned, names: Mapping[int, str]) -> str:
    """The new value: the old one, or one given for every place at once, except at the places written after that."""
    value = assigned.variable
    for write in assigned.writes:
        if not write.at:
            return str(Tla(names).set(write.value))
        if write.whole:
            value = f"[{bound(*write.at)} |-> {Tla(names).set(write.value)}]"
        else:
            before = {id(variable(assigned.variable, write.at)): "@"} if value == assigned.variable else {}
            value = f"[{value} EXCEPT !{place(write.at)} = {Tla({**before, **names}).set(write.value)}]"
    return value


def _that_count(writes: Sequence[Write]) -> tuple[Write, ...]:
    """Those from the last one for every place on, and of several to the very same place the last."""
    whole = [number for number, write in enumerate(writes) if write.whole]
    from_there = writes[whole[-1] :] if whole else writes
    return tuple({(write.whole, *map(id, write.at)): write for write in from_there}.values())


def _parts(term: Set) -> frozenset[int]:
    """The identities of all terms within this one."""
    return frozenset(map(id, all_within(*parts_of(term))))
