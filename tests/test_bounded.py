"""The bounded engine finds what the search finds, as soon as the search finds it; and says how far it looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from model.language.ground import GroundMachine
from model.machines import MACHINES
from model.plug.machine import RECOVERY_PLUG
from model.variants import VARIANTS
from properties.catalogue.claim import Claim
from properties.catalogue.probe import Probe
from properties.catalogue.scopes import BOUNDED, NamedScope, least_scope
from properties.check.job import Job
from properties.check.verdict import Bounded, Open, Steps, Verdict, Violated
from properties.claims import CLAIMS
from properties.explicit.compiled import begin
from properties.explicit.exhaustive import Outcome, explore
from properties.symbolic import bounded
from properties.symbolic.bounded import Unrolled, reach, unroll
from properties.terminal.exit_codes import UNDETERMINED, exit_code
from properties.traces.trace import machine_text, replay, trace_machine
from tests.plugring import ANY_RING_ACCEPTED, Size, sent_while_plugged

SEEN_IN_A_RUN = [claim.id for claim in CLAIMS.values() if not (claim.reach or claim.bound)]


def bounded_verdicts(claims: Sequence[Claim], scope: NamedScope, variant: str | None, depth: int) -> list[Verdict]:
    return Job(engine="bounded", scope=scope, variant=variant, depth=depth).decide(claims)


def lengths(found: Unrolled, claim: Claim) -> tuple[int | None, int | None]:
    """Of a violation and of the witness."""
    violation, witness = found.violation(claim), found.witness(claim)
    return violation.length if violation else None, witness.length if witness else None


def wanted(outcome: Outcome) -> tuple[int | None, int | None]:
    return (
        outcome.violation.length if outcome.violation else None,
        outcome.witness.length if outcome.witness else None,
    )


LONG = {"EVS-4", "BAR-4"}
"""Their runs are long, and each further step costs twice as much. BAR-2 and BAR-3 are of composed machines, too."""


@pytest.mark.parametrize("id", [pytest.param(id, marks=pytest.mark.deep) if id in LONG else id for id in SEEN_IN_A_RUN])
def test_runs_are_as_short_as_the_search_finds_them(id: str) -> None:
    """A claim's mutant in its least scope: the shortest violation, and the shortest run to the witness."""
    claim, scope = CLAIMS[id], least_scope(CLAIMS[id])
    machine = machine_text(scope.machine, claim.mutant).record(scope.features)
    expected = wanted(explore(machine, scope.ground, [claim]).outcomes[id])
    depth = max(one for one in (*expected, 6) if one is not None)
    assert lengths(unroll(machine, scope.ground, [claim], depth), claim) == expected


TOO_MANY = {("gmi-2004", "RING-S4")}
"""Any bitmap and every token of 3/1/1: nothing is violated in 91 million states, and there are more."""


@pytest.mark.deep
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_breaks_what_it_breaks_in_as_many_steps(variant: str) -> None:
    suited = [id for id in SEEN_IN_A_RUN if VARIANTS[variant].suits(MACHINES[least_scope(CLAIMS[id]).machine])]
    assert suited
    for id in [one for one in suited if (variant, one) not in TOO_MANY]:
        claim, scope = CLAIMS[id], least_scope(CLAIMS[id])
        machine = machine_text(scope.machine, variant).record(scope.features)
        searched = explore(machine, scope.ground, [claim], until_violated=True)
        length = wanted(searched.outcomes[id])[0]
        assert lengths(unroll(machine, scope.ground, [claim], length or 8), claim)[0] == length, id


def test_the_protocol_has_no_violation_where_the_search_finds_none() -> None:
    scope = NamedScope(2, 1, 1)
    claims = [claim for claim in CLAIMS.values() if claim.machine == "plug" and claim.is_safety]
    fitting = [claim for claim in claims if not claim.least.missing(2, 1, 1, scope.features)]
    machine = MACHINES["plug"].record()
    searched = explore(machine, scope.ground, fitting).outcomes
    unrolled = unroll(machine, scope.ground, fitting, 7)
    assert unrolled.depth == 7
    for claim in fitting:
        violation, witness = wanted(searched[claim.id])
        assert violation is None
        assert lengths(unrolled, claim) == (None, witness if witness and witness <= 7 else None), claim.id


