"""The obligations are found once more without z3, and the E prover shows them; those of mutants it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from model.language.machine import Machine
from model.machines import DELIVERY, PLUG
from model.services.actions import RECOVERY_ADD_NODE
from properties.catalogue.claim import Claim
from properties.claims import CLAIMS
from properties.symbolic.induction import prove
from properties.symbolic.round import POSSIBLE
from properties.tptp import eprover
from properties.tptp.eprover import PROGRAM, SECONDS, THEOREM, ProverError, ask
from properties.tptp.obligations import Obligations, Problem
from properties.tptp.ranks import problems
from properties.traces.trace import machine_text
from tests.command import ringplug

EVERY = {PLUG: 40, "services": 20}
"""The default suite asks one obligation in so many: about one second of E."""
MUTANTS = ["PLUG-S1", "PLUG-S10"]
"""Claims whose mutants the default suite tries."""
UNDECIDED = {
    "PLUG-A1", "CFG-S1", "RING-S1", "RING-S4", "BAR-2", "BAR-3", "BAR-4", "CLM-S1", "CLM-S2", "CLM-S4", "EVT-S1",
    "PART-S1", "PART-S3", "PART-S4",
}  # fmt: skip
"""Claims of whose mutants E neither shows the obligation nor refutes it."""
UNANSWERED = {
    "they deliver the same in the transitional configuration": 1,
    "what is heard of was received at the end": 1,
    "what is left is delivered late": 7,
    "who holds what another misses owes it or has sent it": 1,
    "who recovers has heard what was delivered": 7,
    "whom the token has visited since has all": 1,
}
"""Of delivery: how many obligations of each part E does not answer within ten seconds."""
OF_DELIVERY = 632
Prover = Callable[[str], str]


@pytest.fixture
def prover(needs_program: Callable[[str], str]) -> Prover:
    needs_program(PROGRAM)
    return ask


@cache
def machine(name: str, variant: str | None = None) -> Machine:
    text = machine_text(name, variant)
    return text.record(frozenset({RECOVERY_ADD_NODE}) if name == "services" else None)


@cache
def written(name: str) -> list[Problem]:
    return list(problems(Obligations(machine(name), name)))


@pytest.mark.parametrize("name", [PLUG, "services"])
def test_both_readings_find_the_same_obligations(name: str) -> None:
    queries = prove(machine(name), name, writes_queries=True).queries.values()
    asked = {(one.owner, one.label, one.action) for one in queries if one.label != POSSIBLE}
    found = [one.name for one in written(name)]
    assert set(found) == asked
    assert len(found) == len(asked)


@pytest.mark.parametrize("name", EVERY)
def test_a_sample_of_the_obligations_is_a_theorem(name: str, prover: Prover) -> None:
    sample = written(name)[:: EVERY[name]]
    assert {one.name: prover(one.text) for one in sample} == {one.name: THEOREM for one in sample}


@pytest.mark.deep
@pytest.mark.parametrize("name", [PLUG, "numbered", "services", DELIVERY])
def test_every_obligation_is_a_theorem_but_some_of_delivery(name: str, prover: Prover) -> None:
    """On a fast machine more may be answered than are counted."""
    assert name != DELIVERY or len(written(name)) == OF_DELIVERY
    left = Counter(one.label for one in written(name) if prover(one.text) != THEOREM)
    assert left <= Counter(UNANSWERED if name == DELIVERY else {})


def test_the_page_says_how_many_are_answered() -> None:
    page = (Path(__file__).parent.parent / "docs" / "engines.md").read_text()
    assert f"| {DELIVERY} | {OF_DELIVERY} | {OF_DELIVERY - sum(UNANSWERED.values())} |" in page


def refused(claim: Claim) -> Problem:
    """An obligation of the claim that z3 refuses of its mutant, with all that it keeps assumed."""
    mutant = machine(claim.machine, claim.mutant)
    failures = prove(mutant, claim.machine, wanted=[claim.id]).failures
    first = next(one for one in failures if one.owner == claim.id and not one.unknown)
    obligations = Obligations(mutant, claim.machine, {one.label for one in failures} - {first.label})
    name = claim.id, first.label, first.action
    return next(one for one in obligations.of(mutant.action(first.action)) if one.name == name)


@pytest.mark.parametrize("id", MUTANTS)
def test_what_z3_refuses_of_a_mutant_is_no_theorem(id: str, prover: Prover) -> None:
    assert prover(refused(CLAIMS[id]).text) == "CounterSatisfiable"


@pytest.mark.deep
def test_no_mutant_that_z3_refuses_is_proved(prover: Prover) -> None:
    """Of 37 claims E refutes the mutants of 23."""
    claims = [one for one in CLAIMS.values() if one.is_inductive and one.parts and one.machine != DELIVERY]
    said = {one.id: ask(refused(one).text, seconds=1) for one in claims}
    assert THEOREM not in said.values()
    assert {id for id, word in said.items() if word != "CounterSatisfiable"} <= UNDECIDED
    assert len(claims) - len(UNDECIDED) == 23


def test_a_theorem_of_what_does_not_follow_is_not_found(prover: Prover) -> None:
    text = "tff(type_p, type, p: $tType).\ntff(type_a, type, a: p > $o).\n"
    assert prover(text + "tff(goal, conjecture, (![X: p]: a(X)) => (?[X: p]: a(X))).\n") == THEOREM
    assert prover(text + "tff(goal, conjecture, (?[X: p]: a(X)) => (![X: p]: a(X))).\n") == "CounterSatisfiable"


def test_what_is_no_tptp_has_no_answer(prover: Prover) -> None:
    with pytest.raises(ProverError):
        prover("tff(goal, conjecture, nothing")


def test_a_prover_that_says_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eprover, "PROGRAM", "true")
    with pytest.raises(ProverError, match="true said nothing"):
        ask("")


def test_the_command_writes_them(tmp_path: Path) -> None:
    done = ringplug("obligations", "--format", "tptp", "--claim", "PLUG-S1", "--out", str(tmp_path))
    assert done.returncode == 0
    head = "% PLUG-S1: behind an open gate every member is done\n% at: visit\n% a proof needs: Theorem\n"
    (text,) = [text for text in map(Path.read_text, tmp_path.glob("PLUG-S1--*--visit.p")) if text.startswith(head)]
    assert text.count("conjecture") == 1
    assert f"--cpu-limit={SECONDS}" in done.stdout.replace("\n", " ")
