"""Recorded runs: the machine follows them, and every fault of the plug layer is found in one."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import FEATURES
from properties.faults.patches import from_a_copy
from properties.lockstep import faults
from properties.lockstep.divergence import Divergence
from properties.lockstep.follower import LEFT_OUT
from properties.lockstep.implementation import RingName
from properties.lockstep.recorded.calls import CALLS, Life, RecordedStep
from properties.lockstep.recorded.follower import RecordedFollower, follow
from properties.lockstep.recorded.formations import Announcement, formations
from properties.simulate.faults import load
from properties.simulate.run import run
from properties.traces.trace import read_trace, replay, trace_machine, write_trace
from reference.plug.layer import PlugLayer
from reference.priorities import Priority
from reference.ring.effects import PlugStep
from reference.rings import ProcessorId, RingId, RingSeq
from reference.simulator.campaigns import SECOND_US, script_of
from tests.recorded_runs import recorded_run

DOCUMENT = (Path(__file__).parent.parent / "docs" / "recorded.md").read_text()
FOUND = MappingProxyType(
    {
        "accepts-a-duplicate": (2, 3, 35),
        "accepts-a-late-token": (2, 3, 35),
        "begun-message-loses-its-place": (2, 11, 136),
        "bit-after-sending": (3, 5, 56),
        "bit-ignores-the-queue": (3, 5, 48),
        "create-closes-the-gate": (3, 5, 69),
        "create-plugs-at-once": (2, 1, 2),
        "destroy-forgets-the-plug": (2, 5, 58),
        "early-unplug-counts": (3, 5, 32),
        "first-token-has-a-bit": (3, 4, 15),
        "forgets-the-number-at-install": (3, 6, 48),
        "forgets-the-ring-id": (3, 1, 40),
        "gate-stays-open-over-a-change": (2, 3, 64),
        "half-sent-goes-first": (2, 1, 140),
        "half-sent-recovery-does-not-count": (3, 37, 327),
        "half-sent-resumes-in-the-next-ring": (2, 11, 136),
        "higher-priority-overtakes-half-sent": (2, 11, 136),
        "judges-only-when-setting": (2, 2, 72),
        "leave-keeps-the-gate-open": (2, 3, 64),
        "leftovers-count": (3, 1, 73),
        "leftovers-take-the-new-ring": (3, 5, 32),
        "low-passes-the-closed-gate": (3, 4, 34),
        "old-unplug-counts": (2, 5, 54),
        "open-member-forwards-zeros": (3, 5, 66),
        "opens-on-own-bit": (3, 4, 38),
        "originates-one-too-many": (2, 1, 39),
        "pending-member-adds-its-bit": (3, 4, 16),
        "position-as-it-was-told": (3, 2, 75),
        "rest-passes-the-closed-gate": (2, 4, 156),
        "second-unplug-closes-the-gate": (3, 5, 65),
        "sole-member-never-opens": (3, 5, 60),
        "token-keeps-its-number": (3, 4, 19),
        "tokens-have-no-number": (2, 1, 53),
        "wrong-position-from-nine-on": (12, 1, 127),
    }
)
"""By fault: members, seed, and the recorded step at which the machine can no longer follow."""
UNREACHABLE = {"position-as-it-was-told", "second-unplug-closes-the-gate"}
"""The ring tells its members in order, and the services of the load unplug once."""
SAMPLE = ("leave-keeps-the-gate-open", "pending-member-adds-its-bit", "leftovers-count")


# Runs that are followed.


@pytest.mark.parametrize("members", [1, 2, 3, 5, 9])
def test_the_machine_follows(members: int) -> None:
    divergence = follow(recorded_run(members, members, 1500))
    assert divergence is None, "\n".join(divergence.lines())


def test_every_action_is_taken() -> None:
    counts = Counter[str]()
    for seed in (25, 26, 39, 44):
        assert follow(recorded_run(3, seed, 1500), counts=counts) is None
    actions = {action.name for action in MACHINES[PLUG].record(FEATURES - LEFT_OUT).actions}
    assert actions <= set(counts)
    assert counts["told"] > counts["form_ring"]
    assert counts["between"]


def test_it_is_fast_enough_at_five_members() -> None:
    run = recorded_run(5, 2, 3000)
    began = time.process_time()
    assert follow(run) is None
    assert len(run) / (time.process_time() - began) > 1000


def test_a_machine_with_a_place_for_each_ring_takes_the_same_steps() -> None:
    """Using a place again renames rings: where each has its own, all steps are allowed, and end in the same state."""
    run = recorded_run(3, 2, 700)
    follower = RecordedFollower(run)
    for number, step in enumerate(run):
        follower.follow(number, step)
    trace = follower.trace("the whole run")
    assert 2 * 3 + 1 < trace.scope.rings <= 64
    machine = trace_machine(read_trace(write_trace(trace)))
    *_, last = replay(machine, trace.steps)
    slots = follower.execution.ground.slots
    for (variable, at), i in slots.items():
        alive = not at or variable in ("handles", "plugged") or at[0] in follower.numbers
        there = (variable, (follower.numbers[at[0]],)) if variable in PER_RING and alive else (variable, at)
        if alive:
            assert follower.execution.state[i] == last.after[machine.slots[there]], variable


PER_RING = {"member", "pending", "installed", "bits", "normal"}


# Faults.


def faulty(name: str) -> Divergence:
    members, seed, step = FOUND[name]
    divergence = follow(recorded_run(members, seed, step, faults.parts_of(name)))
    assert divergence
    return divergence


@pytest.mark.parametrize("name", faults.fault_names())
def test_a_fault_is_found(name: str) -> None:
    members, seed, step = FOUND[name]
    divergence = faulty(name)
    assert divergence.step == step
    assert f"| `{name}` | {members} | {seed} | {step} |" in DOCUMENT
    trace = read_trace(write_trace(divergence.trace))
    assert len(list(replay(trace_machine(trace), trace.steps))) == len(trace.steps)


def is_found_in_a_simulated_run(name: str) -> bool:
    """Whether one of a few runs of the full ring shows it."""
    copy = from_a_copy(faults.FAULTS.patch(name), load)
    sizes = (12,) if name == "wrong-position-from-nine-on" else (3, 5)
    scripts = (
        script_of("heavy", members=members, seed=seed, lasts_us=3 * SECOND_US, load=40)
        for seed in range(1, 31) for members in sizes
    )  # fmt: skip
    return any("LOCKSTEP" in run(script, copy).violated for script in scripts)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_fault_is_found_in_a_simulated_run(name: str) -> None:
    assert is_found_in_a_simulated_run(name)


@pytest.mark.deep
@pytest.mark.parametrize("name", sorted({*faults.fault_names()} - UNREACHABLE))
def test_every_fault_that_can_be_reached_is_found_in_a_simulated_run(name: str) -> None:
    assert is_found_in_a_simulated_run(name)


def test_a_divergence_says_when_where_and_why() -> None:
    said = list(faulty("low-passes-the-closed-gate").lines())
    assert said[0] == "diverged at event 34, at 0.004521 s"
    assert said[1].startswith("  event    a token arrives p")
    assert said[2].startswith("  machine  originate p")
    assert "  refuses  p's gate is open" in said
    assert any(
        line.startswith("  where    p0 is processor 1, p1 is processor 4") and "is ring 1:" in line for line in said
    )


# Formation.


def told(index: int, processor: int, seq: int, members: tuple[int, ...], *, token: bool = False) -> Announcement:
    return Announcement(index, processor, RingName(members[0], seq), members, b"token" if token else None)


def moments(announcements: list[Announcement], crashes: tuple[tuple[int, int], ...] = ()) -> list[tuple[int, int]]:
    found = formations(announcements, crashes)
    return [(index, one.ring.seq) for index in sorted(found) for one in found[index]]


def test_a_ring_is_formed_at_its_first_token() -> None:
    assert moments([told(3, 1, 4, (0, 1)), told(7, 0, 4, (0, 1), token=True)]) == [(7, 4)]
    assert moments([told(3, 2, 4, (2,))]) == [(3, 4)]


def test_a_ring_without_a_first_token_is_never_formed() -> None:
    assert moments([told(3, 1, 4, (0, 1)), told(7, 0, 4, (0, 1))]) == []


def test_a_ring_is_formed_before_a_member_that_was_told_crashes() -> None:
    assert moments([told(3, 1, 4, (0, 1)), told(7, 0, 4, (0, 1), token=True)], ((5, 1),)) == [(5, 4)]
    assert moments([told(3, 1, 4, (0, 1)), told(7, 0, 4, (0, 1), token=True)], ((2, 1), (9, 0))) == [(7, 4)]


def test_a_ring_is_formed_before_the_next_one_of_a_member_that_went_on() -> None:
    """A paused representative sends the first token when a member has long been told of another ring."""
    announcements = [
        told(3, 1, 4, (0, 1)),
        told(5, 1, 8, (1, 2)),
        told(6, 2, 8, (1, 2)),
        told(9, 0, 4, (0, 1), token=True),
    ]
    assert moments(announcements) == [(9, 4)]
    announcements[1] = replace(announcements[1], token=b"token")
    assert moments(announcements) == [(5, 4), (5, 8)]


# Small runs by hand.


class Processors:
    """Layers, and what was recorded of them."""

    def __init__(self, count: int) -> None:
        self.steps: list[RecordedStep] = []
        self.layers = {p: PlugLayer(ProcessorId(p), packets_a_visit=9, fragment_bytes=1) for p in range(count)}
        for p in self.layers:
            self.steps.append(RecordedStep(0, p, Life.STARTED))

    def call(self, p: int, name: str, *arguments: object) -> tuple[object, ...]:
        answer = getattr(self.layers[p], name)(*arguments)
        effects = answer if isinstance(answer, tuple) else ()
        self.steps.append(RecordedStep(len(self.steps), p, PlugStep(name, arguments, effects, self.layers[p].state)))
        return effects

    def ring(self, seq: int, *members: int) -> tuple[RingId, tuple[ProcessorId, ...]]:
        return RingId(ProcessorId(members[0]), RingSeq(seq)), tuple(map(ProcessorId, members))


def alone() -> Processors:
    one = Processors(1)
    one.call(0, "ring_pending", *one.ring(4, 0))
    one.call(0, "regular_configuration", *one.ring(4, 0))
    return one


def actions(run: list[RecordedStep]) -> list[str]:
    """The steps of the machine that a run is, after those of its first members' start."""
    follower = RecordedFollower(run)
    for number, step in enumerate(run):
        follower.follow(number, step)
    return [step.action.name for step in follower.execution.run]


