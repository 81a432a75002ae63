"""Terms read as TFF0, the typed first-order language of TPTP: a set is a formula with one open place.

Each sort is a type, each variable a predicate whose last place is the processor. The text is written from the recorded
graph and knows nothing of z3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, count

from model.language.interpretation import Interpretation
from model.language.sets import Processor, Processors, Set, Truth
from model.language.signature import Parameter
from model.language.sorts import Index

PROCESSOR = "processor"


@dataclass(frozen=True)
class Members:
    """A set of processors: the formula that says of the one named by a text that it is a member."""

    says: Callable[[str], str]
    only: str | None = None
    """The one member, if the set is known to have just that one."""


def word(name: str) -> str:
    """A name as a part of a TPTP name."""
    return re.sub(r"\W+", "_", name)


def type_of(sort: type[Index]) -> str:
    """The type of a sort of indices."""
    return sort.sort.__name__.lower()


@dataclass
class Symbols:
    """What a problem speaks of: types, and by symbol its signature."""

    types: dict[str, type[Index] | None] = field(default_factory=lambda: {PROCESSOR: None})
    symbols: dict[str, str] = field(default_factory=dict[str, str])

    def type_of(self, sort: type[Index]) -> str:
        """The type of a sort, which is declared from now on."""
        name = type_of(sort)
        if name not in self.types:
            self.types[name] = sort.sort
            self._name_elements(sort.sort)
        return name

    def _name_elements(self, sort: type[Index]) -> None:
        for name in sort.names:
            self.symbols[f"named_{word(name)}"] = type_of(sort)

    def predicate(self, name: str, sorts: Iterable[str]) -> str:
        """A predicate of these types."""
        places = " * ".join(sorts)
        self.symbols[name] = f"({places}) > $o" if "*" in places else f"{places} > $o"
        return name

    def constant(self, name: str, of: str) -> str:
        """A constant of a type."""
        self.symbols[name] = of
        return name

    def lines(self) -> Iterator[str]:
        """The declarations, then what is so of every sort."""
        yield from (f"tff(type_{name}, type, {name}: $tType)." for name in self.types)
        yield from (f"tff(symbol_{name}, type, {name}: {of})." for name, of in self.symbols.items())
        for name, sort in self.types.items():
            if sort and sort.names:
                yield from self._elements(name, sort)
            if f"order_{name}" in self.symbols:
                yield from _order(name)

    def _elements(self, name: str, sort: type[Index]) -> Iterator[str]:
        """Elements with names differ, and there are no others."""
        named = [f"named_{word(one)}" for one in sort.names]
        differ = " & ".join(f"{left} != {right}" for left, right in combinations(named, 2))
        yield f"tff(elements_of_{name}, axiom, {differ})."
        each = " | ".join(f"Each = {one}" for one in named)
        yield f"tff(all_of_{name}, axiom, ![Each: {name}]: ({each}))."


def _order(name: str) -> Iterator[str]:
    """The order of a sort is total and transitive."""
    order = f"order_{name}"
    yield f"tff(total_{name}, axiom, ![I: {name}, J: {name}]: ({order}(I, J) | {order}(J, I)))."
    yield (
        f"tff(transitive_{name}, axiom, ![I: {name}, J: {name}, K: {name}]: "
        f"(({order}(I, J) & {order}(J, K)) => {order}(I, K)))."
    )


class Formulas(Interpretation[Members, str]):
    """Reads terms as texts, and collects the symbols that they need."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols = Symbols()
        self._bound: dict[int, str] = {}
        """By identity, the variables of indices and of parameters that a quantifier binds."""
        self._kept = list[object]()
        """Those, so that nothing else gets their identity."""
        self._numbers = count(1)

    def nobody(self) -> Members:
        return Members(lambda x: "$false")

    def everybody(self) -> Members:
        return Members(lambda x: "$true")

    def those(self, bitmap: int) -> Members:
        raise ValueError("a bitmap has no meaning where the number of processors is open")

    def variable(self, name: str, at: tuple[Index, ...]) -> Members:
        types = [self.symbols.type_of(type(index)) for index in at]
        symbol = self.symbols.predicate(f"in_{word(name)}", [*types, PROCESSOR])
        where = [self.index(index) for index in at]
        return Members(lambda x: f"{symbol}({', '.join([*where, x])})")

    def index(self, index: Index) -> str:
        """What stands for an index: a bound variable, a named element or a constant."""
        if id(index) in self._bound:
            return self._bound[id(index)]
        kind = self.symbols.type_of(type(index))
        if index.value is not None:
            return f"named_{word(index.name)}"
        return self.symbols.constant(f"one_{word(index.name)}", kind)

    def bind(self, index: Index) -> str:
        """The variable of an index that a quantifier binds, with its type."""
        kind = self.symbols.type_of(type(index))
        self._kept.append(index)
        name = self._bound.setdefault(id(index), f"{word(index.name).capitalize()}_{next(self._numbers)}")
        return f"{name}: {kind}"

    def parameter(self, term: Processor | Processors) -> Members:
        if isinstance(term, Processors):
            symbol = self.symbols.predicate(f"in_the_{word(term.name)}", [PROCESSOR])
            return Members(lambda x: f"{symbol}({x})")
        one = self._bound.get(id(term)) or self.symbols.constant(f"one_{word(term.name)}", PROCESSOR)
        return Members(lambda x: f"{x} = {one}", one)

    def union(self, left: Members, right: Members) -> Members:
        return Members(lambda x: f"({left.says(x)} | {right.says(x)})")

    def common(self, left: Members, right: Members) -> Members:
        return Members(lambda x: f"({left.says(x)} & {right.says(x)})")

    def without(self, left: Members, right: Members) -> Members:
        return Members(lambda x: f"({left.says(x)} & ~({right.says(x)}))")

    def when(self, condition: str, then: Members) -> Members:
        return Members(lambda x: f"({condition} & {then.says(x)})")

    def any_of(self, index: Index, body: Set) -> Members:
        bound = self.bind(index)
        inner = self.set(body)
        return Members(lambda x: f"(?[{bound}]: {inner.says(x)})")

    def fact(self, known: bool) -> str:
        return "$true" if known else "$false"

    def within(self, inner: Members, outer: Members) -> str:
        if inner.only is not None:
            return outer.says(inner.only)
        x = self.fresh()
        return f"(![{x}: {PROCESSOR}]: ({inner.says(x)} => {outer.says(x)}))"

    def equal(self, left: Members, right: Members) -> str:
        x = self.fresh()
        return f"(![{x}: {PROCESSOR}]: ({left.says(x)} <=> {right.says(x)}))"

    def several(self, of: Members) -> str:
        x, y = self.fresh(), self.fresh()
        return f"(?[{x}: {PROCESSOR}, {y}: {PROCESSOR}]: ({of.says(x)} & {of.says(y)} & {x} != {y}))"

    def fresh(self) -> str:
        """A variable for a processor that no other formula uses."""
        return f"X{next(self._numbers)}"

    def same(self, left: Index, right: Index) -> str:
        return f"({self.index(left)} = {self.index(right)})"

    def at_most(self, left: Index, right: Index) -> str:
        kind = self.symbols.type_of(type(left))
        order = self.symbols.predicate(f"order_{kind}", [kind, kind])
        return f"{order}({self.index(left)}, {self.index(right)})"

    def negation(self, of: str) -> str:
        return f"~({of})"

    def both(self, left: str, right: str) -> str:
        return f"({left} & {right})"

    def every(self, index: Index, body: Truth) -> str:
        bound = self.bind(index)
        return f"(![{bound}]: {self.truth(body)})"

    def for_some(self, parameters: Iterable[Parameter], says: Truth) -> str:
        """It holds for at least one choice of these parameters; it was not read before."""
        bound = ", ".join(self._bind_parameter(one) for one in parameters)
        return f"(?[{bound}]: {self.truth(says)})" if bound else self.truth(says)

    def _bind_parameter(self, one: Parameter) -> str:
        if isinstance(one, Index):
            return self.bind(one)
        self._kept.append(one)
        self._bound[id(one)] = name = self.fresh()
        return f"{name}: {PROCESSOR}"
