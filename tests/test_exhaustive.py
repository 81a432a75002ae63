"""The exhaustive engine: its counts are pinned, and agree with themselves counted another way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import networkx as nx
import pytest

from model.ground import Bitmaps, GroundMachine, plug_scope
from model.machine import Edit, Guard
from model.plug import RECOVERY_PLUG
from model.sets import Processor, empty
from model.sorts import Ring
from model.state import PlugState
from model.variants import VARIANTS
from properties.claims import CLAIMS
from properties.claims.liveness import LIVE_2
from properties.exhaustive import Exploration, explore
from properties.graph import lost_on_graph, state_graph, write_graph
from properties.liveness import lost_states
from properties.report import search_lines
from properties.scopes import CORE, DEEP, FEATURES, STANDARD, NamedScope
from properties.search import ScopeTooLargeError, Search

PINNED = {
    "2/1/2": (15_977, 97_450, 25),
    "3/2/1": (17_459, 182_620, 20),
    "2/2/2": (70_813, 569_529, 29),
    "4/1/1": (12_100, 116_532, 22),
    "5/1/2 core": (136_528, 599_654, 43),
    "3/1/3 core": (343_338, 1_033_696, 41),
    "3/1/2": (860_195, 7_414_803, 35),
    "5/1/1": (54_350, 636_029, 27),
    "2/1/3": (818_691, 5_469_402, 36),
    "2/3/2": (331_865, 3_325_488, 33),
    "4/1/2 create-destroy": (215_778, 1_574_049, 35),
    "4/1/2 late-copies": (1_898_290, 13_026_850, 45),
    "3/1/3 create-destroy": (1_807_317, 10_548_294, 38),
    "3/2/2": (7_697_603, 89_015_297, 41),
}
"""States, transitions and depth, with symmetry."""


def title(scope: NamedScope) -> str:
    if scope.features == FEATURES:
        return scope.name
    return f"{scope.name} {'core' if scope.features == CORE else ' '.join(sorted(scope.features))}"


def decide(scope: NamedScope) -> Exploration:
    fitting = [
        c for c in CLAIMS.values() if not c.least.missing(scope.members, scope.handles, scope.rings, scope.features)
    ]
    return explore(RECOVERY_PLUG.record(scope.features), scope.ground, fitting, memory_gib=12)


def check_scope(scope: NamedScope) -> None:
    found = decide(scope)
    assert (found.report.states, found.report.transitions, found.report.depth) == PINNED[title(scope)]
    assert found.outcomes
    for id, outcome in found.outcomes.items():
        assert outcome.violation is None, id
        assert outcome.witness is not None, id
    assert not [line for line in search_lines(found.report, found.search.ground) if line.startswith("never false")]


@pytest.mark.parametrize("scope", STANDARD, ids=title)
def test_every_claim_holds_in_a_standard_scope(scope: NamedScope) -> None:
    check_scope(scope)


@pytest.mark.deep
@pytest.mark.parametrize("scope", DEEP, ids=title)
def test_every_claim_holds_in_a_deep_scope(scope: NamedScope) -> None:
    check_scope(scope)


def test_every_action_fires_in_some_scope() -> None:
    machine = RECOVERY_PLUG.record()
    search = Search(GroundMachine(machine, plug_scope(2, 1, 2)))
    assert search.run().fired == {action.name for action in machine.actions}


def every_state(search: Search) -> list[Bitmaps]:
    return [search.bitmaps(search.words(number)) for number in range(search.index.size)]


@pytest.mark.parametrize("scope", [NamedScope(2, 1, 2), NamedScope(3, 1, 1), NamedScope(3, 1, 2, CORE)], ids=title)
def test_the_classes_of_the_quotient_together_are_all_states(scope: NamedScope) -> None:
    ground = GroundMachine(RECOVERY_PLUG.record(scope.features), scope.ground)
    quotient, whole = Search(ground), Search(ground, symmetry=False)
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
    text = VARIANTS[variant].text if variant else RECOVERY_PLUG
    search = Search(GroundMachine(text.record(frozenset({"create-destroy"})), plug_scope(2, 1, 2)))
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

    text = replace(RECOVERY_PLUG, edits=(Edit("visit", write=never),))
    outcome = explore(text.record(CORE), plug_scope(2, 1, 1), [LIVE_2]).outcomes["LIVE-2"]
    assert outcome.violation
    search = explore(text.record(CORE), plug_scope(2, 1, 1), [LIVE_2]).search
    assert "LIVE-2: deadlock" in search.report.found


def test_what_is_never_exercised_is_reported() -> None:
    def always(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
        yield "true of all", ~empty(p)

    text = replace(RECOVERY_PLUG, edits=(Edit("originate", write=always),))
    search = Search(GroundMachine(text.record(CORE), plug_scope(1, 1, 1)))
    lines = list(search_lines(search.run(), search.ground))
    assert "never false: originate, true of all" in lines
    assert "never enabled: visit" in lines


def test_a_scope_beyond_the_memory_is_refused() -> None:
    search = Search(GroundMachine(RECOVERY_PLUG.record(), plug_scope(3, 1, 2)), memory_gib=0.001)
    with pytest.raises(ScopeTooLargeError, match="states at depth"):
        search.run()


def test_processors_that_differ_from_the_start_forbid_symmetry() -> None:
    ground = GroundMachine(RECOVERY_PLUG.record(), plug_scope(2, 1, 1))
    ground.initial = (1, *ground.initial[1:])
    with pytest.raises(ValueError, match="symmetry"):
        Search(ground)
