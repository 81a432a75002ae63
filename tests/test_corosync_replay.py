"""A run of the model as a schedule for frames, the switch that follows it, and real daemons that show the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from properties.cli.run.corosync_replay import exit_code, found_lines
from properties.corosync.laboratory.plan import Again, Await, Lift, Lose, Scheduled, Split, Wait
from properties.corosync.laboratory.requirements import missing
from properties.corosync.laboratory.schedule import Schedule
from properties.corosync.laboratory.systems import SYSTEMS, UDP_PAYLOAD_AT
from properties.replay.daemon_runs import DaemonRun, Replayed, timings_to_try
from properties.replay.daemons import ReplayError, Timings, plan_of, shortest
from properties.traces.trace import Trace, TraceStep, write_trace
from tests.command import refused, ringplug

pytestmark = pytest.mark.xdist_group("corosync")
TIMINGS = Timings(again_ms=7, change_ms=9)
B, C = ("free-before-the-token-is-accepted", "EVS-4"), ("parts-as-in-corosync", "PART-S1")
DATAGRAMS = SYSTEMS["corosync"].datagrams


def scheduled(trace: Trace) -> Scheduled:
    return next(step for step in plan_of(trace, 1, TIMINGS).steps if isinstance(step, Scheduled))


def frame(kind: str) -> bytes:
    return bytes(UDP_PAYLOAD_AT) + bytes(3) + bytes([DATAGRAMS.kinds[kind]])


def test_the_run_of_b_is_a_lost_message_a_held_token_and_one_that_comes_again() -> None:
    found = scheduled(shortest(*B))
    assert found.frames == [
        Lose("mcast", 1, [3]), Await("mcast", 1), Await("token", 1), Lose("token", 1, [2, 3]),
        Lose("token", 2, [1, 3]), Await("token", 2), Wait(7), Again("token", 1, 2), Wait(9), Split([[2, 3], [1]]),
        Await("join", 0), Lift(),
    ]  # fmt: skip
    assert (found.sends, found.groups) == ({1: 1}, [[2, 3], [1]])


def test_the_run_of_c_is_a_long_message_and_a_ring_that_grows_before_its_rest() -> None:
    plan = plan_of(shortest(*C), 1, TIMINGS)
    assert Split([[1, 2], [3]]) in plan.steps
    found = scheduled(shortest(*C))
    assert found.frames == [
        Await("mcast", 1), Lose("token", 1, [2, 3]), Wait(9), Split([[1, 2, 3]]), Await("join", 0), Lift(),
    ]  # fmt: skip
    assert found.bytes > 17 * 1500


@pytest.mark.parametrize(
    ("variant", "claim", "says"),
    [
        ("free-at-one-rotation", "RING-S5", "unknown claim that can be replayed on daemons 'RING-S5'"),
        ("free-at-one-rotation", "PART-S1", "free-at-one-rotation does not violate PART-S1"),
    ],
)
def test_what_no_history_shows_or_no_run_violates_is_refused(variant: str, claim: str, says: str) -> None:
    with pytest.raises(ReplayError, match=says):
        shortest(variant, claim)


def test_a_step_that_is_not_done_to_frames_is_named() -> None:
    trace = shortest(*C)
    again = TraceStep("begin_again", trace.steps[1].arguments)
    trace.steps.insert(3, again)
    with pytest.raises(ReplayError, match="step 4, begin_again: nothing that is done to frames"):
        plan_of(trace, 1, TIMINGS)
    trace.steps = [TraceStep("change", {"r": 0, "members": [0]})]
    with pytest.raises(ReplayError, match="step 1, change: a ring of one sends no frame"):
        plan_of(trace, 1, TIMINGS)


class Wire:
    """What a schedule wrote, and how it parted the network."""

    def __init__(self, *steps: object) -> None:
        self.written: list[tuple[int, bytes]] = []
        self.parts: list[list[list[int]]] = []
        self.schedule = Schedule(
            list(steps),  # pyright: ignore
            DATAGRAMS.is_kind, lambda port, what: self.written.append((port, what)), self.parts.append,
        )  # fmt: skip


def test_frames_are_lost_from_one_step_to_another_and_tokens_repeated_in_their_time() -> None:
    wire = Wire(
        Await("mcast", 1), Lose("token", 2, [3]), Await("token", 2), Wait(10), Again("token", 1, 2),
        Split([[1], [2, 3]]), Await("join", 0), Lift(),
    )  # fmt: skip
    schedule = wire.schedule
    schedule.seen(1, frame("token"), 0.0)
    schedule.seen(2, frame("mcast"), 0.0)
    assert not schedule.loses(2, 3, frame("token"))
    schedule.seen(1, frame("mcast"), 0.0)
    assert schedule.loses(2, 3, frame("token"))
    assert not schedule.loses(2, 1, frame("token"))
    assert not schedule.loses(2, 3, frame("mcast"))
    schedule.seen(2, frame("token"), 1.0)
    assert schedule.go_on(1.004) == pytest.approx(0.006)
    assert (wire.written, wire.parts) == ([], [])
    assert schedule.go_on(1.011) is None
    assert (wire.written, wire.parts) == ([(2, frame("token"))], [[[1], [2, 3]]])
    assert not schedule.is_done
    schedule.seen(3, frame("join"), 1.2)
    assert schedule.is_done
    assert not schedule.loses(2, 3, frame("token"))


def test_timings_begin_with_the_likely_ones_and_repeat_with_the_seed() -> None:
    assert next(timings_to_try(3, 2)) == Timings()
    assert list(timings_to_try(3, 5)) == list(timings_to_try(3, 5))
    assert list(timings_to_try(3, 5)) != list(timings_to_try(4, 5))


def run_of(*violated: str, settled: bool = True, failed: str = "") -> DaemonRun:
    return DaemonRun("d/run-1", 1, Timings(), list(violated), settled, 3.0, failed)


@pytest.mark.parametrize(
    ("searched", "runs", "code", "last"),
    [
        ([run_of("EVS-4")], [run_of("EVS-4"), run_of()], 1, "violated in 1 of 2 runs"),
        ([run_of(), run_of()], [], 0, "violated in 0 of 2 runs"),
        ([run_of(), run_of(settled=False)], [], 2, "violated in 0 of 2 runs"),
        ([run_of(failed="no ring")], [], 2, "violated in 0 of 1 run"),
    ],
)
def test_exit_codes_and_the_last_line(searched: list[DaemonRun], runs: list[DaemonRun], code: int, last: str) -> None:
    found = Replayed("v", "EVS-4", ["EVS-4"], searched, runs, Timings() if runs else None)
    assert exit_code(found) == code
    assert list(found_lines(found))[-1] == last


def test_a_saved_trace_and_a_variant_give_the_same_schedule(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(write_trace(shortest(*B)))
    saved, found = (
        ringplug("corosync", "replay", *given, "--schedule")
        for given in ((tmp_path / "b.json",), ("--variant", B[0], "--claim", B[1]))
    )
    assert saved.stdout == found.stdout
    assert (saved.returncode, found.returncode) == (0, 0)
    assert "  again kind token source 1 target 2" in saved.stdout.splitlines()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "give a saved trace, or --variant and --claim"),
        (["--variant", B[0]], "give a saved trace, or --variant and --claim"),
        (["--variant", B[0], "--claim", B[1]], "--out is missing"),
        (["--variant", B[0], "--claim", B[1], "--schedule", "--runs", "3"], "--runs does not go with --schedule"),
    ],
)
def test_what_is_missing_is_said(given: list[str], says: str) -> None:
    assert says in refused("corosync", "replay", *given)


@pytest.mark.deep
@pytest.mark.parametrize(("variant", "claim"), [B, C])
def test_real_daemons_show_it_in_most_runs(
    variant: str, claim: str, tmp_path: Path, needs_program: Callable[[str], str]
) -> None:
    needs_program("corosync")
    lacking = "; ".join(missing(plan_of(shortest(variant, claim), 1, TIMINGS)))
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)
    given = ["--variant", variant, "--claim", claim, "--runs", "4", "--out", str(tmp_path / "runs"), "--json"]
    done = ringplug("corosync", "replay", *given)
    assert done.returncode == 1, done.stderr
    found = msgspec.json.decode(done.stdout)
    assert found["violating"] >= found["of"] - 1
