"""Named faults of the checkers, kept as patches in `tests/faults/PART/NAME.patch`, and whether their tests notice.

A patch's first line says what the fault does. Its second says which test notices (`Noticed by test_x.py::test_y.`), or
in which files to look for one (`Noticed by test_x.py test_z.py.`: then `python -m tests.mutation PART` completes the
line with the first test that fails), or why there is nothing to notice (`Changes nothing: …`). A unified diff follows,
whose hunks fit the repository exactly once. The page is `docs/mutation-checkers.md`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from properties.faults.patches import apply_patch

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "faults"
PAGE = ROOT / "docs" / "mutation-checkers.md"
NOTICED_BY, HARMLESS = "Noticed by ", "Changes nothing: "
COPIED = (
    "model", "properties", "reference", "ringplug", "pytest_ringplug", "tests", "docs", "examples", "pyproject.toml",
    "README.md", "SPEC.md",
)  # fmt: skip
TIMEOUT_SECONDS = 300
TOO_SLOW = f"more than {TIMEOUT_SECONDS} s"
"""In the place of a test that fails: the fault is noticed, and no test is named."""
PASSED, FAILED = 0, 1
"""Exit codes of pytest; with any other it did not get as far as the tests."""


class BrokenFaultError(Exception):
    """A patch that is not written as it should be, or with which nothing can be tested."""


@dataclass(frozen=True)
class CheckerFault:
    """A small change of a checker, and who notices."""

    part: str
    name: str
    says: str
    noticed_by: tuple[str, ...]
    """A test (`file::name`), or files in which to look for one; none if there is nothing to notice."""
    argument: str
    """Why there is nothing to notice."""
    patch: str

    @property
    def path(self) -> Path:
        """The patch."""
        return FOLDER / self.part / f"{self.name}.patch"

    @property
    def files(self) -> list[str]:
        """The files that it changes."""
        return re.findall(r"^\+\+\+ b/(\S+)", self.patch, re.MULTILINE)

    @property
    def is_looked_for(self) -> bool:
        """Whether only files are named, and no test yet."""
        return any("::" not in test for test in self.noticed_by)


def parts() -> list[str]:
    """The parts of the checkers that have faults."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def checker_faults(part: str | None = None) -> list[CheckerFault]:
    """All faults, or those of one part."""
    return [read(path) for path in sorted(FOLDER.glob(f"{part or '*'}/*.patch"))]


def read(path: Path) -> CheckerFault:
    """One patch; BrokenFaultError if its first lines do not say what they should."""
    says, how, *_ = [*path.read_text().splitlines(), "", ""]
    noticed = how.removeprefix(NOTICED_BY).removesuffix(".") if how.startswith(NOTICED_BY) else ""
    tests = (noticed,) if "::" in noticed else tuple(noticed.split())
    argument = how.removeprefix(HARMLESS) if how.startswith(HARMLESS) else ""
    if not says.endswith(".") or not (tests or argument):
        raise BrokenFaultError(f"{path}: line 1 is a sentence; line 2 begins with {NOTICED_BY!r} or {HARMLESS!r}")
    return CheckerFault(path.parent.name, path.stem, says, tests, argument, path.read_text())


def copy_files(names: Sequence[str], source: Path, target: Path) -> None:
    """Copy these files from one folder to another, with the folders that they are in."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)


def patched(fault: CheckerFault, folder: Path) -> None:
    """Copy the files that the fault changes to a folder, and change them; FaultError if the patch does not fit."""
    copy_files(fault.files, ROOT, folder)
    apply_patch(fault.patch, folder)


@contextmanager
def copy_of_the_project() -> Generator[Path]:
    """A folder with all that tests need."""
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copied(ROOT / name, Path(folder) / name)
        yield Path(folder)


def first_failure(copy: Path, tests: Sequence[str], fault: CheckerFault | None = None) -> str | None:
    """The first of these tests that fails in a copy of the project, with the fault if there is one; None if none."""
    if fault is None:
        return _run(tests, copy, "no fault")
    with tempfile.TemporaryDirectory() as kept:
        copy_files(fault.files, copy, Path(kept))
        try:
            apply_patch(fault.patch, copy)
            return _run(tests, copy, fault.name)
        finally:
            copy_files(fault.files, Path(kept), copy)


def _run(tests: Sequence[str], copy: Path, called: str) -> str | None:
    """The first failing test, by `file::name`; one that takes too long fails."""
    options = ["-x", "-q", "--tb=no", "--assert=plain", "-rfE", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command = [sys.executable, "-B", "-m", "pytest", *options, *(f"tests/{test}" for test in tests)]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return TOO_SLOW
    failed = re.search(r"^(?:FAILED|ERROR) tests/(\S+?::.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode == PASSED:
        return None
    if done.returncode != FAILED or not failed:
        raise BrokenFaultError(f"{called}: pytest ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr}")
    return failed[1]


def try_fault(copy: Path, fault: CheckerFault) -> str | None:
    """The test that notices; None if none does. What was looked for is written down in the patch."""
    failed = first_failure(copy, fault.noticed_by, fault)
    if failed not in (None, TOO_SLOW) and fault.is_looked_for:
        lines = fault.patch.splitlines(keepends=True)
        fault.path.write_text("".join([lines[0], f"{NOTICED_BY}{failed}.\n", *lines[2:]]))
    return failed


def try_faults(faults: Sequence[CheckerFault], say: Callable[[str], None]) -> list[CheckerFault]:
    """Those that no test notices, of those that should be. BrokenFaultError if the tests fail without any fault."""
    tried = [fault for fault in faults if fault.noticed_by]
    named = sorted({test for fault in tried for test in fault.noticed_by if not fault.is_looked_for})
    survived: list[CheckerFault] = []
    with copy_of_the_project() as copy:
        say("the tests that are named, without any fault")
        if named and (failed := first_failure(copy, named)):
            raise BrokenFaultError(f"without any fault {failed} fails")
        for number, fault in enumerate(tried, 1):
            if not try_fault(copy, fault):
                survived.append(fault)
            say(f"{number} of {len(tried)} faults tried, {len(survived)} survive")
    return survived


def page() -> str:
    """The page of all faults."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    everything = checker_faults()
    harmless = [fault for fault in everything if fault.argument]
    yield "# Mutation of the checkers"
    yield ""
    yield "Small faults of what checks the protocol, one at a time, and which default test notices each: patches in"
    yield '`tests/faults/`. `make mutate PARTS="engines judge"` tries those of parts, each in a copy of the repository,'
    yield "and fails if one is not noticed. This text is made of the patches by `tests/checker_faults.py`."
    yield ""
    yield f"{len(everything)} faults: {len(everything) - len(harmless)} are noticed, {len(harmless)} change nothing."
    for part in parts():
        yield ""
        yield f"## {part.capitalize()}"
        yield ""
        yield "| fault | does | noticed by |"
        yield "| --- | --- | --- |"
        for fault in checker_faults(part):
            by = f"changes nothing: {fault.argument}" if fault.argument else f"`{fault.noticed_by[0]}`"
            yield " | ".join(["", f"`{fault.name}`", fault.says, by, ""]).strip()
