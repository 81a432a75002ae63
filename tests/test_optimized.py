"""What guards an engine's soundness is no `assert`: `python -O` keeps it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NARROWING = {
    "properties/corosync/laboratory/node.py": {"self.daemon", "self.client", "self.client.stdin", "self.client.stdout"},
    "properties/corosync/laboratory/run.py": {
        "node.client", "node.client.stdin", "node.client.stdout", "stdout", "isinstance(self.wire, TapWire)",
    },
    "properties/corosync/laboratory/wire.py": {"self.process.stdin", "self.process.stdout"},
    "properties/history/ring_history.py": {"index is not None", "self.quiescent_at is not None"},
    "properties/judge/agreement.py": {"view.transition"},
    "reference/ring/recovering.py": {"p.installed is not None"},
    "reference/simulator/nodes.py": {"self.life"},
}  # fmt: skip
"""Asserts that say to the type checker what the line after would fail on."""
INVARIANTS = {"reference/plug/configuration_changes.py": {"after.phase is NEXT[before.phase, call]"}}
"""Of the reference, which is what is judged: nobody relies on them to find it at fault."""


def test_every_assert_is_known() -> None:
    found = dict[str, set[str]]()
    for path in sorted(path for room in ("model", "properties", "reference") for path in (ROOT / room).rglob("*.py")):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if "assert" in text else ():
            if isinstance(node, ast.Assert):
                found.setdefault(str(path.relative_to(ROOT)), set()).add(ast.unparse(node.test))
    assert found == NARROWING | INVARIANTS


BROKEN = {
    "a state that is not initial": (
        "bounded._value = lambda model, word: 1",
        "the model does not begin in the initial state",
    ),
    "a step that is none": (
        "BitVectors.within = lambda self, inner, outer: z3.BoolVal(True)",
        "the model has a step that does not replay on integers",
    ),
    "a state that does not show it": (
        "BitVectors.several = lambda self, of: z3.BoolVal(True)",
        "M: the model's last state does not show it on integers",
    ),
}
SEARCH = """
import os
import z3
from model.language.ground import GroundMachine
from model.language.sets import several
from model.plug.machine import RECOVERY_PLUG
from properties.catalogue.probe import Probe
from properties.catalogue.scopes import CORE, NamedScope
from properties.symbolic import bounded
from properties.symbolic.bitvectors import BitVectors
assert False, "this is not python -O"
for number, broken in enumerate({broken}):
    if os.fork() == 0:
        for at, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(name + str(number), os.O_CREAT | os.O_WRONLY), at)
        exec(broken)
        ground = GroundMachine(RECOVERY_PLUG.record(CORE), NamedScope(2, 1, 1).ground)
        print(bounded.reach(ground, [Probe("M", "two gates are open", lambda now: several(now.gate))], 8).depth)
        break
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of a search as it is, and with each helper broken: children of one process."""
    folder, broken = tmp_path_factory.mktemp("searched"), ["", *(one for one, _ in BROKEN.values())]
    done = subprocess.run(
        [sys.executable, "-O", "-c", SEARCH.format(broken=broken)],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    codes = [int(one) for one in done.stdout.split()]
    assert len(codes) == len(broken)
    said = [[(folder / f"{name}{number}").read_text() for name in ("out", "err")] for number in range(len(codes))]
    return [(code, out, err) for code, (out, err) in zip(codes, said, strict=True)]


@pytest.mark.parametrize("what", [None, *BROKEN])
def test_a_bounded_search_with_a_broken_helper_is_noticed_without_asserts(
    what: str | None, searched: list[tuple[int, str, str]]
) -> None:
    code, out, err = searched[[None, *BROKEN].index(what)]
    assert (code, out == "") == ((1, True) if what else (0, False)), err
    assert (BROKEN[what][1] if what else "") in err
