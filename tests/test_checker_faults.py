"""The faults of the checkers: every patch fits, says who notices, and is on the page; and what is noticed is known."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from properties.faults.patches import FaultError
from tests.checker_faults import (
    PAGE,
    ROOT,
    BrokenFaultError,
    CheckerFault,
    checker_faults,
    copy_of_the_project,
    first_failure,
    page,
    patched,
    read,
)

FAULTS = checker_faults()
HEAD = "--- a/properties/check/verdict.py\n+++ b/properties/check/verdict.py\n@@ -1 +1 @@\n"


def name(fault: CheckerFault) -> str:
    return f"{fault.part}-{fault.name}"


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_a_patch_fits_and_changes_what_python_reads(fault: CheckerFault, tmp_path: Path) -> None:
    patched(fault, tmp_path)
    assert fault.files
    for file in fault.files:
        assert ast.dump(ast.parse((tmp_path / file).read_text())) != tree_of(file)


@cache
def tree_of(file: str) -> str:
    return ast.dump(ast.parse((ROOT / file).read_text()))


@cache
def functions_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_who_notices_is_a_test_that_there_is(fault: CheckerFault) -> None:
    assert bool(fault.noticed_by) != bool(fault.argument)
    for one in fault.noticed_by:
        file, _, test = one.partition("::")
        assert test.partition("[")[0] in functions_in(file)


def test_the_page_has_every_fault() -> None:
    assert PAGE.read_text() == page()
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("text", ["Says something\nNoticed by test_x.py.\n", "Says something.\n\n", ""])
def test_a_patch_that_does_not_say_who_notices_is_broken(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.patch").write_text(text)
    with pytest.raises(BrokenFaultError, match="line 2 begins with"):
        read(tmp_path / "x.patch")


def fault_of(before: str, after: str) -> CheckerFault:
    patch = f"Says.\nNoticed by test_verdicts.py.\n\n{HEAD}-{before}\n+{after}\n"
    return CheckerFault("engines", "x", "Says.", ("test_verdicts.py",), "", patch)


def test_a_patch_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="fits 0 times"):
        patched(fault_of("no such line", ""), tmp_path)


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with copy_of_the_project() as folder:
        yield folder


def test_what_is_noticed_is_told_from_what_is_not(copy: Path) -> None:
    noticed = fault_of("    beside: bool = False", "    beside: bool = True")
    assert first_failure(copy, noticed.noticed_by, noticed) == (
        "test_verdicts.py::test_a_verdict_is_a_flat_object_in_json[open-]"
    )
    unnoticed = fault_of('    """Not decided."""', '    """Decided."""')
    assert first_failure(copy, unnoticed.noticed_by, unnoticed) is None


@pytest.mark.deep
def test_what_cannot_be_imported_is_no_fault(copy: Path) -> None:
    broken = fault_of('    OPEN = "open"', "    OPEN = ")
    with pytest.raises(BrokenFaultError, match="pytest ended with"):
        first_failure(copy, broken.noticed_by, broken)


@pytest.mark.deep
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.noticed_by], ids=name)
def test_a_fault_is_noticed_by_its_test(fault: CheckerFault, copy: Path) -> None:
    assert first_failure(copy, fault.noticed_by, fault) == fault.noticed_by[0]
