"""House rules: arrows between rooms, sources, and texts that equal the catalogue."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from model.decisions import DECISIONS
from model.machine import Action, Rule
from model.plug import RECOVERY_PLUG
from model.rules import ENVIRONMENT, PROTOCOL
from model.text import Notation, effects
from model.variants import VARIANTS
from properties import markdown
from properties.claims import CLAIMS

ROOT = Path(__file__).parent.parent
ALLOWED = {"model": {"model"}, "properties": {"model", "properties"}}
OURS = {"model", "properties", "reference", "tests"}
KNOWS_Z3 = {"properties/predicates.py", "properties/inductive.py"}


def modules() -> list[Path]:
    return sorted(path for room in ALLOWED for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert imports(path) & OURS <= ALLOWED[path.relative_to(ROOT).parts[0]]
    assert ("z3" in imports(path)) == (name in KNOWS_Z3)
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("rule", [*PROTOCOL, *ENVIRONMENT], ids=lambda rule: rule.name)
def test_every_action_cites_its_source(rule: Rule) -> None:
    assert "Source: " in (rule.write.__doc__ or "")


def test_the_decisions_of_this_machine_are_taken() -> None:
    assert set(DECISIONS) == {f"D{i}" for i in range(1, 9)}
    cited = {word.strip(",;.") for rule in PROTOCOL for word in (rule.write.__doc__ or "").split() if word[0] == "D"}
    assert set(DECISIONS) <= cited


def test_the_protocol_never_reads_a_ghost() -> None:
    ghosts = {name for name, declared in RECOVERY_PLUG.state.declared.items() if declared.ghost}
    assert ghosts
    for action in RECOVERY_PLUG.record().actions:
        said = [str(Notation().truth(part)) for _, part in action.guard]
        said += [line for line in effects(action) if line.partition("[")[0] not in ghosts]
        assert not [line for line in said if any(ghost in line for ghost in ghosts)], action.name


@pytest.mark.parametrize("id", CLAIMS)
def test_every_claim_has_source_witness_and_mutant(id: str) -> None:
    claim = CLAIMS[id]
    assert claim.sentence.endswith(".")
    assert claim.source
    assert claim.parts or claim.reach
    assert claim.witness
    assert claim.mutant in VARIANTS


def test_the_table_in_the_readme_is_the_catalogue() -> None:
    assert "\n".join(markdown.verdict_rows()) in (ROOT / "README.md").read_text()


def test_the_corrections_in_the_documentation_are_the_catalogue() -> None:
    assert (ROOT / "docs" / "corrections.md").read_text() == "\n".join(markdown.correction_lines()) + "\n"


def test_the_readme_says_why_of_each_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    readme = (ROOT / "README.md").read_text()
    for name in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        assert f"`{name.partition('[')[0]}`" in readme


def test_actions_are_recorded_with_all_their_parts() -> None:
    actions: tuple[Action, ...] = RECOVERY_PLUG.record().actions
    assert len(actions) == len(PROTOCOL) + len(ENVIRONMENT)
