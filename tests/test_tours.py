"""A tour takes and compares what it says it took, and parts from an implementation with a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from properties.catalogue.scopes import NamedScope
from properties.lockstep import faults
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.cluster import Cluster
from properties.lockstep.divergence import DivergedError
from properties.lockstep.events import Event
from properties.lockstep.live import LiveCluster
from properties.lockstep.refinement import Refinement
from properties.lockstep.tours.coverage import graph_of, tour
from properties.lockstep.tours.tour import Tour
from properties.lockstep.tours.transitions import Transitions


@pytest.fixture(scope="module")
def graph() -> Transitions:
    return graph_of(NamedScope(2, 1, 1, machine="ordered"))


def test_the_transitions_and_classes_of_small_scopes_are_pinned(graph: Transitions) -> None:
    assert (len(graph.source), graph.changing_count, len(graph.classes)) == (72_832, 47_784, 995)
    rings = graph_of(NamedScope(1, 1, 2, machine="ordered"))
    assert (len(rings.source), rings.changing_count, len(rings.classes)) == (2_879, 2_112, 1_490)


def test_what_cannot_be_driven_is_left_out_and_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every recovery message had been queued within the turn in which it is sent."""
    count = Cluster.recovery_count

    def none_of_this_ring(cluster: Cluster, processor: int, *, of_this_ring: bool) -> int:
        return 0 if of_this_ring else count(cluster, processor, of_this_ring=False)

    monkeypatch.setattr(Cluster, "recovery_count", none_of_this_ring)
    walked = Tour(graph_of(NamedScope(1, 1, 1, machine="ordered")), ReferenceLayer)
    walked.classwise()
    sends = {i for i, one in enumerate(walked.transitions.classes) if one.action == "send_recovery"}
    assert walked.left_out
    assert walked.classes_left_out
    assert walked.classes_left_out <= sends
    assert not walked.classes & sends


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("first-token-has-a-bit", "the states after the step differ"),
        ("destroy-forgets-the-plug", "the states after the step differ"),
        ("create-closes-the-gate", "the states after the step differ"),
        ("half-sent-goes-first", "finish_long was originated, not send_recovery"),
    ],
)
def test_a_tour_parts_from_an_implementation_with_a_fault(fault: str, says: str, graph: Transitions) -> None:
    with pytest.raises(DivergedError) as caught:
        tour(graph, "classes", faults.start_of(fault))
    assert caught.value.divergence.reason == says


def test_a_tour_takes_and_compares_a_transition_of_every_class(
    graph: Transitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    watched.watch(monkeypatch)
    counts = tour(graph, "classes", ReferenceLayer)
    taken = {int(graph.class_of[edge]) for edge in watched.compared}
    assert taken == set(range(len(graph.classes)))
    assert (counts.classes_taken, counts.taken) == (len(taken), len(watched.compared))
    nobody = {edge for edge in watched.compared if edge not in watched.performed}
    assert len(nobody) == counts.for_nobody


class Watched:
    """The transitions that a tour really takes: in which an implementation is called, and its state is compared."""

    def __init__(self) -> None:
        self.edge, self.target = -1, tuple[int, ...]()
        self.performed, self.compared = set[int](), set[int]()

    def watch(self, patched: pytest.MonkeyPatch) -> None:
        """Look at every transition from here on."""
        take, perform, differences = Tour._transition, LiveCluster.perform, Refinement.differences

        def transition(tour: Tour, edge: int, *given: Any) -> Any:
            self.edge, self.target = edge, tour.transitions.state(int(tour.transitions.target[edge]))
            return take(tour, edge, *given)

        def performs(live: LiveCluster, event: Event) -> Any:
            self.performed.add(self.edge)
            return perform(live, event)

        def compares(rows: Refinement, cluster: Cluster, state: Any) -> Iterator[Any]:
            assert state == self.target
            found = list(differences(rows, cluster, state))
            self.compared.add(self.edge)
            yield from found

        patched.setattr(Tour, "_transition", transition)
        patched.setattr(LiveCluster, "perform", performs)
        patched.setattr(Refinement, "differences", compares)
