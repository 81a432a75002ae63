"""The report of a check: every verdict with its run, nothing that runs, and the same printed as without it."""

from __future__ import annotations

from pathlib import Path

from properties.claims import CLAIMS
from properties.page.report import HOLDS, NONE, OPEN, VIOLATED, Said, kind_of, report_page
from properties.variants import record
from tests.command import refused, ringplug
from tests.test_page import Parts, hashed


def test_a_violation_stands_there_with_its_picture_and_its_run(tmp_path: Path) -> None:
    asked = ("check", "--claim", "PLUG-S1", "--variant", "open-on-own-bit", "--members", "2", "--rings", "1")
    told = ringplug(*asked, "--engine", "exhaustive", "--html", tmp_path / "report.html")
    assert told.returncode == 1
    page = (tmp_path / "report.html").read_text()
    parts = Parts(page)
    assert [tag for tag, _ in parts.elements].count("svg") == 2
    assert "✗ violated 2/1/1, all features" in page
    assert "  4  visit p0 r0 " in page
    assert "49,036" not in page
    assert not parts.inline["script"]
    assert page.count(hashed(parts.inline["style"][0]).replace("'", "&#39;")) == 1
    assert "script-src &#39;none&#39;" in page


def test_of_the_protocol_it_has_what_each_variant_breaks() -> None:
    page = report_page([], Said([], [("claim",)], []), None)
    for name, tried in record.variants().variants.items():
        row = page.partition(f'<th scope="row">{name}</th>')[2].partition("</tr>")[0]
        assert row.count('class="breaks"') == len(tried.broken), name
        assert row.count("<td") == len(CLAIMS)


def test_a_cell_says_whether_the_claim_holds() -> None:
    cells = {"-": NONE, "proved": HOLDS, "2/1/2, all features": HOLDS, "violated 2/1/1": VIOLATED, "open": OPEN}
    assert {cell: kind_of(cell) for cell in cells} == cells


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    asked = ("check", "--claim", "PLUG-S1", "--engine", "inductive", "--json")
    assert "No such file" in ringplug(*asked, "--html", tmp_path / "no" / "report.html").stderr
    assert "is a directory" in refused("check", "--html", tmp_path)