def test_three_recovery_messages_in_one_visit() -> None:
    one = alone()
    for _ in range(3):
        one.call(0, "gmi_mcast", Priority.RECOVERY, b"a")
    one.call(0, "visit_alone")
    one.call(0, "visit_alone")
    assert actions(one.steps)[-10:] == [
        "queue_recovery", "queue_recovery", "sole_visit", "send_recovery", "queue_recovery", "sole_visit",
        "send_recovery", "sole_visit", "send_recovery", "sole_visit",
    ]  # fmt: skip


def test_a_message_of_four_packets_is_half_sent_when_the_ring_is_left() -> None:
    one = alone()
    one.call(0, "visit_alone")
    one.call(0, "gmi_mcast", Priority.LOW, b"abcd")
    one.layers[0]._packets_a_visit = 3  # pyright: ignore[reportPrivateUsage]
    one.call(0, "visit_alone")
    one.call(0, "ring_pending", *one.ring(8, 0))
    one.call(0, "transitional_configuration", *one.ring(4, 0))
    one.call(0, "regular_configuration", *one.ring(8, 0))
    one.call(0, "gmi_mcast", Priority.HIGH, b"e")
    one.call(0, "visit_alone")
    one.call(0, "visit_alone")
    assert actions(one.steps)[-13:] == [
        "install", "sole_visit", "finish_long", "sole_visit", "begin_long", "sole_visit", "finish_long",
        "sole_visit", "begin_long", "sole_visit", "finish_long", "sole_visit", "originate",
    ]  # fmt: skip


@pytest.mark.parametrize("call", sorted(CALLS))
def test_every_call_that_is_read_is_one_of_the_layer(call: str) -> None:
    assert hasattr(PlugLayer, call)


def test_who_installs_a_ring_that_has_no_token_diverges() -> None:
    two = Processors(2)
    two.call(1, "ring_pending", *two.ring(4, 0, 1))
    two.call(1, "regular_configuration", *two.ring(4, 0, 1))
    divergence = follow(two.steps)
    assert divergence
    assert "no first token" in divergence.reason


def test_who_accepts_a_token_of_a_ring_that_is_nobodys_diverges() -> None:
    two = Processors(2)
    two.call(1, "ring_pending", *two.ring(4, 0, 1))
    sent = two.layers[0].ring_pending(*two.ring(4, 0, 1))
    two.call(1, "token_received", sent[0].token)  # pyright: ignore[reportAttributeAccessIssue]
    divergence = follow(two.steps)
    assert divergence
    assert "never formed" in divergence.reason
