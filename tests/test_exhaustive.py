"""The exhaustive engine: its counts are pinned, and agree with themselves counted another way."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import networkx as nx
import pytest

from model.language.ground import Bitmaps, GroundMachine, plug_scope
from model.language.machine import Edit, Guard
from model.language.sets import Processor, empty
from model.language.sorts import Ring
from model.machines import MACHINES, PLUG
from model.plug.machine import RECOVERY_PLUG
from model.plug.state import PlugState
from model.variants import VARIANTS
from properties.catalogue.probe import Clause
from properties.catalogue.scopes import CORE, DEEP, STANDARD, NamedScope, too_small
from properties.claims import CLAIMS
from properties.claims.liveness import LIVE_1, LIVE_2
from properties.explicit.compiled import begin
from properties.explicit.exhaustive import Exploration, explore
from properties.explicit.liveness import lost_states, most_visits
from properties.explicit.search import Search
from properties.explored.graph import lost_on_graph, state_graph, write_graph
from properties.limits import ScopeTooLargeError
from properties.terminal.report import search_lines

PINNED = {
    "2/1/2 with all features": (5_220_481, 51_813_542, 34),
    "2/1/1 with all features": (49_036, 449_220, 21),
    "3/2/1 with crash, create-destroy, late-copies": (281_917, 3_597_449, 30),
    "3/1/1 with crash, create-destroy, late-copies, recovery-queue": (496_714, 6_481_871, 25),
    "4/1/1 with late-copies, recovery-queue": (541_429, 6_029_467, 32),
    "2/2/2 with create-destroy, late-copies": (257_889, 2_325_296, 29),
    "2/2/2 with crash, recovery-queue": (36_445, 213_337, 28),
    "2/1/2 with leftovers, long-message, recovery-queue": (39_370, 168_328, 27),
    "2/1/3 with long-message": (40_388, 120_121, 29),
    "3/1/2 with create-destroy": (66_384, 447_466, 27),
    "3/1/2 with crash": (115_736, 589_637, 31),
    "3/1/2 with recovery-queue": (242_445, 1_510_777, 34),
    "4/1/2 with no feature": (110_581, 612_872, 35),
    "ordered 4/1/1 with recovery-queue": (108_849, 505_095, 29),
    "ordered 2/1/2 with leftovers, recovery-queue": (82_660, 317_886, 26),
    "numbered 3/1/1 with no feature": (24_797, 53_541, 13),
    "numbered 2/1/2 with no feature": (434_990, 909_442, 18),
    "3/1/2 with create-destroy, late-copies": (5_970_732, 60_723_325, 36),
    "3/1/1 with all features": (4_496_634, 61_851_842, 29),
    "3/1/2 with late-copies": (841_481, 6_050_492, 36),
    "3/1/2 with crash, recovery-queue": (684_710, 5_156_252, 34),
    "3/1/2 with leftovers, long-message, recovery-queue": (2_326_498, 14_942_953, 40),
    "4/1/1 with crash, create-destroy, late-copies": (473_374, 5_950_379, 31),
    "5/1/1 with create-destroy, recovery-queue": (184_720, 2_417_321, 32),
    "2/3/2 with create-destroy, late-copies": (1_251_268, 13_916_798, 33),
    "2/1/3 with crash, recovery-queue": (360_490, 1_929_769, 34),
    "3/1/3 with no feature": (1_321_918, 5_788_836, 41),
    "5/1/2 with no feature": (761_499, 5_431_902, 43),
    "ordered 3/1/2 with recovery-queue": (3_647_794, 17_640_901, 38),
    "ordered 5/1/1 with recovery-queue": (1_440_831, 8_039_311, 36),
    "numbered 2/1/2 with crash": (2_404_132, 7_451_023, 22),
    "numbered 4/1/1 with no feature": (117_224, 317_884, 15),
    "services 2/1/2 with no feature": (44_754, 149_717, 41),
    "services 2/1/2 with recovery-add-node": (216_981, 844_373, 56),
    "services 3/1/1 with no feature": (25_946, 159_151, 35),
    "delivery 3/2/2 with no feature": (857_248, 1_958_359, 52),
    "delivery 3/1/2 with all features": (821_178, 2_085_186, 45),
    "delivery 2/2/2 with all features": (122_087, 244_786, 40),
    "delivery 3/3/1 with no feature": (82_383, 247_502, 34),
    "delivery 3/3/2 with no feature": (13_043_739, 37_020_700, 58),
    "delivery 3/2/2 with all features": (15_846_873, 43_680_367, 58),
    "delivery 4/3/1 with no feature": (1_862_228, 7_662_193, 44),
    "delivery 2/1/3 with no feature": (60_158, 94_052, 36),
    "parts 3/2/2 with all features": (8_004, 13_511, 8),
    "parts 3/2/3 with all features": (204_627, 330_212, 11),
    "plug-on-delivery 2/1/2 with crash": (228_784, 590_506, 46),
    "services-on-plug 2/1/1 with all features": (1_605, 5_843, 30),
    "services-on-delivery 2/2/1 with no feature": (59_806, 289_346, 33),
}
"""States, transitions and depth, with symmetry where the machine has it."""


def title(scope: NamedScope) -> str:
    return scope.title


def decide(scope: NamedScope) -> Exploration:
    fitting = [claim for claim in CLAIMS.values() if not too_small(claim, scope)]
    return explore(MACHINES[scope.machine].record(scope.features), scope.ground, fitting, memory_gib=12)


def check_scope(scope: NamedScope) -> None:
    found = decide(scope)
    assert (found.report.states, found.report.transitions, found.report.depth) == PINNED[title(scope)]
    assert found.outcomes
    if scope == NamedScope(2, 1, 2):
        every_part_is_exercised(found)
    for id, outcome in found.outcomes.items():
        assert outcome.violation is None, id
        assert outcome.witness is not None, id


def every_part_is_exercised(found: Exploration) -> None:
    """Every action is enabled somewhere, and every guard part is false somewhere."""
    actions = found.search.ground.machine.actions
    assert found.report.fired == {action.name for action in actions}
    assert found.report.refused == {(action.name, label) for action in actions for label, _ in action.guard}


@pytest.mark.parametrize("scope", STANDARD, ids=title)
def test_every_claim_holds_in_a_standard_scope(scope: NamedScope) -> None:
    check_scope(scope)


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize("scope", DEEP, ids=title)
def test_every_claim_holds_in_a_deep_scope(scope: NamedScope) -> None:
    check_scope(scope)


@pytest.mark.parametrize(("page", "machine"), [("engineering", ""), ("delivery", "delivery ")])
def test_the_counts_in_a_page_are_those_that_are_pinned(page: str, machine: str) -> None:
    text = (Path(__file__).parent.parent / "docs" / f"{page}.md").read_text()
    rows = re.findall(r"^\| ((?:\w+ )?\d/\d/\d.*?) \| ([\d,]{5,}) \| ([\d,]{5,})?", text, re.MULTILINE)
    assert len(rows) >= 6
    for scope, *counts in rows:
        names = [f"{machine}{scope}{features}" for features in ("", " with no feature")]
        names += [name.replace("with crash", "with all features") for name in names if machine]
        pinned = next(PINNED[name] for name in names if name in PINNED)
        said = [int(count.replace(",", "")) for count in counts if count]
        assert said == list(pinned[: len(said)]), scope


def every_state(search: Search) -> list[Bitmaps]:
    return [search.bitmaps(search.words(number)) for number in range(search.index.size)]


@pytest.mark.parametrize(
    "scope",
    [
        NamedScope(2, 1, 1, frozenset({"crash", "late-copies", "recovery-queue"})),
        NamedScope(3, 1, 1, frozenset({"crash"})),
        NamedScope(3, 1, 1, frozenset({"late-copies"})),
    ],
    ids=title,
)
def test_the_classes_of_the_quotient_together_are_all_states(scope: NamedScope) -> None:
    ground = GroundMachine(RECOVERY_PLUG.record(scope.features), scope.ground)
    quotient, whole = begin(ground), begin(ground, symmetry=False)
    quotient.run()
    whole.run()
    orbits = [orbit(state, scope.members) for state in every_state(quotient)]
    assert Counter(state for one in orbits for state in one) == Counter(every_state(whole))
    assert quotient.report.depth == whole.report.depth


def orbit(state: Bitmaps, members: int) -> set[Bitmaps]:
    """All states that differ from this one in processors' names only."""
    return {
        tuple(sum(1 << to for i, to in enumerate(names) if bitmap >> i & 1) for bitmap in state)
        for names in permutations(range(members))
    }


