"""What is recorded of variants, mutants and the theorem: it is shown at once, and the pages are made of it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from itertools import starmap
from pathlib import Path
from typing import Any

import pytest
import recording
from click.testing import CliRunner, Result

from model.services.theorem import GIVEN_UP
from model.variants import VARIANTS
from model.variants.mutants import MUTANTS
from properties.cli.decide.mutants import mutants_command
from properties.cli.decide.theorem import theorem_command
from properties.cli.decide.variants import variants_command
from properties.export import pages
from properties.export.pages import Row
from properties.variants import record
from properties.variants.arguments import ARGUMENTS
from properties.variants.cases import CASES
from properties.variants.matrix import BreaksOf, pairs_to_try
from properties.variants.results import Caught, Fate, Tried

DOCS = Path(__file__).parent.parent / "docs"
COMMANDS = {"variants": variants_command, "mutants": mutants_command, "theorem": theorem_command}


def run(command: str) -> Result:
    name, *arguments = command.split()
    return CliRunner().invoke(COMMANDS[name], arguments, standalone_mode=False)


def said(command: str) -> dict[str, Any]:
    return json.loads(run(f"{command} --json").stdout)


# The record.


def test_what_is_recorded_is_of_this_version() -> None:
    versions = {one.version for one in (record.variants(), record.mutants(), record.theorem())}
    assert versions == {version("ringplug")}


def test_everything_is_recorded() -> None:
    assert list(record.variants().variants) == list(VARIANTS)
    assert list(record.mutants().mutants) == list(MUTANTS)
    assert {id for id, caught in record.mutants().mutants.items() if not caught} == set(ARGUMENTS)
    assert [(one.harmless, one.other) for one in record.variants().pairs] == [(a.id, b.id) for a, b in pairs_to_try()]
    assert tuple((one.add_node, one.claim) for one in record.theorem().tables) == CASES


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_table_says_of_every_set_what_its_minimal_sets_say(number: int) -> None:
    table = record.theorem().tables[number].table()
    assert len({tuple(one.decisions) for one in table.sets}) == 2 ** len(GIVEN_UP)
    by_set = {frozenset(one.decisions): one for one in table.sets}
    for one in table.sets:
        assert one.holds == any(set(minimal) <= set(one.decisions) for minimal in table.minimal)
        because, mine = frozenset(one.because), frozenset(one.decisions)
        assert because <= mine if one.holds else mine <= because
        assert by_set[because].because == by_set[because].decisions
        assert (one.length is None) == (one.holds or because != mine)


def test_the_pages_are_made_of_what_is_recorded() -> None:
    variants, mutants = record.variants(), record.mutants()
    rows = list(starmap(Row, ((VARIANTS[id], tried) for id, tried in variants.variants.items())))
    assert "\n".join(pages.variants_page(rows, variants.pairs)) + "\n" == (DOCS / "variants.md").read_text()
    fates = [Fate(id, caught, ARGUMENTS.get(id)) for id, caught in mutants.mutants.items()]
    assert "\n".join(pages.mutants_page(fates)) + "\n" == (DOCS / "mutants.md").read_text()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "theorem"])
def test_markdown_is_the_page(name: str) -> None:
    assert run(f"{name} --markdown").stdout == (DOCS / f"{name}.md").read_text()


@pytest.mark.parametrize("command", ["variants", "variants --pairs", "mutants", "theorem"])
def test_what_a_command_prints_can_be_written_down_again(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {kind: record.file_of(kind).read_text() for kind in (record.Variants, record.Mutants, record.Theorem)}
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    for kind, text in whole.items():
        record.file_of(kind).write_text(text)
    file = recording.write(said(command))
    assert file.read_text() == next(text for kind, text in whole.items() if record.file_of(kind) == file)


# The commands.


@pytest.mark.parametrize(
    "command",
    ["variants", "variants gmi-2004", "variants --pairs", "mutants", "mutants leave-without-effect:gate", "theorem"],
)
def test_what_is_recorded_is_shown_at_once_and_said_to_be_recorded(command: str) -> None:
    name, *arguments = shlex.split(command)
    code = (
        f"import sys, time; from properties.cli.decide.{name} import {name}_command as c\n"
        f"c({arguments!r}, standalone_mode=False)\n"
        "heavy = {'z3', 'numpy', 'networkx', 'hypothesis', 'reference'} & set(sys.modules)\n"
        "print('heavy:', *sorted(heavy)); print('seconds:', time.process_time())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *_, says, heavy, seconds = done.stdout.splitlines()
    begins = f"Recorded for ringplug {version('ringplug')}, not computed now: "
    assert says == f"{begins}`ringplug {command} --compute` computes it again."
    assert heavy == "heavy:"
    assert float(seconds.partition(" ")[2]) < 1, "0.2 s on a machine that does nothing else"
    assert done.stderr == ""


RUN = BreaksOf.run


@cache
def broken_by(job: BreaksOf) -> Tried:
    """What is computed of a variant; three calls below ask for the same."""
    return RUN(job)


@pytest.fixture
def computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variant that was computed is not computed anew."""
    monkeypatch.setattr(BreaksOf, "run", lambda job, progress: broken_by(job))


@pytest.mark.usefixtures("computed_once")
def test_one_that_is_computed_again_is_as_it_is_recorded_and_not_said_to_be() -> None:
    for name, id in (("variants", "leave-keeps-gate-open"), ("mutants", "leave-without-effect:gate")):
        (recorded,), (computed,) = said(f"{name} {id}")[name], said(f"{name} {id} --compute")[name]
        assert recorded.pop("recorded") == version("ringplug")
        assert computed.pop("recorded") is None
        assert recorded == computed
        assert "Recorded" not in run(f"{name} {id} --compute").stdout


@pytest.mark.usefixtures("computed_once")
def test_what_is_not_recorded_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    id = "leave-keeps-gate-open"
    known = record.variants()
    less: dict[str, Tried] = {name: tried for name, tried in known.variants.items() if name != id}
    monkeypatch.setattr(record, "variants", lambda: record.Variants(known.version, less, known.pairs))
    computed, recorded = said(f"variants {id} open-on-own-bit")["variants"][::-1]
    assert (computed["id"], computed["recorded"]) == (id, None)
    assert recorded["recorded"] == known.version


def test_a_mutant_that_nothing_notices_and_no_argument_explains_is_undetermined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nothing: dict[str, Caught | None] = {"leave-without-effect:gate": None}
    monkeypatch.setattr(record, "mutants", lambda: record.Mutants("0", nothing))
    done = run("mutants leave-without-effect:gate")
    assert done.return_value == 2
    assert "noticed by nothing" in done.stdout


def test_the_theorem_shows_the_cases_that_are_asked_for() -> None:
    whole, one = run("theorem").stdout, run("theorem --claim EVT-S1 --add-node recovery").stdout
    assert "without D13 a lookup fails, whatever else is taken: 11 steps; ringplug theorem --claim EVT-S1" in one
    for suffices in ("{D13, order, fifo}", "{D8, D10, D11}", "{M4, D4, D8, D10}", "no decision"):
        assert f"  {suffices} suffices: proved for any number, " in whole
    assert "of 512 sets 80 suffice and 432 do not" in whole
    assert "CLM-S1, add-node" not in one
    assert len(said("theorem")["theorem"][0]["sets"]) == 512
    assert said("theorem")["recorded"] == version("ringplug")
    assert "name a set with --take" in str(run("theorem --claim CLM-S1 --add-node recovery").exception)
    assert "--run does not go with --compute" in str(run("theorem --run --compute").exception)
