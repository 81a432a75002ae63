"""Terms read as set notation: how guards, effects and claims are printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from model.language.interpretation import Interpretation
from model.language.machine import Action
from model.language.sorts import Index
from model.language.state import Write
from model.language.terms import Both, Common, Every, Not, Processor, Processors, Set, Truth, Union, When, Without

ATOM, TERM, RELATION, CONNECTIVE, QUANTIFIED = range(5)
"""How loosely a phrase binds, tightest first."""


OPPOSITES = {"=": "≠", "∈": "∉", "⊆": "⊈", "≤": ">"}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉", "_")


class Phrase(str):
    """A piece of notation: how loosely it binds, the operation that joins its parts, whether it is a single {p}.

    Of a relation also its opposite, since in a long one the symbol that is to be turned round is not the only one.
    """

    loose: int
    joint: str
    one: bool
    opposite: str

    def __new__(cls, text: str, loose: int = ATOM, *, joint: str = "", one: bool = False, opposite: str = "") -> Phrase:
        phrase = super().__new__(cls, text)
        phrase.loose, phrase.joint, phrase.one, phrase.opposite = loose, joint, one, opposite
        return phrase

    def inside(self, loosest: int) -> str:
        """The phrase as a part of a larger one, in parentheses if it binds more loosely than this."""
        return f"({self})" if self.loose > loosest else str(self)


class Notation(Interpretation[Phrase, Phrase]):
    """Reads sets and truths as set notation."""

    def read_truth(self, term: Truth) -> Phrase:
        """An implication is recorded as a negated conjunction."""
        match term:
            case Not(Both(premise, conclusion)):
                return Phrase(
                    f"{self.truth(premise).inside(RELATION)} ⇒ {self.truth(~conclusion).inside(RELATION)}", CONNECTIVE
                )
            case Not(Every(index, body)):
                return Phrase(f"∃{_name(index)}: {self.truth(~body)}", QUANTIFIED)
            case _:
                return super().read_truth(term)

    def nobody(self) -> Phrase:
        return Phrase("∅")

    def everybody(self) -> Phrase:
        return Phrase("everybody")

    def those(self, bitmap: int) -> Phrase:
        members = [f"p{i}" for i in range(bitmap.bit_length()) if bitmap >> i & 1]
        return Phrase("{" + ", ".join(members) + "}")

    def variable(self, name: str, at: tuple[Index, ...]) -> Phrase:
        return Phrase(f"{name}[{', '.join(_name(index) for index in at)}]" if at else name)

    def parameter(self, term: Processor | Processors) -> Phrase:
        return Phrase(f"{{{term.name}}}", one=True) if isinstance(term, Processor) else Phrase(term.name)

    def union(self, left: Phrase, right: Phrase) -> Phrase:
        return _joined(left, "∪", right)

    def common(self, left: Phrase, right: Phrase) -> Phrase:
        return _joined(left, "∩", right)

    def without(self, left: Phrase, right: Phrase) -> Phrase:
        return _joined(left, "∖", right)

    def when(self, condition: Phrase, then: Phrase) -> Phrase:
        return Phrase(f"{then.inside(ATOM)} if {condition.inside(RELATION)}", CONNECTIVE)

    def any_of(self, index: Index, body: Set) -> Phrase:
        return Phrase(f"⋃{_name(index)} {self.set(body).inside(ATOM)}", TERM)

    def fact(self, known: bool) -> Phrase:
        return Phrase("true" if known else "false")

    def within(self, inner: Phrase, outer: Phrase) -> Phrase:
        if inner.one:
            return _related(inner[1:-1], "∈", outer.inside(TERM))
        return _related(inner.inside(TERM), "⊆", outer.inside(TERM))

    def equal(self, left: Phrase, right: Phrase) -> Phrase:
        return _related(left.inside(TERM), "=", right.inside(TERM))

    def several(self, of: Phrase) -> Phrase:
        return Phrase(f"|{of}| ≥ 2", RELATION, opposite=f"|{of}| ≤ 1")

    def same(self, left: Index, right: Index) -> Phrase:
        return _related(_name(left), "=", _name(right))

    def at_most(self, left: Index, right: Index) -> Phrase:
        return _related(_name(left), "≤", _name(right))

    def negation(self, of: Phrase) -> Phrase:
        if of.opposite:
            return Phrase(of.opposite, RELATION, opposite=str(of))
        return Phrase(f"¬{of.inside(ATOM)}", TERM)

    def both(self, left: Phrase, right: Phrase) -> Phrase:
        first = str(left) if left.joint == "∧" else left.inside(RELATION)
        return Phrase(f"{first} ∧ {right.inside(RELATION)}", CONNECTIVE, joint="∧")

    def every(self, index: Index, body: Truth) -> Phrase:
        return Phrase(f"∀{_name(index)}: {self.truth(body)}", QUANTIFIED)


def _related(left: str, symbol: str, right: str) -> Phrase:
    """A relation of two sides."""
    return Phrase(f"{left} {symbol} {right}", RELATION, opposite=f"{left} {OPPOSITES[symbol]} {right}")


def _joined(left: Phrase, joint: str, right: Phrase) -> Phrase:
    """Two sets joined; a chain of one operation needs no parentheses on the left."""
    first = str(left) if left.joint == joint else left.inside(ATOM)
    return Phrase(f"{first} {joint} {right.inside(ATOM)}", TERM, joint=joint)


def _name(index: Index) -> str:
    """An index's name; a bound one has a subscript, an element its number: `r0`."""
    if index.value is not None:
        return f"{index.sort.__name__[0].lower()}{index.value}"
    return index.name.translate(SUBSCRIPTS) if "_" in index.name else index.name


class Naming(Notation):
    """Notation in which some terms have a name, by identity: a new value is the primed variable that has it."""

    def __init__(self, names: Mapping[int, str]) -> None:
        super().__init__()
        self.names = names

    def set(self, term: Set) -> Phrase:
        return Phrase(self.names[id(term)]) if id(term) in self.names else super().set(term)

    def truth(self, term: Truth) -> Phrase:
        return Phrase(self.names[id(term)]) if id(term) in self.names else super().truth(term)


def equations(action: Action, *, ghosts: bool = False, names: Mapping[int, str] | None = None) -> list[str]:
    """What the action changes, one equation a line; primed names are values after the step.

    `names`: of terms that have one, by identity.
    """
    writes = [
        (Notation().variable(f"{name}'", write.at), write)
        for name, all_writes in action.writes.items()
        for write in _last_of_each_place(all_writes)
        if ghosts or not action.now.declared[name].ghost
    ]
    lines: list[str] = []
    for left, write in writes:
        others = {id(one.value): str(name) for name, one in writes if one is not write and _has_parts(one.value)}
        whole = f"   for every {', '.join(_name(i) for i in write.at)}" if write.whole else ""
        lines.append(f"{left} = {Naming({**(names or {}), **others}).set(write.value)}{whole}")
    return lines


def _last_of_each_place(writes: Iterable[Write]) -> Iterable[Write]:
    """Of several writes to the very same place only the last says what is there afterwards."""
    return {(write.whole, *map(id, write.at)): write for write in writes}.values()


def _has_parts(term: Set) -> bool:
    return isinstance(term, Union | Common | Without | When)
