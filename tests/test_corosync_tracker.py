"""`docs/corosync-tracker.md` against the catalogues; and what the report of B has: its patch, the count of holes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from properties.catalogue.register import REGISTER
from properties.cli.main import cli
from properties.corosync.laboratory.scenarios import SCENARIOS

DOCS = Path(__file__).parent.parent / "docs"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (DOCS / "corosync-tracker.md").read_text().splitlines()
    if line.startswith(("| issue ", "| pull ", "| commit "))
]
LOG = """\
Saving state aru 37 high seq received 37
copying all old ring messages from 32-37.
Originated {} messages in RECOVERY.
"""


@cache
def broken_by() -> dict[str, set[str]]:
    """The claims that each variant breaks."""
    listed = json.loads(CliRunner().invoke(cli, ["variants", "--json"]).stdout)["variants"]
    return {one["id"]: {broken["claim"] for broken in one["breaks"]} for one in listed}


def test_there_are_as_many_reports_as_are_worth_a_table() -> None:
    assert len(ROWS) == len({row[0] for row in ROWS}) >= 20
    assert sum(row[3] != "-" for row in ROWS) >= 8
    assert sum(bool(re.search(r"(?<!not )shown \(", row[4])) for row in ROWS) >= 3


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].replace(" ", "-"))
def test_a_row_names_claims_that_its_variant_breaks_and_scenarios_that_exist(row: list[str]) -> None:
    _, _, clauses, variant, daemon = row
    claims = set(clauses.split(", ")) - {"-"}
    assert claims <= set(REGISTER)
    if variant != "-":
        assert claims
        assert claims <= broken_by()[variant.strip("`")]
    assert set(re.findall(r"`([a-z-]+)`", daemon)) <= set(SCENARIOS)


def holes(*logs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DOCS / "corosync" / "holes.py", *logs], capture_output=True, text=True, check=False
    )


def test_a_hole_is_what_a_member_had_and_could_not_send(tmp_path: Path) -> None:
    (tmp_path / "whole.log").write_text(LOG.format(6))
    (tmp_path / "behind.log").write_text(LOG.format(5).replace("aru 37", "aru 33"))
    (tmp_path / "hole.log").write_text(LOG.format(5))
    done = holes(*sorted(tmp_path.iterdir()))
    assert done.returncode == 1
    assert done.stdout == f"{tmp_path / 'hole.log'}: had all of 32-37, and sent 5 of 6\n1 in 3 logs\n"
    assert holes(tmp_path / "whole.log").returncode == 0


def test_the_patch_moves_one_call_behind_both_tests() -> None:
    changed = re.findall(r"^[+-]\t.*", (DOCS / "corosync" / "b.patch").read_text(), re.MULTILINE)
    assert [line for line in changed if "messages_free" in line] == [
        "-\t\tmessages_free (instance, token->aru);",
        "+\t\t\tmessages_free (instance, token->aru);",
    ]
