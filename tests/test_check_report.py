"""What `check` does with a variant, and what its table and summary say, at each width and in a pipe."""

from __future__ import annotations

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import EXPLODED, STANDARD, STATES, NamedScope, most_states, too_small
from properties.check import plan as planning
from properties.check.job import Job
from properties.check.plan import PROOF_SECONDS, Plan, cost
from properties.check.search import CUT
from properties.check.verdict import Exhaustive, Obligations, Open, Proved, Runs, States, Tested, Verdict, Violated
from properties.claims import CLAIMS
from properties.explicit.exhaustive import explore
from properties.export.markdown import largest
from properties.limits import ScopeTooLargeError
from properties.sampling.tries import DEFAULT_TRIES
from properties.terminal.verdicts import best, print_verdicts, summary
from properties.traces.trace import machine_text
from tests.command import ringplug
from tests.test_exhaustive import PINNED

EXTENT = States(states=5, transitions=7, depth=2, symmetry=True)


def exhaustive(id: str, scope: NamedScope) -> Exhaustive:
    return Exhaustive(
        claim=id, engine="exhaustive", scope=scope.name, seconds=0.1, machine=scope.machine,
        features=tuple(sorted(scope.features)), extent=EXTENT,
    )  # fmt: skip


def proved(id: str) -> Proved:
    machine = CLAIMS[id].machine
    return Proved(
        claim=id, engine="inductive", scope="any number", seconds=0.1, machine=machine, extent=Obligations(3)
    )  # fmt: skip


def everything() -> list[Verdict]:
    found: list[Verdict] = [proved(claim.id) for claim in CLAIMS.values() if claim.is_inductive]
    return found + [
        exhaustive(claim.id, scope) for scope in STANDARD for claim in CLAIMS.values() if not too_small(claim, scope)
    ]


@pytest.mark.parametrize("id", CLAIMS)
def test_the_table_names_the_scope_that_the_readme_names(id: str) -> None:
    mine = [exhaustive(id, scope) for scope in STANDARD if not too_small(CLAIMS[id], scope)]
    shown, named = best(mine), largest(CLAIMS[id])
    assert shown
    assert (shown.scope, shown.features) == (named.name, tuple(sorted(named.features)))


def table(verdicts: list[Verdict], width: int | None) -> list[str]:
    """The rows on a terminal of this width, or in a pipe."""
    console = Console(file=StringIO(), force_terminal=width is not None, width=width or 140, color_system=None)
    print_verdicts(console, verdicts)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "more"), [(80, 2), (100, 2), (120, 2), (200, 12)])
def test_the_table_fits_a_terminal(width: int, more: int) -> None:
    """A row a claim below two of the header; where sentences are shown, some take two."""
    rows = table(everything(), width)
    assert max(map(len, rows)) <= width
    assert len(CLAIMS) < len(rows) <= len(CLAIMS) + more
    assert (CLAIMS["PLUG-S5"].sentence in "\n".join(rows)) == (width == 200)


def test_in_a_pipe_a_claim_is_one_line_with_its_sentence() -> None:
    rows = table(everything(), None)
    assert len(rows) == 1 + len(CLAIMS)
    for row, id in zip(rows[1:], CLAIMS, strict=True):
        assert row.startswith(f"{id} ")
        assert row.endswith(f"  {CLAIMS[id].sentence}")


def test_few_claims_have_their_sentences_at_any_width() -> None:
    words = " ".join(" ".join(table([proved("PLUG-S5")], 60)).split())
    assert CLAIMS["PLUG-S5"].sentence in words


def test_the_summary_says_how_claims_were_decided() -> None:
    inductive = sum(claim.is_inductive for claim in CLAIMS.values())
    (line,) = summary(everything())
    total = len(CLAIMS)
    assert line == f"{total} claims hold: {inductive} proved for any number, {total - inductive} searched only."
    assert list(summary([proved("PLUG-S1")])) == ["1 claim holds: 1 proved for any number."]
    tested = Tested(
        claim="PLUG-S2", engine="stateful", scope="5/2/3", seconds=1.0, machine=PLUG,
        extent=Runs(examples=1, seed=1, steps=9, witnesses=1),
    )  # fmt: skip
    assert list(summary([tested])) == ["No counterexample to 1 claim was found: that is no proof."]


def test_the_summary_says_once_what_several_claims_have_in_common() -> None:
    left: list[Verdict] = []
    for scope in ("2/1/1", "2/1/2"):
        for id in ("PLUG-S2", "PLUG-S1"):
            left.append(Open(claim=id, engine="exhaustive", scope=scope, seconds=0.1, machine=PLUG, reason=CUT))
    assert list(summary(left)) == [f"PLUG-S1, PLUG-S2 open (exhaustive, 2/1/1 and 1 more): {CUT}"]
    bad = Violated(
        claim="PLUG-S2", engine="exhaustive", scope="2/1/1", seconds=0.1, machine=PLUG, extent=EXTENT, reason="why"
    )  # fmt: skip
    assert list(summary([*left, bad])) == [
        "PLUG-S2 violated (exhaustive, 2/1/1): why", f"PLUG-S1 open (exhaustive, 2/1/1 and 1 more): {CUT}",
    ]  # fmt: skip


# Variants.


def planned(variant: str | None, *ids: str, deep: bool = False) -> list[Job]:
    claims = [CLAIMS[id] for id in ids or CLAIMS]
    return Plan(
        claims, not ids, (), variant, frozenset(), None, deep, None, DEFAULT_TRIES, symmetry=True, memory_gib=4.0
    ).jobs()  # fmt: skip


