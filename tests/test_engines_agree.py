"""Engines on random small machines: what each says agrees with a naive search in plain Python, and with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import permutations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from model.language.ground import Bitmaps, GroundMachine, Slot
from model.language.machine import Text
from properties.catalogue.claim import Claim, Part
from properties.catalogue.probe import claim_probes
from properties.check.verdict import Proved
from properties.explicit.compiled import VARIABLE, Engine
from properties.explicit.exhaustive import Exploration, explore
from properties.explicit.search import Search
from properties.explicit.shortest import shortest_run
from properties.explicit.slicing import SlicedMachine
from properties.symbolic import bounded
from tests.random_machines import (
    Drawn,
    Group,
    Plain,
    Tree,
    machines,
    state_part,
    states_said,
    step_part,
    steps_said,
    text_of,
)
from tests.tiny import claim, decided, registered, scope

FEW, MANY = 50, 1500
DEPTH = 3


@dataclass(frozen=True)
class Case:
    """A machine, a statement, and a scope of so many processors and handles."""

    drawn: Drawn
    tree: Tree
    act: int | None
    """The action that the statement is about; None for one of every state."""
    processors: int
    handles: int

    @cached_property
    def text(self) -> Text:
        return text_of(self.drawn)

    @cached_property
    def claim(self) -> Claim:
        one = claim()
        one.parts.append(self.part)
        return one

    @property
    def part(self) -> Part:
        return state_part(self.tree) if self.act is None else step_part(self.tree, f"act{self.act}")

    @cached_property
    def plain(self) -> Plain:
        return Plain(self.drawn, self.processors, self.handles)

    @cached_property
    def ground(self) -> GroundMachine:
        return GroundMachine(self.text.record(), scope(self.processors, self.handles).ground)

    @cached_property
    def shortest(self) -> int | None:
        """How many steps the shortest run to a violation has, by the naive search."""
        of_steps = self.act is not None
        shows = self._step_violated if of_steps else self._violated
        return next((depth + of_steps for depth, level in enumerate(self.plain.levels()) if shows(level)), None)

    def _violated(self, level: list[tuple[Group, ...]]) -> bool:
        return any(not self.plain.holds(self.tree, state, state, -1, {}) for state in level)

    def _step_violated(self, level: list[tuple[Group, ...]]) -> bool:
        return any(
            not self.plain.holds(self.tree, state, after, p, {"h": h})
            for state in level
            for act, p, h, after in self.plain.steps(state)
            if act == self.act
        )

    def explore(self, *, symmetry: bool = True) -> Exploration:
        return explore(self.text.record(), self.ground.scope, [self.claim], symmetry=symmetry)

    def bitmaps(self, state: tuple[Group, ...]) -> Bitmaps:
        """A naive state as the engines lay it out."""
        named: dict[Slot, Group] = {("a", ()): state[0], ("b", ()): state[1]}
        named |= {("of_handle", (i,)): group for i, group in enumerate(state[2:])}
        return tuple(sum(1 << p for p in named[slot]) for slot in self.ground.slots)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    drawn = draw(machines())
    act = draw(st.sampled_from([None, *range(len(drawn.acts))]))
    tree = draw(states_said() if act is None else steps_said())
    return Case(drawn, tree, act, *draw(st.sampled_from([(2, 2), (3, 1), (1, 2)])))


def check_the_search(case: Case) -> None:
    """The states, their depths, the transitions and the shortest violation, counted and found naively."""
    found = case.explore(symmetry=False)
    levels = list(case.plain.levels())
    assert found.report.states == sum(map(len, levels))
    assert found.report.depth == len(levels) - 1
    for depth, level in enumerate(levels):
        numbers = range(found.search.starts[depth], found.search.starts[depth + 1])
        assert {found.search.bitmaps(found.search.words(number)) for number in numbers} == set(map(case.bitmaps, level))
    moves = [after != state for level in levels for state in level for *_, after in case.plain.steps(state)]
    assert (found.report.transitions, found.report.stutters) == (moves.count(True), moves.count(False))
    assert length(found) == case.shortest


def length(found: Exploration) -> int | None:
    """Of the shortest violation, whose run is replayed."""
    outcome = found.outcomes["TINY-1"]
    if not outcome.violation:
        return None
    run = shortest_run(found.search, outcome.violation)
    assert len(run) == outcome.violation.length
    return outcome.violation.length


def check_symmetry(case: Case) -> None:
    """One state stands for all that differ in names, and for no other; nothing is lost."""
    with_it, without = case.explore(), case.explore(symmetry=False)
    assert with_it.search.symmetry
    everything = [orbit(state, case.processors) for state in every_state(with_it.search)]
    assert sum(map(len, everything)) == without.report.states
    assert set[Bitmaps]().union(*everything) == set(every_state(without.search))
    assert length(with_it) == length(without)
    assert with_it.report.depth == without.report.depth


def every_state(search: Search) -> Iterator[Bitmaps]:
    for number in range(search.index.size):
        yield search.bitmaps(search.words(number))


def orbit(state: Bitmaps, members: int) -> set[Bitmaps]:
    """All states that differ from this one in processors' names only."""
    return {
        tuple(sum(1 << to for i, to in enumerate(names) if bitmap >> i & 1) for bitmap in state)
        for names in permutations(range(members))
    }


