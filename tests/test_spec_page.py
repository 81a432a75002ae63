"""The specification as a page: the text of SPEC.md, a picture of each action that is true, and a search."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from model.language.ground import GroundMachine, Integers
from model.language.machine import Action
from model.language.notation import Notation, equations
from model.language.sets import Set
from model.language.sorts import Recorded
from model.language.terms import all_within
from model.machines import MACHINES
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.export.introduction import PROMISES
from properties.export.named_sets import NAMED, names_in
from properties.export.specification import specification
from properties.spec.moves import described, moves, picture, reads
from properties.spec.page import ASSETS, actions, slug, specification_page
from tests.test_page import Parts, hashed

ACTIONS = actions()


@pytest.mark.parametrize("machine", NAMED)
def test_a_name_stands_for_the_set_that_its_definition_says(machine: str) -> None:
    state, used = MACHINES[machine].state(), set[str]()
    plain = {
        one.name: (one.letters, str(Notation().set(one.of(state, *one.parameters())))) for one in NAMED[machine]
    }  # fmt: skip
    for action in MACHINES[machine].record().actions:
        names = names_in(action.parameters.values(), machine)
        for term in parts_in(action):
            if isinstance(term, Set) and id(term) in names:
                name, _, arguments = names[id(term)].removesuffix(")").partition("(")
                letters, says = plain[name]
                given = dict(zip(letters, arguments.split(", "), strict=True))
                said = "".join(given.get(word, word) for word in re.split(r"(\b\w+\b)", says))
                assert str(Notation().set(term)) == said, (action.name, names[id(term)])
                used.add(name)
    assert used == set(plain)


def parts_in(action: Action) -> Iterator[Recorded]:
    """Every term of an action, whole and in parts."""
    terms: list[Recorded] = [part for _, part in action.guard]
    return all_within(*terms, *(write.value for writes in action.writes.values() for write in writes))


def test_the_first_page_says_what_is_promised_in_the_words_of_the_claims() -> None:
    first = specification().partition("## ")[0]
    for id in PROMISES:
        assert CLAIMS[id].sentence in " ".join(first.split())
    assert first.index("**The system.**") < first.index("**What is promised.**") < first.index("**How to read it.**")


def test_every_action_of_the_machine_is_listed_in_one_sentence() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(#action-\1\) \| \w+ \| (.*) \|$", specification(), re.MULTILINE)
    assert [name for name, _ in rows] == re.findall(r'<a id="action-(\w+)">', specification())
    assert all(says.endswith(".") and ". " not in says for _, says in rows)


@pytest.fixture(scope="module")
def page() -> str:
    return specification_page()


def words(text: str) -> list[str]:
    """The words of a piece of HTML, without its tags."""
    return unescape(re.sub(r"<[^>]+>", " ", text)).split()


def test_it_says_what_the_text_says(page: str) -> None:
    main = page.partition("<main>")[2].partition("</main>")[0]
    mine = words(re.sub(r"<figure>.*?</figure>", "", main, flags=re.DOTALL))
    assert {"⋃r₁", "late_visit", "spec-1.0"} <= set(mine)
    plain = re.sub(r"\]\([^)]*\)|[`*\[\]]|^#+ |^\| ---.*$", "", specification(), flags=re.MULTILINE)
    letters = re.compile(r"[^\w∈∉⊆⊈∪∩∖∅≠≤≥⋃∀∃]")
    assert letters.sub("", "".join(mine)) == letters.sub("", "".join(words(plain)))


def test_every_anchor_and_every_link_of_the_text_is_there_once(page: str) -> None:
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<a id="([^"]+)">', specification())) <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert slug("What holds, at `last`?") == "what-holds-at-last"


def test_it_loads_nothing_and_its_policy_allows_its_own_parts_alone(page: str) -> None:
    parts = Parts(page)
    (script,), (style,) = parts.inline["script"], parts.inline["style"]
    (said,) = [one["content"] or "" for _, one in parts.elements if one.get("http-equiv") == "Content-Security-Policy"]
    assert f"default-src 'none'; script-src {hashed(script)}; style-src {hashed(style)};" in unescape(said)
    assert not [one for one in parts.elements if {"src", "style", "action"} & one[1].keys()]
    assert not [one for one in parts.elements if any(name.startswith("on") for name in one[1])]
    assert not [one for one in parts.elements if one[0] in {"link", "iframe", "object", "embed", "img", "base"}]
    assert len(page.encode()) < 300_000


def test_every_action_has_its_picture(page: str) -> None:
    shown = [id for id in re.findall(r'<a id="([\w-]*action-\w+)">', specification()) if id in ACTIONS]
    assert len(shown) >= 60
    assert page.count("<figure>") == len(shown)
    for id in shown:
        after = page.partition(f'<a id="{id}">')[2]
        assert f"<figure>{picture(ACTIONS[id])}</figure>" in after.partition('<a id="')[0], id


@pytest.mark.parametrize("id", ACTIONS)
def test_a_picture_has_the_sets_of_the_equations(id: str) -> None:
    action = ACTIONS[id]
    assert [one.name for one in moves(action)] == [line.partition("' = ")[0].replace("'", "") for line in named(id)]
    assert all(name in described(action) for name in reads(action))


def named(id: str) -> list[str]:
    """The equations of an action, each as `bits[r]' = …`."""
    return [re.sub(r"^(\w+)'(\[[^]]*\])? = ", r"\1\2' = ", line) for line in equations(ACTIONS[id])]


@pytest.mark.parametrize("machine", MACHINES)
def test_what_joins_and_leaves_is_so_on_random_runs(machine: str) -> None:
    scope = NamedScope(2, 1, 2).of(machine)
    ground = GroundMachine(MACHINES[machine].record(scope.features), scope.ground)
    signs = {action.name: dict(signed(action)) for action in ground.machine.actions}
    ghosts = {name for name, one in ground.machine.state.declared.items() if one.ghost}
    chance, state = random.Random(5), ground.initial
    for _ in range(30):
        here, ways = Integers(ground, state), [state]
        for step in ground.steps:
            if step.is_searched(here):
                ways.append(ground.after(step, state))
                for (name, _), slot in ground.slots.items():
                    said = signs[step.action.name].get(name, "") if name not in ghosts else "="
                    assert "=" in said or "+" in said or not ways[-1][slot] & ~state[slot], (step.action.name, name)
                    assert "=" in said or "−" in said or not state[slot] & ~ways[-1][slot], (step.action.name, name)
        state = chance.choice(ways)


def signed(action: Action) -> list[tuple[str, str]]:
    """Each variable of an action with all the signs it has, wherever."""
    found: dict[str, str] = {}
    for one in moves(action):
        name = one.name.partition("[")[0]
        found[name] = found.get(name, "") + one.sign
    return list(found.items())


SEARCH = """
import { found } from "./search.mjs";
const entries = [
  { id: "PLUG-S1", text: "A gate is open only if" }, { id: "action-visit", text: "gate, turn" },
  { id: "D8", text: "A late token <b>" },
];
console.log(JSON.stringify(["gate", "GATE open", "visit", "d8", "late gate", " "].map(
  (asked) => found(entries, asked).map(({ id }) => id))));
"""


def test_the_search_finds_words_wherever_they_stand(needs_program: Callable[[str], str], tmp_path: Path) -> None:
    (tmp_path / "search.mjs").write_text((ASSETS / "search.mjs").read_text())
    (tmp_path / "ask.mjs").write_text(SEARCH)
    done = subprocess.run(
        [needs_program("node"), tmp_path / "ask.mjs"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["PLUG-S1", "action-visit"], ["PLUG-S1"], ["action-visit"], ["D8"], [], []]
