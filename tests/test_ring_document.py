"""`docs/ring.md` against the code: its tables; and the sources of the rules."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from reference.ring.settings import Settings
from reference.ring.transitions import ROWS
from reference.ring.wire import KINDS

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "ring.md").read_text()
RULES = ["agreement", "delivering", "flow", "forming", "holding", "membership", "recovering", "visits", "wire"]


def test_the_states_in_the_document_are_the_table() -> None:
    rows = [f"| {row.before.value} | {row.event.value} | {row.after.value} | {row.source} |" for row in ROWS]
    assert "| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n\n" in DOCUMENT


def test_the_settings_in_the_document_are_those_of_the_code() -> None:
    written = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", DOCUMENT, re.MULTILINE)
    assert written == [(field.name, f"{field.default:,}") for field in fields(Settings)]


def test_the_kinds_in_the_document_have_the_fields_of_the_code() -> None:
    written = re.findall(r"^\| (\d) \| `(\w+)` \| [^|]+ \| ([^|]+) \|", DOCUMENT, re.MULTILINE)
    assert [(int(kind), name) for kind, name, _ in written] == [(kind, said.__name__) for kind, said in KINDS.items()]
    for kind, _, told in written:
        places = [told.find(field) for field in KINDS[int(kind)].__struct_fields__]
        assert places == sorted(places)
        assert -1 not in places


@pytest.mark.parametrize("module", RULES)
def test_every_rule_of_the_ring_cites_its_source(module: str) -> None:
    tree = ast.parse((ROOT / "reference" / "ring" / f"{module}.py").read_text())
    rules = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    uncited = [rule.name for rule in rules if "Source: " not in (ast.get_docstring(rule) or "")]
    assert rules
    assert set(uncited) <= {"is_news", "encode", "encoded_bytes", "send_packets", "release"}  # no rules by themselves
