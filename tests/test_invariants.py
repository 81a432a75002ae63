"""`ringplug invariants`: where the answer is known it is found, what is false is not, nor what z3 did not say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest
import z3

from model.language.machine import Guard, Text
from model.language.sets import Processor, Truth, empty, within
from model.language.sorts import Ring
from model.machines import MACHINES, PLUG
from properties.catalogue.claim import Part
from properties.catalogue.scopes import NamedScope
from properties.cli.decide import invariants as command
from properties.invariants.contexts import contexts
from properties.invariants.finding import FOLLOWS, Finding, Found, find
from properties.invariants.kinds import Reached
from properties.invariants.provenance import of_which_all, put_together
from properties.invariants.templates import OF_ALL, OF_ONE, OF_TWO_INDICES, SINGLE, Candidate, candidates
from properties.symbolic.houdini import following, is_proved
from properties.symbolic.round import Invariant
from tests.command import ringplug
from tests.tiny import TINY, Tiny, claim, machine, registered, scope


def comes(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is not in b", ~within(p, now.b)
    then.a = now.a | p


def goes_on(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is in a", within(p, now.a)
    then.b = now.b | p


def goes_on_from_anywhere(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is anybody", within(p, p)
    then.b = now.b | p


def enters(now: Tiny, then: Tiny, p: Processor, r: Ring) -> Guard:
    yield "nobody is in it", empty(now.of_ring[r])
    then.of_ring[r] = p


def enters_one(now: Tiny, then: Tiny, p: Processor, r: Ring) -> Guard:
    yield "nobody is in it", empty(now.of_ring[r])
    yield "p is in none", empty(p & now.a)
    then.of_ring[r], then.a = p, now.a | p


def found(text: Text, at: NamedScope | None = None) -> list[str]:
    with registered(text):
        return [one.part.label for one in find(text, TINY, [at or scope(2)], frozenset()).kept]


def test_what_a_guard_says_of_what_it_lets_in_is_found() -> None:
    assert found(machine(comes, goes_on)) == ["b ⊆ a"]


def test_without_the_guard_it_is_not() -> None:
    assert found(machine(comes, goes_on_from_anywhere)) == []


def test_what_holds_of_one_element_and_of_two_is_found() -> None:
    one = "∀r₁: |of_ring[r₁]| ≤ 1"
    assert found(machine(enters), scope(2, rings=2)) == [one]
    both = {one, "∀r₂: ∀r₁: r₂ ≠ r₁ ⇒ of_ring[r₂] ∩ of_ring[r₁] = ∅", "∀r₁: of_ring[r₁] ⊆ a"}
    assert both < set(found(machine(enters_one), scope(2, rings=2)))


def test_what_holds_only_in_a_small_scope_is_a_candidate_and_not_kept() -> None:
    text = machine(comes, goes_on)
    labels = {one.part.label for one in candidates(text.record(), Reached(text, [scope(1)], 1000))}
    assert "|a| ≤ 1" in labels
    assert found(text, scope(1)) == ["b ⊆ a"]


def test_what_z3_does_not_say_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> object:
        return z3.unknown

    monkeypatch.setattr(z3.Solver, "check", give_up)
    with registered(text := machine(comes, goes_on)):
        tried = find(text, TINY, [scope(2)], frozenset())
    assert (tried.kept, tried.undecided) == ([], sum(tried.candidates.values()))
    assert tried.undecided > 0


def b_is_within_a(now: Tiny) -> Truth:
    return within(now.b, now.a)


def nobody_is_in_b(now: Tiny) -> Truth:
    return empty(now.b)


def test_what_follows_and_what_is_proved() -> None:
    text = machine(comes, goes_on).record()
    known = [Invariant("b ⊆ a", Part("b ⊆ a", b_is_within_a))]
    parts = [known[0].part, Part("b = ∅", nobody_is_in_b)]
    with registered(machine(comes, goes_on)):
        assert list(following(text, TINY, known, parts)) == [FOLLOWS, "sat"]
        assert is_proved(text, TINY, known, claim(b_is_within_a))
        assert not is_proved(text, TINY, known, claim(nobody_is_in_b))


@cache
def reached() -> Reached:
    scopes = [NamedScope(2, 1, 2, frozenset({"recovery-queue"})), NamedScope(3, 1, 1, frozenset({"create-destroy"}))]
    return Reached(MACHINES[PLUG], scopes, 10**6)


def test_every_candidate_holds_in_every_state_that_was_searched() -> None:
    forms = Counter(one.template for one in candidates(MACHINES[PLUG].record(), reached()))
    assert forms[OF_ONE] > 100
    assert min(forms[OF_ALL], forms[OF_TWO_INDICES]) > 0
    for one in list(candidates(MACHINES[PLUG].record(), reached()))[::10]:
        for search in reached().searches.values():
            assert search.holds(one.part.statement).all(), one.part.label


def test_a_scope_with_too_many_states_is_left_out() -> None:
    assert not Reached(MACHINES[PLUG], [NamedScope(2, 1, 1)], 100).searches


def test_what_stands_together_is_read_off_the_actions() -> None:
    recorded = MACHINES[PLUG].record()
    first = next(contexts(recorded))
    names = [place.name for place in first.places]
    pairs = {tuple(sorted((names[i], names[j]))) for i, j in put_together(recorded, first)}
    assert ("gate", "installed") in pairs
    assert ("gate", "pending") not in pairs
    assert "member" in {names[i] for i in of_which_all(recorded, first)}


def canned(found: Found) -> Callable[[object, object], Found]:
    return lambda _, progress=None: found


def test_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Candidate(SINGLE, Part("|gate| ≤ 1", nobody_is_in_b))
    found = Found(
        PLUG, ["2/1/1"], 7, Counter({SINGLE: 2}), [one], 1, 3, {"x": FOLLOWS, "y": "sat"}, 1, {"PLUG-S1": True}
    )
    monkeypatch.setattr(Finding, "run", canned(found))
    assert Finding(PLUG, "bit-at-install").title == "plug, bit-at-install"
    done = ringplug("invariants", "--list")
    assert done.returncode == 0
    for line in ("2 candidates, 1 kept", "|gate| ≤ 1", "1 of our 2 auxiliary invariants", "not found: y", "PLUG-S1"):
        assert line in done.stdout
    (said,) = json.loads(ringplug("invariants", "--json").stdout)["results"]
    assert said["ours"] == {"x": "found", "y": "not found"}
    assert said["invariants"] == [{"form": SINGLE, "says": "|gate| ≤ 1"}]
    assert "plug" in command.FINDABLE
    refused = ringplug("invariants", "--machine", "plugs")
    assert refused.returncode == 3
