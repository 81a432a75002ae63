"""Why runs are as they are: held against the search, against replays, and against both machines side by side."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import msgspec
import pytest

from model.language.ground import GroundMachine, plug_scope
from model.language.machine import Edit, Guard
from model.language.sets import Processor, within
from model.machines import MACHINES
from model.plug.machine import RECOVERY_PLUG
from model.plug.state import PlugState
from model.services.actions import NODEJOIN_FIRST
from model.variants import VARIANTS
from properties.catalogue.scopes import least_scope
from properties.claims import CLAIMS
from properties.claims.liveness import LIVE_1, LIVE_2
from properties.explain import ahead
from properties.explain.ahead import steps_named
from properties.explain.diff import first_difference
from properties.explain.endings import endings, shown_by
from properties.explain.explanation import Explanation, explain_run
from properties.explain.step import explain_step, new_value, steps_in_words
from properties.explain.values import Values, members_of
from properties.explain.wording import account, step_account
from properties.explicit.compiled import begin
from properties.explicit.exhaustive import explore, found_trace
from properties.explicit.liveness import lost_states, most_visits
from properties.traces.trace import (
    FORMAT,
    Played,
    Trace,
    TraceError,
    TraceScope,
    TraceStep,
    machine_text,
    replay,
    sets_in,
    trace_machine,
)

BROKEN = [id for id, claim in CLAIMS.items() if not claim.is_surprise]


@cache
def trace_of(id: str, variant: str | None) -> Trace:
    """A shortest run that the search finds: of the protocol to the premise, of a variant to a violation."""
    claim, scope = CLAIMS[id], least_scope(CLAIMS[id])
    found = explore(machine_text(scope.machine, variant).record(scope.features), scope.ground, [claim])
    what = found.outcomes[id].violation if variant else found.outcomes[id].witness
    assert what is not None
    return found_trace(found, what, scope.machine, variant, id)


@cache
def why(id: str) -> Explanation:
    """The counterexample of the claim's mutant, explained."""
    explanation = explain_run(trace_of(id, CLAIMS[id].mutant))
    assert explanation is not None
    return explanation


def played(trace: Trace) -> list[Played]:
    return list(replay(trace_machine(trace), trace.steps))


@pytest.mark.parametrize("id", CLAIMS)
def test_the_end_of_a_run_shows_the_premise_that_was_searched(id: str) -> None:
    trace = trace_of(id, None)
    assert [(one.label, one.violates) for one in shown_by(trace)] == [(trace.shows, False)]


@pytest.mark.parametrize("id", BROKEN)
def test_the_end_of_a_run_violates_the_clause_that_was_searched(id: str) -> None:
    trace = trace_of(id, CLAIMS[id].mutant)
    assert (trace.shows, True) in [(one.label, one.violates) for one in shown_by(trace)]
    explanation = why(id)
    assert (explanation.label, explanation.violates) == (trace.shows, True)
    assert explanation.statement
    assert explanation.because
    assert all(said.words or "∅" in said.says for said in explanation.because)


@pytest.mark.parametrize("id", BROKEN)
def test_every_step_of_a_shortest_run_matters_as_is_said(id: str) -> None:
    trace, explanation = trace_of(id, CLAIMS[id].mutant), why(id)
    assert explanation.spare == []
    assert [need.step for need in explanation.needs] == [i + 1 for i in range(len(trace.steps))]
    for need in explanation.needs:
        rest = [step for i, step in enumerate(trace.steps, 1) if i != need.step]
        shorter = msgspec.structs.replace(trace, steps=rest)
        if need.refused:
            with pytest.raises(TraceError, match=rf"^step {need.refused - 1}: .*{'; '.join(need.parts)}$"):
                played(shorter)
        else:
            assert trace.shows not in [one.label for one in shown_by(shorter)]


@pytest.mark.parametrize("id", BROKEN)
def test_the_edit_bites_where_the_machines_part(id: str) -> None:
    trace, bite = trace_of(id, CLAIMS[id].mutant), why(id).bite
    assert bite is not None
    assert bite.difference is not None
    at = bite.difference.step
    assert (at > len(trace.steps)) == bool(bite.beyond)
    ours, theirs = (trace_machine(msgspec.structs.replace(trace, variant=variant)) for variant in (None, trace.variant))
    before = trace.steps[: at - 1]
    for mine, other in zip(replay(ours, before), replay(theirs, before), strict=True):
        assert sets_in(ours, mine.after) == sets_in(theirs, other.after)
    if not bite.beyond and bite.difference.changed:
        mine, other = (list(replay(ground, trace.steps[:at]))[-1].after for ground in (ours, theirs))
        assert sets_in(ours, mine) != sets_in(theirs, other)
    elif not bite.beyond:
        with pytest.raises(TraceError, match=f"^step {at}: .*{bite.difference.refusals[0].part}"):
            list(replay(ours, trace.steps))