@pytest.mark.parametrize("variant", [None, "judge-only-when-setting", "destroy-forgets-the-plug"])
def test_liveness_agrees_with_the_state_graph(variant: str | None, tmp_path: Path) -> None:
    text = VARIANTS[variant].edit(RECOVERY_PLUG) if variant else RECOVERY_PLUG
    search = begin(GroundMachine(text.record(frozenset({"create-destroy"})), plug_scope(2, 1, 2)))
    report = search.run()
    graph = state_graph(search)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (report.states, report.transitions)
    assert LIVE_2.reach
    lost = set(lost_states(search, LIVE_2.reach).tolist())
    assert lost_on_graph(search, graph, LIVE_2.reach) == (lost, lost)
    assert bool(lost) == (variant is not None)
    write_graph(graph, tmp_path / "graph.xml")
    assert nx.read_graphml(tmp_path / "graph.xml").number_of_nodes() == report.states


def test_a_deadlock_is_found() -> None:
    def never(now: PlugState, then: PlugState, p: Processor) -> Guard:
        yield "p is nobody", empty(p)

    text = replace(RECOVERY_PLUG, edits=(*RECOVERY_PLUG.edits, Edit("visit", write=never)))
    found = explore(text.record(CORE), plug_scope(2, 1, 1), [LIVE_2])
    assert found.outcomes["LIVE-2"].violation
    assert Clause("LIVE-2", "deadlock") in found.report.found


