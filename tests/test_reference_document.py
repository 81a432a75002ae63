"""`docs/reference.md` against the code: its example, its bytes, its tables; and the sources of the rules."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path

import pytest

from reference.errors import Refusal
from reference.plug.token_codec import LARGEST_BYTES, SMALLEST_BYTES, decode, encode

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "reference.md").read_text()
RULES = ["acceptance", "configuration_changes", "layer", "plugs", "queues", "reassembly", "visits"]


def test_the_example_prints_what_the_document_says() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "docs/reference.md", "exec"), {})
    assert f"```text\n{printed.getvalue()}```" in DOCUMENT


def test_the_bytes_in_the_document_are_the_token_that_it_describes() -> None:
    (written,) = re.findall(r"```text\n(72 .*?)\n```", DOCUMENT)
    token = decode(bytes.fromhex(written))
    assert (tuple(token.ring_id), token.token_seq, token.seq, token.retransmissions) == ((1, 8), 3, 7, (3, 5))
    assert token.bitmap == bytes([0b1000_0001, 0b1])
    assert encode(token).hex(" ") == written


def test_the_sizes_and_the_refusals_in_the_document_are_those_of_the_code() -> None:
    assert f"A datagram has {SMALLEST_BYTES} to {LARGEST_BYTES} bytes." in DOCUMENT
    rows = "\n".join(f"| {refusal.stage.name} | {refusal.name} | {refusal.says} |" for refusal in Refusal)
    assert f"| --- | --- | --- |\n{rows}\n\n" in DOCUMENT


@pytest.mark.parametrize("module", RULES)
def test_every_rule_of_the_reference_cites_its_source(module: str) -> None:
    tree = ast.parse((ROOT / "reference" / "plug" / f"{module}.py").read_text())
    rules = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    assert rules
    for rule in rules:
        decorators = {ast.unparse(decorator) for decorator in rule.decorator_list}
        assert "Source: " in (ast.get_docstring(rule) or "") or "property" in decorators, rule.name
