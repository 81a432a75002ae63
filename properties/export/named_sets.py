"""Sets that formulas of a machine need again and again, by the names that the specification gives them.

A formula that has one of them says its name. Which terms have a name is found by identity, since equal terms are one
object: so a name stands for nothing but what the machine recorded.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import cast

from model.delivery import membership, ring
from model.language.notation import Naming, Notation
from model.language.sets import Processor, Set
from model.language.signature import parameter
from model.language.sorts import Index, Number, Ring, Seat
from model.machines import DELIVERY, MACHINES
from model.services import actions as services

DEEPEST = 5
"""How deeply quantifiers nest at most, around a set that has a name."""
Argument = Processor | Index
SORTS: Mapping[str, type[Argument]] = {
    "p": Processor, "r": Ring, "x": Ring, "n": Number, "k": Number, "i": Seat,
}  # fmt: skip


@dataclass(frozen=True)
class NamedSet:
    """A set: its name, the letters of what it depends on, the function of the model that makes it, and who is in it."""

    name: str
    letters: str
    of: Callable[..., Set]
    says: str = ""

    def called(self, arguments: Iterable[Argument]) -> str:
        """Its name with these arguments."""
        return f"{self.name}({', '.join(map(_name, arguments))})"

    def parameters(self) -> list[Argument]:
        """A parameter for each of its letters."""
        return [cast("Argument", parameter(SORTS[letter], letter)) for letter in self.letters]

    @property
    def who(self) -> str:
        """Who is in it: as the function says, if nothing else is said."""
        return self.says or re.sub(r"\bP\b", "`p`", " ".join((inspect.getdoc(self.of) or "").split()))


NAMED: Mapping[str, tuple[NamedSet, ...]] = {
    DELIVERY: (
        NamedSet("operational", "r", ring.operational),
        NamedSet("listening", "r", ring.listens),
        NamedSet("behind", "r", ring.is_behind),
        NamedSet("missing", "nr", ring.misses, "Who has not received some message of r numbered n or lower."),
        NamedSet("missing_but", "nrk", ring.misses, "The same, but message k is not counted."),
        NamedSet("puts_its_own", "pr", ring.puts_its_own),
        NamedSet("before", "p", membership.before),
        NamedSet("companions", "pr", membership.companions),
    ),
    "services": (NamedSet("together", "rx", services.together), NamedSet("missing", "ri", services.missing)),
}
"""By machine."""


def names_in(parameters: Iterable[object], machine: str) -> dict[int, str]:
    """The terms that have a name where there are these parameters, by identity."""
    if machine not in NAMED:
        return {}
    given, found = [one for one in parameters if isinstance(one, Argument)], dict[int, str]()
    state = MACHINES[machine].state()
    for one in NAMED.get(machine, ()):
        depth = one.of(state, *one.parameters()).depth
        for arguments in product(*(_arguments(given, SORTS[letter], depth) for letter in one.letters)):
            found[id(one.of(state, *arguments))] = one.called(arguments)
    return found


def definitions(machine: str) -> Iterator[str]:
    """Each name, the set, and who is in it, as a table."""
    yield from ("Sets that have a name in what follows:", "", "| name | set | who is in it |", "| --- | --- | --- |")
    for one in NAMED[machine]:
        arguments = one.parameters()
        term = one.of(MACHINES[machine].state(), *arguments)
        names = {key: name for key, name in names_in(arguments, machine).items() if key != id(term)}
        yield f"| `{one.called(arguments)}` | `{Naming(names).set(term)}` | {one.who} |"
    yield ""


def _arguments(given: list[Argument], sort: type[Argument], depth: int) -> list[Argument]:
    """What there is of this sort: parameters, and what a quantifier binds around a set in which so many nest."""
    around = [sort.bound(one) for one in range(depth + 1, DEEPEST)] if issubclass(sort, Index) else []
    return [*(one for one in given if isinstance(one, sort)), *around]


def _name(argument: Argument) -> str:
    """As notation has it."""
    return Notation().variable("", (argument,))[1:-1] if isinstance(argument, Index) else argument.name
