"""Simulated runs are judged: the reference keeps its claims, a faulty copy does not, and a failure becomes small."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from properties.catalogue.register import REGISTER, SIMULATOR
from properties.cli.main import cli
from properties.judge.judgement import OK, OPEN, VIOLATED
from properties.simulate.campaign import Chunk, Plan, Tally, campaign, ways
from properties.simulate.faults import copy_of
from properties.simulate.historian import OBSERVES, Historian
from properties.simulate.monitor import MONITORED, Monitor, Received
from properties.simulate.run import Run, run
from properties.simulate.shrink import reduce, without
from reference.plug.tokens import MessageSeq
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Freeing, Guarantee, Kind, MessageId, Receipt
from reference.rings import ProcessorId, RingId, RingSeq
from reference.simulator.campaigns import CAMPAIGNS, occurrences, script_of
from reference.simulator.faults import Crash, Cut, Partition
from reference.simulator.recording import Counted, Queued, Raised, Seen
from reference.simulator.script import Script, parse

SECOND_US = 1_000_000
ONE, TWO, THREE = ProcessorId(1), ProcessorId(2), ProcessorId(3)
RING, NEXT = RingId(ONE, RingSeq(4)), RingId(ONE, RingSeq(8))


def drawn(campaign: str, seed: int, members: int, seconds: int = 4) -> Script:
    return script_of(campaign, members=members, seed=seed, lasts_us=seconds * SECOND_US, load=40)


def verdicts(found: Run) -> dict[str, str]:
    return {one.claim: one.verdict for one in found.claims}


# The reference.


@pytest.mark.parametrize(
    ("campaign", "seed", "members"), [("heavy", 1, 5), ("heavy", 2, 3), ("light", 3, 4), ("parted", 4, 4)]
)
def test_the_reference_keeps_what_it_promises(campaign: str, seed: int, members: int) -> None:
    found = run(drawn(campaign, seed, members))
    assert found.violated == []
    assert set(verdicts(found)) >= {
        *MONITORED,
        "LOCKSTEP",
        "EVS-4",
        "RING-S2",
        "RING-S3",
        "CFG-S1",
        "PLUG-H1",
        "PLUG-H2",
    }
    assert verdicts(found)["LIVE-3"] == OK
    assert found.divergence is None
    assert found.settled_us is not None
    assert found.settled_us <= found.bound_us
    assert min(found.messages, found.deliveries, found.rings) > 0


def test_a_ring_of_one_is_a_ring() -> None:
    found = run(replace(drawn("none", 1, 1), lasts_us=SECOND_US))
    assert found.violated == []
    assert verdicts(found)["PLUG-H2"] == OK


def test_what_rests_on_the_stored_number_is_open_without_it() -> None:
    script = parse("members 2\nlasts 3s\nat 1s crash 2\nat 1.2s restart 2 without its number\n")
    found = run(script, follow=False)
    assert found.violated == []
    assert {id for id, verdict in verdicts(found).items() if verdict == OK} == {"EVS-1.2", "LIVE-3", "STEP-1"}


def test_the_document_says_what_the_simulator_decides() -> None:
    page = (Path(__file__).parent.parent / "docs" / "simulator.md").read_text()
    assert [
        id
        for id in [*MONITORED, "LOCKSTEP"]
        if f"| {id} | {REGISTER[id].says(SIMULATOR).removesuffix('.')}" not in page
    ] == []


# What is monitored.


def seen(*whats: tuple[int, object]) -> list[Seen]:
    return [Seen(i, i, ProcessorId(processor), what) for i, (processor, what) in enumerate(whats, 1)]


def watched(*whats: tuple[int, object]) -> Monitor:
    monitor = Monitor()
    for one in seen(*whats):
        monitor.take(one)
    return monitor


def installed(ring_id: RingId) -> ConfigurationChange:
    return ConfigurationChange(Kind.REGULAR, ring_id, (ONE, TWO), (), ())


def receipt(seq: int) -> Receipt:
    return Receipt(RING, MessageSeq(seq))


def freeing(seq: int) -> Freeing:
    return Freeing(RING, MessageSeq(seq))


def test_what_all_have_may_be_freed() -> None:
    both = [(p, receipt(seq)) for p in (1, 2) for seq in (2, 1, 3)]
    assert not watched((1, installed(RING)), *both, (1, freeing(3))).broken


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_what_one_lacks_must_not_be_freed(missing: int) -> None:
    theirs = [(2, receipt(seq)) for seq in (1, 2, 3) if seq != missing]
    mine = [(1, receipt(seq)) for seq in (1, 2, 3)]
    broken = watched((1, installed(RING)), *mine, *theirs, (1, freeing(3))).broken
    assert broken == {"RING-S5": f"at 0.000007 s (event 7): 1 frees up to 3 of ring 1:4, and 2 has no {missing}"}


def test_received_is_known_without_holes() -> None:
    received = Received()
    for number in (3, 1, 5, 2, 2):
        received.add(number)
    assert received.first_missing == 4
    assert received.beyond == {5}


MESSAGE = MessageId(ONE, RingSeq(1), 1)


def queued(ring_id: RingId | None) -> Queued:
    return Queued(MESSAGE, Priority.RECOVERY, Guarantee.AGREED, ring_id, 0)


def delivered(ring_id: RingId, tag: RingId | None) -> Delivery:
    return Delivery(MESSAGE, ring_id, Priority.RECOVERY, Guarantee.AGREED, tag, b"")


@pytest.mark.parametrize(
    ("events", "is_broken", "met"),
    [
        ([(1, queued(RING)), (2, delivered(RING, RING))], False, 0),
        ([(1, queued(RING)), (2, delivered(NEXT, RING))], False, 1),
        ([(1, queued(RING)), (2, delivered(NEXT, None))], False, 1),
        ([(1, queued(RING)), (2, delivered(NEXT, NEXT))], True, 1),
        ([(1, queued(RING)), (2, delivered(RING, None))], True, 0),
        ([(1, queued(None)), (2, delivered(NEXT, NEXT))], True, 1),
        ([(1, queued(RING)), (2, delivered(NEXT, RING)), (2, Counted(MESSAGE, NEXT))], True, 1),
        ([(1, queued(RING)), (2, delivered(RING, RING)), (2, Counted(MESSAGE, RING))], False, 0),
    ],
)
def test_a_recovery_message_counts_where_it_was_queued(
    events: list[tuple[int, object]], is_broken: bool, met: int
) -> None:
    monitor = watched(*events)
    assert ("PLUG-H3" in monitor.broken) == is_broken
    assert monitor.met["PLUG-H3"] == met


@pytest.mark.parametrize(
    ("settled_us", "is_quiet", "verdict"), [(5, True, OK), (10, True, OK), (11, True, VIOLATED),
                                            (None, False, VIOLATED), (5, False, VIOLATED)],
)  # fmt: skip
def test_to_settle_is_due_within_the_bound(settled_us: int | None, is_quiet: bool, verdict: str) -> None:
    claims = Monitor().ended(settled_us, 10, is_quiet=is_quiet, error="")
    assert {one.claim: one.verdict for one in claims}["LIVE-3"] == verdict


def test_an_error_is_a_violation_and_nothing_is_said_of_the_end() -> None:
    monitor = watched((2, Raised("ValueError: no", "ring/order.py:1")))
    found = {one.claim: one for one in monitor.ended(None, 10, is_quiet=False, error="ValueError: no")}
    assert found["STEP-1"].verdict == VIOLATED
    assert "processor 2, ring/order.py:1: ValueError: no" in found["STEP-1"].reason
    assert found["LIVE-3"].verdict == OPEN


def test_the_history_says_what_it_observes() -> None:
    found = run(replace(drawn("heavy", 4, 3), lasts_us=2 * SECOND_US), follow=False, keep=True)
    assert found.history is not None
    lines = found.history.encoded({}).splitlines()
    events = Counter(msgspec.json.decode(line)["event"] for line in lines)
    assert msgspec.json.decode(lines[0])["observes"] == list(OBSERVES)
    assert all(events[kind] for kind in ("start", "configuration", "queue", "originate", "deliver", "plug", "bit"))
    assert events["gate"] > 1
    assert events["bit"] <= events["configuration"]
    assert not Historian((1,)).lines


# Failures become small.


FORGETFUL = """
members 3
lasts 1s
load 20
clock 2 +300ppm
loss 0.01 from 100ms to 200ms
at 200ms pause 3
at 230ms resume 3
at 300ms crash 2
at 400ms restart 2
at 600ms partition 1 | 2,3
"""


def test_a_failure_becomes_small_and_stays_one() -> None:
    copy = copy_of("stores-no-ring-number")
    failing = run(parse(FORGETFUL), copy, follow=False)
    assert failing.violated == ["RING-S2"]
    reduced = reduce(failing, "RING-S2", copy, follow=False)
    small = reduced.run.script
    assert small.members < 3
    assert [type(fault).__name__ for fault in small.faults] == ["Crash", "Restart"]
    again = run(parse(small.text()), copy, follow=False)
    assert "RING-S2" in again.violated
    assert verdicts(run(parse(small.text()), follow=False))["RING-S2"] == OK


def test_a_processor_can_be_taken_out_of_a_script() -> None:
    faults = (
        Crash(1, TWO),
        Cut(2, ONE, THREE),
        Cut(2, ONE, TWO),
        Partition(3, ((ONE, TWO), (THREE,))),
        Partition(4, ((TWO,),)),
    )
    left = without(Script(3, faults=faults), TWO)
    assert left.members == 2
    assert left.faults == (Cut(2, ONE, TWO), Partition(3, ((ONE,), (TWO,))))


# Campaigns.


def test_a_campaign_names_what_never_occurred() -> None:
    plan = Plan("heavy", 3, 1.0, 40, follow=False)
    tally = Chunk(plan, (1,)).run()
    absent = tally.absent(plan)
    assert tally.runs == 1
    assert any(one.startswith("transition: ") for one in absent)
    for kind in occurrences("heavy"):
        assert (f"fault: {kind}" in absent) == (not tally.counts[kind])
    whole = Tally()
    whole.counts.update(occurrences("heavy"))
    whole.transitions.update(ways())
    whole.met.update({"EVS-1.1": 1, "EVS-4": 0})
    assert whole.absent(plan) == ["premise of EVS-4"]


def test_a_campaign_without_faults_need_not_show_any() -> None:
    assert Tally().absent(Plan("none", 3, 1.0, 40)) == []
    assert all(occurrences(name) for name in CAMPAIGNS if name != "none")


def test_a_violation_counts_before_what_never_occurred() -> None:
    done = simulate("--runs", "1", "--members", "3", "--seed", "1", "--seconds", "3", "--no-follow",
                    "--fault", "frees-after-one-rotation")  # fmt: skip
    assert done.return_value == 1
    assert "seed 1 violates RING-S5" in done.stdout
    assert "never occurred: " in done.stdout
    assert "Nothing is violated" not in done.stdout


def test_a_failure_of_a_campaign_says_how_to_repeat_it() -> None:
    plan = Plan("heavy", 4, 2.0, 60, "frees-after-one-rotation", follow=False)
    tally = Chunk(plan, tuple(range(1, 7))).run()
    found = next(one for one in tally.failures if one.claim == "RING-S5")
    done = simulate(*found.command.split()[2:], "--no-reduce")
    assert done.return_value == 1
    assert "RING-S5 violated" in done.stdout


# The command.


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", *arguments], standalone_mode=False)


def code_of(done: Result) -> object:
    return done.return_value if done.exception is None else done.exception


def test_one_run_says_what_happened(tmp_path: Path) -> None:
    done = simulate("--members", "2", "--seed", "3", "--seconds", "2", "--out", str(tmp_path / "run"))
    assert done.return_value == 0
    assert "2 processors, seed 3, 2 s of" in done.stdout
    assert "simulated seconds in" in done.stdout
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"script.txt", "history.jsonl", "seen.jsonl"}
    again = simulate("--script", str(tmp_path / "run" / "script.txt"), "--json", "--no-follow")
    record = msgspec.json.decode(again.stdout, type=dict[str, Any])
    assert record["script"] == (tmp_path / "run" / "script.txt").read_text()
    assert f"{record['deliveries']:,} deliveries" in done.stdout
    judged = CliRunner().invoke(cli, ["judge", str(tmp_path / "run" / "history.jsonl")], standalone_mode=False)
    assert judged.return_value == 0


def test_a_failing_run_is_reduced_and_can_be_repeated(tmp_path: Path) -> None:
    (tmp_path / "failing.txt").write_text(FORGETFUL)
    fault = ["--no-follow", "--fault", "stores-no-ring-number"]
    done = simulate("--script", str(tmp_path / "failing.txt"), *fault, "--out", str(tmp_path / "run"))
    assert done.return_value == 1
    assert f"again: ringplug simulate --script {tmp_path / 'failing.txt'} --no-follow --fault" in done.stdout
    assert "RING-S2 fails in a smaller run, too" in done.stdout
    small = simulate("--script", str(tmp_path / "run" / "reduced.txt"), *fault, "--no-reduce", "--json")
    assert small.return_value == 1
    record = msgspec.json.decode(small.stdout, type=dict[str, Any])
    assert [one["claim"] for one in record["verdicts"] if one["verdict"] == "violated"] == ["RING-S2"]


def test_a_campaign_that_has_not_shown_all_is_undetermined() -> None:
    done = simulate("--runs", "1", "--members", "2", "--seconds", "0.5", "--no-follow")
    assert done.return_value == 2
    absent = done.stdout.count("\nnever occurred: ")
    assert absent > 0
    assert f"Nothing is violated; {absent} of what this campaign is meant to show never occurred" in done.stdout
    done = simulate("--runs", "2", "--members", "2", "--seconds", "0.5", "--faults", "none", "--json", "--no-follow")
    assert done.return_value == 0
    record = msgspec.json.decode(done.stdout, type=dict[str, Any])
    assert (record["runs"], record["failures"], record["never_occurred"]) == (2, [], [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--fault", "no-such"], "unknown fault 'no-such'; near it: "),
        (["--members", "0"], "0 is not in the range"),
        (["--faults", "wild"], "unknown faults 'wild'"),
        (["--script", "SCRIPT"], "line 2: 'boom' is nothing that a script says"),
        (["--runs", "2", "--script", "GOOD"], "--script does not go with --runs"),
        (["--runs", "2", "--html", "page.html"], "--html does not go with --runs"),
    ],
)
def test_bad_input_is_named(arguments: list[str], why: str, tmp_path: Path) -> None:
    (tmp_path / "SCRIPT").write_text("members 2\nboom\n")
    (tmp_path / "GOOD").write_text("members 2\n")
    given = [str(tmp_path / one) if one in ("SCRIPT", "GOOD") else one for one in arguments]
    assert why in str(simulate(*given).exception)


# Deep.


@pytest.mark.deep
def test_two_thousand_seeds_of_heavy_faults() -> None:
    """No claim is violated, nothing diverges, and in all of them together all occurs that should."""
    whole = Tally()
    for members, campaign_name in ((2, "heavy"), (3, "heavy"), (4, "parted"), (5, "heavy")):
        plan = Plan(campaign_name, members, 6.0, 40)
        whole.add(campaign(plan, range(10_000 * members, 10_000 * members + 500), lambda line, share: None))
    assert whole.failures == []
    assert whole.absent(Plan("heavy", 5, 6.0, 40)) == []
    assert whole.runs == 2000
