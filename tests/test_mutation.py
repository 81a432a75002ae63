"""The mutants of `make mutate`: each is one change, and the kinds of change are there."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.mutants import mutants

ROOT = Path(__file__).parent.parent
SOURCE = '''
"""Words."""
MOST = 8

def step(state: int | None, other=frozenset()):
    """More words."""
    assert state != 0
    if state is None and not other:
        raise LocalProtocolError("membership", "said 1 < 2", clause="D8")
    self.seen = state + MOST
    return replace(state, bits=other | {state}, gate=0 <= state < MOST)
'''


def test_every_kind_of_change_is_made_in_its_place() -> None:
    found = {(one.kind, one.before, one.after) for one in mutants(SOURCE)}
    assert found >= {
        ("off by one", "8", "9"),
        ("and/or", "state is None and (not other)", "state is None or not other"),
        ("comparison", "state is None", "state is not None"),
        ("negation", "not other", "other"),
        ("operation", "state + MOST", "state - MOST"),
        ("operand", "state + MOST", "state"),
        ("operation", "other | {state}", "other & {state}"),
        ("comparison", "0 <= state < MOST", "0 < state < MOST"),
        ("comparison", "0 <= state < MOST", "0 <= state <= MOST"),
        ("deletion", "self.seen = state + MOST", "pass"),
    }
    assert {kind for kind, _, _ in found} >= {"forget bits", "forget gate"}


def test_words_annotations_and_assertions_are_left_alone() -> None:
    before = {one.before for one in mutants(SOURCE)}
    assert not before & {"int | None", "state != 0", "'membership'", "1 < 2"}


def test_every_mutant_of_a_module_is_another_module_that_compiles() -> None:
    for path in (ROOT / "reference" / "plug" / "plugs.py", ROOT / "reference" / "plug" / "visits.py"):
        original = ast.dump(ast.parse(path.read_text()))
        for one in mutants(path.read_text()):
            assert ast.dump(compile(one.source, path.name, "exec", ast.PyCF_ONLY_AST)) != original, one
