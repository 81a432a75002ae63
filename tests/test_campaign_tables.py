"""Tables of campaigns: from verdicts, from a folder that is not finished, from what was kept; and those in the docs."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from properties.cli.run.corosync import exit_code
from properties.corosync import summary
from properties.corosync.barrier import Finding
from properties.corosync.campaign import FOUND, RECORDED, Case, Found, Run
from properties.corosync.frequencies import frequencies, interval, share
from properties.corosync.recording import Recorded
from properties.corosync.results import kept, of_scenarios, read, write
from properties.corosync.stored import UnreadableError
from tests import campaign_tables
from tests.command import ringplug


def run(index: int, verdict: str, scenario: str = "calm") -> Run:
    case = Case(index, scenario, 3, "udpu", "light", index)
    recorded = Recorded("history", scenario, 3, index, "light", "udpu", index != 4, [], 1.0, 9)
    return Run(case, "x", recorded, [Finding("PLUG-S1", verdict, "because"), Finding("EVT-S1", "not observable", "so")])


FOUR = Found({"corosync": "3.1.7"}, [run(1, "ok"), run(2, "violated"), run(3, "ok"), run(4, "open", "pause")])


def folder(path: Path) -> Path:
    """The folder of a campaign of which one run is still under way."""
    for one in FOUR.runs:
        here = path / one.case.name
        here.mkdir(parents=True)
        (here / "plan.json").write_bytes(msgspec.json.encode(one.case.plan))
        (here / "n1.1.raw").write_text('{"e":"deliver"}\n{"e":"send"}\n{"e":"deliver"}\n')
        if one.case.index < 4:
            (here / RECORDED).write_bytes(msgspec.json.encode(one.recorded))
            (here / FOUND).write_bytes(msgspec.json.encode(one.findings))
    return path


def test_a_table_counts_verdicts_and_lists_violations() -> None:
    lines = list(summary.table(FOUR))
    assert lines[0] == "4 runs (corosync 3.1.7): 3 came to rest, 0 failed; 4 s in all."
    assert "| PLUG-S1 | 2 1v | 1o | 2 1v 1o |" in lines
    assert "| 3 nodes | 4 | 3 | 0 | 0 | PLUG-S1 in 1 |" in lines
    assert "| pause | 1 | 0 | 0 | 0 | none |" in lines
    assert "| 3 nodes, udpu, light | 4 | 3 | 0 | 0 | PLUG-S1 in 1 |" in lines
    assert "- EVT-S1: not observable, so" in lines
    assert any("0002-calm-3-udpu-light: because" in line for line in lines)
    assert exit_code(FOUR) == 1


def test_a_run_that_does_not_decide_a_claim_does_not_count_for_its_frequency() -> None:
    heading, row = frequencies(kept(FOUR))
    assert heading == ["claim", "all", "3 nodes", "udpu", "light"]
    assert row == ["PLUG-S1, logs", *["1 of 3: 33 % (6 to 79)"] * 4]


@pytest.mark.parametrize(
    ("count", "of", "least", "most"), [(0, 40, 0, 0.0876), (3, 40, 0.0258, 0.1986), (20, 20, 0.8389, 1)]
)
def test_an_interval_is_wilsons(count: int, of: int, least: float, most: float) -> None:
    """Against the values of a table of the score interval, to four digits."""
    assert interval(count, of) == pytest.approx((least, most), abs=5e-5)
    assert share(0, 0) == "-"


def test_a_campaign_under_way_is_read_and_what_is_kept_has_no_path(tmp_path: Path) -> None:
    found = read(folder(tmp_path / "runs"))
    assert [one.deliveries for one in found.runs] == [2, 2, 2]
    assert summary.head(found) == "3 runs: 3 came to rest, 0 failed; 3 s in all; 1 run without verdicts left out."
    write(found, tmp_path / "kept.json")
    assert read(tmp_path / "kept.json") == found
    assert str(tmp_path) not in (tmp_path / "kept.json").read_text()
    assert of_scenarios(found, ["pause"]).runs == []
    with pytest.raises(UnreadableError, match="is no campaign"):
        read(tmp_path / "runs" / FOUR.runs[0].case.name)


def test_the_command_prints_tables_saves_them_and_puts_them_side_by_side(tmp_path: Path) -> None:
    runs, saved = folder(tmp_path / "runs"), tmp_path / "saved.json"
    done = ringplug("corosync", "table", str(runs), "--save", str(saved))
    assert done.returncode == 0, done.stderr
    assert "| PLUG-S1 | 2 1v | 2 1v |" in done.stdout.splitlines()
    two = ringplug("corosync", "table", str(runs), str(saved), "--without", "pause")
    assert "| PLUG-S1 | 2 1v | 2 1v |" in two.stdout.splitlines()
    [one] = json.loads(ringplug("corosync", "table", str(saved), "--json").stdout)
    assert one["claims"] == [["logs", "PLUG-S1"]]
    bad = ringplug("corosync", "table", str(runs), str(saved), "--save", str(saved))
    assert (bad.returncode, "are for one campaign" in bad.stderr) == (3, True)


def test_a_page_has_every_table_and_marks_what_is_violated(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert ringplug("corosync", "table", str(folder(tmp_path / "runs")), "--html", str(page)).returncode == 0
    text = page.read_text()
    assert text.count("<h2>") == text.count("<table>") == 5
    assert '<th scope="row">PLUG-S1</th><td class="violated">2 1v</td>' in text
    assert "<script" not in text


@pytest.mark.parametrize("path", campaign_tables.documents(), ids=lambda path: path.name)
def test_tables_in_the_documents_are_made_from_what_is_kept(path: Path) -> None:
    assert campaign_tables.written(path.read_text()) == path.read_text(), "python -m tests.campaign_tables"


def test_what_is_kept_of_campaigns_names_no_place_of_a_machine() -> None:
    files = list((campaign_tables.DOCS / "campaigns").glob("*.json"))
    assert files
    for file in files:
        assert "/" not in file.read_text(), file.name