def check_slicing(case: Case) -> None:
    """What a probe does not depend on is left out, and it is found in as many steps."""
    probes = [one for one in claim_probes(case.claim, case.ground.machine) if not one.premise]
    sliced = Search(SlicedMachine(case.ground, probes), symmetry=False)
    found = sliced.run(probes).found.values()
    assert min((one.length for one in found), default=None) == case.shortest
    assert sliced.report.states <= case.explore(symmetry=False).report.states


def check_bounded(case: Case) -> None:
    """It finds what is not deeper than it looks, in as few steps; and nothing where there is nothing."""
    found = bounded.unroll(case.text.record(), case.ground.scope, [case.claim], DEPTH)
    violation = found.violation(case.claim)
    within = case.shortest if case.shortest is not None and case.shortest <= DEPTH else None
    assert (violation.length if violation else None) == within
    assert found.depth == DEPTH


def check_induction(case: Case) -> None:
    """What is proved holds in every scope; also what z3's answers alone say, where an action is never possible."""
    (verdict,) = decided("inductive", case.text, case.claim)
    if isinstance(verdict, Proved):
        for processors, handles in ((1, 1), (2, 2), (3, 1)):
            assert Case(case.drawn, case.tree, case.act, processors, handles).shortest is None


@cache
def drawn_cases(count: int) -> list[Case]:
    """The same cases each time, and none made smaller: that takes minutes."""
    cases_found: list[Case] = []

    @settings(
        max_examples=count, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(cases())
    def draw(case: Case) -> None:
        cases_found.append(case)

    draw()
    return cases_found


def on_cases(count: int, check: Callable[[Case], None]) -> None:
    """Check so many cases, each as the machine that it is."""
    assert len(drawn_cases(count)) >= count
    for case in drawn_cases(count):
        with registered(case.text):
            check(case)


CHECKS = [check_the_search, check_symmetry, check_slicing, check_bounded, check_induction]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_they_agree(check: Callable[[Case], None]) -> None:
    on_cases(FEW, check)


@pytest.mark.parametrize("check", [check_the_search, check_symmetry], ids=lambda check: check.__name__)
def test_the_search_by_numpy_agrees_too(check: Callable[[Case], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, Engine.NUMPY)
    on_cases(FEW, check)


@pytest.mark.deep
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_they_agree_on_many(check: Callable[[Case], None]) -> None:
    on_cases(MANY, check)


def test_what_is_drawn_is_worth_it() -> None:
    """Claims hold and fail, at once and late; proofs succeed; machines have more states than a few."""
    cases_found = drawn_cases(FEW)
    assert {None, 0, 1, 2} <= {case.shortest for case in cases_found}
    assert sum(len(list(case.plain.levels())) > 3 for case in cases_found) > FEW // 6
    assert sum(case.act is None for case in cases_found) > FEW // 4
