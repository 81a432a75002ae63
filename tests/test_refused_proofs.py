"""What the proving engines must refuse: an obligation that fails, or is not decided, is never proved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import z3

from model.language.machine import Guard, Rule
from model.language.machine import Kind as By
from model.language.sets import EVERYBODY, FALSE, Processor, Truth, at_most, empty, every, exists, several, within
from model.language.sorts import Token
from model.machines import MACHINES, PLUG
from properties.catalogue.claim import Claim, Least, Part
from properties.check.verdict import Open, Proved, Verdict
from properties.symbolic import cvc5, induction
from properties.symbolic import round as rounds
from properties.symbolic.round import Query
from tests.tiny import TINY, Tiny, claim, decided, machine, registered


def enter(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is not in a", empty(p & now.a)
    then.a = now.a | p


def follow(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p is in a", within(p, now.a)
    then.b = now.b | p


def intrude(now: Tiny, then: Tiny, p: Processor) -> Guard:
    """The rare one: only where everybody has followed, and with several."""
    yield "everybody has followed", within(EVERYBODY, now.b)
    yield "several are in a", several(now.a)
    then.a = now.a - p


def b_is_within_a(now: Tiny) -> Truth:
    return within(now.b, now.a)


def everybody_is_in_b(now: Tiny) -> None:
    now.b = EVERYBODY


TWO_STEPS = machine(enter, follow)


def a_is_of_processors(now: Tiny) -> Truth:
    """Holds, whatever happens."""
    return within(now.a, EVERYBODY)


def proof_of(text: Any, *claims: Claim, engine: str = "inductive") -> Verdict:
    """What the engine says of the first of these claims: the same beside a claim that holds.

    What is asked for alone ends with an obligation that is not met; beside another one all are asked.
    """
    alone = decided(engine, text, *claims)[0]
    beside = decided(engine, text, claim(a_is_of_processors, id="TINY-9"), *claims)[1]
    assert reason(beside) == reason(alone)
    return beside


def reason(verdict: Verdict) -> str:
    return verdict.reason if isinstance(verdict, Open) else type(verdict).__name__


def open_because(verdict: Verdict) -> str:
    assert isinstance(verdict, Open)
    return reason(verdict)


def test_what_holds_is_proved() -> None:
    verdict = proof_of(TWO_STEPS, claim(b_is_within_a))
    assert isinstance(verdict, Proved)
    assert verdict.extent.obligations == 3


def test_a_claim_that_only_the_initial_state_breaks_is_not_proved() -> None:
    text = machine(enter, initial=everybody_is_in_b)
    assert open_because(proof_of(text, claim(b_is_within_a))) == "b is within a: not kept by initially"


@pytest.mark.parametrize("place", range(3))
def test_a_claim_that_only_a_rare_action_breaks_is_not_proved(place: int) -> None:
    """Wherever it stands among the actions."""
    writes = [enter, follow]
    writes.insert(place, intrude)
    assert open_because(proof_of(machine(*writes), claim(b_is_within_a))) == "b is within a: not kept by intrude"


def nobody_has_followed(now: Tiny) -> Truth:
    return empty(now.b)


@pytest.mark.parametrize("place", range(2))
def test_each_part_of_a_claim_is_asked(place: int) -> None:
    parts = [b_is_within_a]
    parts.insert(place, nobody_has_followed)
    verdict = proof_of(TWO_STEPS, claim(*parts))
    assert open_because(verdict) == "nobody has followed: not kept by follow"


def b_grows(now: Tiny, then: Tiny) -> Truth:
    return within(now.b, then.b)


def b_is_left_as_it_is(now: Tiny, then: Tiny) -> Truth:
    return within(then.b, now.b)


@pytest.mark.parametrize("place", range(2))
def test_each_part_about_steps_is_asked_of_every_action(place: int) -> None:
    parts = [b_grows]
    parts.insert(place, b_is_left_as_it_is)
    verdict = proof_of(TWO_STEPS, claim(*parts, each_step=True))
    assert open_because(verdict) == "b is left as it is: not kept by follow"


def test_a_statement_of_the_state_after_a_step_is_read_there() -> None:
    assert isinstance(proof_of(TWO_STEPS, claim(b_grows, each_step=True)), Proved)


# What is assumed.


def only_a_few_are_in_a(now: Tiny) -> Truth:
    """Not kept by `enter`."""
    return ~several(now.a)


def only_a_few_have_followed(now: Tiny) -> Truth:
    """Kept as long as the other one is."""
    return ~several(now.b)


def test_what_rests_on_an_invariant_that_falls_is_not_proved() -> None:
    first, second = claim(only_a_few_are_in_a), claim(only_a_few_have_followed, id="TINY-2")
    within_a = claim(b_is_within_a, id="TINY-3")
    verdicts = decided("inductive", TWO_STEPS, second, first, within_a)
    assert [type(one) for one in verdicts] == [Open, Open, Proved]
    assert open_because(verdicts[0]) == "only a few have followed: not kept by follow"


def b_was_within_a(now: Tiny, then: Tiny) -> Truth:
    return within(now.b, now.a)


def test_what_rests_on_an_invariant_that_does_not_fall_is_proved() -> None:
    """Also where it is all that was asked for: then it is asked as soon as another invariant falls."""
    falls, stays = claim(only_a_few_are_in_a), claim(b_is_within_a, id="TINY-2")
    wanted = claim(b_was_within_a, at="follow", id="TINY-3")
    with registered(TWO_STEPS):
        proof = induction.prove(TWO_STEPS.record(), TINY, also=[falls, stays, wanted], wanted=[wanted.id])
    assert [(one.owner, one.action) for one in proof.failures] == [(falls.id, "enter")]


def who_is_in_a_can_follow(now: Tiny, then: Tiny, p: Processor) -> Truth:
    return within(p, now.a)


def anybody_can_follow(now: Tiny, then: Tiny, p: Processor) -> Truth:
    return within(p, EVERYBODY)


def test_what_is_to_be_possible_is_asked_where_the_action_is_refused() -> None:
    can = proof_of(TWO_STEPS, claim(who_is_in_a_can_follow, at="follow", enables=True))
    cannot = proof_of(TWO_STEPS, claim(anybody_can_follow, at="follow", enables=True))
    assert isinstance(can, Proved)
    assert open_because(cannot) == "anybody can follow: not kept by follow"


def never(now: Tiny, then: Tiny, p: Processor) -> Guard:
    yield "p followed and did not enter", within(p, now.b - now.a)
    then.a = now.a - now.b


def test_an_action_that_no_state_enables_proves_nothing() -> None:
    verdict = proof_of(machine(enter, follow, never), claim(b_is_within_a))
    assert open_because(verdict) == "no state that the invariants allow enables never"


# What is not decided.


@pytest.mark.parametrize("place", ["enter", "follow", "initially"])
def test_one_obligation_that_is_not_decided_leaves_the_claim_open(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other query is answered, also that each action is possible."""
    answers_at(place, z3.unknown, monkeypatch)
    verdict = proof_of(TWO_STEPS, claim(b_is_within_a))
    assert open_because(verdict) == f"b is within a: undecided by {place}"
    assert isinstance(verdict, Open)
    assert verdict.step == ("z3 gave up: no reason",)


