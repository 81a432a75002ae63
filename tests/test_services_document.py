"""The example of docs/services.md runs, and prints what it says there."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from properties.catalogue.register import REGISTER
from properties.simulate.services import DECIDED_AT_THE_END
from reference.services.evt import messages
from reference.services.outbox import WAITING_MAX

DOCUMENT = (Path(__file__).parent.parent / "docs" / "services.md").read_text()


def test_the_example_prints_what_the_document_says() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "docs/services.md", "exec"), {"__name__": "example"})
    assert f"```text\n{printed.getvalue()}```" in DOCUMENT


def test_the_bounds_in_the_document_are_those_of_the_code() -> None:
    assert f"Once {WAITING_MAX:,} wait" in DOCUMENT
    said = " ".join(DOCUMENT.split())
    assert f"data {messages.DATA_BYTES_MAX:,} bytes, {messages.PATTERNS_MAX} patterns" in said
    assert f"{messages.OPENS_MAX:,} open channels a processor, {messages.RETAINED_MAX:,} retained events" in said
    assert f"publisher names {messages.PATTERN_BYTES_MAX}," in said


def test_the_claims_in_the_document_are_those_of_the_code() -> None:
    for id in DECIDED_AT_THE_END:
        assert f"| {id} | {REGISTER[id].sentence} |" in DOCUMENT
