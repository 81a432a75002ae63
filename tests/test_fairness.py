"""That all gates open at last rests on fair actions: without any one of them the proof fails, and a run goes round."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from model.language.ground import GroundMachine
from model.machines import MACHINES, PLUG
from model.variants import VARIANTS
from properties.catalogue.claim import Reach
from properties.catalogue.progress import Progress
from properties.catalogue.scopes import FEATURES, NamedScope
from properties.catalogue.scopes import scope_of as scope_of_words
from properties.check.job import Job
from properties.check.verdict import Open
from properties.claims import CLAIMS
from properties.explicit.search import Search
from properties.explored.lasso import Lasso, fair_lasso
from properties.symbolic.induction import invariants, prove
from properties.symbolic.leads_to import SOME_STEP_HELPS, LeadsTo
from properties.symbolic.round import Round
from properties.variants import record
from tests.command import ringplug

LIVENESS = ("LIVE-2", "PLUG-A2")


def of_claim(id: str) -> tuple[Reach, Progress]:
    reach = CLAIMS[id].reach
    assert reach
    assert reach.progress
    return reach, reach.progress


FAIR = [(id, action) for id in LIVENESS for action in of_claim(id)[1].helps]


@cache
def search(scope: NamedScope) -> Search:
    found = Search(GroundMachine(MACHINES[PLUG].record(scope.features), scope.ground), symmetry=False)
    found.run()
    return found


def lasso(id: str, scope: NamedScope, unfair: Collection[str]) -> Lasso | None:
    reach, progress = of_claim(id)
    return fair_lasso(search(scope), reach, progress, set(progress.helps) - set(unfair))


def scope_of(id: str, action: str) -> NamedScope:
    members, handles, rings, feature = of_claim(id)[1].lassos[action]
    return NamedScope(members, handles, rings, frozenset({feature} - {""}))


def test_every_fair_action_has_its_lasso() -> None:
    for id in LIVENESS:
        assert set(of_claim(id)[1].lassos) == set(of_claim(id)[1].helps)


@pytest.mark.parametrize(("id", "action"), FAIR)
def test_without_a_fair_action_no_step_helps_somewhere(id: str, action: str) -> None:
    machine, (reach, progress) = MACHINES[PLUG].record(), of_claim(id)
    round_ = Round(machine, PLUG, invariants(PLUG, features=machine.features))
    less = {name: helps for name, helps in progress.helps.items() if name != action}
    first = next(LeadsTo(round_, CLAIMS[id], reach, replace(progress, helps=less)).failures())
    assert (first.label, first.unknown) == (SOME_STEP_HELPS, False)


@pytest.mark.parametrize(("id", "action"), FAIR)
def test_without_a_fair_action_a_run_goes_round_in_the_least_scope_and_in_none_smaller(id: str, action: str) -> None:
    scope = scope_of(id, action)
    assert lasso(id, scope, {action})
    assert lasso(id, scope, ()) is None
    smaller = [
        replace(scope, members=scope.members - 1),
        replace(scope, rings=scope.rings - 1),
        scope.without(FEATURES),
    ]
    for less in smaller:
        if less != scope and less.members and less.rings:
            assert lasso(id, less, {action}) is None, less.name


@pytest.mark.parametrize("id", LIVENESS)
def test_with_all_fair_no_run_goes_round(id: str) -> None:
    for scope in (NamedScope(2, 1, 1, frozenset({"recovery-queue", "leftovers"})), NamedScope(2, 1, 2, frozenset())):
        assert lasso(id, scope, ()) is None


ASSUMED = {"queue_recovery": ["queue_recovery"], "too soon": ["visit", "sole_visit", "pass_on"]}
"""What is taken for granted, and the actions that it is said of."""


@pytest.mark.parametrize("assumed", ASSUMED)
@pytest.mark.parametrize("id", LIVENESS)
def test_without_what_is_taken_for_granted_a_run_goes_round_though_all_are_fair(id: str, assumed: str) -> None:
    """PLUG-A2 rests on it where a late token can open a gate while bits are missing in the other."""
    reach, progress = of_claim(id)
    unless = {name: says for name, says in progress.unless.items() if name not in ASSUMED[assumed]}
    features = {"recovery-queue"} if id == "LIVE-2" else {"recovery-queue", "late-copies"}
    found = search(NamedScope(2, 1, 1, frozenset(features)))
    assert fair_lasso(found, reach, progress, set(progress.helps)) is None
    assert fair_lasso(found, reach, replace(progress, unless=unless), set(progress.helps))


def test_fairness_is_about_each_processor() -> None:
    reach, progress = of_claim("LIVE-2")
    with pytest.raises(ValueError, match="without symmetry"):
        fair_lasso(Search(GroundMachine(MACHINES[PLUG].record(), NamedScope(1, 1, 1).ground)), reach, progress, ())


def test_a_lasso_is_printed_as_a_trace() -> None:
    done = ringplug("trace", "LIVE-2", "--unfair", "leave")
    lines = [line.split("   ")[0].strip() for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert lines[0] == "LIVE-2: leave is not fair; the protocol at 1/1/2 with no feature"
    assert lines[-4:] == ["5  form_ring r1 {p0}", "and then for ever:", "6  unplug p0 h0", "7  sole_visit p0 r0"]
    nothing = ringplug("trace", "PLUG-A2", "--unfair", "visit")
    assert nothing.stdout.splitlines()[-1] == "and then nothing happens any more"
    assert '"loop_from":5' in ringplug("trace", "LIVE-2", "--unfair", "leave", "--json").stdout


@pytest.mark.parametrize(("id", "there_are"), [("PLUG-A2", "visit, send_recovery, send_leftover"), ("PLUG-S1", "none")])
def test_what_need_not_be_fair_is_refused(id: str, there_are: str) -> None:
    done = ringplug("trace", id, "--unfair", "leave")
    assert done.returncode == 3
    assert f"fair actions: {there_are}" in done.stderr


def broken(id: str) -> list[str]:
    """The variants that break the claim in a search."""
    return sorted(
        name for name, tried in record.variants().variants.items() if id in {one.claim for one in tried.broken}
    )


BREAKING = [
    pytest.param(id, name, marks=[] if name == CLAIMS[id].mutant else [pytest.mark.deep])
    for id in LIVENESS
    for name in broken(id)
]


@pytest.mark.parametrize(("id", "variant"), BREAKING)
def test_what_breaks_it_in_a_search_fails_its_proof(id: str, variant: str) -> None:
    (verdict,) = Job(claims=(id,), variant=variant).run()
    assert isinstance(verdict, Open)
    assert not verdict.beside


GOES_ROUND = {
    "LIVE-2": {
        "unplug-asks-again": "2/1/1", "create-plugs-at-once": "1/1/1, create-destroy",
        "create-plugs-before-the-bit": "1/1/1, create-destroy", "gmi-open-member-forwards-anything": "2/1/1",
        "gmi-request-whatever-the-state": "2/1/1", "first-token-is-created-again": "2/1/1",
        "bit-every-other-visit": "2/1/1",
    },
    "PLUG-A2": {
        "gmi-open-member-forwards-anything": "2/1/1", "gmi-2004": "2/1/1", "first-token-is-created-again": "2/1/1",
        "bit-every-other-visit": "2/1/1, late-copies",
    },
}  # fmt: skip
"""Variants that break the claim in no search of the record, and fail its proof: a fair run goes round for ever here."""
PROOF_ONLY = {
    "LIVE-2": ("install-before-leaving", "crash-keeps-the-ring", "gmi-token-without-ring-id"),
    "PLUG-A2": (
        "bit-at-install", "first-token-is-not-zero", "old-ring-is-installed-again", "unplug-asks-again",
        "crash-keeps-the-ring", "gmi-plug-step-in-evs", "gmi-request-whatever-the-state", "open-on-a-majority",
        "any-visitor-sets-its-bit", "bit-on-any-unplug", "rejected-token-leaves-its-bits",
    ),
}  # fmt: skip
"""Those of which no such run was found in scopes of up to 2/1/1."""
OF_THE_PLUG = [name for name, one in VARIANTS.items() if one.edit(MACHINES[PLUG]) is not MACHINES[PLUG]]


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name in OF_THE_PLUG if name in record.variants().variants])
def test_what_only_the_proof_notices(name: str) -> None:
    proof = prove(VARIANTS[name].edit(MACHINES[PLUG]).record(), PLUG)
    for id in LIVENESS:
        fails = bool(proof.failures_of(id))
        assert (fails and name not in broken(id)) == (name in {*PROOF_ONLY[id], *GOES_ROUND[id]}), id
        assert fails or name not in broken(id)


@pytest.mark.parametrize(("id", "name"), [(id, name) for id in LIVENESS for name in GOES_ROUND[id]])
def test_a_fair_run_goes_round_where_only_the_proof_notices(id: str, name: str) -> None:
    sizes, _, feature = GOES_ROUND[id][name].partition(", ")
    scope = scope_of_words(f"{sizes}, {feature or 'no feature'}", PLUG)
    assert scope
    edited = VARIANTS[name].edit(MACHINES[PLUG]).record(scope.features)
    found = Search(GroundMachine(edited, scope.ground), symmetry=False)
    found.run()
    reach, progress = of_claim(id)
    assert fair_lasso(found, reach, progress, set(progress.helps))


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def test_the_page_lists_what_only_one_of_the_two_notices() -> None:
    page = (Path(__file__).parent.parent / "docs" / "engines.md").read_text()
    for id in LIVENESS:
        assert not {*PROOF_ONLY[id], *GOES_ROUND[id]} & set(broken(id))
        assert f"| {id} | none | {quoted(GOES_ROUND[id])} | {quoted(PROOF_ONLY[id])} |" in page
    lengths = {name: {b.length for b in record.variants().variants[name].broken if b.claim == "LIVE-1"}
               for name in record.variants().variants if name in broken("LIVE-1")}  # fmt: skip
    unattained = [name for name, found in lengths.items() if found == {None}]
    assert f"| LIVE-1 | {quoted(unattained)} | not computed | not computed |" in page


def test_without_a_feature_that_a_proof_rests_on_it_is_left_out() -> None:
    (verdict,) = Job(claims=("LIVE-2",), features=FEATURES - {"recovery-queue"}).run()
    assert isinstance(verdict, Open)
    assert verdict.beside
    assert verdict.reason == "rests on send_recovery, switched off"
