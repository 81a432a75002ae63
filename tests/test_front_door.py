"""The package `ringplug`: what it offers, that it costs nothing, and that docs and examples use nothing else."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ringplug
from properties.catalogue.claim import REGISTERED
from properties.catalogue.scopes import scope_of
from ringplug import VARIANTS, Claim
from ringplug.sets import Least, PlugState, Processor, Truth, claim, edits, empty

ROOT = Path(__file__).parent.parent
API = (ROOT / "docs" / "api.md").read_text()
MODULES = [
    "ringplug",
    *(f"ringplug.{name}" for name in ("sets", "testing", "reference", "services", "simulator", "client")),
]
LAZY = [ROOT / "ringplug" / "__init__.py", ROOT / "ringplug" / "testing.py"]


@pytest.fixture(scope="module", autouse=True)
def never() -> Iterator[Claim]:
    """A claim and a variant of one's own, which no other test shall see."""
    mine = claim("DOOR-1", "No gate is ever open.", source="a test", least=Least(1, 1, 1), mutant="no-plug")

    @mine.always
    def no_gate_is_open(now: PlugState) -> Truth:
        return empty(now.gate)

    @mine.witnessed()
    def all_gates_are_closed(now: PlugState) -> Truth:
        return empty(now.gate)

    @edits("visit")
    def a_door_that_opens_at_once(now: PlugState, then: PlugState, p: Processor) -> None:
        """A member opens its gate when the token first visits it."""
        then.gate = then.gate | p

    assert all([no_gate_is_open, all_gates_are_closed, a_door_that_opens_at_once])
    yield mine
    del REGISTERED["DOOR-1"], VARIANTS["a-door-that-opens-at-once"]


def section(module: str) -> str:
    """The part of docs/api.md about a module."""
    if module == "ringplug":
        return API.partition("\n## ")[0]
    return API.partition(f"## `{module}`\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", MODULES)
def test_the_page_lists_every_name_with_a_sentence(name: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section(name), re.MULTILINE)
    module = importlib.import_module(name)
    assert [row[0] for row in rows] == module.__all__
    assert [row for row in rows if not row[1].endswith(".")] == []
    assert all(getattr(module, one) is not None for one in module.__all__)
    assert set(dir(module)) >= set(module.__all__)


def test_the_example_on_the_page_runs() -> None:
    example = API.partition("```python\n")[2].partition("```")[0]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "docs/api.md", "exec"), {})
    assert printed.getvalue().startswith("PLUG-S1: behind an open gate every member is done; variant open-on-own-bit")


