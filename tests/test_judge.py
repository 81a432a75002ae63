"""The judge: legal histories, what breaks each claim, a naive judge beside it, and what it says of partial sources."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from clauses import naive
from history_mutants import MUTANTS, mutate
from history_notation import written
from history_past import Past
from history_processors import Sort
from history_runs import PLUG, SEEDS, a_run, examples, verdicts
from history_sources import FACETS, NO_GROUP, excerpt, out_of, seen, without_ids
from history_system import history
from history_wreck import wreck
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.judge import OBSERVES, Run
from properties.history.catalogue import HISTORY_CLAIMS
from properties.history.events import FACETS as ALL
from properties.history.events import Deliver, Event, Facet, Lack, Start
from properties.history.findings import Findings
from properties.history.reader import Excerpt, FileHistory
from properties.history.views import Observability
from properties.judge.journal import Journal
from properties.judge.judgement import judge, read_through, violated
from properties.judge.observer import Observer
from properties.judge.shrink import encoded, reduce


def breaches(past: Excerpt, limit: int | None = None) -> set[str]:
    return set(read_through(past, remember=True, limit=limit).findings.violations)


# Legal histories.


@examples(120)
@given(SEEDS)
def test_a_legal_history_violates_nothing(seed: int) -> None:
    events, observes = a_run(Random(seed))
    judgement = judge(excerpt(events, observes))
    assert not violated(judgement.claims)
    assert not read_through(excerpt(events, observes), remember=False).findings.suspicious
    if judgement.quiescent:
        assert not [one for one in judgement.claims if one.pending]


def test_each_claim_is_met_in_some_legal_history() -> None:
    met = dict.fromkeys(HISTORY_CLAIMS, 0)
    for seed in range(40):
        events, observes = a_run(Random(seed))
        for one in judge(excerpt(events, observes)).claims:
            met[one.claim] += one.verdict == "ok"
    assert min(met.values()) > 3, met


@examples(60)
@given(SEEDS)
def test_how_processes_are_interleaved_does_not_matter(seed: int) -> None:
    random = Random(seed)
    events, observes = a_run(random, 60)
    events, _ = wreck(random, events)
    lives = {name: [event for event in events if event.process == name] for name in {one.process for one in events}}
    names = [event.process for event in events]
    random.shuffle(names)
    mixed = [lives[name].pop(0) for name in names]
    assert verdicts(mixed, observes) == verdicts(events, observes)


# What breaks each claim.

SORTS: dict[str, Sort] = {
    "EVS-6.2": Sort(plug=False, steps=80, safe=0.5, send=60, deliver=8, form=6, crash=0, crash_moving=0),
    "EVS-6.3": Sort(plug=False, steps=80, send=80, receive=10, deliver=4, form=2, crash=0, crash_moving=0.1),
    "EVS-7.2": Sort(
        plug=False, steps=100, safe=0.7, send=12, receive=80, deliver=60, form=3, crash=3, restart=10, primary=0
    ),
    "RING-S2": Sort(steps=80, primary=0),
    "RING-H1": Sort(plug=False, steps=80, safe=0.0, send=60, receive=30, form=6, crash=0, crash_moving=0),
    "CFG-S3": Sort(plug=False, steps=60, group=True),
    "CFG-S4": Sort(plug=False, steps=120, group=True, crash=3, form=2),
    "EVT-S2": Sort(processes=2, steps=200, send=60, form=1, crash=0, crash_moving=0),
    "PLUG-S1": Sort(steps=120, crash=0, crash_moving=0),
    "PLUG-H1": Sort(processes=2, steps=250, safe=0.0, send=60, deliver=80, form=1, crash=0, crash_moving=0),
}
"""Kinds of runs in which the rarer mutants have a place, and without primary rings where they may part those, too."""


def sees(id: str) -> frozenset[Facet]:
    """What the source of such a run observes."""
    return FACETS - PLUG if id in ("CFG-S3", "CFG-S4") else NO_GROUP


def mutated(id: str, seed: int) -> tuple[list[Event], list[Event]] | None:
    """A legal history and one that its mutant made of it; several seeds are tried."""
    for turn in range(400):
        random = Random(f"{seed} {turn}")
        events = history(random, SORTS.get(id) or Sort(steps=80))
        names = sorted({event.process for event in events})
        found = mutate(id, Past(events, sees(id), names), random)
        if found is not None:
            return events, found
    return None


@pytest.mark.parametrize("id", HISTORY_CLAIMS)
@examples(6)
@given(seed=SEEDS)
def test_a_mutant_breaks_its_claim_and_only_what_follows(id: str, seed: int) -> None:
    found = mutated(id, seed)
    assume(found)
    assert found
    before, after = found
    assert not breaches(excerpt(before, sees(id)))
    assert violated(judge(excerpt(after, sees(id))).claims) == {id, *HISTORY_CLAIMS[id].implies}


def test_every_claim_has_a_mutant() -> None:
    assert list(MUTANTS) == list(HISTORY_CLAIMS)


def test_one_of_very_many_circles_is_shown() -> None:
    """In each of many rings two members deliver two messages in two orders."""
    text = "".join(
        f"p{i} [{i}] p{i} q{i}\nq{i} [{i}] p{i} q{i}\np{i} a{i}\np{i} b{i}\nq{i} b{i}\nq{i} a{i}\n" for i in range(50)
    )
    sees = frozenset[Facet]({"regular", "deliver"})
    found = judge(excerpt(written(text, sees), sees))["EVS-6.2"]
    assert found.verdict == "violated"
    assert len(found.events) == 4


# Beside the naive judge.


def compare(seed: int) -> None:
    events, observes, without = damaged(Random(seed))
    past = excerpt(events, observes, without)
    wanted = naive(events, observes, past.processes, without)
    read = read_through(past, remember=True)
    assert set(read.findings.violations) == {id for id, verdict in wanted.items() if verdict == "violated"}
    assert verdicts(events, observes, without) == wanted


def damaged(random: Random) -> tuple[list[Event], frozenset[Facet], frozenset[Lack]]:
    """A run that some source has seen, and most likely something is wrong with it."""
    events, observes = a_run(random, 60)
    if random.random() < 0.5:
        observes = frozenset[Facet](facet for facet in ALL if facet in observes and random.random() < 0.85)
        events = seen(events, observes)
    names = sorted({event.process for event in events})
    if len(names) > 1 and random.random() < 0.2:
        gone = random.choice(names)
        events = [event for event in events if event.process != gone]
    for _ in range(random.choice((0, 1, 1, 2))):
        events, _ = wreck(random, events)
    without = random.choice(SYSTEMS) if random.random() < 0.25 else ""
    if without == "transitional":
        observes -= {"transitional"}
        events = seen(events, observes)
    elif without == "out_of":
        events = out_of(events)
    elif without:
        events = without_ids(events, numbers=without == "representatives")
    lacks = {"transitional": frozenset[Lack]({"transitional"}), "ids": frozenset[Lack]({"ids"})}
    return events, observes, lacks.get(without, frozenset())


SYSTEMS = ("transitional", "ids", "representatives", "out_of")
"""What systems do not have, or name otherwise."""


@examples(250)
@given(SEEDS)
def test_the_naive_judge_says_the_same(seed: int) -> None:
    compare(seed)


@pytest.mark.deep
@examples(5_000)
@given(SEEDS)
def test_the_naive_judge_says_the_same_of_thousands(seed: int) -> None:
    compare(seed)


@pytest.mark.deep
@pytest.mark.parametrize("id", HISTORY_CLAIMS)
@examples(100)
@given(seed=SEEDS)
def test_a_mutant_breaks_its_claim_many_times(id: str, seed: int) -> None:
    found = mutated(id, seed)
    assume(found)
    assert found
    assert violated(judge(excerpt(found[1], sees(id))).claims) == {id, *HISTORY_CLAIMS[id].implies}


# What a violation says.


@examples(40)
@given(SEEDS)
def test_a_violation_names_its_events_and_the_shortest_beginning(seed: int) -> None:
    random = Random(seed)
    events, observes = a_run(random, 60)
    events, _ = wreck(random, events)
    past = excerpt(events, observes)
    found = [one for one in judge(past).claims if one.verdict == "violated"]
    assume(found)
    for one in found:
        (lines,) = one.prefix.values()
        assert one.claim in breaches(past, lines - 1)
        assert one.claim not in breaches(past, lines - 2)
        beginning = naive(events[: lines - 1], observes, past.processes)
        assert beginning[one.claim] == "violated"
        assert naive(events[: lines - 2], observes, past.processes)[one.claim] != "violated"
        assert all(shown.line <= lines and shown.event == events[shown.line - 2] for shown in one.events)
        assert one.events


@examples(12)
@given(seed=SEEDS, id=st.sampled_from(sorted(HISTORY_CLAIMS)))
def test_a_violation_is_reduced_to_a_history_in_which_no_line_is_too_many(seed: int, id: str) -> None:
    found = mutated(id, seed)
    assume(found)
    assert found
    past = excerpt(found[1], sees(id))
    (before,) = (one for one in judge(past).claims if one.claim == id)
    reduced = reduce(past, id, before.complete_at)
    assert id in reduced.violated
    assert set(reduced.violated) <= {id, *HISTORY_CLAIMS[id].implies}
    assert len(reduced.lines) <= 40
    places = [past.lines.index(line) for line in reduced.lines]
    assert places == sorted(places)
    for i, line in enumerate(reduced.lines):
        less = [*reduced.lines[:i], *reduced.lines[i + 1 :]]
        if not isinstance(line.event, Start):
            names = tuple(dict.fromkeys(one.event.process for one in less))
            left = breaches(Excerpt(names, sees(id), less))
            assert id not in left or not left <= set(reduced.violated)


def test_a_reduced_history_is_a_history(tmp_path: Path) -> None:
    found = mutated("EVS-4", 1)
    assert found
    past = excerpt(found[1], NO_GROUP)
    (before,) = (one for one in judge(past).claims if one.claim == "EVS-4")
    file = tmp_path / "small.jsonl"
    file.write_bytes(encoded(past, reduce(past, "EVS-4", before.complete_at)))
    again = FileHistory.open([file])
    assert violated(judge(again).claims) == {"EVS-4"}
    assert not again.faults
    assert all(json.loads(line)["note"].startswith("a.jsonl:") for line in file.read_text().splitlines()[1:])


# What is kept in memory.


def most_held(past: Excerpt) -> tuple[int, int, int]:
    """The most deliveries and messages, and the most rings, that are held at a time; and the deliveries in all."""
    observability, findings = Observability(past.observes, frozenset(past.processes)), Findings()
    journal = Journal(past.processes, observability, findings, lambda ring, at: None, remember=False)
    observer = Observer(journal)
    most = rings = delivered = 0
    for event in past.events():
        observer.take(event)
        held = sum(len(view.sequence) for ring in journal.rings.values() for view in ring.views)
        most, rings = max(most, held + len(journal.messages)), max(rings, len(journal.rings))
        delivered += isinstance(event, Deliver)
    return most, rings, delivered


def test_what_is_remembered_does_not_grow_with_the_history() -> None:
    short, long = (most_held(excerpt(list(Run().events(count, 60)), frozenset(OBSERVES))) for count in (4_000, 20_000))
    assert long[2] > 4 * short[2]
    assert long[:2] == short[:2]


@pytest.mark.parametrize("crash", [0, 1])
def test_what_is_remembered_stays_little_wherever_processes_crash_and_part(crash: int) -> None:
    sort = Sort(plug=False, steps=16_000, form=4, crash=crash, send=60, receive=150, deliver=150, move=60)
    observes = NO_GROUP - PLUG
    most, rings, delivered = most_held(excerpt(seen(history(Random(8), sort), observes), observes))
    assert delivered > 1000
    assert most < delivered / 5
    assert rings < 25
