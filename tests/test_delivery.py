"""The machine of delivery: what it reaches, and that its shortest traces say who sends, loses, receives and frees."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest

from model.delivery import RING_WITH_MESSAGES
from model.delivery.ring import is_of, misses, operational
from model.delivery.state import DeliveryState
from model.language.ground import GroundMachine
from model.language.notation import Notation, equations
from model.language.sets import TRUE, Set, Truth, every, exists, implies, several, within
from model.language.sorts import Number, Ring
from model.machines import DELIVERY
from properties.catalogue.probe import Probe
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.explicit.compiled import begin
from properties.explicit.exhaustive import explore, found_trace
from properties.explicit.search import Search
from properties.traces.trace import machine_text, replay, show_step, trace_machine


def scope(sizes: str, *features: str) -> NamedScope:
    members, messages, rings = map(int, sizes.split("/"))
    return NamedScope(members, messages, rings, frozenset(features), DELIVERY)


@cache
def shortest(claim: str, variant: str, sizes: str, *features: str) -> tuple[str, ...]:
    """The shortest run of a variant that violates a claim, replayed, one line a step."""
    where = scope(sizes, *features)
    machine = machine_text(DELIVERY, variant).record(where.features)
    found = explore(machine, where.ground, [CLAIMS[claim]])
    violation = found.outcomes[claim].violation
    assert violation
    trace = found_trace(found, violation, DELIVERY, variant, claim)
    played = list(replay(trace_machine(trace), trace.steps))
    assert len(played) == violation.length
    return tuple(show_step(one.step) for one in played)


LAST = {
    ("RING-S5", "free-before-the-token-is-accepted", "3/1/1"): (
        14, r"multicast p0 r0 n0 \{p2\}; pass_token p0 r0; install_ring p1 r0; pass_token p1 r0; token_again p1 r0$",
    ),
    ("RING-S5", "free-at-one-rotation", "3/1/1"): (
        13, r"multicast p0 r0 n0 \{p2\}; pass_token p0 r0; install_ring p1 r0; pass_token p1 r0$",
    ),
    ("RING-S3", "representative-reloads-its-old-number", "1/1/2", "crash"): (
        3, r"create_commit_token p0 r0 \{p0\}; stop_and_start p0; create_commit_token p0 r0 \{p0\}$",
    ),
    ("RING-S6", "first-token-is-created-twice", "2/2/1"): (
        10, r"multicast p0 r0 n0 \{.*\}; create_first_token p0 r0; multicast p0 r0 n0 \{.*\}$",
    ),
    ("EVS-4", "recovery-after-the-first-rotation", "3/1/2"): (
        16, r"multicast p1 r0 n0 \{p2\}; pass_commit_token p1 r1; install_ring p2 r0; pass_commit_token p2 r1; "
            "enter_recovery p0 r1;",
    ),
}  # fmt: skip
"""By claim, variant and scope: how many steps the shortest run has, and what it ends with, or comes to."""


@pytest.mark.parametrize("what", LAST, ids=lambda what: what[1])
def test_a_shortest_trace_says_who_does_what(what: tuple[str, ...]) -> None:
    length, comes_to = LAST[what]
    run = shortest(*what)
    assert len(run) == length
    assert re.search(comes_to, "; ".join(run))


def search(sizes: str, *probes: Callable[[DeliveryState], Truth]) -> Search:
    """A finished search in a scope with no feature, which looks for these."""
    found = begin(GroundMachine(RING_WITH_MESSAGES.record(frozenset()), scope(sizes).ground), symmetry=False)
    found.run([Probe("", one.__name__, one) for one in probes])
    return found


def two_that_moved_have_delivered_in_transition(now: DeliveryState) -> Truth:
    return _of_two_that_moved(now, lambda n: now.late[n])


def two_that_moved_have_dropped_what_they_received(now: DeliveryState) -> Truth:
    """It is behind a message that neither has, and its sender did not come along."""
    return _of_two_that_moved(now, lambda n: now.has[n] - now.delivered[n] - now.late[n])


def _of_two_that_moved(now: DeliveryState, such: Callable[[Number], Set]) -> Truth:
    """A message of some ring is such, at two that went from there to one other ring."""
    return exists(
        Ring,
        lambda r: exists(
            Ring,
            lambda x: exists(Number, lambda n: is_of(now, n, r) & several(now.came[r, x] & now.reached[x] & such(n))),
        ),
    )


def test_messages_behind_a_gap_are_delivered_in_transition_or_dropped() -> None:
    wanted = (two_that_moved_have_delivered_in_transition, two_that_moved_have_dropped_what_they_received)
    assert {one.label for one in search("3/2/2", *wanted).report.found} == {one.__name__ for one in wanted}


def test_every_action_is_enabled_and_every_guard_part_false_somewhere() -> None:
    found = search("3/1/2")
    actions = found.ground.machine.actions
    assert found.report.fired == {action.name for action in actions}
    assert found.report.refused == {(action.name, label) for action in actions for label, _ in action.guard}


def test_who_is_operational_has_delivered_what_it_has_up_to_the_first_gap() -> None:
    """The one thing that is done at once: so nothing is said of a member that is slow."""
    found = search("2/2/2")

    def at_once(now: DeliveryState) -> Truth:
        return every(
            Ring,
            lambda r: every(
                Number,
                lambda n: implies(is_of(now, n, r), within(operational(now, r) - misses(now, n, r), now.delivered[n])),
            ),
        )

    assert found.holds(at_once).all()


def test_no_guard_and_no_effect_reads_the_ghost() -> None:
    actions = RING_WITH_MESSAGES.record().actions
    assert RING_WITH_MESSAGES.state.declared["reached"].ghost
    assert any("reached" in action.writes for action in actions)
    for action in actions:
        said = [str(Notation().truth(part)) for _, part in action.guard] + equations(action)
        assert not [line for line in said if "reached" in line], action.name


@pytest.mark.parametrize("members", [1, 2, 3, 5])
@pytest.mark.parametrize("axiom", DeliveryState.axioms, ids=lambda axiom: axiom.__name__)
def test_what_proofs_take_for_granted_is_so_in_the_tables(
    axiom: Callable[[DeliveryState], Truth], members: int
) -> None:
    ground = GroundMachine(RING_WITH_MESSAGES.record(), scope(f"{members}/3/3").ground)
    assert ground.truth(axiom(DeliveryState())) is TRUE
