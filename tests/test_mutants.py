"""Each mechanical mutant is noticed by a claim, as pinned in docs/mutants.md, or has an argument why it is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model.language.machine import Action, Kind
from model.language.notation import Notation, equations
from model.machines import MACHINES
from model.variants import Harmless
from model.variants.mutants import MUTANTS
from properties.export import pages
from properties.variants import record
from properties.variants.arguments import ARGUMENTS
from properties.variants.mutants import fate_of

PAGE = (Path(__file__).parent.parent / "docs" / "mutants.md").read_text()
NOTICED = [id for id in MUTANTS if id not in ARGUMENTS]
SAMPLE = [*[id for id in NOTICED if not id.startswith("numbered:")][::8], "numbered:visit-without-effect:seen"]


@pytest.mark.parametrize("id", SAMPLE)
def test_a_mutant_of_the_sample_is_noticed(id: str) -> None:
    fate = fate_of(MUTANTS[id])
    assert pages.mutant_row(fate) in PAGE.splitlines()
    assert fate.caught == record.mutants().mutants[id]


@pytest.mark.deep
@pytest.mark.parametrize("id", [id for id in MUTANTS if id not in SAMPLE])
def test_a_mutant_is_noticed_or_is_none(id: str) -> None:
    fate = fate_of(MUTANTS[id])
    assert fate.explained
    assert pages.mutant_row(fate) in PAGE.splitlines()
    assert fate.caught == record.mutants().mutants[id]


def test_the_page_has_every_mutant_and_the_score() -> None:
    rows = dict(re.findall(r"^\| `(.+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert list(rows) == list(MUTANTS)
    engines = [found[1] for row in rows.values() if (found := re.match(r"[A-Z]\S*\d, (exhaustive|inductive)", row))]
    assert len(engines) + len(ARGUMENTS) == len(MUTANTS)
    found = f"noticed by search {engines.count('exhaustive')}, only by proof {engines.count('inductive')}; "
    kinds = [one.kind for one in ARGUMENTS.values()]
    none = ", ".join(f"{kinds.count(kind)} {kind.value}" for kind in Harmless)
    assert f"{len(MUTANTS)} mutants: {found}none by argument: {none}; unexplained 0." in PAGE.splitlines()
    assert all(str(argument) == rows[id] for id, argument in ARGUMENTS.items())


def test_every_part_of_every_step_of_a_processor_is_dropped_once() -> None:
    actions = [one for one in MACHINES["plug"].record().actions if one.rule.kind is not Kind.ENVIRONMENT]
    parts = sum(len(one.guard) for one in actions)
    effects = sum(not one.now.declared[name].ghost for one in actions for name in one.writes)
    mine = [id for id in MUTANTS if not id.startswith("numbered:")]
    assert len([id for id in mine if "-without-guard:" in id]) == parts
    assert len([id for id in mine if "-without-effect:" in id]) == effects


@pytest.mark.parametrize("id", MUTANTS)
def test_a_mutant_changes_one_action(id: str) -> None:
    machine = MACHINES["numbered" if id.startswith("numbered:") else "plug"]
    ours, theirs = machine.record(), MUTANTS[id].edit(machine).record()
    changed = [a.name for a, b in zip(ours.actions, theirs.actions, strict=True) if as_text(a) != as_text(b)]
    assert changed == [MUTANTS[id].edits[0].action]


def as_text(action: Action) -> list[str]:
    return [f"{label}: {Notation().truth(part)}" for label, part in action.guard] + equations(action)
