"""The simulator: scripts, clocks, the network and what is done to processors; and that a seed says the whole run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from zlib import crc32

import pytest

from properties.simulate.files import plain, seen_lines
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee, Send, Store
from reference.rings import ProcessorId
from reference.simulator.applications import SimulatedInterface
from reference.simulator.campaigns import CAMPAIGNS, script_of
from reference.simulator.clocks import Clock
from reference.simulator.faults import Crash, Cut, Message, Partition, Restart, Weather
from reference.simulator.lines import FORMS, ScriptError, time_text
from reference.simulator.network import Network
from reference.simulator.nodes import ROOM
from reference.simulator.recording import Crashed, Ended, Queued, Raised, Seen, Started
from reference.simulator.schedule import Schedule
from reference.simulator.script import Script, parse
from reference.simulator.world import Outcome, World, moved

ROOT = Path(__file__).parent.parent
ONE, TWO, THREE = ProcessorId(1), ProcessorId(2), ProcessorId(3)
SECOND_US = 1_000_000


def ran(text: str) -> tuple[Outcome, list[Seen]]:
    seen: list[Seen] = []
    return World(parse(text), seen.append, patience_us=8 * SECOND_US).run(), seen


def kinds(seen: list[Seen], *, of: int | None = None) -> Counter[str]:
    return Counter(type(one.what).__name__ for one in seen if of is None or one.processor == of)


# Scripts.


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_a_script_is_read_as_it_was_written(campaign: str) -> None:
    for seed in range(40):
        script = script_of(campaign, members=1 + seed % 6, seed=seed, lasts_us=5 * SECOND_US, load=seed)
        assert parse(script.text()) == script
        assert script == script_of(campaign, members=1 + seed % 6, seed=seed, lasts_us=5 * SECOND_US, load=seed)


def test_a_script_says_what_happens() -> None:
    script = parse("""
        members 5   # and a comment
        lasts 10s
        at 2.5s partition 1,2 | 3,4,5
        at 3s crash 2 halfway
        at 4s restart 2 without its number
        loss 0.1 from 1s to 2s
        lateness 0.05 by 300ms
        cut 1 -> 2
        at 5s send 3 high 100 safe
    """)
    assert script.members == 5
    assert script.faults[0] == Partition(2_500_000, ((ONE, TWO), (THREE, ProcessorId(4), ProcessorId(5))))
    assert script.faults[1:3] == (Crash(3_000_000, TWO, True), Restart(4_000_000, TWO, True))
    assert script.faults[3] == Weather(1_000_000, 2_000_000, "loss", 0.1)
    assert isinstance(script.faults[4], Weather)
    assert script.faults[4].by_us == 300_000
    assert script.faults[5:] == (Cut(0, ONE, TWO), Message(5_000_000, THREE, Priority.HIGH, 100, True))
    assert parse(script.text()) == script


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("members 3\nexplode 2", "line 2: 'explode 2' is nothing that a script says; a line begins with members"),
        ("members 3\n\nat 2s crash 4", "line 3: there is no processor 4, only 1 to 3"),
        ("crash two", "line 1: 'crash two' is not like '[at TIME] crash PROCESSOR [halfway]'"),
        ("at 2 crash 1", "line 1: 'at 2 crash 1' is not like"),
        ("at 0.1us heal", "line 1: 0.1us is not a whole number of microseconds"),
        ("partition 1,2 | 2,3", "line 1: processor 2 is named twice"),
        ("partition 1 | | 3", "line 1: a group is empty"),
        ("loss 1.5", "line 1: 1.5 is no probability"),
        ("loss 0.5 from 2s to 1s", "line 1: it ends before it begins"),
        ("partition 1 | 2 from 1s to 2s moving every 0s", "line 1: it moves every 0s"),
        ("send 1 urgent 5", "line 1: 'send 1 urgent 5' is not like"),
        ("send 1 low 300000", "line 1: 300000 bytes are more than 262144"),
        ("members 0", "line 1: members 0 is not 1 to 32"),
        ("members 99", "line 1: members 99 is not 1 to 32"),
        ("seed 1\nseed 2", "line 2: said before, in line 1"),
        ("delay 5ms to 1ms", "line 1: delay: the least is at least 1us, and not above the most"),
        ("lasts 0s", "line 1: lasts: not a time"),
        ("clock 9 +5ppm", "line 1: clock: no such processor"),
        ("clock 1 -1000000ppm", "line 1: clock: it would go back"),
    ],
)
def test_what_is_wrong_with_a_script_is_said_with_its_line(text: str, why: str) -> None:
    with pytest.raises(ScriptError) as raised:
        parse(text)
    assert str(raised.value).startswith(why)


def test_the_page_has_every_kind_of_line() -> None:
    page = (ROOT / "docs" / "simulator.md").read_text().replace("\\|", "|")
    assert [form.like for form in FORMS if f"`{form.like}`" not in page] == []


@pytest.mark.parametrize(("us", "text"), [(0, "0s"), (1, "1us"), (1500, "1500us"), (2000, "2ms"), (3_000_000, "3s")])
def test_a_time_has_the_largest_unit_that_fits(us: int, text: str) -> None:
    assert time_text(us) == text


# Time and chance.


@pytest.mark.parametrize("rate_ppm", [-500_000, -20_000, -1, 0, 1, 777, 20_000, 1_000_000])
def test_a_clock_never_goes_back_and_its_moments_are_the_first(rate_ppm: int) -> None:
    clock = Clock(rate_ppm, 12_345)
    shown = [clock.shows(us) for us in range(4000)]
    assert shown == sorted(shown)
    for at in range(12_345, clock.shows(3000)):
        moment = clock.moment(at)
        assert clock.shows(moment) >= at
        assert moment == 0 or clock.shows(moment - 1) < at


def test_what_is_planned_first_comes_first() -> None:
    schedule, happened = Schedule(), list[str]()
    for at_us, name in ((5, "c"), (2, "a"), (5, "d"), (2, "b"), (9, "e")):
        schedule.at(at_us, happened.append, name)
    schedule.until(5)
    assert happened == ["a", "b", "c", "d"]
    assert (schedule.now_us, schedule.count_now) == (5, 2)


def test_a_moving_partition_moves() -> None:
    groups = ((ONE, TWO), (THREE,))
    assert moved(groups) == ((THREE, ONE), (TWO,))
    assert moved(moved(moved(groups))) == groups


DIGEST = """
import hashlib
from properties.simulate.files import seen_lines
from reference.simulator.campaigns import script_of
from reference.simulator.world import World
seen = []
script = script_of("heavy", members=4, seed=11, lasts_us=2_000_000, load=60)
World(script, seen.append, patience_us=3_000_000).run()
print(len(seen), hashlib.sha256(seen_lines(seen)).hexdigest())
"""


def test_a_seed_says_the_whole_run_whatever_the_hash_seed() -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", DIGEST], cwd=ROOT, env={"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, text=True
        )
        for seed in ("1", "2")
    ]
    said = [process.communicate()[0] for process in started]
    assert said[0] == said[1]
    assert int(said[0].split()[0]) > 1000


def test_another_seed_is_another_run() -> None:
    digests = {
        hashlib.sha256(seen_lines(ran(f"members 2\nseed {seed}\nlasts 500ms\n")[1])).hexdigest() for seed in (1, 2)
    }
    assert len(digests) == 2


def test_long_bytes_are_told_by_their_checksum() -> None:
    assert plain(b"\x01\x02") == "0102"
    assert plain(bytes(100)) == f"100 bytes, crc32 {crc32(bytes(100)):08x}"


# The network.


def network(**settings: object) -> Network:
    made = Network(Random(3), (2_000, 5_000))
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def test_a_link_keeps_the_order() -> None:
    one = network()
    arrivals = [at for now_us in range(0, 100_000, 50) for at, _ in one.send(ONE, TWO, now_us)]
    assert arrivals == sorted(arrivals)
    assert len(arrivals) == 2000
    assert all(at - now_us >= 2_000 for at, now_us in zip(arrivals, range(0, 100_000, 50), strict=True))


@pytest.mark.parametrize(
    ("kind", "least", "most"), [("loss", 0, 0), ("duplication", 2, 2), ("reordering", 1, 1), ("lateness", 1, 1)]
)
def test_weather(kind: str, least: int, most: int) -> None:
    one = network(weather=[Weather(0, SECOND_US, kind, 1.0, 400_000)])  # pyright: ignore[reportArgumentType]
    copies = [[at for at, _ in one.send(ONE, TWO, now_us)] for now_us in range(0, 100_000, 1000)]
    assert all(least <= len(some) <= most for some in copies)
    assert one.counts[kind] == 100
    if kind == "reordering":
        assert copies != sorted(copies)
    if kind == "lateness":
        assert all(some[0] >= 1000 * i + 400_000 for i, some in enumerate(copies))


def test_who_hears_whom() -> None:
    one = network(groups=((ONE,), (TWO, THREE)))
    assert not one.hears(ONE, TWO)
    assert one.hears(TWO, THREE)
    assert not one.hears(TWO, ProcessorId(4))
    one.heal()
    one.cuts.add((ONE, TWO))
    assert not one.hears(ONE, TWO)
    assert one.hears(TWO, ONE)
    one.deaf.add(THREE)
    assert {receiver for _, receiver in one.multicast(ONE, (TWO, THREE), 0)} == set()
    assert list(one.send(ONE, THREE, 0))
    one.heal()
    assert {receiver for _, receiver in one.multicast(ONE, (TWO, THREE), 0)} == {TWO, THREE}


def test_half_of_what_is_under_way_is_lost_when_its_way_is_cut() -> None:
    one = network(cuts={(ONE, TWO)})
    lost = sum(one.loses_under_way(ONE, TWO) for _ in range(1000))
    assert 400 < lost < 600
    assert not any(one.loses_under_way(TWO, ONE) for _ in range(100))


# Processors.


def test_without_faults_all_form_one_ring_and_are_quiet() -> None:
    outcome, seen = ran("members 4\nseed 5\nlasts 1s\n")
    assert outcome.is_quiet
    assert outcome.settled_us is not None
    assert not outcome.error
    last = {one.processor: one.what for one in seen if isinstance(one.what, ConfigurationChange)}
    assert {change.ring_id for change in last.values()} == {last[ONE].ring_id}
    assert last[ONE].members == (1, 2, 3, 4)
    assert [one.what for one in seen if isinstance(one.what, Ended)] == [Ended(True)] * 4
    queued = {one.what.message for one in seen if isinstance(one.what, Queued)}
    for processor in (1, 2, 3, 4):
        delivered = [one.what.message for one in seen if one.processor == processor and isinstance(one.what, Delivery)]
        assert len(delivered) == len(set(delivered))
        assert {message for message in queued if message.sender == processor} <= set(delivered)


def test_a_restart_begins_with_the_number_that_was_stored() -> None:
    _, seen = ran("members 2\nlasts 3s\nat 1s crash 2\nat 2s restart 2\n")
    lives = [one.what for one in seen if isinstance(one.what, Started) and one.processor == 2]
    before = [one.what.ring_seq for one in seen if isinstance(one.what, Store) and one.time_us <= SECOND_US
              and one.processor == 2]  # fmt: skip
    assert [life.life for life in lives] == [1, 2]
    assert lives[1].incarnation == before[-1] + 1
    assert not any(SECOND_US < one.time_us < 2 * SECOND_US for one in seen if one.processor == 2)


def test_a_restart_without_its_number_begins_with_nothing() -> None:
    _, seen = ran("members 2\nlasts 3s\nat 1s crash 2\nat 2s restart 2 without its number\n")
    lives = [one.what for one in seen if isinstance(one.what, Started) and one.processor == 2]
    assert [(life.incarnation, life.amnesic) for life in lives] == [(1, False), (1, True)]


def test_a_crash_halfway_leaves_a_step_half_done() -> None:
    """Some crash came after what was stored and before what was to be sent, or between two that were to be sent."""
    done = list[str]()
    for seed in range(7):
        outcome, seen = ran(f"members 3\nseed {seed}\nlasts 700ms\nload 100\nat 600ms crash 2 halfway\n")
        if outcome.counts["crash halfway"]:
            crash = next(i for i, one in enumerate(seen) if isinstance(one.what, Crashed))
            acts = [one for one in seen[:crash] if one.processor == 2 and isinstance(one.what, Send | Store | Delivery)]
            done.append(type(acts[-1].what).__name__)
    assert len(done) > 3
    assert len(set(done)) > 1


def test_a_paused_processor_goes_on_with_what_waited_for_it() -> None:
    outcome, seen = ran("members 2\nseed 3\nlasts 2s\nload 100\nat 1s pause 2\nat 1.1s resume 2\n")
    assert not any(1_000_000 < one.time_us < 1_100_000 for one in seen if one.processor == 2)
    assert any(one.time_us == 1_100_000 for one in seen if one.processor == 2)
    assert (outcome.counts["pause"], outcome.counts["resume"]) == (1, 1)
    assert kinds(seen, of=2)["ConfigurationChange"] == kinds(seen, of=1)["ConfigurationChange"]


def test_so_many_datagrams_wait_and_no_more() -> None:
    seen: list[Seen] = []
    world = World(parse("members 2\nlasts 5s\nload 400\nat 1s pause 2\n"), seen.append, patience_us=SECOND_US)
    node = world.nodes[TWO]
    for _ in range(2 * ROOM):
        node.waiting.append(b"")
    assert len(node.waiting) == ROOM


def test_what_finds_nothing_is_not_counted() -> None:
    outcome, _ = ran(
        "members 2\nlasts 1s\nat 0.5s restart 1\nat 0.5s resume 2\nat 0.5s heal\nat 0.6s crash 1\nat 0.7s crash 1\n"
    )
    assert (outcome.counts["restart"], outcome.counts["resume"], outcome.counts["heal"]) == (0, 0, 0)
    assert outcome.counts["crash"] == 1


def test_all_is_healed_in_the_end() -> None:
    text = "members 3\nlasts 1s\nload 0\nat 0.5s partition 1 | 2,3\nat 0.6s pause 3\nat 0.7s deaf 2\nloss 0.9\n"
    outcome, _ = ran(text)
    assert outcome.is_quiet


def test_a_script_can_have_a_message_sent() -> None:
    _, seen = ran("members 2\nlasts 1s\nload 0\nat 800ms send 2 medium 5000 safe\n")
    sent = [one.what for one in seen if isinstance(one.what, Queued) and one.time_us == 800_000]
    assert [(what.priority, what.guarantee, what.size_bytes) for what in sent] == [
        (Priority.MEDIUM, Guarantee.SAFE, 5000)
    ]
    delivered = [
        one.processor for one in seen if isinstance(one.what, Delivery) and one.what.message == sent[0].message
    ]
    assert sorted(delivered) == [1, 2]


@dataclass
class Echo:
    """An application from outside: it sends once, and counts what it is told."""

    told: list[str]
    deadline_us: int | None = None
    changes: list[ConfigurationChange] = field(default_factory=list[ConfigurationChange])

    def started(self, interface: SimulatedInterface, now_us: int) -> None:
        self.interface = interface
        self.deadline_us = now_us + 900_000
        interface.gmi_join(self.deliver, self.changes.append)

    def deliver(self, delivery: Delivery) -> None:
        self.told.append(f"{self.interface.me} {delivery.payload.decode()}")
        self.interface.observe(("told", self.interface.me))

    def time_passed(self, now_us: int) -> None:
        self.deadline_us = None
        self.interface.gmi_mcast(Priority.HIGH, b"hello")

    def told_to_send(self, priority: int, size_bytes: int, guarantee: Guarantee) -> None:
        self.told.append(f"{self.interface.me} told")

    def rest(self) -> None:
        self.told.append(f"{self.interface.me} rests")


def test_an_application_from_outside() -> None:
    told, seen = list[str](), list[Seen]()
    script = parse("members 2\nlasts 2s\nclock 2 +1000ppm 5s\nat 1.5s send 1 low 3\n")
    outcome = World(script, seen.append, patience_us=5 * SECOND_US, application=lambda: Echo(told)).run()
    assert outcome.is_quiet
    assert Counter(told) == {"1 hello": 2, "2 hello": 2, "1 told": 1, "1 rests": 1, "2 rests": 1}
    assert sum(one.what == ("told", one.processor) for one in seen) == 4


@pytest.mark.parametrize("what", ["deliver", "time_passed"])
def test_an_error_in_a_step_ends_the_run(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Echo, given: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(Echo, what, broken)
    seen = list[Seen]()
    outcome = World(Script(2, lasts_us=2 * SECOND_US), seen.append, patience_us=0, application=lambda: Echo([])).run()
    assert outcome.error == "ValueError: no"
    assert isinstance(seen[-3].what, Raised)
    assert kinds(seen[-2:])["Ended"] == 2


def test_the_load_does_everything() -> None:
    queued = Counter[object]()
    calls = Counter[str]()
    for seed in range(2):
        _, seen = ran(f"members 3\nseed {seed}\nlasts 3s\nload 60\nat 2s partition 1 | 2,3\nat 2.5s heal\n")
        for one in seen:
            if isinstance(one.what, Queued):
                queued[one.what.priority] += 1
                queued[one.what.guarantee] += 1
                queued["long"] += one.what.size_bytes > 10_000
            elif type(one.what).__name__ == "PlugCalled":
                calls[getattr(one.what, "call", "")] += 1
    assert all(queued[what] for what in [*Priority, *Guarantee, "long"])
    assert all(calls[call] for call in ("create", "destroy", "unplug"))
