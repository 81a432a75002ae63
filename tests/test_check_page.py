"""The report of a check: every verdict with its run, nothing that runs, and the same printed as without it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from properties.catalogue.scopes import CORE, NamedScope
from properties.check.job import Job
from properties.check.verdict import Exhaustive
from properties.check.verdict import record as record_of
from properties.claims import CLAIMS
from properties.explored.growth import growth
from properties.page.charts import by_depth, by_members
from properties.page.report import HOLDS, NONE, OPEN, VIOLATED, Said, kind_of, report_page, shade_of
from properties.variants import record
from tests.command import refused, ringplug
from tests.test_page import Parts, hashed


def test_a_violation_stands_there_with_its_picture_and_its_run(tmp_path: Path) -> None:
    asked = ("check", "--claim", "PLUG-S1", "--variant", "open-on-own-bit", "--members", "2", "--rings", "1")
    told = ringplug(*asked, "--engine", "exhaustive", "--html", tmp_path / "report.html")
    assert told.returncode == 1
    page = (tmp_path / "report.html").read_text()
    parts = Parts(page)
    pictures = [said.get("class") for tag, said in parts.elements if tag == "svg"]
    assert (len(pictures), pictures.count("by-depth")) == (3, 1)
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
        assert row.count('class="breaks ') == len(tried.broken), name
        assert row.count("<td") == len(CLAIMS)


def test_states_by_depth_are_those_of_the_search() -> None:
    scope = NamedScope(2, 1, 1, CORE)
    claim = CLAIMS["PLUG-S1"]
    (verdict,) = Job(claims=(claim.id,), scope=scope).run()
    assert isinstance(verdict, Exhaustive)
    assert (verdict.extent.levels[0], sum(verdict.extent.levels)) == (1, verdict.extent.states)
    assert len(verdict.extent.levels) == verdict.extent.depth + 1
    assert "levels" not in record_of(verdict)
    bars = Xml.fromstring(by_depth(verdict.extent.levels))
    heights = [float(bar.get("height", "")) for bar in bars]
    tallest = max(zip(verdict.extent.levels, heights, strict=True))
    assert tallest == (max(verdict.extent.levels), max(heights))
    assert f"states by depth: {', '.join(map(str, verdict.extent.levels))}" == bars.get("aria-label")


def test_states_grow_as_the_search_counts() -> None:
    found = growth()
    assert {name: line.get(3) for name, line in found.items()} == {
        "n/1/1": 92, "n/1/1, recovery-queue": 1127, "n/1/2": 12909, "ordered n/1/1": 502, "delivery n/1/1": 468,
    }  # fmt: skip
    assert all(list(line.values()) == sorted(set(line.values())) for line in found.values())
    chart = Xml.fromstring(by_members(found))
    lines = [one.get("points", "").split() for one in chart if one.tag == "polyline"]
    assert [len(points) for points in lines] == [len(line) for line in found.values()]
    for points in lines:
        heights = [float(point.partition(",")[2]) for point in points]
        assert heights == sorted(heights, reverse=True)


def test_the_sooner_a_variant_breaks_a_claim_the_darker_is_its_cell() -> None:
    shades = [shade_of(length) for length in (1, 4, 5, 8, 9, 12, 13)]
    assert shades == ["at-once", "at-once", "near", "near", "on", "on", "far"]


def test_a_cell_says_whether_the_claim_holds() -> None:
    cells = {"-": NONE, "proved": HOLDS, "2/1/2, all features": HOLDS, "violated 2/1/1": VIOLATED, "open": OPEN}
    assert {cell: kind_of(cell) for cell in cells} == cells


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    asked = ("check", "--claim", "PLUG-S1", "--engine", "inductive", "--json")
    assert "No such file" in ringplug(*asked, "--html", tmp_path / "no" / "report.html").stderr
    assert "is a directory" in refused("check", "--html", tmp_path)