def test_what_is_never_exercised_is_reported() -> None:
    def always(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
        yield "true of all", ~empty(p)

    text = replace(RECOVERY_PLUG, edits=(Edit("originate", write=always),))
    search = begin(GroundMachine(text.record(CORE), plug_scope(1, 1, 1)))
    lines = list(search_lines(search.run(), search.ground))
    assert "never false: originate, true of all" in lines
    assert "never enabled: visit" in lines


def test_a_scope_beyond_the_memory_is_refused() -> None:
    search = begin(GroundMachine(RECOVERY_PLUG.record(), plug_scope(3, 1, 1)), memory_gib=0.001)
    with pytest.raises(ScopeTooLargeError, match="states at depth"):
        search.run()


def test_processors_that_differ_from_the_start_forbid_symmetry() -> None:
    ground = GroundMachine(RECOVERY_PLUG.record(), plug_scope(2, 1, 1))
    ground.initial = (1, *ground.initial[1:])
    with pytest.raises(ValueError, match="symmetry"):
        begin(ground)


@pytest.mark.parametrize("members", [2, 3])
def test_tested_after_sending_the_bound_is_smaller_and_attained(members: int) -> None:
    """The other choice of D11: (2+max(0,k-1))n-1 visits."""
    text = VARIANTS["bit-after-sending"].edit(MACHINES["ordered"])
    search = begin(GroundMachine(text.record(frozenset({"recovery-queue"})), plug_scope(members, 1, 1)), symmetry=False)
    search.run()
    assert LIVE_1.bound
    bound = replace(LIVE_1.bound, limit=lambda n, k: (2 + max(0, k - 1)) * n - 1)
    visits = most_visits(search, bound)
    assert visits.beyond == []
    assert visits.worst == {(n, k): bound.limit(n, k) for n in range(1, members + 1) for k in range(3)}


def test_tested_after_sending_the_claims_hold_as_well() -> None:
    text = VARIANTS["bit-after-sending"].edit(RECOVERY_PLUG)
    claims = [claim for claim in CLAIMS.values() if claim.machine == PLUG]
    found = explore(text.record(frozenset({"recovery-queue"})), plug_scope(2, 1, 2), claims)
    assert not [id for id, outcome in found.outcomes.items() if outcome.violation]