def test_the_states_of_the_protocol_are_those_that_are_found() -> None:
    assert {scope.title: count for scope, count in STATES.items()} == {
        scope.title: PINNED[scope.title][0] for scope in STANDARD
    }


def test_cheap_proofs_come_first() -> None:
    jobs = planned(None)
    proofs = [job for job in jobs if not job.scope]
    assert jobs[: len(proofs)] == proofs
    assert {job.machine for job in proofs} == set(PROOF_SECONDS)
    assert [PROOF_SECONDS[job.machine] for job in proofs] == sorted(PROOF_SECONDS[job.machine] for job in proofs)
    assert PROOF_SECONDS[proofs[0].machine] < 1


def test_of_a_variant_small_scopes_come_first_and_have_a_limit() -> None:
    searches = [job for job in planned("gmi-2004") if job.scope]
    assert [cost(job) for job in searches] == sorted(map(cost, searches))
    for job in searches:
        assert job.scope
        assert job.most_states == most_states(job.scope) >= EXPLODED * STATES[job.scope]
    assert {job.most_states for job in (*planned(None), *planned("gmi-2004", deep=True))} == {None}


@pytest.mark.parametrize(
    ("variant", "id"), [("open-on-own-bit", "PLUG-S1"), ("leave-keeps-gate-open", "PLUG-S6"), ("gmi-2004", "PLUG-S9")]
)
def test_a_search_that_ends_once_all_is_violated_finds_a_shortest_violation(variant: str, id: str) -> None:
    scope = NamedScope(2, 1, 2, CLAIMS[id].least.features)
    machine = machine_text(scope.machine, variant).record(scope.features)
    whole = explore(machine, scope.ground, [CLAIMS[id]])
    ended = explore(machine, scope.ground, [CLAIMS[id]], until_violated=True)
    found, full = ended.outcomes[id].violation, whole.outcomes[id].violation
    assert found
    assert full
    assert found.length == full.length
    assert ended.cut
    assert ended.report.states < whole.report.states
    assert whole.cut is None


def test_a_search_of_a_claim_that_holds_does_not_end_early() -> None:
    scope = NamedScope(2, 1, 1, frozenset())
    machine = MACHINES[scope.machine].record(scope.features)
    found = explore(machine, scope.ground, [CLAIMS["PLUG-S1"], CLAIMS["LIVE-2"]], until_violated=True)
    assert found.cut is None
    assert found.report.states == explore(machine, scope.ground, []).report.states


def test_what_is_not_violated_before_a_search_is_cut_stays_open() -> None:
    ids = ("PLUG-S1", "PLUG-S5", "PLUG-A2", "N4")
    job = Job(claims=ids, scope=NamedScope(2, 1, 2), variant="open-on-own-bit", most_states=20_000)
    said = {one.claim: one for one in job.run()}
    assert isinstance(said.pop("PLUG-S1"), Violated)
    for one in said.values():
        assert isinstance(one, Open)
        assert one.reason == CUT
        assert not one.beside


def test_without_leave_to_cut_too_many_states_are_an_error() -> None:
    scope = NamedScope(2, 1, 1)
    machine = MACHINES[scope.machine].record(scope.features)
    with pytest.raises(ScopeTooLargeError, match="more than 100 states"):
        explore(machine, scope.ground, [CLAIMS["PLUG-S1"]], most_states=100)


def test_a_check_ends_once_what_was_asked_for_is_violated() -> None:
    done = ringplug("check", "--claim", "PLUG-S1", "--variant", "open-on-own-bit")
    assert done.returncode == 1
    assert "Every claim that was asked for is decided: " in done.stdout
    assert "PLUG-S1 violated (exhaustive, " in done.stdout


def test_a_check_in_one_scope_says_that_its_search_ended_there() -> None:
    call = ("check", "--claim", "PLUG-S1", "--variant", "open-on-own-bit", "--engine", "exhaustive", "--members", "3")
    done = ringplug(*call)
    assert done.returncode == 1
    assert re.search(r"^exhaustive .*: 1 violated; .*, and no more were visited; ", done.stdout, re.MULTILINE)
    (one,) = json.loads(ringplug(*call, "--json").stdout)["results"]
    assert one["ended_early"]
    whole = ringplug(*call[:3], "--engine", "exhaustive", "--members", "2", "--without", "late-copies")
    assert "1 exhaustive; " in whole.stdout
    assert "no more were visited" not in whole.stdout


def test_a_check_of_a_variant_ends_once_a_claim_is_proved_and_searched() -> None:
    done = json.loads(ringplug("check", "--claim", "PLUG-S1", "--variant", "old-unplug-counts", "--json").stdout)
    assert done["not_needed"] > 0
    cut_before_it_was_proved = {"verdict": "open", "reason": CUT}
    verdicts = [one for one in done["results"] if not cut_before_it_was_proved.items() <= one.items()]
    assert {one["verdict"] for one in verdicts} == {"proved", "exhaustive"}
    assert not done["partial"]


def test_a_check_that_was_cut_and_found_nothing_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "most_states", lambda scope: 50)
    done = ringplug("check", "--claim", "PLUG-S5", "--variant", "open-on-own-bit", "--engine", "exhaustive")
    assert done.returncode == 2
    assert re.search(rf"^PLUG-S5 open \(exhaustive, \S+ and \d+ more\): {CUT}$", done.stdout, re.MULTILINE)
