"""What was found of all variants, mutants and sets of decisions, written down, so that it is shown at once.

The files in `recorded/` are the one place for it: docs/variants.md, docs/mutants.md and the theorem in SPEC.md are made
from them. Tests hold them to what is computed, the deep ones all of it. `python -m tests.recording` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from properties.variants.cases import EVERY_SET, names
from properties.variants.results import Beside, Caught, Pair, SetVerdict, Table, Tried

FOLDER = Path(__file__).with_name("recorded")


class Variants(msgspec.Struct):
    """Each variant by name, and the deviations of openais in pairs."""

    version: str
    """Of ringplug, for which all this was computed."""
    variants: dict[str, Tried]
    pairs: list[Pair]


class Mutants(msgspec.Struct):
    """What notices each mutant first, by id; None of those that nothing notices."""

    version: str
    mutants: dict[str, Caught | None]


class StoredTable(msgspec.Struct):
    """A table, of which only the sets that were themselves decided are written down."""

    claim: str
    add_node: str
    scopes: list[str]
    minimal: list[list[str]]
    decided: list[SetVerdict]
    decided_by: list[int]
    """Of each set, the smallest first, which of those decides it."""

    def table(self) -> Table:
        """The verdict of every set."""
        return Table(self.claim, self.add_node, self.scopes, self.minimal, list(self._sets()))

    def _sets(self) -> Iterator[SetVerdict]:
        for taken, number in zip(reversed(EVERY_SET), self.decided_by, strict=True):
            decides, mine = self.decided[number], names(taken)
            yield decides if decides.decisions == mine else SetVerdict(mine, decides.holds, decides.decisions)


class Theorem(msgspec.Struct):
    """The tables of `ringplug theorem`, and the runs beside them."""

    version: str
    tables: list[StoredTable]
    beside: list[Beside]


def stored(table: Table) -> StoredTable:
    """A table as it is written down."""
    mine = [one for one in table.sets if one.because == one.decisions]
    places = {tuple(one.decisions): number for number, one in enumerate(mine)}
    decided_by = [places[tuple(one.because)] for one in table.sets]
    return StoredTable(table.claim, table.add_node, table.scopes, table.minimal, mine, decided_by)


R = TypeVar("R", Variants, Mutants, Theorem)


def file_of(kind: type[Variants] | type[Mutants] | type[Theorem]) -> Path:
    """Where a record is."""
    return FOLDER / f"{kind.__name__.lower()}.json"


def _read(kind: type[R]) -> R:
    return msgspec.json.decode(file_of(kind).read_bytes(), type=kind)


@cache
def variants() -> Variants:
    """What each variant breaks."""
    return _read(Variants)


@cache
def mutants() -> Mutants:
    """What notices each mutant."""
    return _read(Mutants)


@cache
def theorem() -> Theorem:
    """Which sets of decisions suffice."""
    return _read(Theorem)


def minimal() -> dict[tuple[str, str], tuple[tuple[str, ...], ...]]:
    """By priority of add-node and claim: the sets of decisions that suffice, of which none can spare a decision."""
    return {(one.add_node, one.claim): tuple(map(tuple, one.minimal)) for one in theorem().tables}


def written(record: Variants | Mutants | Theorem) -> str:
    """A record as JSON with one result a line."""
    fields: dict[str, object] = {name: getattr(record, name) for name in record.__struct_fields__}
    return "{\n" + ",\n".join(f"{_json(name)}: {_lines(value)}" for name, value in fields.items()) + "\n}\n"


def _lines(value: object) -> str:
    if isinstance(value, dict):
        some = cast("dict[str, object]", value)
        return "{\n" + ",\n".join(f"{_json(key)}: {_json(one)}" for key, one in some.items()) + "\n}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(_json, cast("list[object]", value))) + "\n]"
    return _json(value)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
