"""Lines of columns on a terminal: nothing is lost, nothing is wider than it, and no word is broken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.catalogue.notation import claim_lines
from properties.claims import CLAIMS
from properties.terminal.rows import NARROWEST, rows
from properties.words import counted, unknown

LONG = "  2  install p0 r0          pending[r0] {-p0 p1}  installed[r0] {+p0}  plugged[h0] {+p0}  owes[h0] {+p0}"


def test_a_row_breaks_between_cells_and_goes_on_below_the_first() -> None:
    assert rows(LONG, 80) == [
        "  2  install p0 r0          pending[r0] {-p0 p1}  installed[r0] {+p0}",
        "                            plugged[h0] {+p0}  owes[h0] {+p0}",
    ]
    assert rows(LONG, 120) == [LONG]


def test_it_breaks_between_words_where_a_cell_has_no_room() -> None:
    shown = rows("  says   one two three four five six", 32)
    assert shown == ["  says   one two three four five", "         six"]


def test_a_head_that_leaves_too_little_room_stands_alone() -> None:
    head = "x" * 50
    begun = rows(f"{head}   one two three four", 60)
    assert begun[0].startswith(head)
    assert all(row.startswith("  ") and len(row) <= 60 for row in begun[1:])


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("id", CLAIMS)
def test_what_is_said_of_a_claim_fits_a_terminal(id: str, width: int) -> None:
    for line in claim_lines(CLAIMS[id]):
        for row in rows(line, width, 14):
            assert len(row) <= width


@given(st.text("ab  ,", max_size=200), st.integers(NARROWEST + 2, 90))
def test_no_word_is_broken_or_lost(line: str, width: int) -> None:
    shown = rows(line, width)
    assert " ".join(shown).split() == line.split()
    widest = max(map(len, re.findall(r"[ab,]+", line)), default=0)
    indent = len(line) - len(line.lstrip())
    if widest + indent <= NARROWEST:
        assert max(map(len, shown)) <= width


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 rings"), (1, "1 ring"), (2, "2 rings"), (2000, "2,000 rings")]
)  # fmt: skip
def test_one_ring_is_no_rings(count: int, words: str) -> None:
    assert counted(count, "ring") == words


def test_a_plural_that_is_irregular_is_given() -> None:
    assert counted(2, "class", "classes") == "2 classes"
    assert unknown("claim", "§", ["N1"]) == "unknown claim '§'; there are N1"
    assert unknown("claim", "§", map(str, range(100))) == "unknown claim '§'"
