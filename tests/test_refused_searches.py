"""What the engines that look must find: what is false only at the start, late, rarely, or at one place of many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from model.language.ground import Scope
from model.language.machine import Guard
from model.language.sets import (
    EVERYBODY,
    FALSE,
    NOBODY,
    TRUE,
    Processor,
    Truth,
    at_most,
    empty,
    every,
    exists,
    same,
    several,
    some,
    within,
)
from model.language.sorts import Handle, Ring, Seat
from model.language.state import State, constant, single
from model.machines import MACHINES, PLUG
from properties.catalogue.claim import Claim, Least, Part, Reach
from properties.catalogue.scopes import NamedScope
from properties.check.job import Job
from properties.check.search import CUT, VACUOUS
from properties.check.verdict import Exhaustive, Open, Verdict, Violated
from properties.claims.liveness import LIVE_1
from properties.explicit import search as searching
from properties.explicit.compiled import VARIABLE, Engine
from properties.explicit.exhaustive import explore
from properties.symbolic import bounded
from tests.tiny import TRIES, Tiny, claim, decided, machine, registered, scope, words_of

NUMPY, ONE_BY_ONE = "exhaustive-by-numpy", "exhaustive-one-by-one"


@pytest.fixture(params=["exhaustive", NUMPY, ONE_BY_ONE, "bounded", "stateful"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """An engine; the search compiled and by numpy, and also in blocks of one state, of which the last may show it."""
    name: str = request.param
    if name in (NUMPY, ONE_BY_ONE):
        monkeypatch.setenv(VARIABLE, Engine.NUMPY)
    if name == ONE_BY_ONE:
        monkeypatch.setattr(searching, "BLOCK_ROWS", 1)
    return name.partition("-")[0]


@pytest.fixture(params=Engine)
def _searches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is compiled, or by numpy."""
    monkeypatch.setenv(VARIABLE, request.param)


both_searches = pytest.mark.usefixtures("_searches")


