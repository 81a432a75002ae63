"""Which engine visits the states: compiled code where there is a compiler, else numpy; both count the same.

The environment variable `RINGPLUG_SEARCH` chooses one: `compiled`, which is then an error where there is no compiler,
or `numpy`.
"""

from __future__ import annotations

import os
from enum import StrEnum

from model.language.ground import GroundMachine
from properties.explicit.compiled import CompiledSearch
from properties.explicit.compiler import compiler_name, runtime
from properties.explicit.search import Search
from properties.limits import UnavailableError
from properties.words import unknown

VARIABLE = "RINGPLUG_SEARCH"


class Engine(StrEnum):
    """What visits the states."""

    COMPILED = "compiled"
    NUMPY = "numpy"


def asked_for() -> Engine | None:
    """The engine that the environment names, if it names one. UnavailableError: there is none of that name."""
    name = os.environ.get(VARIABLE, "")
    if name and name not in list(Engine):
        raise UnavailableError(f"{VARIABLE}: {unknown('engine of search', name, list(Engine))}")
    return Engine(name) if name else None


def begin(
    ground: GroundMachine, *, symmetry: bool = True, memory_gib: float = 4.0, most_states: int | None = None
) -> Search:
    """A search that has visited nothing yet, by the engine that is to be used."""
    named = asked_for()
    make = Search
    if named is not Engine.NUMPY and (named or not why_numpy()):
        make = CompiledSearch
    return make(ground, symmetry=symmetry, memory_gib=memory_gib, most_states=most_states)


def why_numpy() -> str:
    """Why numpy is used; nothing if it is not."""
    if asked_for() is Engine.NUMPY:
        return f"{VARIABLE} says so"
    try:
        runtime()
    except UnavailableError as error:
        return str(error)
    return ""


def words() -> str:
    """Which engine visits the states, and why, for a reader."""
    why = why_numpy()
    return f"Searched with numpy: {why}." if why else f"Searched with compiled code: {compiler_name()}."
