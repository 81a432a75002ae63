"""The further engines on the command line, and under a user's own pytest."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from properties.cli.decide import check as check_command
from properties.cli.main import cli
from properties.symbolic import cvc5
from tests.command import PYTEST, ringplug

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "test_my_variant.py"


def check(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = ringplug("check", *arguments, "--json")
    assert done.stdout, done.stderr
    results = json.loads(done.stdout)["results"]
    return done.returncode, [{k: v for k, v in one.items() if k != "seconds"} for one in results]


def test_bounded_says_how_far_it_looked() -> None:
    code, (one,) = check("--engine", "bounded", "--claim", "PLUG-S2", "--members", "2", "--depth", "4")
    assert (code, one["verdict"], one["k"], one["witness_length"]) == (0, "bounded", 4, 4)


def test_bounded_shows_a_shortest_violation() -> None:
    code, (one,) = check(
        "--engine", "bounded", "--claim", "PLUG-S1", "--members", "3", "--variant", "open-on-own-bit"
    )  # fmt: skip
    assert (code, one["verdict"], len(one["trace"]["steps"])) == (1, "violated", 4)


def test_stateful_says_how_much_it_tried_and_repeats_it() -> None:
    again = [
        check("--engine", "stateful", "--claim", "PLUG-S2", "--members", "10", "--examples", "5", "--seed", "3")
        for _ in range(2)
    ]
    assert again[0] == again[1]
    code, (one,) = again[0]
    assert (code, one["verdict"], one["seed"]) == (0, "tested", 3)
    assert (one["examples"], one["steps"]) == (5, 500)
    assert one["witnesses"] > 0


def test_a_falsifier_says_how_to_find_it_again() -> None:
    few = ["--examples", "4", "--steps", "60", "--seed", "5"]
    done = ringplug(
        "check", "--engine", "stateful", "--claim", "PLUG-S1", "--members", "4", "--variant", "open-on-own-bit", *few
    )  # fmt: skip
    assert done.returncode == 1
    (again,) = (line.partition("again: ")[2] for line in done.stdout.splitlines() if "again: " in line)
    program, *arguments = again.split()
    assert program == "ringplug"
    second = ringplug(*arguments)
    assert second.returncode == 1
    assert done.stdout.partition("again: ")[2] == second.stdout.partition("again: ")[2]


def test_what_holds_only_as_far_as_was_looked_is_not_said_to_hold() -> None:
    done = ringplug("check", "--engine", "bounded", "--claim", "PLUG-S2", "--members", "2", "--depth", "4")
    assert done.returncode == 0
    assert "No counterexample to 1 claim was found: that is no proof." in done.stdout
    assert "holds" not in done.stdout


@pytest.mark.parametrize("engine", ["bounded", "stateful"])
def test_a_claim_that_one_run_cannot_show_is_undetermined(engine: str) -> None:
    how_far = ["--depth", "1"] if engine == "bounded" else ["--examples", "1"]
    arguments = ["--engine", engine, "--claim", "LIVE-2", "--members", "2", *how_far]
    code, (one,) = check(*arguments)
    assert (code, one["verdict"]) == (2, "open")


def test_without_the_second_solver_the_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "is_installed", lambda: False)
    done = CliRunner().invoke(cli, ["check", "--engine", "cvc5"])
    assert "the engine cvc5 needs a package: pip install cvc5" in done.output


def test_obligations_are_files_that_any_solver_reads(tmp_path: Path) -> None:
    folder = tmp_path / "obligations"
    done = ringplug("obligations", "--out", folder, "--claim", "PLUG-S1", "--json")
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)["obligations"]
    assert {one["file"] for one in written} == {path.name for path in folder.iterdir()}
    visit = next(one for one in written if one["action"] == "visit" and "done" in one["label"])
    text = (folder / visit["file"]).read_text()
    assert text.startswith("; PLUG-S1: behind an open gate every member is done\n; at: visit\n; a proof needs: unsat\n")
    assert cvc5.ask(text) == visit["wanted"] == visit["z3"] == "unsat"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--claim", "N3"], "the machine plug has no obligation of N3"),
        (["--machine", "orderd"], "unknown machine to prove 'orderd'; near it: ordered"),
        (["--claim", "PLUG-S99"], "unknown claim 'PLUG-S99'"),
    ],
)
def test_obligations_that_do_not_exist_are_refused(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = ringplug("obligations", "--out", tmp_path / "none", *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert says in done.stderr
    assert not (tmp_path / "none").exists()


def test_what_is_written_of_cvc5_has_the_options_that_it_is_asked_with() -> None:
    options = " ".join(f"--{name}" for name, value in cvc5.OPTIONS.items() if value == "true")
    said = (ROOT / "docs" / "engines.md").read_text() + CliRunner().invoke(cli, ["obligations", "--help"]).output
    assert set(re.findall(r"^ *cvc5 (.*) obligations/", said, re.MULTILINE)) == {options}


def users_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PYTEST, *arguments], cwd=folder, capture_output=True, text=True, timeout=600, check=False)


def test_the_worked_example_runs_as_a_user_runs_it(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    done = users_pytest(tmp_path, "-k", "not stateful or my_claim")
    assert done.returncode == 0, done.stdout
    assert "13 passed" in done.stdout


@pytest.mark.deep
def test_the_whole_worked_example_runs(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    assert "16 passed" in users_pytest(tmp_path).stdout


MORE = """
@pytest.mark.ringplug("N3", engine=["inductive", "exhaustive"])
def test_non_property():
    pass


@every_engine
def test_an_unknown_variant(engine):
    engine.check(variant="none")
"""


def test_a_failure_shows_its_run_and_what_an_engine_leaves_out_is_skipped(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "pytest.md").read_text()
    mine = "".join(part.partition("```")[0] for part in page.split("```python\n")[1:])
    (tmp_path / "test_mine.py").write_text(mine + MORE)
    done = users_pytest(tmp_path, "-rs")
    assert done.returncode == 1
    assert "8 failed, 5 passed, 1 skipped, 1 xfailed" in done.stdout
    shown = page.partition("$ .venv/bin/pytest test_mine.py\n")[2].partition("```")[0].splitlines()
    assert len(shown) == 11
    assert all(line.strip("_ ") in done.stdout for line in shown)
    assert "PLUG-S1 violated (bounded, 2/1/1): behind an open gate every member is done" in done.stdout
    assert "PLUG-S1 violated (stateful, 5/2/2): behind an open gate every member is done" in done.stdout
    assert "PLUG-S1 open (inductive, any number): behind an open gate every member is done: not kept by visit" in (
        done.stdout
    )
    assert "N3: not a claim that induction decides" in done.stdout
    assert "unknown variant 'none'" in done.stdout