def test_a_further_parameter_of_one_machine_is_chosen_so_that_the_step_can_be_taken() -> None:
    def another_watches(now: PlugState, then: PlugState, p: Processor, q: Processor) -> Guard:
        yield "q is another", ~within(p, q)

    scope, visits = plug_scope(2, 1, 1), Edit("visit", write=another_watches)
    protocol = GroundMachine(RECOVERY_PLUG.record(frozenset()), scope)
    edited = GroundMachine(replace(RECOVERY_PLUG, edits=(*RECOVERY_PLUG.edits, visits)).record(frozenset()), scope)
    run = [
        TraceStep("form_ring", {"r": 0, "members": [0, 1]}),
        TraceStep("install", {"p": 0, "r": 0}),
        TraceStep("visit", {"p": 0, "r": 0}),
    ]
    steps = [one.step for one in replay(protocol, run)]
    assert first_difference(edited, protocol, steps) is None
    watched = [one.step for one in replay(edited, [*run[:2], TraceStep("visit", {"p": 0, "r": 0, "q": 1})])]
    assert first_difference(edited, protocol, watched) is None


def test_every_kind_of_bite_is_met() -> None:
    bites = [bite for id in BROKEN if (bite := why(id).bite) and bite.difference]
    refused = {one.difference.refused_by for one in bites if one.difference}
    assert refused == {None, "the protocol", "the variant"}
    assert {bool(one.beyond) for one in bites} == {True, False}


@pytest.mark.parametrize("id", BROKEN)
def test_an_explanation_is_lines(id: str) -> None:
    lines = list(account(why(id)))
    assert lines[0] == f"Violated: {why(id).label}"
    assert f"Edit: {VARIANTS[CLAIMS[id].mutant].says}" in lines
    assert all(line == line.rstrip() for line in lines)


def longer(*extra: tuple[int, TraceStep]) -> Trace:
    """The shortest run that violates PLUG-S1, with steps put in before others."""
    trace = trace_of("PLUG-S1", "open-on-own-bit")
    steps = list(trace.steps)
    for at, step in reversed(extra):
        steps.insert(at, step)
    return msgspec.structs.replace(trace, steps=steps)


def test_steps_that_can_be_left_out_are_named() -> None:
    install, pass_on = TraceStep("install", {"p": 1, "r": 0}), TraceStep("pass_on", {"p": 1, "r": 0})
    explanation = explain_run(longer((1, pass_on), (2, install), (3, TraceStep("unplug", {"p": 0, "h": 0}))))
    assert explanation is not None
    assert explanation.spare == [2, 4, 6]
    assert [need.step for need in explanation.needs] == [1, 3, 5, 7]
    assert any(line.startswith("Can be left out: steps 2, 4, 6.") for line in account(explanation))


def test_a_run_that_shows_nothing_of_its_claim_is_told_so() -> None:
    trace = trace_of("PLUG-S1", "open-on-own-bit")
    shorter = msgspec.structs.replace(trace, steps=trace.steps[:-1])
    explanation = explain_run(shorter)
    assert explanation == Explanation("PLUG-S1")
    assert explain_run(msgspec.structs.replace(trace, claim=None)) is None
    assert explain_run(msgspec.structs.replace(trace, claim="PLUG-S99")) is None


def test_a_clause_of_steps_is_judged_by_the_last_step_alone() -> None:
    trace = trace_of("PLUG-S6", "leave-keeps-gate-open")
    later = msgspec.structs.replace(trace, steps=[*trace.steps, TraceStep("unplug", {"p": 0, "h": 0})])
    assert trace.shows in [one.label for one in shown_by(trace)]
    assert shown_by(later) == []


def test_what_is_ahead_of_a_state_is_what_the_backward_pass_says() -> None:
    scope = least_scope(LIVE_2)
    ground = GroundMachine(machine_text(scope.machine, "judge-only-when-setting").record(frozenset()), scope.ground)
    search = begin(ground, symmetry=False)
    search.run()
    assert LIVE_2.reach
    lost = set(lost_states(search, LIVE_2.reach).tolist())
    assert 0 < len(lost) < search.index.size
    for number in range(search.index.size):
        state = search.bitmaps(search.words(number))
        last = Played(ground.steps[0], state, state)
        assert bool(list(endings(LIVE_2, ground, [last], LIVE_2.reach.lost))) == (number in lost)


