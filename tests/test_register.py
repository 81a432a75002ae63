"""The register of claim ids: one sentence an id, who decides it, and that no other id is printed or cited."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.machines import MACHINES
from model.notes.decisions import DECISIONS
from model.notes.mail import CLAUSES
from model.variants import VARIANTS
from model.variants.mutants import MUTANTS
from properties.catalogue.claim import Least, claim
from properties.catalogue.register import COROSYNC, ENTRIES, HISTORY, MODEL, ON, PROCESSES, REGISTER, SIMULATOR, Entry
from properties.claims import CLAIMS
from properties.cli.decide.claims import claims_command
from properties.conform.cases import CASES
from properties.corosync import barrier
from properties.corosync.laboratory.scenarios import SCENARIOS
from properties.history.catalogue import HISTORY_CLAIMS
from properties.lockstep.faults import FAULTS as PLUG_FAULTS
from properties.processes import verdict
from properties.replay.service_variants import SERVICE_VARIANTS
from properties.simulate import lockstep
from properties.simulate.faults import FAULTS as RING_FAULTS
from properties.simulate.monitor import MONITORED
from properties.simulate.services import DECIDED_AT_THE_END
from tests.checker_faults import checker_faults

ROOT = Path(__file__).parent.parent
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "SPEC.md"])
CODE = sorted((ROOT / "properties").rglob("*.py"))
OTHER_NAMES = {
    "ringplug-conform-1", "ringplug-conform-2", "ringplug-history-1", "ringplug-mapping-1", "ringplug-vector-2",
    "ringplug-calls-1", "ringplug-calls-2",
    "check-in", "open-count", "add-node",
    "itf-py", "markdown-it-py", "myst-parser", "pytest-xdist", "tree-sitter", "tree-sitter-tlaplus", "uv-build",
    "z3-solver",
}  # fmt: skip
"""Formats, messages of services, packages."""
ID = re.compile(
    r"\b(?:(?:PLUG|CFG|RING|LIVE|BAR|CLM|EVT|EVS|PART|STEP)-(?:T|[A-Z]?\d+(?:\.\d+)?|[A-Z]{2,})|LOCKSTEP|N\d)\b"
)


def strings(path: Path) -> Iterator[str]:
    """The string constants of a file, those that are written in several parts as one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_an_id_has_one_entry_and_a_sentence_one_id() -> None:
    assert len(ENTRIES) == len(REGISTER)
    assert len({one.sentence for one in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_says_what_is_stated_where_it_is_from_and_who_decides(entry: Entry) -> None:
    assert ID.fullmatch(entry.id)
    assert entry.sentence.endswith(".")
    assert entry.source
    assert entry.readings
    assert entry.readings.keys() <= ON.keys()
    assert all(reading.endswith(".") for reading in entry.readings.values() if reading)


@pytest.mark.parametrize(
    ("decider", "ids"),
    [
        (MODEL, CLAIMS),
        (HISTORY, HISTORY_CLAIMS),
        (SIMULATOR, [*MONITORED, *DECIDED_AT_THE_END, lockstep.CLAIM]),
        (COROSYNC, barrier.CLAIMS),
        (PROCESSES, verdict.DECIDED),
    ],
)
def test_who_is_said_to_decide_does(decider: str, ids: list[str]) -> None:
    assert {id for id, entry in REGISTER.items() if decider in entry.readings} == set(ids)


def test_a_claim_of_the_model_has_the_sentence_of_the_register() -> None:
    assert all((one.sentence, one.source) == (REGISTER[id].sentence, REGISTER[id].source) for id, one in CLAIMS.items())


def test_a_second_sentence_is_refused_and_none_is_too() -> None:
    with pytest.raises(ValueError, match="claim EVS-3 has its sentence and source in the register"):
        claim("EVS-3", "Another one.", source="nowhere", least=Least(1, 1, 1), mutant="no-plug")
    with pytest.raises(ValueError, match="claim MINE-0 is not in the register"):
        claim("MINE-0", least=Least(1, 1, 1), mutant="no-plug")


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_is_written_twice_and_no_other_id(path: Path) -> None:
    said = set(strings(path))
    assert {one for one in said if ID.fullmatch(one)} <= set(REGISTER)
    if path.stem != "register":
        assert not said & {one.sentence for one in ENTRIES}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_id_in_a_page_is_in_the_register(path: Path) -> None:
    assert set(ID.findall(path.read_text())) <= set(REGISTER)


def named_in(path: Path, pattern: str) -> set[str]:
    """What stands in backticks on a page and is just this, `*` aside for a group of files."""
    return {one for one in re.findall(r"`([^`\n]+)`", path.read_text()) if re.fullmatch(pattern, one)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_decision_and_clause_in_a_page_is_there(path: Path) -> None:
    assert set(re.findall(r"\bD\d+\b", path.read_text())) <= set(DECISIONS)
    assert set(re.findall(r"\bM\d+\b", path.read_text())) <= set(CLAUSES)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_variant_fault_feature_and_scenario_in_a_page_is_there(path: Path) -> None:
    """What is written `like-this` is one of them, or one of a few other words."""
    features = {feature for machine in MACHINES.values() for feature in machine.features}
    faults = {*PLUG_FAULTS.names(), *RING_FAULTS.names()}
    cases = {case.name for case in CASES}
    checkers = {fault.name for fault in checker_faults()}
    known = {
        *MACHINES,
        *VARIANTS,
        *MUTANTS,
        *SERVICE_VARIANTS,
        *SCENARIOS,
        *cases,
        *features,
        *faults,
        *checkers,
        *OTHER_NAMES,
    }
    assert named_in(path, r"[a-z0-9]+(-[a-z0-9_]+)+(:[a-z0-9-]+)?") <= known


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_in_a_page_is_there(path: Path) -> None:
    files = named_in(path, r"(model|properties|reference|tests|examples|docs|bench)/[\w./*-]*")
    assert not [one for one in files if not any(ROOT.glob(one))]


@pytest.mark.parametrize("id", ["PLUG-S1", "CFG-S1", "PLUG-H2", "EVS-1.1", "LIVE-3", "EVT-OPENS", "LOCKSTEP"])
def test_the_command_says_what_the_register_does(id: str) -> None:
    said = CliRunner().invoke(claims_command, [id]).stdout
    entry = REGISTER[id]
    assert said.startswith(f"{id}  {entry.sentence}\n  source      {entry.source}\n")
    assert [line for line in said.splitlines() if line.startswith("  decided by")] == [
        f"  decided by  {line}" for line in entry.decided_by()
    ]


def test_histories_are_judged_without_a_model() -> None:
    program = "import properties.judge.judgement, sys; print([one for one in sys.modules if one.startswith('model')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