def enter(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is not in a", empty(p & now.a)
    then.a = now.a | p


def follow(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is in a", within(p, now.a)
    then.b = now.b | p


def intrude(now: Tiny, then: Tiny, p: Processor) -> Guard:
    """The rare one: only where everybody has followed."""
    yield "everybody has followed", within(EVERYBODY, now.b)
    then.a = now.a - p


def b_is_within_a(now: Tiny) -> Truth:
    return within(now.b, now.a)


def everybody_is_in_b(now: Tiny) -> None:
    now.b = EVERYBODY


def length(verdict: Verdict) -> int:
    """Of the shortest run to a violation."""
    assert isinstance(verdict, Violated), verdict
    assert verdict.trace
    return len(verdict.trace.steps)


def shortest(engine: str, text: Any, one: Claim, at: NamedScope | None = None, depth: int = 8) -> int:
    (verdict,) = decided(engine, text, one, at=at, depth=depth)
    return length(verdict)


def empty_b(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "somebody is there", some(p)
    then.b = NOBODY


def nobody_is_in_b(now: Tiny) -> Truth:
    return empty(now.b)


def test_what_only_the_initial_state_breaks_is_found(engine: str) -> None:
    assert shortest(engine, machine(enter, initial=everybody_is_in_b), claim(b_is_within_a)) == 0
    assert shortest(engine, machine(empty_b, initial=everybody_is_in_b), claim(nobody_is_in_b)) == 0


@pytest.mark.parametrize("place", range(3))
def test_what_only_a_rare_action_breaks_is_found(engine: str, place: int) -> None:
    writes = [enter, follow]
    writes.insert(place, intrude)
    assert shortest(engine, machine(*writes), claim(b_is_within_a)) == 5


def is_never_taken(now: Any, then: Any) -> Truth:
    return FALSE


@pytest.mark.parametrize("place", range(3))
def test_a_rare_step_itself_is_found(engine: str, place: int) -> None:
    writes = [enter, follow]
    writes.insert(place, intrude)
    assert shortest(engine, machine(*writes), claim(is_never_taken, at="intrude")) == 5


@pytest.mark.parametrize("of_steps", [False, True], ids=["state", "step"])
def test_the_bounded_engine_finds_what_is_as_deep_as_it_looks_and_nothing_deeper(of_steps: bool) -> None:
    text = machine(enter, follow, intrude)
    one = claim(is_never_taken, at="intrude") if of_steps else claim(b_is_within_a)
    assert shortest("bounded", text, one, depth=5) == 5
    assert words_of("bounded", text, one, depth=4) == "bounded"


def nobody_has_followed(now: Tiny) -> Truth:
    return empty(now.b)


@pytest.mark.parametrize("place", range(2))
def test_each_part_of_a_claim_is_looked_for(engine: str, place: int) -> None:
    parts = [b_is_within_a]
    parts.insert(place, nobody_has_followed)
    assert shortest(engine, machine(enter, follow), claim(*parts)) == 2


@both_searches
def test_of_two_claims_each_is_decided() -> None:
    """One that is violated at once does not end the search for the other's late violation."""
    text, late = machine(enter, follow, intrude), claim(b_is_within_a, id="TINY-2")
    first, second = decided("exhaustive", text, claim(nobody_has_followed), late)
    assert (length(first), length(second)) == (2, 5)
    holds = claim(always, id="TINY-2")
    _, whole = decided("exhaustive", text, claim(nobody_has_followed), holds)
    assert isinstance(whole, Exhaustive)
    with registered(text):
        assert whole.extent.states == explore(text.record(), scope(2).ground, [holds]).report.states


def always(now: Tiny) -> Truth:
    return TRUE


# One handle, one ring, one processor.


def take(now: Tiny, then: Tiny, p: Processor, h: Handle) -> Guard:
    yield "h is empty", empty(now.of_handle[h])
    then.of_handle[h] = now.of_handle[h] | p


def come(now: Tiny, then: Tiny, p: Processor, r: Ring) -> Guard:
    yield "r is empty", empty(now.of_ring[r])
    then.of_ring[r] = now.of_ring[r] | p


def last_handle_is_empty(now: Tiny) -> Truth:
    return every(Handle, lambda h: empty(now.of_handle[h]) | exists(Handle, lambda g: ~at_most(g, h)))


def first_handle_is_empty(now: Tiny) -> Truth:
    return every(Handle, lambda h: empty(now.of_handle[h]) | exists(Handle, lambda g: ~at_most(h, g)))


def last_ring_is_empty(now: Tiny) -> Truth:
    return every(Ring, lambda r: empty(now.of_ring[r]) | exists(Ring, lambda q: ~at_most(q, r)))


def last_handle_is_not_taken(now: Tiny, then: Tiny, h: Handle) -> Truth:
    return exists(Handle, lambda g: ~at_most(g, h))


def two_handles_have_nobody_in_common(now: Tiny) -> Truth:
    return every(Handle, Handle, lambda g, h: same(g, h) | empty(now.of_handle[g] & now.of_handle[h]))


@pytest.mark.parametrize(
    ("says", "at", "steps"),
    [
        (last_handle_is_empty, None, 1), (first_handle_is_empty, None, 1), (last_ring_is_empty, None, 1),
        (last_handle_is_not_taken, "take", 1), (two_handles_have_nobody_in_common, None, 2),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)  # fmt: skip
def test_what_is_false_at_one_handle_or_ring_only_is_found(
    engine: str, says: Callable[..., Truth], at: str | None, steps: int
) -> None:
    where, text = scope(2, 3, 3), machine(take, come)
    assert shortest(engine, text, claim(says, at=at), where) == steps


def others_hold(now: Tiny, then: Tiny, p: Processor, h: Handle) -> Guard:
    yield "every other is taken", every(Handle, lambda g: same(g, h) | some(now.of_handle[g]))
    then.b = now.b | p


def test_a_guard_over_all_handles_waits_for_all_of_them(engine: str) -> None:
    assert shortest(engine, machine(take, others_hold), claim(nobody_is_in_b), scope(2, 3)) == 3


def seat(scope: Scope, i: int) -> int:
    return 1 << i


class Seated(State):
    """Processors have seats: they are told apart."""

    a = single(means="a set")
    seat = constant(Seat, means="who sits there", table=seat)
    axioms = (lambda now: TRUE,)


def stand(now: Seated, then: Seated, p: Processor) -> Guard:
    yield "somebody sits", some(p)
    then.a = now.a | p


def who_sits_last_never_stands(now: Seated) -> Truth:
    return every(Seat, lambda i: empty(now.seat[i] & now.a) | exists(Seat, lambda j: ~at_most(j, i)))


def test_what_is_false_of_one_processor_only_is_found(engine: str) -> None:
    text = machine(stand, state=Seated)
    assert shortest(engine, text, claim(who_sits_last_never_stands), scope(3)) == 1


# Premises, and what must be possible.


def everybody_has_left(now: Tiny) -> Truth:
    return within(now.b, NOBODY) & some(now.b)


@pytest.mark.parametrize("at", [None, "enter"])
def test_a_claim_whose_premise_is_out_of_reach_does_not_hold(engine: str, at: str | None) -> None:
    premise = is_never_taken if at else everybody_has_left
    (verdict,) = decided(engine, machine(enter, follow), claim(b_is_within_a, premise=premise, premise_at=at))
    assert isinstance(verdict, Violated if engine == "exhaustive" else Open)
    says = {"exhaustive": VACUOUS, "bounded": "premise not reached in 8 steps"}
    assert verdict.reason == says.get(engine, f"premise never reached in {TRIES.examples} examples")


def everybody_is_in_a(now: Tiny) -> Truth:
    return within(EVERYBODY, now.a)


@both_searches
def test_a_premise_is_reached_after_so_many_steps() -> None:
    (found,) = decided("exhaustive", machine(enter, follow), claim(b_is_within_a, premise=everybody_is_in_a))
    assert isinstance(found, Exhaustive)
    assert found.extent.witness_length == 2
    assert words_of("bounded", machine(enter), claim(b_is_within_a, premise=everybody_is_in_a), depth=2) == "bounded"
    assert words_of("bounded", machine(enter), claim(b_is_within_a, premise=everybody_is_in_a), depth=1) == "open"


def who_is_in_a_can_follow(now: Tiny, then: Tiny, p: Processor) -> Truth:
    return within(p, now.a)


def who_has_followed_can_enter(now: Tiny, then: Tiny, p: Processor) -> Truth:
    return within(p, now.b)


def test_an_action_that_must_be_possible_and_is_refused_is_found(engine: str) -> None:
    text = machine(enter, follow)
    assert shortest(engine, text, claim(who_has_followed_can_enter, at="enter", enables=True)) == 2
    assert words_of(engine, text, claim(who_is_in_a_can_follow, at="follow", enables=True)) != "violated"


@both_searches
def test_a_search_that_is_cut_says_nothing_of_what_it_has_not_seen() -> None:
    text = machine(enter, follow)
    with registered(text):
        assert explore(text.record(), scope(3).ground, [claim(b_is_within_a)], most_states=3, cut=True).cut
    job = Job(engine="exhaustive", scope=NamedScope(2, 1, 1, frozenset()), most_states=3)
    (verdict,) = job.decide([replace(claim(nobody_opens), machine=PLUG)])
    assert isinstance(verdict, Open)
    assert verdict.reason == CUT


def nobody_opens(now: Any) -> Truth:
    return TRUE


# What the bounded engine leaves undecided.


@pytest.mark.parametrize("at_depth", range(6))
def test_a_query_that_is_not_decided_leaves_the_claim_open(at_depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    check, answers = bounded.z3.Solver.check, list[object]()

    def gives_up(solver: Any) -> object:
        answers.append(check(solver))
        return bounded.z3.unknown if len(answers) > at_depth + 1 else answers[-1]

    monkeypatch.setattr(bounded.z3.Solver, "check", gives_up)
    monkeypatch.setattr(bounded.z3.Solver, "reason_unknown", lambda _: "no reason")
    (verdict,) = decided("bounded", machine(enter, follow, intrude), claim(b_is_within_a))
    assert isinstance(verdict, Open)
    assert verdict.reason.startswith("z3 gave up after")
    assert verdict.reason.endswith("no reason")


# What can still be reached.


def is_begun(now: Tiny, r: Ring) -> Truth:
    return some(now.of_ring[r])


def is_done(now: Tiny, r: Ring) -> Truth:
    return within(EVERYBODY, now.of_ring[r])


def begin(now: Tiny, then: Tiny, p: Processor, r: Ring) -> Guard:
    yield "r is empty", empty(now.of_ring[r])
    then.of_ring[r] = now.of_ring[r] | p


def join(now: Tiny, then: Tiny, p: Processor, r: Ring) -> Guard:
    yield "r is begun", some(now.of_ring[r])
    yield "nobody is left out", empty(now.a)
    then.of_ring[r] = now.of_ring[r] | p


def leave_out(now: Tiny, then: Tiny, p: Processor, r: Ring) -> Guard:
    """Once the first ring is done, whoever begins another is alone."""
    yield "r is the first", every(Ring, lambda q: at_most(r, q))
    yield "r is done", within(EVERYBODY, now.of_ring[r])
    then.a = p


def to_be_done(*by: str, stuck: bool = False) -> Claim:
    premise = is_begun
    reach = Reach(premise, is_done, by, "out of reach", somebody_waits if stuck else None)
    return claim(reach=reach)


def somebody_waits(now: Tiny) -> Truth:
    return exists(Ring, lambda r: some(now.of_ring[r]) & some(EVERYBODY - now.of_ring[r]))


@both_searches
def test_a_goal_that_is_out_of_reach_for_a_second_ring_is_found() -> None:
    assert words_of("exhaustive", machine(begin, join), to_be_done("join"), scope(3, 1, 2)) == "exhaustive"
    text = machine(begin, join, outside=(leave_out,))
    assert words_of("exhaustive", text, to_be_done("join"), scope(3, 1, 1)) == "exhaustive"
    (verdict,) = decided("exhaustive", text, to_be_done("join"), at=scope(3, 1, 2))
    assert isinstance(verdict, Violated)
    assert (verdict.reason, length(verdict)) == ("out of reach", 5)


@both_searches
def test_only_the_actions_that_are_named_help() -> None:
    text = machine(begin, join)
    assert words_of("exhaustive", text, to_be_done("begin"), scope(2)) == "violated"
    assert words_of("exhaustive", text, to_be_done("begin", "join"), scope(2)) == "exhaustive"


@both_searches
def test_a_state_that_only_the_environment_changes_is_stuck() -> None:
    waits = machine(begin, outside=(join,))
    (verdict,) = decided("exhaustive", waits, to_be_done("join", stuck=True), at=scope(2))
    assert isinstance(verdict, Violated)
    assert (verdict.reason, length(verdict)) == ("deadlock", 1)
    assert words_of("exhaustive", machine(begin, join), to_be_done("join", stuck=True), scope(2)) == "exhaustive"


# A bound, which holds if it is kept and needed.


@both_searches
@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (lambda n, k: (2 + k) * n, "the bound is not attained"),
        (lambda n, k: (2 + k) * n - 1 if n == 1 else (2 + k) * n, "the bound is not attained"),
        (lambda n, k: (2 + k) * n - 2, "more visits are possible"),
        (lambda n, k: (2 + k) * n - 1 - (n == 2 and k == 2), "more visits are possible"),
        (lambda n, k: (2 + k) * n - 1, None),
    ],
)  # fmt: skip
def test_a_bound_is_kept_and_attained(limit: Callable[[int, int], int], says: str | None) -> None:
    assert LIVE_1.bound
    bound = replace(LIVE_1, bound=replace(LIVE_1.bound, limit=limit))
    where = NamedScope(2, 1, 1, frozenset({"recovery-queue"}), "ordered")
    (verdict,) = Job(engine="exhaustive", scope=where, machine="ordered").decide([bound])
    assert (verdict.reason if isinstance(verdict, Violated) else None) == says
    assert isinstance(verdict, Violated if says else Exhaustive)


# No action escapes.


@both_searches
def test_no_action_of_the_protocol_escapes_a_search() -> None:
    actions = [rule.name for rule in MACHINES[PLUG].rules]
    never = [Claim(f"NEVER-{action}", "Says.", "a test", Least(1, 1, 1), "open-on-own-bit", PLUG, None,
                   [Part("is never taken", is_never_taken, True, action)]) for action in actions]  # fmt: skip
    found = explore(MACHINES[PLUG].record(), NamedScope(2, 1, 2).ground, never, until_violated=True)
    assert [id for id, one in found.outcomes.items() if not one.violation] == []


def only_a_few_are_in_a(now: Tiny) -> Truth:
    return ~several(now.a)


def test_two_are_several_and_one_is_not(engine: str) -> None:
    assert shortest(engine, machine(enter), claim(only_a_few_are_in_a), scope(3)) == 2
    assert words_of(engine, machine(enter), claim(only_a_few_are_in_a), scope(1)) != "violated"
