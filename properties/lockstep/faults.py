"""Named faults of the plug layer, which show what lockstep would notice."""

from __future__ import annotations

import re
from functools import cache, partial
from importlib import import_module

from properties.faults.patches import Faults, from_a_copy
from properties.lockstep.adapter import Parts, ReferenceLayer
from properties.lockstep.implementation import Starts

FAULTS = Faults("plug")


def fault_names() -> list[str]:
    """The names of all faults."""
    return FAULTS.names()


def described(name: str) -> str:
    """What the fault does: the first line of its patch."""
    return FAULTS.patch(name).splitlines()[0]


def found(name: str) -> tuple[int, int, int]:
    """With how many members, with which seed and at which step lockstep finds it: the second line of its patch."""
    members, seed, step = map(int, re.findall(r"\d+", FAULTS.patch(name).splitlines()[1]))
    return members, seed, step


def start_of(name: str | None) -> Starts:
    """Starts processors of the reference, or of a copy with this fault."""
    return partial(ReferenceLayer, parts=parts_of(name)) if name else ReferenceLayer


def parts_of(name: str) -> Parts:
    """The classes of a copy of the reference with this fault."""
    return _parts(FAULTS.patch(name))


@cache
def _parts(patch: str) -> Parts:
    return from_a_copy(patch, load_parts)


def load_parts() -> Parts:
    """The classes of the reference that is imported now."""
    wrong_call = import_module("reference.errors").LocalProtocolError
    reassembler = import_module("reference.plug.reassembly").Reassembler
    return Parts(import_module("reference.plug.layer").PlugLayer, wrong_call, reassembler)