def answers_at(place: str, answer: z3.CheckSatResult, monkeypatch: pytest.MonkeyPatch) -> None:
    """Z3 has this answer to the obligations at one action, and its own to all else."""
    ask: Callable[..., Any] = rounds.Round.ask

    def one_is_different(self: Any, solver: object, owner: str, label: str, says: object, action: Any) -> Any:
        here = action if isinstance(action, str) else action.name
        with pytest.MonkeyPatch.context() as patched:
            if here == place:
                patched.setattr(z3.Solver, "check", lambda *_: answer)
                patched.setattr(z3.Solver, "reason_unknown", lambda _: "no reason")
            yield from ask(self, solver, owner, label, says, action)

    monkeypatch.setattr(rounds.Round, "ask", one_is_different)


def test_an_action_of_which_it_is_not_decided_that_it_is_possible_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds.Round, "enabled", with_no_answer(rounds.Round.enabled))
    verdict = proof_of(TWO_STEPS, claim(b_is_within_a))
    assert open_because(verdict) == "no state that the invariants allow enables enter, follow"


def with_no_answer(asks: Callable[..., bool]) -> Callable[..., bool]:
    def without(*given: object) -> bool:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(z3.Solver, "check", lambda *_: z3.unknown)
            return asks(*given)

    return without


