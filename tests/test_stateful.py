"""Random runs: seeded, deep enough, and their falsifiers reduced to runs no shorter than the shortest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from properties.catalogue.claim import Claim
from properties.catalogue.probe import Aim
from properties.catalogue.scopes import RANDOM, NamedScope, least_scope
from properties.check.job import Job
from properties.check.verdict import Open, Runs, Tested, Verdict, Violated
from properties.claims import CLAIMS
from properties.explicit.exhaustive import explore
from properties.sampling.monitor import Watch
from properties.sampling.stateful import Sampled, run_tests
from properties.sampling.tries import Tries
from properties.terminal.exit_codes import UNDETERMINED, exit_code
from properties.traces.trace import machine_text, replay, trace_machine

SAFETY = [claim.id for claim in CLAIMS.values() if claim.is_safety]
SAMPLE = ["PLUG-S1", "PLUG-S5", "PLUG-S6", "PLUG-S10", "PLUG-A1", "BAR-1"]
TRIES = Tries(examples=40, steps=40, seed=1)
MANY = Tries(examples=300, steps=60, seed=1)
OUT_OF_REACH = ["EVS-4", "CLM-S4"]
"""Premises that take long runs: one that moves with another delivers what it missed, or of a member that is gone."""


def random_verdicts(claims: Sequence[Claim], scope: NamedScope, variant: str | None, tries: Tries) -> list[Verdict]:
    return Job(engine="stateful", scope=scope, variant=variant, tries=tries).decide(claims)


def check_falsifier(id: str, tries: Tries) -> None:
    """The mutant is caught in the least scope, by a run that replays, no shorter than the shortest."""
    claim, scope = CLAIMS[id], least_scope(CLAIMS[id])
    (verdict,) = random_verdicts([claim], scope, claim.mutant, tries)
    machine = machine_text(scope.machine, claim.mutant).record(scope.features)
    shortest = explore(machine, scope.ground, [claim]).outcomes[id].violation
    assert isinstance(verdict, Violated)
    assert verdict.trace
    assert shortest
    assert len(list(replay(trace_machine(verdict.trace), verdict.trace.steps))) >= shortest.length


@pytest.mark.parametrize("id", SAMPLE)
def test_a_falsifier_is_no_shorter_than_the_shortest(id: str) -> None:
    check_falsifier(id, TRIES)


@pytest.mark.deep
@pytest.mark.parametrize("id", [id for id in SAFETY if id not in (*SAMPLE, *OUT_OF_REACH)])
def test_every_falsifier_is_no_shorter_than_the_shortest(id: str) -> None:
    check_falsifier(id, MANY)


@pytest.mark.deep
@pytest.mark.parametrize("id", OUT_OF_REACH)
def test_a_mutant_whose_premise_no_run_reaches_is_open(id: str) -> None:
    """Neither held nor violated, though the search finds the violation."""
    (verdict,) = random_verdicts([CLAIMS[id]], least_scope(CLAIMS[id]), CLAIMS[id].mutant, MANY)
    assert isinstance(verdict, Open)
    assert verdict.reason == f"premise never reached in {MANY.examples} examples"


def counts(tested: Sampled) -> tuple[int, int, dict[Aim, int]]:
    return tested.runs_count, tested.steps_count, tested.shown


def test_the_seed_says_all() -> None:
    scope = NamedScope(3, 1, 2)
    machine, claims = machine_text("plug", None).record(), [CLAIMS["PLUG-S1"], CLAIMS["PLUG-S6"]]
    first, again, other = (
        run_tests(machine, scope.ground, claims, Tries(5, 30, seed)) for seed in (7, 7, 8)
    )  # fmt: skip
    assert counts(first) == counts(again) != counts(other)


def test_no_step_of_a_reduced_run_can_be_deleted() -> None:
    claim, scope = CLAIMS["PLUG-S1"], NamedScope(4, 2, 2)
    tested = run_tests(
        machine_text("plug", "open-on-own-bit").record(), scope.ground, [claim], Tries(20, 60, 3)
    )  # fmt: skip
    violation = tested.violation(claim)
    assert violation
    assert len(violation.run) < len(tested.shortest[Aim(claim.id)])
    watch = Watch(tested.ground, [violation.probe], ())
    for i in range(len(violation.run)):
        assert watch.until([*violation.run[:i], *violation.run[i + 1 :]], violation.probe.aim) is None


def test_deep_states_are_reached_with_twelve_processors() -> None:
    """Gates open across a ring change, a leftover behind a closed gate, a late bit: by random runs alone."""
    verdicts = random_verdicts(
        [CLAIMS[id] for id in ("PLUG-S1", "PLUG-S3", "PLUG-S6", "PLUG-S9", "BAR-1")],
        NamedScope(12, 1, 2), None, Tries(12, 100, 2004),
    )  # fmt: skip
    assert len(verdicts) == 5
    for one in verdicts:
        assert isinstance(one, Tested)
        assert one.extent.witnesses
        assert (one.extent.examples, one.extent.steps) == (12, 1200)
        assert one.extent.seed == 2004


def test_a_premise_never_reached_leaves_the_claim_open() -> None:
    job = Job(claims=("PLUG-S1",), scope=NamedScope(3, 1, 1), engine="stateful", tries=Tries(3, 2, 1))
    (verdict,) = job.run()
    assert isinstance(verdict, Open)
    assert isinstance(verdict.extent, Runs)
    assert verdict.reason == f"premise never reached in {verdict.extent.examples} examples"
    assert exit_code([verdict], frozenset({"PLUG-S1"})) == UNDETERMINED


@pytest.mark.deep
@pytest.mark.parametrize("scope", RANDOM, ids=lambda scope: scope.title)
def test_the_standard_scopes_have_no_falsifier(scope: NamedScope) -> None:
    claims = [claim for claim in CLAIMS.values() if claim.machine == scope.machine]
    verdicts = random_verdicts(claims, scope, None, Tries())
    assert not [one.claim for one in verdicts if isinstance(one, Violated)]
    assert [one.claim for one in verdicts if isinstance(one, Tested)]
