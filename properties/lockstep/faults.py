"""Named faults: each a patch of the reference, kept with the tests, applied to a copy that is then imported.

They show what lockstep would notice. The reference itself has no switch: a fault is a difference from its text. An
installed package has no tests, and so no faults.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from pathlib import Path

import reference
from properties.lockstep.implementation import Starts
from properties.lockstep.reference_layer import Parts, ReferenceLayer

FOLDER = Path(__file__).parents[2] / "tests" / "faults"


class FaultError(Exception):
    """A fault that does not exist or does not fit, and why."""


def fault_names() -> list[str]:
    """The names of all faults; none where the tests are not there."""
    return sorted(path.stem for path in FOLDER.glob("*.patch"))


def described(name: str) -> str:
    """What the fault does: the first line of its patch."""
    return _patch(name).splitlines()[0]


def found(name: str) -> tuple[int, int, int]:
    """With how many members, with which seed and at which step lockstep finds it: the second line of its patch."""
    members, seed, step = map(int, re.findall(r"\d+", _patch(name).splitlines()[1]))
    return members, seed, step


def start_of(name: str | None) -> Starts:
    """Starts processors of the reference, or of a copy with this fault."""
    return partial(ReferenceLayer, parts=parts_of(name)) if name else ReferenceLayer


def parts_of(name: str) -> Parts:
    """The classes of a copy of the reference with this fault."""
    return _parts(_patch(name))


def _patch(name: str) -> str:
    if not FOLDER.is_dir():
        raise FaultError(f"faults are patches in tests/faults of the source; this installation has no {FOLDER}")
    if name not in fault_names():
        raise FaultError(f"unknown fault {name!r}; there are {', '.join(fault_names())}")
    return (FOLDER / f"{name}.patch").read_text()


@cache
def _parts(patch: str) -> Parts:
    """The classes of a copy of the reference with this patch."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "reference"
        shutil.copytree(Path(reference.__file__ or "").parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
        apply_patch(patch, Path(folder))
        with _imported_from(folder):
            wrong_call = import_module("reference.errors").LocalProtocolError
            return Parts(import_module("reference.plug.layer").PlugLayer, wrong_call)


@contextmanager
def _imported_from(folder: str) -> Generator[None]:
    """For a while, `reference` is imported from this folder; what was imported before comes back."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "reference"}
    for name in before:
        del sys.modules[name]
    sys.path.insert(0, folder)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        sys.path.remove(folder)
        for name in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
            del sys.modules[name]
        sys.modules.update(before)


def apply_patch(patch: str, folder: Path) -> None:
    """Apply a unified diff; FaultError if a hunk does not fit exactly once."""
    path: Path | None = None
    hunks: list[tuple[Path, list[str]]] = []
    for line in patch.splitlines():
        if line.startswith("+++ b/"):
            path = folder / line.removeprefix("+++ b/").split("\t")[0]
        elif line.startswith("@@") and path:
            hunks.append((path, []))
        elif hunks and line[:1] in (" ", "+", "-") and not line.startswith("--- a/"):
            hunks[-1][1].append(line)
    if not hunks:
        raise FaultError("the patch has no hunk")
    for target, lines in hunks:
        _apply_hunk(target, lines)


def _apply_hunk(target: Path, lines: list[str]) -> None:
    old = "\n".join(line[1:] for line in lines if line[0] in " -")
    new = "\n".join(line[1:] for line in lines if line[0] in " +")
    text = target.read_text()
    if text.count(old) != 1:
        raise FaultError(f"{target.name}: a hunk fits {text.count(old)} times, not once:\n{old}")
    target.write_text(text.replace(old, new))
