"""The matrix of variants and claims is pinned in docs/variants.md: which break, and in how many steps.

By default each variant is tried in the scopes where something is pinned; the deep tests try it in all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import starmap
from pathlib import Path

import pytest

from model.language.machine import Text
from model.machines import MACHINES
from model.notes.decisions import DECISIONS
from model.variants import VARIANTS
from properties.catalogue.scopes import NamedScope, least_scope
from properties.claims import CLAIMS
from properties.export import pages
from properties.export.pages import Row
from properties.variants import record
from properties.variants.matrix import BreaksOf, breaks, breaks_in, pair_with, pairs_to_try
from properties.variants.results import Break, Tried, steps
from properties.variants.scopes import COMPOSED, LARGER, STANDARD

PAGE = (Path(__file__).parent.parent / "docs" / "variants.md").read_text()
HEAVY = {"gmi-2004", "gmi-open-member-forwards-anything"}
"""They may send any bitmap, so they have many states: by default tried in the smaller scopes only."""
NOT_OF_THIS_MACHINE = {"D9", "D12"}


@dataclass(frozen=True)
class Pin:
    """An entry of the page: how many steps, None for no run, and where."""

    length: int | None
    where: str


@cache
def row_of(name: str) -> str:
    """The last cell of a variant's row."""
    (row,) = re.findall(rf"^\| `{re.escape(name)}` \| .* \| (.*) \|$", PAGE.partition("## Scopes")[0], re.MULTILINE)
    return row


@cache
def pinned(name: str) -> dict[str, Pin]:
    """The claims that a variant breaks, as the page says."""
    entries = re.findall(r"([A-Z]\S*\d) (\d+|no run) at ([^<]+)", row_of(name))
    return {claim: Pin(None if length == "no run" else int(length), where) for claim, length, where in entries}


def too_large(name: str) -> list[str]:
    """The scopes that were not searched, as the page says."""
    return re.findall(r"too large to search: ([^<]+)", row_of(name))


def as_break(claim: str, pin: Pin) -> Break:
    return Break(claim, "", pin.length, "", [], pin.where)


def length_of(pin: Pin) -> float:
    return steps(as_break("", pin))


def scopes_to_try(name: str) -> list[tuple[NamedScope, Text]]:
    """Where something is pinned, or all that the variant changes if nothing is; and the machine that it makes there."""
    places = {pin.where for pin in pinned(name).values()}
    scopes = STANDARD[:6] if name in HEAVY else (*STANDARD, *COMPOSED)
    edited = [(scope, VARIANTS[name].edit(MACHINES[scope.machine])) for scope in scopes]
    return [(scope, text) for scope, text in edited if text is not MACHINES[scope.machine]
            and (not places or scope.title in places)]  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_breaks_what_is_pinned_where_it_is_pinned(name: str) -> None:
    pins = pinned(name)
    scopes = scopes_to_try(name)
    assert scopes
    for scope, edited in scopes:
        found = {one.claim: one for one in breaks_in(edited, scope)}
        assert set(found) <= set(pins)
        for claim, pin in pins.items():
            if pin.where == scope.title:
                assert found[claim].length == pin.length, claim
            elif claim in found:
                assert steps(found[claim]) >= length_of(pin), claim


@pytest.mark.deep
@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_breaks_just_what_is_pinned(name: str) -> None:
    row = Row(VARIANTS[name], BreaksOf(name).run())
    assert pages.variant_row(row) in PAGE.splitlines()
    assert row.tried == record.variants().variants[name]


@pytest.mark.deep
@pytest.mark.parametrize("name", VARIANTS)
def test_in_larger_scopes_a_variant_breaks_nothing_more_and_nothing_sooner(name: str) -> None:
    tried = breaks(VARIANTS[name].edit, LARGER)
    assert not [one for one in tried.broken if one.claim not in pinned(name)]
    assert not [one for one in tried.broken if steps(one) < length_of(pinned(name)[one.claim])]


@pytest.mark.deep
@pytest.mark.parametrize("pair", pairs_to_try(), ids=lambda pair: " with ".join(one.id for one in pair))
def test_a_pair_breaks_just_what_is_pinned(pair: tuple) -> None:
    found = pair_with(*pair)
    assert pages.pair_row(found) in PAGE.splitlines()
    assert found in record.variants().pairs


def test_the_page_is_about_the_variants_that_there_are() -> None:
    rows = [
        Row(one, Tried(list(starmap(as_break, pinned(one.id).items())), too_large(one.id))) for one in VARIANTS.values()
    ]
    tried = PAGE.partition("## In pairs")[2]
    assert PAGE.partition("## In pairs")[0] == "\n".join(pages.variants_page(rows, [])).partition("## In pairs")[0]
    assert re.findall(r"^\| `(.*)` \| `(.*)` \|", tried, re.MULTILINE) == [(a.id, b.id) for a, b in pairs_to_try()]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_that_breaks_nothing_says_why(name: str) -> None:
    assert bool(pinned(name)) == (VARIANTS[name].argument is None)
    assert VARIANTS[name].source


@pytest.mark.parametrize("id", CLAIMS)
def test_every_claim_is_broken_by_its_mutant(id: str) -> None:
    assert id in pinned(CLAIMS[id].mutant)


@pytest.mark.parametrize("id", sorted(set(DECISIONS) - NOT_OF_THIS_MACHINE))
def test_every_decision_shows_what_the_other_choice_breaks_or_that_it_is_sound(id: str) -> None:
    decision = DECISIONS[id]
    assert decision.rejected or decision.both_sound
    for name, claim in decision.rejected.items():
        scope = least_scope(CLAIMS[claim])
        found = breaks_in(VARIANTS[name].edit(MACHINES[scope.machine]), scope)
        assert claim in {one.claim for one in found}, f"ringplug trace {claim} --variant {name} shows nothing"
    for name in re.findall(r"`([a-z0-9-]+)`", decision.both_sound or ""):
        spoilt = {} if VARIANTS[name].argument else {"LIVE-1": None}
        assert {claim: pin.length for claim, pin in pinned(name).items()} == spoilt


def test_what_was_built_has_every_deviation_and_says_what_is_left_out() -> None:
    built = VARIANTS["gmi-2004"]
    assert {name for name in VARIANTS if name.startswith("gmi-")} - {"gmi-2004"} <= set(built.parts)
    assert built.leaves_out
    assert set(built.edits) == {edit for part in built.parts for edit in VARIANTS[part].edits}


def test_openais_is_cited_by_its_lines() -> None:
    for part in VARIANTS["gmi-2004"].parts:
        assert re.search(r"openais gmi\.c:\d+", VARIANTS[part].source or ""), part