@pytest.mark.parametrize("path", LAZY, ids=lambda path: path.stem)
def test_a_lazy_name_is_the_one_that_type_checkers_see(path: Path) -> None:
    """The imports under TYPE_CHECKING and the table of homes say the same, and each home has the name."""
    module = importlib.import_module("ringplug" if path.stem == "__init__" else "ringplug.testing")
    (checked,) = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.If)]
    seen = {
        name.asname or name.name: f"{node.module}:{name.name}"
        for node in checked.body
        if isinstance(node, ast.ImportFrom) and node.module != "ringplug"
        for name in node.names
    }
    homes = {name: home if ":" in home else f"{home}:{name}" for name, home in module._HOMES.items()}
    assert homes == seen
    assert set(homes) | set(getattr(module, "_MODULES", ())) | {"__version__"} >= set(module.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    for name in MODULES[:1] + MODULES[2:3]:
        with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'verdict_of'"):
            _ = importlib.import_module(name).verdict_of


@pytest.mark.parametrize("name", ["ringplug", "ringplug.testing"])
def test_importing_it_imports_nothing_else(name: str) -> None:
    code = f"import sys; before = set(sys.modules); import {name}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {"model", "properties", "reference", "ringplug"}
    loaded = {one for one in done.stdout.split() if one.partition(".")[0] in ours | {"numpy", "z3", "msgspec", "rich"}}
    assert loaded <= {"ringplug", "ringplug.testing"}


def test_a_claim_is_checked_in_a_scope_that_is_said_in_words() -> None:
    verdict = ringplug.check("PLUG-S1", scope="2/1/1, crash")
    assert isinstance(verdict, ringplug.Exhaustive)
    assert (verdict.claim, verdict.scope, verdict.features) == ("PLUG-S1", "2/1/1", ("crash",))
    assert isinstance(ringplug.check("PLUG-S1", engine="inductive"), ringplug.Proved)
    assert isinstance(ringplug.check("PLUG-S1", engine="bounded", depth=3), ringplug.Open)


def test_a_violation_comes_with_a_run_that_replays() -> None:
    verdict = ringplug.check("PLUG-S1", variant="a-door-that-opens-at-once")
    assert isinstance(verdict, ringplug.Violated)
    assert verdict.trace
    assert verdict.trace == ringplug.trace("PLUG-S1", variant="a-door-that-opens-at-once")
    replayed = ringplug.replay(verdict.trace)
    assert replayed.violates == [verdict.reason]
    assert (replayed.states[0]["gate"], replayed.states[-1]["gate"]) == (frozenset(), frozenset({0}))
    assert "Edit: A member opens its gate when the token first visits it." in str(replayed)


def test_a_run_of_a_mechanical_mutant_is_explained() -> None:
    run = ringplug.trace("PLUG-S1", variant="visit-without-guard:p-has-installed-r")
    assert run
    assert "Edit: visit without its guard part “p has installed r”." in str(ringplug.replay(run)).splitlines()


def test_ones_own_claim_is_checked_and_its_run_explained(never: Claim) -> None:
    assert isinstance(ringplug.check(never), ringplug.Violated)
    run = ringplug.trace("DOOR-1")
    assert run
    assert "because" in str(ringplug.replay(run)).splitlines()


def test_a_run_to_the_premise_and_none_where_there_is_none() -> None:
    run = ringplug.trace("PLUG-S3", witness=True)
    assert run
    assert (ringplug.replay(run).violates, ringplug.replay(run).reaches) == ([], [run.shows])
    assert ringplug.trace("PLUG-S1", scope="2/1/1") is None
    surprise = ringplug.trace("N4")
    assert surprise
    assert ringplug.replay(surprise).reaches


def test_a_saved_run_is_replayed_from_its_file(tmp_path: Path) -> None:
    run = ringplug.trace("PLUG-S3", witness=True)
    assert run
    (tmp_path / "s3.json").write_bytes(ringplug.write_trace(run))
    assert ringplug.replay(tmp_path / "s3.json") == ringplug.replay(run)
    (tmp_path / "s3.json").write_text("{}")
    with pytest.raises(ringplug.TraceError, match="format is None"):
        ringplug.replay(tmp_path / "s3.json")


@pytest.mark.parametrize(
    ("claim_id", "options", "says"),
    [
        ("PLUG-S99", {}, "unknown claim 'PLUG-S99'"),
        ("PLUG-S1", {"variant": "open-on-own"}, "unknown variant 'open-on-own'"),
        ("RING-S5", {"variant": "open-on-own-bit"}, "edits no action of the machine delivery"),
        ("PLUG-S1", {"engine": "exhausting"}, "unknown engine 'exhausting'"),
        ("PLUG-S1", {"engine": "inductive", "scope": "2/1/1"}, "it takes no scope"),
        ("PLUG-S1", {"scope": "2/1"}, "not a scope: '2/1'"),
        ("PLUG-S1", {"scope": "2/1/1, crashes"}, "the machine plug has no feature 'crashes'"),
        ("RING-S5", {"scope": "2/1/1, late-copies"}, "the machine delivery has no feature 'late-copies'"),
    ],
)
def test_what_does_not_exist_is_an_error_that_names_it(claim_id: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        ringplug.check(claim_id, **options)


def test_a_scope_too_small_for_the_claim_is_refused_or_open() -> None:
    with pytest.raises(ValueError, match="it needs 2 members"):
        ringplug.trace("PLUG-S1", scope="1/1/1")
    assert isinstance(ringplug.check("PLUG-S1", scope="1/1/1"), ringplug.Open)


def test_scopes_in_words() -> None:
    assert scope_of(None, "plug") is None
    every = scope_of("2/1/2", "services")
    assert every
    assert every.title == "services 2/1/2 with all features"
    assert scope_of("2/1/2, all features", "services") == every
    bare = scope_of("2/1/2, no feature", "services")
    assert bare
    assert bare.title == "services 2/1/2 with no feature"


HISTORY = """\
{"event": "meta", "format": "ringplug-history-1", "processes": ["a"], "observes": ["regular", "deliver"]}
{"event": "start", "process": "a", "seq": 1, "incarnation": 1}
"""


def test_a_history_is_judged_and_bad_input_is_an_error_with_what_came_before(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(HISTORY)
    judgement = ringplug.judge(file)
    assert judgement.event_count == 1
    assert judgement.violations == []
    assert judgement["EVS-3"].verdict in ("open", "not observable")
    with pytest.raises(KeyError, match="EVS-99"):
        _ = judgement["EVS-99"]
    file.write_text(HISTORY + "{}\n")
    with pytest.raises(ringplug.HistoryError, match=r"run\.jsonl:3: ") as caught:
        ringplug.judge(str(file))
    assert caught.value.judgement.event_count == 1
    with pytest.raises(ValueError, match="none is named"):
        ringplug.judge()


def sources() -> dict[str, str]:
    """The Python in docs/ and examples/, by file."""
    blocks = {path.name: re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL) for path in docs()}
    examples = {path.name: [path.read_text()] for path in (ROOT / "examples").rglob("*.py")}
    return {name: "\n".join(text) for name, text in (blocks | examples).items() if text}


def docs() -> list[Path]:
    return [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("name", sources())
def test_documents_and_examples_come_in_by_the_front_door(name: str) -> None:
    assert re.findall(r"^\s*(?:from|import) (?:model|properties|reference)\b.*", sources()[name], re.MULTILINE) == []


def test_there_are_documents_and_examples_to_look_at() -> None:
    assert {"pytest.md", "services.md", "test_my_variant.py", "small_plug.py"} <= set(sources())


def test_the_module_is_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ringplug", "--version"], capture_output=True, text=True, check=True, cwd=ROOT / "docs"
    )
    assert done.stdout == f"python -m ringplug, version {ringplug.__version__}\n"


@pytest.mark.parametrize("name", ["model.py", "properties/__init__.py"])
def test_a_file_that_is_in_the_way_is_named_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    package = name.removesuffix(".py").partition("/")[0]
    for arguments in (["-m", "ringplug", "--version"], ["-c", "import ringplug"]):
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
        )
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert f"{tmp_path / name} is in the way of its own package {package}" in last
        assert arguments[0] == "-c" or len(done.stderr.splitlines()) == 1
