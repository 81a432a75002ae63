"""House rules: arrows between rooms, sources, and texts that equal the catalogue."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from model.language.machine import Action, Rule
from model.language.notation import Notation, equations
from model.language.state import Write
from model.machines import MACHINES
from model.notes.decisions import DECISIONS
from model.plug.machine import RECOVERY_PLUG
from model.variants import VARIANTS
from properties.catalogue.claim import Claim
from properties.claims import CLAIMS
from properties.export import markdown
from properties.export.specification import specification
from properties.export.versions import VERSION

ROOT = Path(__file__).parent.parent
ALLOWED = {"model": {"model"}, "properties": {"model", "properties", "reference"}, "reference": {"reference"}}
ALLOWED["pytest_ringplug"] = {"pytest_ringplug", "ringplug", "properties"}
ALLOWED["ringplug"] = {"ringplug", "model", "properties", "reference"}
NO_IO = {"asyncio", "socket", "time", "random", "logging", "threading", "subprocess", "z3", "hypothesis"}
OURS = {"model", "properties", "pytest_ringplug", "reference", "ringplug", "tests"}
KNOWS_Z3 = {
    f"properties/symbolic/{name}.py"
    for name in ("predicates", "round", "leads_to", "minimal", "houdini", "bitvectors", "bounded")
}
KNOWS_HYPOTHESIS = {f"properties/sampling/{name}.py" for name in ("stateful", "seeded")}


def modules() -> list[Path]:
    return sorted(path for room in ALLOWED for path in (ROOT / room).rglob("*.py"))


@cache
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
    assert ("cvc5" in imports(path)) == (name == "properties/symbolic/cvc5.py")
    assert ("hypothesis" in imports(path)) == (name in KNOWS_HYPOTHESIS)
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("rule", RECOVERY_PLUG.rules, ids=lambda rule: rule.name)
def test_every_action_cites_its_source(rule: Rule) -> None:
    assert "Source: " in (rule.write.__doc__ or "")


def test_the_reference_has_no_clock_no_socket_and_no_chance() -> None:
    """Only the room that puts it on a network has; what is there of the protocol has none, either."""
    found = {(path.parent.name, path.stem): imports(path) & NO_IO for path in (ROOT / "reference").rglob("*.py")}
    there = {place: names for place, names in found.items() if names}
    assert {place: names for place, names in there.items() if place[0] != "node"}
    assert all(names == {"random"} for (room, _), names in there.items() if room == "simulator")
    assert {room for room, _ in there} <= {"simulator", "node"}
    assert {file for room, file in there if room == "node"} == {"client", "control", "daemon", "network"}


def test_the_decisions_of_this_machine_are_taken() -> None:
    assert set(DECISIONS) == {f"D{i}" for i in range(1, 15)}
    rules = [rule for machine in MACHINES.values() for rule in (*machine.rules, *machine.edits)]
    cited = {word for rule in rules for word in re.findall(r"\bD\d+\b", (rule.write and rule.write.__doc__) or "")}
    assert set(DECISIONS) - {"D9", "D12"} <= cited


def test_the_protocol_never_reads_a_ghost() -> None:
    ghosts = {name for name, declared in RECOVERY_PLUG.state.declared.items() if declared.ghost}
    assert ghosts
    for action in RECOVERY_PLUG.record().actions:
        said = [str(Notation().truth(part)) for _, part in action.guard]
        said += equations(action)
        assert not [line for line in said if any(re.search(rf"\b{ghost}\b", line) for ghost in ghosts)], action.name


@pytest.mark.parametrize("name", MACHINES)
def test_an_equation_never_speaks_of_the_value_that_it_gives(name: str) -> None:
    """So where an action is put together of several writes to one place, their whole effect is one equation."""
    for action in MACHINES[name].record().actions:
        for left, _, right in (line.partition(" = ") for line in equations(action, ghosts=True)):
            assert left not in right, action.name


@pytest.mark.parametrize("id", CLAIMS)
def test_every_claim_has_source_witness_and_mutant(id: str) -> None:
    claim = CLAIMS[id]
    assert claim.sentence.endswith(".")
    assert claim.source
    assert claim.parts or claim.reach or claim.bound or id.startswith("N")
    assert claim.witness
    assert claim.mutant in VARIANTS


@pytest.mark.parametrize("room", ["explicit", "symbolic", "sampling", "check"])
def test_no_engine_names_a_claim(room: str) -> None:
    """What is particular to a claim, its words included, is data of the claim."""
    said = [*CLAIMS, *(goal for claim in CLAIMS.values() for goal in words_of_goals(claim))]
    for path in (ROOT / "properties" / room).rglob("*.py"):
        text = path.read_text()
        assert not [one for one in said if re.search(rf"\b{re.escape(one)}(?!\w)", text)], path.name


def words_of_goals(claim: Claim) -> list[str]:
    of_reach = [claim.reach.lost] if claim.reach else []
    return of_reach + ([claim.bound.formula, claim.bound.beyond, claim.bound.unattained] if claim.bound else [])


def test_a_bound_is_written_as_it_is_computed() -> None:
    (bound,) = (claim.bound for claim in CLAIMS.values() if claim.bound)
    python = bound.formula.replace("(2+k)n", "(2+k)*n")
    for n, k in product(range(1, 6), range(4)):
        assert bound.limit(n, k) == eval(python, {"n": n, "k": k})


def test_the_table_in_the_readme_is_the_catalogue() -> None:
    assert "\n".join(markdown.verdict_rows()) in (ROOT / "README.md").read_text()


def test_the_specification_is_what_the_model_says() -> None:
    assert (ROOT / "SPEC.md").read_text() == specification()


def test_the_specification_anchors_every_action_claim_and_decision() -> None:
    text = specification()
    anchors = re.findall(r'<a id="([^"]+)">', text)
    assert len(anchors) == len(set(anchors))
    assert {f"action-{rule.name}" for rule in RECOVERY_PLUG.rules} | set(CLAIMS) | set(DECISIONS) <= set(anchors)
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(anchors)


@pytest.mark.parametrize("word", ["companion", "feature", "ghost", "witness"])
def test_the_specification_says_what_a_word_is_where_it_first_stands(word: str) -> None:
    first = re.search(rf"\*?\b{word}s?\b\*?", specification())
    assert first
    assert first[0] in (f"*{word}*", f"*{word}s*")


def test_the_refinement_has_an_obligation_for_every_action() -> None:
    assert sorted(part.at or "" for part in CLAIMS["BAR-1"].parts) == sorted(rule.name for rule in RECOVERY_PLUG.rules)


@pytest.mark.parametrize("name", ["ordered", "numbered"])
def test_every_step_of_a_companion_is_a_step_of_the_machine(name: str) -> None:
    """Its guard has all of the machine's parts, and it gives the machine's variables the machine's new values."""
    machine, companion = RECOVERY_PLUG.record(), MACHINES[name].record()
    for action in companion.actions:
        if action.name in {ours.name for ours in machine.actions}:
            ours = machine.action(action.name)
            assert [label for label, _ in action.guard[: len(ours.guard)]] == [label for label, _ in ours.guard]
            theirs_first = [Notation().truth(part) for _, part in action.guard[: len(ours.guard)]]
            assert theirs_first == [Notation().truth(part) for _, part in ours.guard]
            theirs = {
                variable: writes for variable, writes in action.writes.items() if variable in machine.state.declared
            }
            assert as_text(theirs) == as_text(ours.writes)
        else:
            assert not set(action.writes) & set(machine.state.declared)


