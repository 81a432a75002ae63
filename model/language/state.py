"""The state of a machine as its text declares it: variables, families of them, and what is assigned to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

from model.language.interpretation import Rewriting
from model.language.mistakes import TextError, kind_of, mistake, nearest
from model.language.sets import FALSE, TRUE, Set, Truth, same, when
from model.language.sorts import Index
from model.language.terms import variable

READ_ONLY = "a recorded step and a statement are only read"
PAST = "it is of the state before the step; assign to the state after it"


@dataclass(frozen=True)
class Write:
    """A new value: at one place of a family (or of a single set), or for every index at once (`whole`)."""

    at: tuple[Index, ...]
    value: Set
    whole: bool = False

    def read(self, at: tuple[Index, ...], before: Set) -> Set:
        """The value at these indices after this write, if it was `before`."""
        if self.whole:
            return Rewriting(dict(zip(self.at, at, strict=True))).set(self.value)
        here = TRUE
        for mine, asked in zip(self.at, at, strict=True):
            here = here & same(mine, asked)
        if here is TRUE or here is FALSE:
            return self.value if here is TRUE else before
        return when(here, self.value) | when(~here, before)


class Family:
    """A variable that holds one set for each index, in one state: `bits[r]`."""

    def __init__(self, declared: Declared, name: str) -> None:
        self.declared, self.name = declared, name
        self.writes: list[Write] = []
        self.closed = READ_ONLY if isinstance(declared, constant) else ""
        """Why nothing can be assigned to it, if so."""

    def __getitem__(self, at: Index | tuple[Index, ...]) -> Set:
        where = self._indices(at)
        value = variable(self.name, where)
        for write in self.writes:
            value = write.read(where, value)
        return value

    def __setitem__(self, at: Index | tuple[Index, ...], value: Set) -> None:
        self._write(Write(self._indices(at), value))

    def each(self, body: Callable[[Any], Set] | Callable[[Any, Any], Set] | Callable[[Any, Any, Any], Set]) -> None:
        """Give every index the value `body(index, …)`."""
        sorts = self.declared.sorts
        body = cast("Callable[..., Set]", body)
        depth = getattr(body(*(sort("probe") for sort in sorts)), "depth", 0)
        at = tuple(sort.bound(depth + 1 + sorts[:place].count(sort)) for place, sort in enumerate(sorts))
        self._write(Write(at, body(*at), whole=True))

    def keep(self) -> None:
        """Leave the variable as it was."""
        self._refuse_if_closed()
        self.writes.clear()

    def _write(self, write: Write) -> None:
        self._refuse_if_closed()
        if not isinstance(cast(object, write.value), Set):
            raise mistake(f"{self.declared.name} is given {kind_of(write.value)}, and takes a Set")
        self.writes.append(write)

    def _refuse_if_closed(self) -> None:
        if self.closed:
            raise mistake(f"{self.declared.name} cannot be assigned to: {self.closed}")

    def _indices(self, at: Index | tuple[Index, ...]) -> tuple[Index, ...]:
        """The indices, if they are of the variable's sorts."""
        where = at if isinstance(at, tuple) else (at,)
        given = [one.sort if isinstance(cast(object, one), Index) else type(one) for one in where]
        if given != [sort.sort for sort in self.declared.sorts]:
            raise mistake(f"{self.declared} is given [{', '.join(sort.__name__ for sort in given)}]")
        return where


class Declared:
    """A variable of a machine: its name, the sorts that index it, and what it means."""

    def __init__(self, *sorts: type[Index], means: str, ghost: bool = False) -> None:
        self.sorts, self.means, self.ghost = sorts, means, ghost
        self.name = ""

    def __set_name__(self, owner: type[State], name: str) -> None:
        if name in owner.declared:
            raise TypeError(f"{owner.__name__}: the variable {name} is already declared")
        self.name = name
        owner.declared = {**owner.declared, name: self}

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(sort.__name__ for sort in self.sorts)}]"


class family(Declared):
    """Declares a variable with one set for each index."""

    def __get__(self, state: State, owner: type[State]) -> Family:
        return state.families[self.name]


class single(Declared):
    """Declares a variable that is one set."""

    def __get__(self, state: State, owner: type[State]) -> Set:
        return state.families[self.name][()]

    def __set__(self, state: State, value: Set) -> None:
        state.families[self.name][()] = value


class constant(family):
    """Declares a family that never changes, given by a table from (scope, numbers of indices…) to a bitmap."""

    def __init__(self, *sorts: type[Index], means: str, table: Callable[..., int]) -> None:
        super().__init__(*sorts, means=means)
        self.table = table


class Families(dict[str, Family]):
    """The variables of a state, by name."""

    def __missing__(self, name: str) -> NoReturn:
        raise mistake(f"there is no variable {name!r}{nearest(name, self)}")


class State:
    """The variables of a machine, before or after a step; a subclass declares them, and there are no others."""

    families: Families

    declared: ClassVar[dict[str, Declared]] = {}
    axioms: ClassVar[tuple[Callable[[Any], Truth], ...]] = ()
    """What proofs may take for granted of constants and of the order of sorts: true of the tables in every scope."""

    @classmethod
    def is_of_any_size(cls) -> bool:
        """Whether it has a meaning for any number of processors: a table of constants has, by its axioms only."""
        return bool(cls.axioms) or not any(isinstance(declared, constant) for declared in cls.declared.values())

    def __init__(self, called: Callable[[str], str] = str) -> None:
        """`called` gives variables other names: primed ones, or those of a machine that implements this one."""
        families = Families({name: Family(declared, called(name)) for name, declared in self.declared.items()})
        object.__setattr__(self, "families", families)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__"):
                raise AttributeError(name)
            raise self._no_variable(name)

        def __setattr__(self, name: str, value: object) -> None:
            if name not in self.declared:
                raise self._no_variable(name)
            if not isinstance(self.declared[name], single):
                raise mistake(f"{name} is a family: assign to {self.declared[name]}, or to all with {name}.each(…)")
            object.__setattr__(self, name, value)

    def _no_variable(self, name: str) -> TextError:
        return mistake(f"{type(self).__name__} has no variable {name!r}{nearest(name, self.declared)}")

    def close(self, why: str = READ_ONLY) -> None:
        """From now on nothing can be assigned to it."""
        for one in self.families.values():
            one.closed = one.closed or why

    def written(self) -> dict[str, tuple[Write, ...]]:
        """The writes to each variable that has any."""
        return {name: tuple(one.writes) for name, one in self.families.items() if one.writes}
