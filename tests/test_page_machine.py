"""The machine that runs in a page agrees with Python: on every transition of a scope, and in what it says of a step."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from model.language.ground import Bitmaps, GroundMachine, Integers, Step
from model.language.notation import Notation
from model.machines import MACHINES, PLUG
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, scope_of
from properties.claims import CLAIMS
from properties.explain.endings import endings
from properties.explain.runs import trace
from properties.explain.step import explain_step
from properties.explicit.columns import Columns
from properties.explicit.compiled import begin
from properties.explicit.search import Search, everywhere
from properties.page.assemble import ASSETS
from properties.page.layout import page_machine, page_state
from properties.page.program import clauses, places, program_text
from properties.traces.render import told_step
from properties.traces.trace import Played, replay, trace_machine, trace_step

HERE = Path(__file__).parent


@pytest.fixture
def node(needs_program: Callable[[str], str]) -> str:
    return needs_program("node")


def with_program(folder: Path, ground: GroundMachine, machine: str) -> None:
    """The page's modules, and the program of this machine with its claims."""
    for path in ASSETS.glob("*.mjs"):
        shutil.copy(path, folder)
    claims = [claim for claim in CLAIMS.values() if claim.machine == machine]
    (folder / "program.mjs").write_text(program_text(ground, claims))


def searched(ground: GroundMachine, machine: str, folder: Path) -> Search:
    """Visit the scope, and write down each state, where each step is enabled, and what it makes of its slots."""
    search = begin(ground, symmetry=ground.is_symmetric)
    search.run()
    (words,) = [search.index.rows(0, search.index.size)]
    fields = search.packing.unpack(words)
    columns, count = Columns(ground, fields), search.index.size
    first = places(ground)
    of_page = [slot.name for slot in page_machine(ground, machine).slots]
    slots = [of_page.index(name) for name in names_of(ground, machine)]
    assert set(first) == {slot.variable for slot in page_machine(ground, machine).slots}
    with (folder / "states.bin").open("wb") as file:
        for row in fields:
            file.write(row.tobytes())
        for step in ground.steps:
            file.write(everywhere(columns, step.search_guard, count).astype(np.uint8).tobytes())
            for _, value in step.effect:
                file.write(np.broadcast_to(columns.set(value), count).astype(np.uint8).tobytes())
    steps = [
        {**msgspec.to_builtins(trace_step(step)), "slots": [slots[slot] for slot, _ in step.effect]}
        for step in ground.steps
    ]
    told = {"machine": page_machine(ground, machine), "slots": slots, "states": count, "steps": steps}
    (folder / "told.json").write_bytes(msgspec.json.encode(told))
    return search


def names_of(ground: GroundMachine, machine: str) -> list[str]:
    """The slots of the search as they are written."""
    of_page = {(slot.variable, tuple(slot.at)): slot.name for slot in page_machine(ground, machine).slots}
    return [of_page[slot] for slot in ground.slots]


def agreed(node: str, scope: NamedScope, folder: Path) -> int:
    """How many transitions of the scope Node has compared, none of them other than the search's."""
    ground = GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground)
    with_program(folder, ground, scope.machine)
    search = searched(ground, scope.machine, folder)
    done = subprocess.run(
        [node, HERE / "page_machine.mjs", folder], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["states"], found["transitions"]) == (search.report.states, search.report.transitions)
    return found["transitions"]


BY_DEFAULT = NamedScope(2, 1, 1, frozenset({"crash", "create-destroy", "late-copies", "recovery-queue"}))
OTHERS = (
    "2/1/2", "3/1/1, long-message", "ordered 2/1/2, recovery-queue", "numbered 2/1/1", "services 2/1/1",
    "delivery 2/2/1",
)  # fmt: skip
"""Two rings and three processors, and every other machine."""


def test_every_transition_of_a_scope_is_the_same(node: str, tmp_path: Path) -> None:
    assert agreed(node, BY_DEFAULT, tmp_path) == 105_094


