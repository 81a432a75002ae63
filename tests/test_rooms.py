"""The house: which folder may import which, and how large a room may be.

A room is a folder and the files right in it. `FLOORS` is the order, written down here and nowhere else: a file imports
only from its own room and from rooms of lower floors. Imports within functions, imports for types only, and modules
named in a string (for `importlib`) count. import-linter was tried: it keeps such an order well, but not one where a
room and a room within it are on two floors, and it does not count files.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parent.parent
FLOORS = """
pytest_ringplug
ringplug
properties/cli
properties/cli/decide  properties/cli/look  properties/cli/run
properties/terminal
properties/spec
properties/export  properties/page  properties/replay
properties/follow  properties/processes  properties/simulate  properties/variants
properties/check  properties/conform  properties/importers  properties/lockstep/recorded  properties/lockstep/tours
properties/explain  properties/explored  properties/invariants  properties/lockstep
properties/explicit  properties/sampling  properties/symbolic  properties/tptp
properties/claims  properties/corosync  properties/explicit/bits
properties/judge
properties/history
properties/catalogue  properties/traces  properties/faults  properties/corosync/laboratory
properties  properties/corosync/laboratory/clients
reference/node
reference/node/disk  reference/simulator
reference/services/evt
reference/services
reference/ring
reference/plug
reference
model/variants
model
model/composed
model/delivery  model/parts  model/services
model/plug
model/language  model/notes
"""
FLOOR = {room: number for number, rooms in enumerate(reversed(FLOORS.split("\n"))) for room in rooms.split()}
TOPS = sorted({room.partition("/")[0] for room in FLOOR if (ROOT / room).is_dir()})
MOST_MODULES = 14
LARGER = {"reference/ring": "the whole of the ring protocol, which has no part that stands by itself"}


@dataclass(frozen=True)
class Import:
    """One import: by which file, in which line, of which file. Files are named from the root of the project."""

    by: str
    line: int
    of: str

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.of}"


def room(file: str) -> str:
    """The folder that a file is in."""
    return file.rpartition("/")[0]


@cache
def files() -> dict[str, str]:
    """All files of the house, by the name under which they are imported."""
    paths = [path.relative_to(ROOT) for top in TOPS for path in (ROOT / top).rglob("*.py")]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path.as_posix() for path in paths}


def named(node: ast.AST) -> list[str]:
    """The modules that a piece of a file may name."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0, names=names):
            return [name if (name := f"{module}.{alias.name}") in files() else module for alias in names]
        case ast.ImportFrom():
            pytest.fail(f"a relative import in line {node.lineno}: name the module in full")
        case ast.Constant(value=str(text)) if "." in text:
            return [text.partition(":")[0]]
        case _:
            return []


def imports_in(file: str, text: str) -> list[Import]:
    """What a file with this text imports of the house."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt | ast.expr)]
    found = {(node.lineno, files()[name]) for node in nodes for name in named(node) if name in files()}
    return [Import(file, line, of) for line, of in sorted(found)]


@cache
def imports() -> tuple[Import, ...]:
    return tuple(one for file in files().values() for one in imports_in(file, (ROOT / file).read_text()))


def goes_up(one: Import) -> bool:
    """It imports from a higher floor, or from another room on the same."""
    return room(one.by) != room(one.of) and FLOOR[room(one.by)] <= FLOOR[room(one.of)]


def circles(arrows: set[tuple[str, str]]) -> list[str]:
    """Those that reach each other, in the order in which they do."""
    graph: nx.DiGraph[str] = nx.DiGraph(sorted(arrows))
    parts = [graph.subgraph(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    return [" -> ".join([*(a for a, _ in circle), circle[0][0]]) for circle in map(nx.find_cycle, parts)]


def test_the_floors_list_every_room_once() -> None:
    rooms = FLOORS.split()
    assert sorted(rooms) == sorted(set(rooms))
    there = {room(file) for file in files().values()}
    assert not sorted(there - set(rooms)), "rooms on no floor: add them to FLOORS"
    assert set(rooms) - there <= {"ringplug"}, "floors of rooms that are gone"


def test_nothing_imports_upwards() -> None:
    assert len(imports()) > len(files())
    assert not [str(one) for one in imports() if goes_up(one)]


def test_an_import_upwards_is_noticed_wherever_it_stands() -> None:
    texts = [
        "import properties.cli.main",
        "def f():\n    from properties.cli import main",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from properties.cli.main import cli",
        "import_module('properties.cli.main')",
    ]
    for text in texts:
        (one,) = imports_in("model/language/sets.py", text)
        assert (one.of, goes_up(one)) == ("properties/cli/main.py", True)
    (sideways,) = imports_in("model/language/sets.py", "import model.notes.decisions")
    (down,) = imports_in("properties/cli/main.py", "import model.language.sets")
    assert (goes_up(sideways), goes_up(down)) == (True, False)


def test_no_circle_between_rooms() -> None:
    assert not circles({(room(one.by), room(one.of)) for one in imports()})
    assert circles({("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")}) == ["a -> b -> c -> a"]


def test_no_circle_between_files() -> None:
    assert not circles({(one.by, one.of) for one in imports() if one.by != one.of})


def test_no_room_is_crowded() -> None:
    modules = Counter(room(file) for file in files().values() if not file.endswith("/__init__.py"))
    assert {room for room, number in modules.items() if number > MOST_MODULES} == set(LARGER)
