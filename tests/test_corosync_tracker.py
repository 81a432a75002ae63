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


def script(name: str, *logs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DOCS / "corosync" / name, *logs], capture_output=True, text=True, check=False
    )


def test_a_hole_is_what_a_member_had_and_could_not_send(tmp_path: Path) -> None:
    (tmp_path / "whole.log").write_text(LOG.format(6))
    (tmp_path / "behind.log").write_text(LOG.format(5).replace("aru 37", "aru 33"))
    (tmp_path / "hole.log").write_text(LOG.format(5))
    done = script("holes.py", *sorted(tmp_path.iterdir()))
    assert done.returncode == 1
    assert done.stdout == f"{tmp_path / 'hole.log'}: had all of 32-37, and sent 5 of 6\n1 in 3 logs\n"
    assert script("holes.py", tmp_path / "whole.log").returncode == 0


GHOST_LOG = """[QUORUM] Sync members[2]: 1 2
[CPG   ] joinlist_messages[0] group:ringplug, ip:r(0) ip(10.77.0.{}) , pid:27
[CPG   ] joinlist_messages[1] group:ringplug, ip:r(0) ip(10.77.0.1) , pid:25
[QUORUM] Sync members[2]: 1 2
[CPG   ] joinlist_messages[0] group:ringplug, ip:r(0) ip(10.77.0.1) , pid:{}
[CPG   ] joinlist_messages[1] group:ringplug, ip:r(0) ip(10.77.0.1) , pid:25
"""


@pytest.mark.parametrize(
    ("node", "pid", "code", "says"),
    [(2, 26, 0, "0 ghosts, and 0 twice"), (3, 26, 1, "1 ghosts"), (2, 25, 0, "1 twice")],
)
def test_a_ghost_is_a_list_of_a_node_that_is_not_in_the_ring(
    node: int, pid: int, code: int, says: str, tmp_path: Path
) -> None:
    (tmp_path / "n1.log").write_text(GHOST_LOG.format(node, pid))
    done = script("ghosts.py", tmp_path / "n1.log")
    assert (done.returncode, says in done.stdout) == (code, True), done.stdout


@pytest.mark.parametrize(
    ("name", "files"),
    [("a", {"sync.c"}), ("b", {"totemsrp.c"}), ("c", {"totempg.c", "totemsrp.c", "totemsrp.h", "cs_queue.h"})],
)
def test_patches_change_what_their_reports_say_and_have_whole_hunks(name: str, files: set[str]) -> None:
    text = (DOCS / "corosync" / f"{name}.patch").read_text()
    assert set(re.findall(r"^\+\+\+ b/exec/(\S+)$", text, re.MULTILINE)) == files
    hunks = re.split(
        r"^@@ -\d+,(\d+) \+\d+,(\d+) @@.*\n",
        re.sub(r"^(---|\+\+\+) .*\n", "", text, flags=re.MULTILINE),
        flags=re.MULTILINE,
    )[1:]
    for before, after, lines in zip(hunks[::3], hunks[1::3], hunks[2::3], strict=True):
        marks = [line[:1] for line in lines.splitlines()]
        assert (len(marks) - marks.count("+"), len(marks) - marks.count("-")) == (int(before), int(after))
    for file in files:
        assert f"`exec/{file}`" in (DOCS / f"corosync-{name}.md").read_text()


def test_the_patch_moves_one_call_behind_both_tests() -> None:
    changed = re.findall(r"^[+-]\t.*", (DOCS / "corosync" / "b.patch").read_text(), re.MULTILINE)
    assert [line for line in changed if "messages_free" in line] == [
        "-\t\tmessages_free (instance, token->aru);",
        "+\t\t\tmessages_free (instance, token->aru);",
    ]