@pytest.mark.deep
@pytest.mark.parametrize("words", OTHERS)
def test_every_transition_of_other_scopes_is_the_same(node: str, words: str, tmp_path: Path) -> None:
    machine, sizes = words.split(" ", 1) if words[0].isalpha() else (PLUG, words)
    scope = scope_of(sizes if "," in sizes else f"{sizes}, no feature", machine)
    assert scope
    assert agreed(node, scope, tmp_path) > 300


RUNS = ("PLUG-S10", "RING-S1", "CLM-S1", "EVS-4")
"""Claims of which counterexamples are compared word by word: of each machine one, and of each kind of part."""
CHOICES = 20
"""Steps that are explained in a state: every so many of all."""


EVERY = [id for id in CLAIMS if id not in RUNS and CLAIMS[id].parts]


@pytest.mark.parametrize("id", [*RUNS, *(pytest.param(id, marks=pytest.mark.deep) for id in EVERY)])
def test_what_is_said_of_steps_and_claims_is_the_same(node: str, id: str, tmp_path: Path) -> None:
    claim = CLAIMS[id]
    found = trace(claim, variant=claim.mutant)
    assert found
    ground = trace_machine(found)
    with_program(tmp_path, ground, claim.machine)
    played = list(replay(ground, found.steps))
    told = {
        "machine": page_machine(ground, claim.machine),
        "rows": [said_in(ground, state) for state in (ground.initial, *(one.after for one in played))],
        "claims": [notation_of(ground, one) for one in CLAIMS.values() if one.machine == claim.machine],
        "judged": [judged(ground, one, played[: i + 1]) for i in range(len(played)) for one in CLAIMS.values()
                   if one.machine == claim.machine],
    }  # fmt: skip
    assert [one for one in told["judged"] if one["id"] == id][-1]["violated"]
    (tmp_path / "told.json").write_bytes(msgspec.json.encode(told))
    compared(node, tmp_path)


def compared(node: str, folder: Path) -> None:
    """Have Node compare it: something, and nothing of it other than here."""
    done = subprocess.run(
        [node, HERE / "page_words.mjs", folder], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["compared"]


def said_in(ground: GroundMachine, state: Bitmaps) -> dict[str, Any]:
    """Of a state each so manieth step with its guard, and of those that are enabled the changes."""
    here = Integers(ground, state)
    apart = max(1, len(ground.steps) // CHOICES)
    some = [step for i, step in enumerate(ground.steps) if i % apart == 0 or step.is_searched(here)]
    return {"state": page_state(ground, state), "steps": [said_of(ground, step, state) for step in some]}


def said_of(ground: GroundMachine, step: Step, state: Bitmaps) -> dict[str, Any]:
    account = explain_step(ground, step, state)
    return {
        "step": trace_step(step), "words": account.words, "says": told_step(step),
        "guard": account.guard, "changes": account.changes,
    }  # fmt: skip


def notation_of(ground: GroundMachine, claim: Claim) -> dict[str, Any]:
    said = [(one.label, str(Notation().truth(one.term))) for part in claim.parts for one in clauses(ground, part)]
    return {"id": claim.id, "clauses": said}


def judged(ground: GroundMachine, claim: Claim, played: list[Played]) -> dict[str, Any]:
    """What the end of a run violates of a claim: of several steps that are refused though due, the first."""
    last = played[-1]
    moment = {
        "before": page_state(ground, last.before), "after": page_state(ground, last.after),
        "step": trace_step(last.step),
    }  # fmt: skip
    parts = [one for one in endings(claim, ground, played) if one.violates and one.part]
    first = [one for i, one in enumerate(parts) if one.part not in [other.part for other in parts[:i]]]
    violated = [{"label": one.label, "because": one.because} for one in first]
    return {"id": claim.id, "moment": moment, "violated": violated}