VIOLATION = Probe("bug", "sent while plugged", sent_while_plugged)


def test_the_benchmark_bug_is_found_in_as_few_steps_as_by_the_search() -> None:
    ground = Size(2, 1, 1, 4).ground(ANY_RING_ACCEPTED)
    expected = begin(ground, symmetry=False).run([VIOLATION], until_found=True).found[VIOLATION.clause].length
    assert reach(ground, [VIOLATION], expected).reached[VIOLATION.aim].length == expected


@pytest.mark.deep
def test_a_copy_from_an_older_ring_gives_the_published_counterexample() -> None:
    found = reach(Size(4, 2, 1, 8).ground(ANY_RING_ACCEPTED), [VIOLATION], 15)
    assert found.reached[VIOLATION.aim].length == 15


def test_a_violation_has_a_trace_that_replays() -> None:
    claims = [CLAIMS["PLUG-S1"], CLAIMS["PLUG-S10"]]
    for claim in claims:
        (verdict,) = bounded_verdicts([claim], least_scope(claim), claim.mutant, 8)
        assert isinstance(verdict, Violated)
        assert verdict.trace
        assert list(replay(trace_machine(verdict.trace), verdict.trace.steps))


def test_a_premise_out_of_reach_leaves_the_claim_open() -> None:
    claim, scope = CLAIMS["PLUG-S1"], least_scope(CLAIMS["PLUG-S1"])
    near, far = (bounded_verdicts([claim], scope, None, depth)[0] for depth in (6, 7))
    assert isinstance(near, Open)
    assert (near.reason, near.extent) == ("premise not reached in 6 steps", Steps(k=6))
    assert isinstance(far, Bounded)
    assert far.extent == Steps(k=7, witness_length=7)
    assert exit_code([near], frozenset({"PLUG-S1"})) == UNDETERMINED
    assert exit_code([far], frozenset({"PLUG-S1"})) == 0


def test_what_one_run_cannot_show_is_left_open() -> None:
    (verdict,) = bounded_verdicts([CLAIMS["LIVE-2"]], NamedScope(2, 1, 1), None, 2)
    assert isinstance(verdict, Open)
    assert verdict.beside


def test_a_solver_that_gives_up_is_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> object:
        return bounded.z3.unknown

    monkeypatch.setattr(bounded.z3.Solver, "check", give_up)
    job = Job(claims=("PLUG-S1", "PLUG-S2"), scope=NamedScope(2, 1, 1), engine="bounded", depth=4)
    verdicts = job.run()
    assert [isinstance(one, Open) and not one.beside for one in verdicts] == [True, True]
    assert exit_code(verdicts, frozenset()) == UNDETERMINED


def test_a_machine_in_which_nothing_changes_has_one_frame() -> None:
    silent = replace(RECOVERY_PLUG, rules=tuple(rule for rule in RECOVERY_PLUG.rules if rule.name == "reject"))
    ground = GroundMachine(silent.record(), NamedScope(2, 1, 1).ground)
    assert reach(ground, [], 3).reached == {}


@pytest.mark.deep
@pytest.mark.parametrize(("scope", "depth"), BOUNDED, ids=lambda one: one.title if isinstance(one, NamedScope) else "")
def test_the_standard_scopes_have_no_violation(scope: NamedScope, depth: int) -> None:
    claims = [claim for claim in CLAIMS.values() if claim.machine == scope.machine]
    verdicts = bounded_verdicts(claims, scope, None, depth)
    assert not [one.claim for one in verdicts if isinstance(one, Violated)]
    assert not [one.claim for one in verdicts if isinstance(one, Open) and not one.beside]
    assert [one.claim for one in verdicts if isinstance(one, Bounded)]
