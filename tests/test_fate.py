"""The fate of runs: the backward pass over columns against every state and step followed on integers, one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pytest

from model.language.ground import Bitmaps, GroundMachine, Integers
from properties.catalogue.claim import Claim
from properties.claims import CLAIMS
from properties.explain.endings import endings
from properties.explain.runs import trace
from properties.page.fate import Fate, FateRow, run_fate
from properties.traces.trace import Played, replay, show_step, trace_machine

SMALL = ("PLUG-S1", "PLUG-S2", "PLUG-S9", "PLUG-S12", "PLUG-S13", "PLUG-C3", "LIVE-2")
"""Claims whose counterexamples have small scopes: of states, of a step, of a step that changes nothing, and ahead."""


@dataclass
class Followed:
    """A scope followed step by step on integers: every state, the steps from it, and what violates."""

    ground: GroundMachine
    claim: Claim
    label: str
    steps: dict[Bitmaps, list[tuple[str, Bitmaps, bool]]] = field(default_factory=dict)
    """From each state the steps in words, where they lead, and whether the step itself violates."""
    bad: dict[Bitmaps, bool] = field(default_factory=dict)

    def everywhere(self) -> None:
        waiting = [self.ground.initial]
        while waiting:
            state = waiting.pop()
            if state in self.steps:
                continue
            self.bad[state] = self.is_bad(state)
            self.steps[state] = list(self.from_here(state))
            waiting += [after for _, after, _ in self.steps[state]]

    def is_bad(self, state: Bitmaps) -> bool:
        """What a state violates shows at the end of a run that has just it, as the start."""
        start = GroundMachine(self.ground.machine, self.ground.scope)
        start.initial = state
        return any(one.violates for one in endings(self.claim, start, [], self.label))

    def from_here(self, state: Bitmaps) -> list[tuple[str, Bitmaps, bool]]:
        here = Integers(self.ground, state)
        found: list[tuple[str, Bitmaps, bool]] = []
        for step in self.ground.steps:
            if step.is_searched(here):
                after = self.ground.after(step, state)
                found.append((show_step(step), after, self.is_bad_step(Played(step, state, after))))
        return found

    def is_bad_step(self, played: Played) -> bool:
        if not any(part.of_steps for part in self.claim.parts):
            return False
        shown = endings(self.claim, self.ground, [played], self.label)
        return any(one.violates and one.part and one.part.of_steps and not one.part.enables for one in shown)

    def fate(self, state: Bitmaps) -> Fate:
        return Fate(self.distance(state), state in self.lost)

    def distance(self, state: Bitmaps) -> int | None:
        level, seen, away = {state}, {state}, 0
        while level:
            if any(self.bad[one] for one in level):
                return away
            steps = [step for one in level for step in self.steps[one]]
            if any(violates for _, _, violates in steps):
                return away + 1
            level = {after for _, after, _ in steps} - seen
            seen |= level
            away += 1
        return None

    @cached_property
    def lost(self) -> set[Bitmaps]:
        """Every state but those that go on for ever, or stop, without a violation."""
        goes_on = {state for state in self.steps if not self.bad[state]}
        while True:
            kept = {state for state in goes_on if self.is_spared(state, goes_on)}
            if kept == goes_on:
                return set(self.steps) - goes_on
            goes_on = kept

    def is_spared(self, state: Bitmaps, goes_on: set[Bitmaps]) -> bool:
        """It stops here, or goes on with a step that changes something and violates nothing."""
        changing = [(after, violates) for _, after, violates in self.steps[state] if after != state]
        return not changing or any(after in goes_on and not violates for after, violates in changing)


OTHERS = [id for id, claim in CLAIMS.items() if id not in SMALL and (claim.parts or claim.reach)]
MOST_FOLLOWED = 3_000
"""States that are followed one by one; what has more is left to the tests of the search."""


@pytest.mark.parametrize("id", [*SMALL, *(pytest.param(id, marks=pytest.mark.deep) for id in OTHERS)])
def test_the_fate_of_a_counterexample_is_what_following_every_step_finds(id: str) -> None:
    claim = CLAIMS[id]
    found = trace(claim, variant=claim.mutant)
    assert found
    assert found.shows
    ground = trace_machine(found)
    states = [ground.initial, *(one.after for one in replay(ground, found.steps))]
    fate = run_fate(ground, claim, found.shows, states)
    if id not in SMALL and fate.reason.startswith("The scope is too large"):
        return
    assert (len(fate.rows), fate.reason) == (len(states), "")
    if id not in SMALL and fate.states > MOST_FOLLOWED:
        return
    followed = Followed(ground, claim, found.shows)
    followed.everywhere()
    for state, row in zip(states, fate.rows, strict=True):
        assert row.here == followed.fate(state)
        theirs = {words: (followed.fate(after), violates) for words, after, violates in followed.steps[state]}
        assert {words: (Fate(one.distance, one.lost), one.violates) for words, one in row.choices.items()} == theirs
        check_way_out(row, state, followed)
    assert fate.rows[0].here.distance == len(found.steps)


def check_way_out(row: FateRow, state: Bitmaps, followed: Followed) -> None:
    """The step that avoids it changes something, violates nothing and leads to no lost state; or no step does so."""
    ways = {
        words: after for words, after, violates in followed.steps[state]
        if after != state and not violates and after not in followed.lost
    }  # fmt: skip
    if row.here.distance == 0 or not ways:
        assert row.avoid is None
    else:
        assert row.avoid in ways


def test_a_scope_that_is_too_large_has_no_fate_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("properties.page.fate.MOST_STATES", 10)
    found = trace("PLUG-S1", variant="open-on-own-bit")
    assert found
    ground = trace_machine(found)
    fate = run_fate(ground, CLAIMS["PLUG-S1"], found.shows, [ground.initial])
    assert not fate.rows
    assert fate.reason.startswith("The scope is too large to follow every way on: more than 10 states")