@pytest.mark.parametrize(("variant", "is_late"), [(None, False), ("bit-every-other-visit", True)])
def test_a_bound_is_kept_from_every_state_of_the_protocol(variant: str | None, is_late: bool) -> None:
    scope = least_scope(LIVE_1)
    ground = GroundMachine(machine_text(scope.machine, variant).record(frozenset()), scope.ground)
    search = begin(ground, symmetry=False)
    search.run()
    assert LIVE_1.bound
    beyond = most_visits(search, LIVE_1.bound).beyond
    late = set[int]()
    for number in range(search.index.size):
        state = search.bitmaps(search.words(number))
        if list(endings(LIVE_1, ground, [Played(ground.steps[0], state, state)], LIVE_1.bound.beyond)):
            late.add(number)
    assert set(beyond) <= late
    assert (bool(late), bool(beyond)) == (is_late, is_late)


FOLDED = {"u is numbered higher", "x is another ring", NODEJOIN_FIRST}
"""Guard parts of which nothing may be left once elements are chosen: what they compare is no set."""


@pytest.mark.parametrize("name", MACHINES)
def test_steps_are_explained_as_they_replay(name: str) -> None:
    """Guard parts, and the terms of new values, mean what the ground machine computes."""
    ground, choose = GroundMachine(MACHINES[name].record(), plug_scope(2, 1, 2, tokens=3)), random.Random(name)
    state = ground.initial
    for _ in range(25):
        for step in choose.sample(ground.steps, 15):
            said = explain_step(ground, step, state)
            assert [part.part for part in said.guard if not part.holds] == ground.refusals(step, state)
            assert all(part.because for part in said.guard if part.part not in FOLDED)
            values, after = Values(ground, state, step), sets_in(ground, ground.after(step, state))
            for slot in sets_in(ground, state):
                assert values.set(new_value(ground, step, slot, values)) == after[slot]
            changed = {one.set: one.after for one in said.changes}
            if said.enabled:
                assert len(changed) == sum(after[slot] != bitmap for slot, bitmap in sets_in(ground, state).items())
        enabled = [step for step in ground.steps if not ground.refusals(step, state)]
        state = ground.after(choose.choice(enabled), state) if enabled else ground.initial


def test_a_step_names_the_values_that_its_guard_part_mentions() -> None:
    ground = GroundMachine(MACHINES["plug"].record(frozenset()), plug_scope(2, 1, 1))
    run = [TraceStep("form_ring", {"r": 0, "members": [0, 1]}), TraceStep("install", {"p": 0, "r": 0})]
    state = list(replay(ground, run))[-1].after
    (visit,) = steps_in_words(ground, "visit p1 r0")
    said = explain_step(ground, visit, state)
    assert not said.enabled
    assert list(step_account(said)) == [
        "visit p1 r0 is not enabled: not true that",
        "  p has installed r   p1 ∉ installed[r0]   installed[r0] = {p0}",
    ]
    (install,) = steps_in_words(ground, "install p0 r0")
    assert [part.because[0].sets for part in explain_step(ground, install, state).guard] == [
        {"pending[r0]": ["p1"]},
        {"⋃r₁ installed[r₁]": ["p0"], "installed[r0]": ["p0"]},
    ]


def test_words_choose_steps() -> None:
    ground = GroundMachine(MACHINES["plug"].record(frozenset()), plug_scope(2, 1, 2))
    assert len(steps_in_words(ground, "visit")) == 4
    assert len(steps_in_words(ground, "visit p1")) == 2
    (form,) = steps_in_words(ground, "form_ring r0 { p1, p0 }")
    assert form.arguments == {"r": 0, "members": 0b11}
    assert steps_named(ground, ["create"]) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("fly", "unknown action 'fly'"),
        ("create p0", "unknown action 'create'; near it: leave, originate, reject"),
        ("visit p9", "p is p9, which this scope does not have"),
        ("visit r0", "p is 'r0', not an element such as p0"),
        ("visit p0 r0 r0", "visit takes p, r; given p0 r0 r0"),
        ("form_ring r0 {p0", "members is '{p0', not an element such as p0"),
        ("form_ring r0 {p0 p7}", "members is {p0 p7}, which this scope does not have"),
    ],
)
def test_words_that_choose_no_step_are_refused(words: str, says: str) -> None:
    ground = GroundMachine(MACHINES["plug"].record(frozenset()), plug_scope(2, 1, 2))
    with pytest.raises(TraceError, match=f"^{says.replace('{', '[{]')}"):
        steps_in_words(ground, words)


def test_too_many_choices_are_not_gone_through() -> None:
    trace = Trace(FORMAT, TraceScope(20, 1, 20), [], [])
    with pytest.raises(TraceError, match="form_ring has more than 200 choices of r, members: name some"):
        steps_in_words(trace_machine(trace), "form_ring")


def test_what_lies_too_far_ahead_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "MOST_STATES", 10)
    with pytest.raises(ahead.TooFarError, match="more than 10 states lie ahead of the last one: too many to follow"):
        explain_run(trace_of("LIVE-2", "judge-only-when-setting"))


def test_members_are_named_in_order() -> None:
    assert members_of(0b1011) == ["p0", "p1", "p3"]