def climb(now: Tiny, then: Tiny, p: Processor) -> Guard:
    """Possible only where there are infinitely many tokens: no finite model is found, and no contradiction either."""
    yield "no token is the last", every(Token, lambda t: exists(Token, lambda u: ~at_most(u, t)))
    then.a = now.a | p


def never_happens(now: Tiny, then: Tiny) -> Truth:
    return FALSE


def test_a_query_that_z3_cannot_decide_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("BRIEFLY", "BY_MODELS", "PATIENTLY"):
        monkeypatch.setattr(rounds, limit, 200_000)
    verdict = proof_of(machine(climb), claim(never_happens, at="climb"))
    assert open_because(verdict) == "never happens: undecided by climb"


# The second solver.


def test_every_query_is_put_to_the_second_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ask = list[str](), cvc5.ask

    def counted(smtlib: str) -> str:
        asked.append(smtlib)
        return ask(smtlib)

    monkeypatch.setattr(cvc5, "ask", counted)
    (verdict,) = decided("cvc5", TWO_STEPS, claim(b_is_within_a))
    assert isinstance(verdict, Proved)
    actions = 2
    assert len(set(asked)) == len(asked) == verdict.extent.obligations + actions


def test_a_second_solver_that_says_the_opposite_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = cvc5.ask
    monkeypatch.setattr(cvc5, "ask", lambda smtlib: {"sat": "unsat", "unsat": "sat"}[ask(smtlib)])
    verdict = proof_of(TWO_STEPS, claim(b_is_within_a), engine="cvc5")
    assert open_because(verdict) == "TINY-1: DISAGREEMENT: b is within a at initially is sat to cvc5 and unsat to z3"


@pytest.mark.parametrize("said", ["unknown", "", "(error)", "unsat unsat"])
def test_a_second_solver_that_does_not_answer_is_reported(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvc5, "ask", lambda _: said)
    reason = open_because(proof_of(TWO_STEPS, claim(b_is_within_a), engine="cvc5"))
    assert reason == f"TINY-1: b is within a at initially: cvc5 gave up ({said})"


def test_the_second_solver_contradicts_a_first_that_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    """To z3 the one obligation that fails is met."""
    answers_at("intrude", z3.unsat, monkeypatch)
    text, both = machine(enter, follow, intrude), (claim(b_is_within_a), claim(b_grows, each_step=True, id="TINY-2"))
    assert [type(one) for one in decided("inductive", text, *both)] == [Proved, Proved]
    verdicts = decided("cvc5", text, *both)
    says = "TINY-1: DISAGREEMENT: b is within a at intrude is sat to cvc5 and unsat to z3"
    assert [open_because(one) for one in verdicts] == [says, says]


def test_a_contradiction_is_told_from_an_answer_that_is_missing() -> None:
    said = {("sat", "unsat"): True, ("unsat", "sat"): True, ("unsat", "unsat"): False, ("unknown", "unsat"): False}
    for (ours, theirs), contradicts in said.items():
        answer = cvc5.Answer(Query("A", "a", "b", "", theirs), ours)
        assert answer.disagrees == contradicts
        assert answer.words.startswith("DISAGREEMENT") == contradicts


# No action escapes.


def is_never_taken(now: Any, then: Any) -> Truth:
    return FALSE


def never_taken(machine_name: str, rules: Sequence[Rule]) -> list[Claim]:
    """For each action the claim that it is never taken."""
    least = Least(1, 1, 1)
    return [
        Claim(f"NEVER-{one.name}", "Says something.", "a test", least, "open-on-own-bit", machine_name, None,
              [Part("is never taken", is_never_taken, True, one.name)])
        for one in rules
    ]  # fmt: skip


def test_no_action_of_the_protocol_escapes_a_proof() -> None:
    rules = MACHINES[PLUG].rules
    proof = induction.prove(MACHINES[PLUG].record(), PLUG, also=never_taken(PLUG, rules))
    assert [one.action for one in proof.failures] == [rule.name for rule in rules]
    assert {rule.kind for rule in rules} == set(By)