def as_text(writes: Mapping[str, tuple[Write, ...]]) -> list[str]:
    return [f"{name}{[i.name for i in w.at]} {Notation().set(w.value)}" for name, all_ in writes.items() for w in all_]


def test_the_readme_says_why_of_each_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    readme = (ROOT / "README.md").read_text()
    for name in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        package = re.split(r"[\[;>]", name)[0]
        assert f"`{package}`" in readme


def test_the_page_on_testing_names_what_is_no_test() -> None:
    table = (ROOT / "docs" / "testing.md").read_text().partition("| file | is |\n")[2].partition("\n\n")[0]
    named = re.findall(r"`([a-z_-]+\.[a-z]+)`", table)
    assert sorted(named) == sorted(
        path.name for path in (ROOT / "tests").iterdir() if path.is_file() and not path.name.startswith("test_")
    )


def test_actions_are_recorded_with_all_their_parts() -> None:
    actions: tuple[Action, ...] = RECOVERY_PLUG.record().actions
    assert len(actions) == len(RECOVERY_PLUG.rules)


def test_the_citation_has_what_its_format_asks_for() -> None:
    """The keys that CFF 1.2.0 requires, and ours. Its own validator needs a dozen packages; a page of keys does not."""
    text = (ROOT / "CITATION.cff").read_text()
    keys = dict(re.findall(r"^([a-z-]+): ?(.*)$", text, re.MULTILINE))
    assert {"cff-version", "message", "title", "authors"} | {"abstract", "keywords", "preferred-citation"} <= set(keys)
    assert len(re.findall(r"^[a-z-]+:", text, re.MULTILINE)) == len(keys)
    preferred = text.partition("\npreferred-citation:\n")[2].partition("\nreferences:")[0]
    assert {"type", "title", "authors"} <= set(re.findall(r"^  ([a-z-]+):", preferred, re.MULTILINE))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert [keys["cff-version"], keys["version"], keys["type"]] == ["1.2.0", version, "software"]
    assert re.findall(r"^  version: (.*)$", preferred, re.MULTILINE) == [VERSION]
    assert f"**{VERSION}, " in specification()
    assert f"`{VERSION}`" in (ROOT / "CHANGELOG.md").read_text()
    assert re.fullmatch(r'"\d{4}-\d{2}-\d{2}"', keys["date-released"])
    assert not [line for line in text.splitlines() if "\t" in line or line != line.rstrip()]


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/api.md", "docs/pytest.md"])
def test_links_between_the_papers_lead_somewhere(name: str) -> None:
    paper = ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)#]+)", paper.read_text())
    assert [link for link in links if not (paper.parent / link).exists()] == []


def test_the_changelog_has_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert version in headings
