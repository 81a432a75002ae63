"""Copies of the reference with a named fault: each is a patch of its text, applied to a copy that is then imported.

The reference itself has no switch.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import reference
from properties.words import unknown

HERE = Path(__file__).parent
T = TypeVar("T")


class FaultError(Exception):
    """A fault that does not exist or does not fit, and why."""


@dataclass(frozen=True)
class Faults:
    """The faults that are kept in one folder here."""

    name: str

    @property
    def folder(self) -> Path:
        """Where they are."""
        return HERE / self.name

    def names(self) -> list[str]:
        """The names of all faults."""
        return sorted(path.stem for path in self.folder.glob("*.patch"))

    def patch(self, name: str) -> str:
        """The patch of a fault; FaultError if there is none."""
        if name not in self.names():
            raise FaultError(unknown("fault", name, self.names()))
        return (self.folder / f"{name}.patch").read_text()


def from_a_copy(patch: str, load: Callable[[], T]) -> T:
    """What `load` imports of a copy of the reference with this patch."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "reference"
        shutil.copytree(Path(reference.__file__ or "").parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
        apply_patch(patch, Path(folder))
        with _imported_from(folder):
            return load()


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
