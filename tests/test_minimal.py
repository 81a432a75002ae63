"""`check --minimal`: an invariant is needed where leaving it out leaves an obligation unmet, and only there."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import pytest
import z3

from model.language.sets import Truth, within
from model.plug.numbered import NUMBERED, NumberedState
from properties.catalogue.claim import Part
from properties.check.minimal import is_unneeded
from properties.claims import AUXILIARY
from properties.cli.decide import check
from properties.symbolic.induction import invariants, needs
from properties.symbolic.minimal import Needs, Obligation, minimal_jobs, needs_of
from properties.symbolic.round import Invariant
from tests.command import ringplug

MACHINE, NAME, CLAIM = NUMBERED.record(), "numbered", "RING-S1"
MINE = [one for one in AUXILIARY if one.machine == NAME]
LABELS = [one.part.label for one in MINE]


def nothing(now: NumberedState) -> Truth:
    return within(now.gate, now.gate)


def test_what_is_listed_is_what_fails_without_it() -> None:
    found = needs_of(MACHINE, NAME, invariants(NAME), LABELS, of=[CLAIM])
    assert (found.unmet, found.open) == (set(), set())
    assert not any(found.undecided.values())
    actions = {one.action for needed in found.needed.values() for one in needed}
    assert actions
    for one in MINE:
        listed = {each.action for each in found.needed[one.part.label]}
        mine = Invariant(one.part.label, one.part)
        assert listed == {action for action in actions if needs(MACHINE, mine, CLAIM, action, NAME)}


def test_what_says_nothing_is_needed_by_none() -> None:
    idle = Invariant("nothing", Part("nothing", nothing))
    found = needs_of(MACHINE, NAME, [*invariants(NAME), idle], [*LABELS, "nothing"], of=[CLAIM])
    assert is_unneeded("nothing", found)
    assert any(found.needed.values())


def test_a_solver_that_gives_up_finds_no_need(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> object:
        return z3.unknown

    monkeypatch.setattr(z3.Solver, "check", give_up)
    found = needs_of(MACHINE, NAME, invariants(NAME), LABELS, of=[LABELS[0]])
    assert found.open == found.asked != set()
    assert not any(found.needed.values())


@dataclass(frozen=True)
class Canned:
    """A job that has found this."""

    found: Needs
    machine: str = NAME
    title: str = NAME
    doubted: tuple[str, ...] = tuple(LABELS)

    def run(self, progress: Callable[[str], None] | None = None) -> Needs:
        if progress:
            progress("1 of 1 obligations")
        return self.found


@pytest.mark.parametrize(
    ("left_out", "undecided", "code", "says"),
    [(0, 0, 0, "1: RING-S1"), (1, 0, 1, "no obligation needs it"), (1, 1, 2, "undecided for 1 obligation")],
)
def test_the_exit_code(monkeypatch: pytest.MonkeyPatch, left_out: int, undecided: int, code: int, says: str) -> None:
    query = Obligation(CLAIM, "a label", "visit")
    found = Needs({one: {query} for one in LABELS[left_out:]}, {one: {query} for one in LABELS[:undecided]}, {query})
    monkeypatch.setattr(check, "minimal_jobs", lambda _: [Canned(found)])  # pyright: ignore[reportUnknownLambdaType]
    done = ringplug("check", "--minimal", "--claim", CLAIM)
    assert (done.returncode, says in done.stdout) == (code, True)
    assert done.stdout.startswith("numbered: 1 obligation, ")
    done = ringplug("check", "--minimal", "--claim", CLAIM, "--json")
    (result,) = json.loads(done.stdout)["results"]
    assert [bool(one["needed_by"]) for one in result["auxiliary"]] == [i >= left_out for i in range(len(LABELS))]
    assert result["auxiliary"][-1]["needed_by"] == [{"owner": CLAIM, "label": "a label", "action": "visit"}]


UNDECIDED = {"services-on-delivery": {("where recovery has ended there is a token", "pass_token")}}
"""By machine, the obligations of which z3 does not always say whether they need an invariant: owner and action."""


@pytest.mark.deep
@pytest.mark.parametrize("machine", dict.fromkeys(one.machine for one in AUXILIARY))
def test_every_auxiliary_invariant_is_needed_and_where_it_says(machine: str) -> None:
    """In a process of its own: what z3 answers within its limits depends on what it was asked there before."""
    found = Needs()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        for job in minimal_jobs([machine]):
            found.add(alone.submit(job.run).result())
    assert not found.open
    undecided = {(each.owner, each.action) for left in found.undecided.values() for each in left}
    assert undecided <= UNDECIDED.get(machine, set())
    for one in AUXILIARY:
        if one.machine == machine:
            places = {(each.owner, each.action) for each in found.needed[one.part.label]}
            assert (one.needed_by, one.action) in places, one.part.label
